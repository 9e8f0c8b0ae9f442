//! Reads a home folder's configuration and reports every problem of it at once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use tradewind_compliance::PartnerId;
use tradewind_ledger::DELIVERY_ITEMS_MAX;

use super::{By, Gateway, Partner, PartnerIdentity, Routes, SecretError, SecretKeeper, SecretRef, Usage};

/// A home folder's configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder that relative paths start at.
    pub home: PathBuf,
    /// `tradewind.toml`.
    pub gateway: Gateway,
    /// The partners by name.
    pub partners: BTreeMap<PartnerId, Partner>,
    /// The route table.
    pub routes: Routes,
    /// Who is asked for secrets of AWS.
    pub secrets: SecretKeeper,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

/// Every problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} problem(s)", self.0.len())?;
        for problem in &self.0 {
            write!(f, "\n  {}: {}", problem.file.display(), problem.what)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Config {
    /// Where the ledger and the objects lie.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.home.join(&self.gateway.data)
    }

    /// Where keys lie.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.home.join(&self.gateway.keys)
    }

    /// The folder that a partner's references are relative to.
    #[must_use]
    pub fn partners_folder(&self) -> PathBuf {
        self.home.join(&self.gateway.partners)
    }

    /// A partner's file.
    #[must_use]
    pub fn partner_file(&self, name: &PartnerId) -> PathBuf {
        self.partners_folder().join(format!("{name}.toml"))
    }

    /// A secret that `tradewind.toml` refers to.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn secret(&self, reference: &SecretRef) -> Result<SecretString, SecretError> {
        reference.read(&self.home, &self.secrets).await
    }

    /// A secret that a partner's file refers to.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn partner_secret(&self, reference: &SecretRef) -> Result<SecretString, SecretError> {
        reference.read(&self.partners_folder(), &self.secrets).await
    }

    /// Reads the partners' secrets that AWS keeps, for what is made of them afterwards.
    ///
    /// # Errors
    /// When one cannot be had.
    pub async fn fetch_secrets(&self) -> Result<(), SecretError> {
        for partner in self.partners.values() {
            let certificate = partner.pgp.as_ref().map(|pgp| &pgp.certificate);
            let secret = partner.webhook.as_ref().map(|webhook| &webhook.secret);
            for reference in [certificate, secret].into_iter().flatten() {
                if matches!(reference, SecretRef::Aws(_)) {
                    self.partner_secret(reference).await?;
                }
            }
        }
        Ok(())
    }

    /// The partner that uses this name in ISA.
    #[must_use]
    pub fn partner_of(&self, qualifier: &str, id: &str) -> Option<(&PartnerId, &Partner)> {
        self.partners
            .iter()
            .find(|(_, partner)| partner.identities.iter().any(|own| own.qualifier == qualifier && own.id == id))
    }
}

/// Reads the configuration under `home`. Files that are not there have their defaults.
///
/// # Errors
/// All problems that were found, never only the first.
pub fn load(home: &Path) -> Result<Config, Problems> {
    let (config, problems) = read(home);
    if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
}

/// As [`load`], with what could be read beside the problems.
pub(crate) fn read(home: &Path) -> (Config, Vec<Problem>) {
    let mut problems = Vec::new();
    let gateway: Gateway = read_file(&home.join("tradewind.toml"), &mut problems).unwrap_or_default();
    let routes_file = home.join(&gateway.routes);
    let routes: Routes = read_file(&routes_file, &mut problems).unwrap_or_default();
    let partners = read_partners(&home.join(&gateway.partners), &mut problems);
    let secrets = SecretKeeper::new(&gateway.secrets.clone().unwrap_or_default());
    let config = Config { home: home.to_owned(), gateway, partners, routes, secrets };
    check_gateway(&config, &mut problems);
    let queues = config.gateway.queues.url.is_some();
    for (name, partner) in &config.partners {
        let file = config.partner_file(name);
        check_partner(partner, queues, &mut |what| problems.push(Problem { file: file.clone(), what }));
    }
    check_identities(&config, &mut problems);
    check_routes(&config, &mut |what| problems.push(Problem { file: routes_file.clone(), what }));
    (config, problems)
}

/// Reads one file; `None` where there is none or it does not parse, which is then among the problems.
fn read_file<T: DeserializeOwned>(file: &Path, problems: &mut Vec<Problem>) -> Option<T> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            problems.push(Problem { file: file.to_owned(), what: format!("cannot be read: {error}") });
            return None;
        }
    };
    toml::from_str(&text)
        .map_err(|error| {
            let line =
                error.span().map_or(0, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
            problems.push(Problem { file: file.to_owned(), what: format!("line {line}: {}", error.message()) });
        })
        .ok()
}

fn read_partners(folder: &Path, problems: &mut Vec<Problem>) -> BTreeMap<PartnerId, Partner> {
    let mut partners = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return partners };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "toml")) {
        let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().parse::<PartnerId>();
        match name {
            Ok(name) => partners.extend(read_file(&file, problems).map(|partner| (name, partner))),
            Err(error) => problems.push(Problem { file, what: format!("the file's name names the partner: {error}") }),
        }
    }
    partners
}

