//! The engines of many processes (PostgreSQL, RabbitMQ, S3, KMS) under a gateway of the tests, where `TRADEWIND_TEST_ENGINES` is set: each
//! gateway gets a database, a place in a bucket, a KMS key and names of queues of its own. `make services-up` starts the engines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::canary::files_under;
use super::client::Client;
use super::python::python_with;
use super::sky::{Proxy, Sky};

const PSQL: Client = Client { name: "psql", package: "postgresql-client" };

/// The bucket of all gateways of the tests; each has a prefix of its own.
pub(crate) const BUCKET: &str = "tradewind-it";

/// The file beside a home that says what its processes get in their environment.
const FILE: &str = "engines.json";

/// Where the engines of one gateway are: the environment of its processes.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Engines {
    /// What the queues' names begin with.
    pub(crate) name: String,
    /// The KMS key.
    pub(crate) key: String,
    pub(crate) environment: BTreeMap<String, String>,
}

/// A variable that says where an engine is.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `make services-up` starts the engines, `scripts/services env` names them")
    })
}

/// Whether gateways of the tests run on engines.
pub(crate) fn engines() -> bool {
    std::env::var_os("TRADEWIND_TEST_ENGINES").is_some()
}

impl Engines {
    /// Proxies before all engines.
    #[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
    pub(crate) fn sky() -> Sky {
        let [ledger, queues, objects, keys] =
            ["POSTGRES", "AMQP", "S3", "AWS"].map(|of| variable(&format!("TRADEWIND_TEST_{of}")));
        Sky::over([&ledger, &queues, &objects, &keys])
    }

    /// Makes what a gateway in `folder` needs, and gives more of its `tradewind.toml`; `None` where the tests run without engines. Under a
    /// sky, the gateway reaches them through its proxies, and the tests themselves do not.
    pub(crate) fn make(folder: &Path, sky: Option<&Sky>) -> Option<(Self, String)> {
        if !engines() {
            return None;
        }
        let (postgres, s3, aws) =
            (variable("TRADEWIND_TEST_POSTGRES"), variable("TRADEWIND_TEST_S3"), variable("TRADEWIND_TEST_AWS"));
        let name = folder
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_lowercase()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let name = format!("tw{name}");
        let (server, _) = postgres.rsplit_once('/').expect("a database in the URL");
        PSQL.succeed(PSQL.command().arg(&postgres).args(["-qc", &format!("CREATE DATABASE {name}")]));
        let (keys, address) =
            s3.strip_prefix("http://").and_then(|rest| rest.split_once('@')).expect("http://KEY:SECRET@HOST:PORT");
        let (key, secret) = keys.split_once(':').expect("KEY:SECRET");
        let by = |url: &str, of: fn(&Sky) -> &Proxy| sky.map_or_else(|| url.to_owned(), |sky| of(sky).instead_in(url));
        let ledger = format!("{server}/{name}");
        let made = python_with(
            "engines.py",
            &[BUCKET, &format!("http://{address}"), key, secret, &aws, &name, &by(&ledger, |sky| &sky.ledger)],
        );
        let queues = by(&variable("TRADEWIND_TEST_AMQP"), |sky| &sky.queues);
        let (objects, keys) = (by(address, |sky| &sky.objects), by(&aws, |sky| &sky.keys));
        let environment = BTreeMap::from(
            [
                ("TRADEWIND_IT_LEDGER", ledger.as_str()),
                ("TRADEWIND_IT_QUEUES", &queues),
                ("AWS_ACCESS_KEY_ID", key),
                ("AWS_SECRET_ACCESS_KEY", secret),
                ("AWS_REGION", "us-east-1"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        let toml = format!(
            "[ledger]\nurl = \"aws-secretsmanager:{name}/ledger#url\"\n[queues]\nurl = \"env:TRADEWIND_IT_QUEUES\"\nprefix = \"{name}\"\n\
             [objects]\nbucket = \"{BUCKET}\"\nprefix = \"{name}/\"\npath-style = true\nconnection = {{ endpoint = \"http://{objects}\" }}\n\
             [kms]\nkey = \"{}\"\nconnection = {{ endpoint = \"{keys}\" }}\n\
             [secrets]\nfresh-ms = 1000\nconnection = {{ endpoint = \"{aws}\" }}\n",
            made["key"].as_str().unwrap()
        );
        let engines = Self { name, key: made["key"].as_str().unwrap().to_owned(), environment };
        fs::write(folder.join(FILE), serde_json::to_vec(&engines).unwrap()).unwrap();
        Some((engines, toml))
    }

    /// Those of the gateway whose data folder this is.
    pub(crate) fn of(data: &Path) -> Option<Self> {
        let folder = data.parent()?.parent()?;
        fs::read(folder.join(FILE)).ok().map(|text| serde_json::from_slice(&text).unwrap())
    }

    /// Where the S3 server is.
    #[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
    pub(crate) fn objects() -> String {
        format!("http://{}", variable("TRADEWIND_TEST_S3").rsplit('@').next().unwrap_or_default())
    }

    /// Gives a command its environment.
    pub(crate) fn give(&self, command: &mut Command) {
        command.envs(&self.environment);
    }

    /// What the engines of `make services-up` wrote to their disks since the gateway's folder was made. Of servers of your own nothing is
    /// read.
    pub(crate) fn files(&self, gateway: &Path) -> Vec<(String, Vec<u8>)> {
        let Some(services) = std::env::var_os("TRADEWIND_TEST_SERVICES") else { return Vec::new() };
        let since = fs::metadata(gateway.join(FILE)).unwrap().modified().unwrap();
        let mut files = BTreeSet::new();
        files_under(Path::new(&services), &mut files);
        // PostgreSQL's data lies elsewhere where its user cannot enter the folder.
        let record = fs::read(Path::new(&services).join("postgres/service.json")).unwrap_or_default();
        let record: serde_json::Value = serde_json::from_slice(&record).unwrap_or_default();
        record["place"].as_str().into_iter().for_each(|place| files_under(Path::new(place), &mut files));
        let fresh = |file: &PathBuf| fs::metadata(file).and_then(|of| of.modified()).is_ok_and(|at| at >= since);
        let written: Vec<_> = files.into_iter().filter(fresh).collect();
        let ledger = written.iter().any(|file| file.components().any(|part| part.as_os_str() == "pg_wal"));
        assert!(ledger, "the engines' files are searched");
        written.into_iter().filter_map(|file| Some((file.display().to_string(), fs::read(&file).ok()?))).collect()
    }

    /// The rows of a query, columns separated by `|`.
    pub(crate) fn rows(&self, query: &str) -> Vec<String> {
        let mut command = PSQL.command();
        command.arg(&self.environment["TRADEWIND_IT_LEDGER"]).args(["-qAtc", query]);
        String::from_utf8(PSQL.succeed(&mut command).stdout).unwrap().lines().map(str::to_owned).collect()
    }
}