fn check_gateway(config: &Config, problems: &mut Vec<Problem>) {
    let gateway = &config.gateway;
    let mut problem =
        |what: &str| problems.push(Problem { file: config.home.join("tradewind.toml"), what: what.to_owned() });
    if config.keys().starts_with(config.data()) {
        problem("`keys` lies inside `data`: a copy of the data folder would carry the root key");
    }
    if !fits_isa(&gateway.identity.qualifier, &gateway.identity.id) {
        problem("`identity`: expected a qualifier of 2 characters and an id of 1 to 15 printable ones");
    }
    let built = [
        (gateway.ledger.url.is_some(), cfg!(feature = "postgres"), "[ledger] url", "postgres"),
        (gateway.queues.url.is_some(), cfg!(feature = "rabbitmq"), "[queues] url", "rabbitmq"),
        (gateway.objects.is_some(), cfg!(feature = "aws"), "[objects]", "aws"),
        (gateway.kms.is_some(), cfg!(feature = "aws"), "[kms]", "aws"),
        (gateway.events.is_some(), cfg!(feature = "aws"), "[events]", "aws"),
        (gateway.secrets.is_some(), cfg!(feature = "aws"), "[secrets]", "aws"),
    ];
    for (_, _, section, feature) in built.iter().filter(|(asked, there, ..)| *asked && !there) {
        problem(&format!("{section}: this program was built without the feature `{feature}`"));
    }
    super::events::check(config, &mut problem);
    if gateway.queues.window == 0 || gateway.queues.in_hand == 0 {
        problem("[queues]: window and in-hand are at least 1");
    }
    if gateway.limits.attempts_max == 0 || gateway.limits.translations_max == 0 {
        problem("`limits`: attempts-max and translations-max are at least 1");
    }
}

fn check_partner(partner: &Partner, queues: bool, problem: &mut impl FnMut(String)) {
    if partner.identities.is_empty() {
        problem("expected at least one [[identity]]".into());
    }
    for PartnerIdentity { qualifier, id, .. } in &partner.identities {
        if !fits_isa(qualifier, id) {
            problem("[[identity]]: expected a qualifier of 2 characters and an id of 1 to 15 printable ones".into());
        }
    }
    if !(1..=7).contains(&partner.receive.snip) {
        problem("[receive] snip: expected 1 to 7".into());
    }
    if !partner.receive.companions.is_empty() && partner.receive.snip != 7 {
        problem("[receive] companions: expected `snip = 7` with them".into());
    }
    if let Some(webhook) = &partner.webhook {
        check_url("[webhook] url", &webhook.url, problem);
    }
    if let Some(deliver) = &partner.deliver {
        match deliver.by {
            By::Http => check_url("[deliver] url", &deliver.url, problem),
            By::Queue if !deliver.url.is_empty() => problem("[deliver]: `by = \"queue\"` has no url".into()),
            By::Queue if !queues => problem("[deliver]: `by = \"queue\"` needs a broker in [queues]".into()),
            By::Queue => {}
        }
        if deliver.batch_items_max == 0 || deliver.batch_bytes_max == 0 || deliver.calls_max == 0 {
            problem("[deliver]: batch-items-max, batch-bytes-max and calls-max are at least 1".into());
        }
        if deliver.batch_items_max > DELIVERY_ITEMS_MAX {
            problem(format!("[deliver]: batch-items-max is at most {DELIVERY_ITEMS_MAX}"));
        }
    }
}

fn check_url(key: &str, text: &str, problem: &mut impl FnMut(String)) {
    let fits = reqwest::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !fits {
        problem(format!("{key}: expected an http:// or https:// address"));
    }
}

fn check_identities(config: &Config, problems: &mut Vec<Problem>) {
    let mut owners: BTreeMap<(&str, &str), &PartnerId> = BTreeMap::new();
    for (name, partner) in &config.partners {
        for own in &partner.identities {
            if let Some(first) = owners.insert((&own.qualifier, &own.id), name) {
                problems.push(Problem {
                    file: config.partner_file(name),
                    what: format!("[[identity]]: partner {first} uses the same qualifier and id"),
                });
            }
        }
    }
}

fn check_routes(config: &Config, problem: &mut impl FnMut(String)) {
    for (route, number) in config.routes.routes.iter().zip(1..) {
        let Some(deliver) = config.partners.get(&route.partner).map(|partner| partner.deliver.as_ref()) else {
            problem(format!("route {number}: there is no partner {}", route.partner));
            continue;
        };
        match deliver {
            None => problem(format!("route {number}: partner {} has no [deliver]", route.partner)),
            Some(deliver) if route.usage.is_some_and(|usage| usage != deliver.usage) => {
                let name = match deliver.usage {
                    Usage::Test => "test",
                    Usage::Production => "production",
                };
                problem(format!("route {number}: partner {}'s address is for {name} items", route.partner));
            }
            Some(_) => {}
        }
    }
}

fn fits_isa(qualifier: &str, id: &str) -> bool {
    let printable = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    qualifier.len() == 2 && (1..=15).contains(&id.len()) && printable(qualifier) && printable(id) && id.trim() == id
}
