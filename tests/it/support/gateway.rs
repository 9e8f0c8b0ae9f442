//! The gateway in a home of the test's own, with real partners around it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use secrecy::ExposeSecret;
use tempfile::TempDir;
use tradewind::home::host_key;
use tradewind_api::tokens;

use super::engines::Engines;
use super::gnupg::Gnupg;
use super::payer::PayerProcess;
use super::program::tradewind;
use super::receiver::Receiver;
use super::rest::Rest;
use super::sftp::Sftp;
use super::sky::Sky;
use super::wait::{PATIENCE, until};

/// Lines of the log that a test that failed shows.
const LOG_LINES_SHOWN: usize = 40;

/// What a home is made of beside the defaults. All text is TOML.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// More of `tradewind.toml`.
    pub(crate) gateway: &'a str,
    /// More of the payer's `[deliver]`.
    pub(crate) deliver: &'a str,
    /// The clinic's key, which makes it encrypt and sign: `[pgp]` stands in its file then.
    pub(crate) gnupg: Option<&'a Gnupg>,
    /// More of the clinic's `[pgp]`.
    pub(crate) pgp: &'a str,
    /// A folder that the data lies in, instead of the home's own.
    pub(crate) data: Option<&'a Path>,
    /// The weather between it and its engines.
    pub(crate) sky: Option<&'a Sky>,
}

/// A gateway: its home, its partners `clinic`, `other` (a clinic without webhook and PGP) and `payer`, and its process.
pub(crate) struct Gateway {
    folder: TempDir,
    data: PathBuf,
    running: Option<Running>,
    engines: Option<Engines>,
    pub(crate) payer: PayerProcess,
    pub(crate) receiver: Receiver,
    tokens: [(&'static str, String); 2],
    told: Arc<Mutex<Vec<u8>>>,
}

struct Running {
    process: Child,
    sftp: SocketAddr,
    api: SocketAddr,
}

impl Gateway {
    /// Starts one whose clinic sends plain files.
    pub(crate) fn start() -> Self {
        Self::with(&Options::default())
    }

    pub(crate) fn with(options: &Options<'_>) -> Self {
        let mut gateway = Self::prepared(options);
        gateway.run();
        gateway
    }

    /// A home with its partners; nothing runs but the payer.
    pub(crate) fn prepared(options: &Options<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        for name in ["partners", "clients/clinic", "clients/other"] {
            fs::create_dir_all(home.join(name)).unwrap();
        }
        let (payer, receiver) = (PayerProcess::start(folder.path()), Receiver::start());
        fs::write(home.join("partners/clinic.webhook-secret"), &receiver.secret).unwrap();
        let hook = format!(
            "[webhook]\nurl = \"http://{}/answers\"\nsecret = \"file:clinic.webhook-secret\"\nprivate-allowed = true\n",
            receiver.address
        );
        let pgp = options.gnupg.map(|gnupg| {
            fs::write(home.join("partners/clinic.asc"), gnupg.public()).unwrap();
            format!("[pgp]\ncertificate = \"file:clinic.asc\"\n{}\n", options.pgp)
        });
        let clinics = clinic(&home, "clinic", &format!("{hook}{}", pgp.unwrap_or_default()));
        let other = clinic(&home, "other", "");
        let deliver =
            format!("url = \"http://{}/\"\nusage = \"test\"\nstatus-query = true\n{}", payer.address, options.deliver);
        let identity = "[[identity]]\nqualifier = \"ZZ\"\nid = \"PAYER\"\n";
        fs::write(home.join("partners/payer.toml"), format!("{identity}[deliver]\n{deliver}\n")).unwrap();
        let route = "[[route]]\npayer = \"PAYER01\"\naliases = [\"60054\"]\nusage = \"test\"\npartner = \"payer\"\n";
        fs::write(home.join("routes.toml"), route).unwrap();
        let data = options.data.map(|data| format!("data = \"{}\"\n", data.display())).unwrap_or_default();
        let doors = "[sftp]\nlisten = \"127.0.0.1:0\"\n[api]\nlisten = \"127.0.0.1:0\"\n";
        let engines = Engines::make(folder.path(), options.sky);
        let engines_toml = engines.as_ref().map_or("", |(_, toml)| toml);
        fs::write(home.join("tradewind.toml"), format!("{data}{doors}{engines_toml}{}", options.gateway)).unwrap();
        let engines = engines.map(|(engines, _)| engines);
        if let Some(engines) = &engines {
            let mut command = tradewind(folder.path());
            engines.give(&mut command);
            let made = command.args(["keygen", "gateway", "--home"]).arg(&home).status().unwrap();
            assert!(made.success(), "the gateway's keys");
        }
        let tokens = [("clinic", clinics), ("other", other)];
        Self {
            folder,
            data: options.data.map_or(home.join("data"), Path::to_owned),
            running: None,
            engines,
            payer,
            receiver,
            tokens,
            told: Arc::default(),
        }
    }

    /// Starts the program on the home and waits until it is ready.
    pub(crate) fn run(&mut self) {
        self.run_under(Command::new(env!("CARGO_BIN_EXE_tradewind")));
    }

    /// As `run`, by a command that ends with the program's name, such as `strace … tradewind`.
    pub(crate) fn run_under(&mut self, command: Command) {
        let told = self.try_run_under(command);
        assert!(told.is_ok(), "the gateway ended before it was ready: {:?}\n{}", told.err(), self.log());
    }

    /// As `run_under`; gives how the program ended where it ended before it was ready.
    pub(crate) fn try_run_under(&mut self, mut command: Command) -> Result<(), ExitStatus> {
        assert!(self.running.is_none(), "it runs already");
        let log = fs::File::options().create(true).append(true).open(self.log_file()).unwrap();
        command.args(["serve", "--home"]).arg(self.home()).env("TRADEWIND_LOG", "debug,sqlx=warn,russh=warn");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        if let Some(engines) = &self.engines {
            engines.give(&mut command);
        }
        let mut process = command.spawn().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let (mut sftp, mut api) = (None, None);
        loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) => match line.split_once(' ') {
                    Some(("sftp", address)) => sftp = address.parse().ok(),
                    Some(("api", url)) => api = url.trim_start_matches("http://").parse().ok(),
                    _ if line == "ready" => break,
                    _ => {}
                },
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(process.wait().unwrap()),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    let _ = process.kill();
                    panic!("the gateway was not ready in time\n{}", self.log());
                }
            }
        }
        self.running = Some(Running { process, sftp: sftp.expect("sftp"), api: api.expect("api") });
        Ok(())
    }

    /// Stops it in good order, and asks that it ends well.
    pub(crate) fn stop(&mut self) {
        let mut running = self.running.take().expect("it runs");
        let pid = running.process.id().to_string();
        assert!(Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status().unwrap().success());
        let status = until("the gateway's end", || running.process.try_wait().unwrap());
        assert!(status.success(), "{status}\n{}", self.log());
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        let mut running = self.running.take().expect("it runs");
        running.process.kill().unwrap();
        running.process.wait().unwrap();
    }

    /// Whether its process still runs; forgets it where it ended.
    pub(crate) fn alive(&mut self) -> bool {
        let ended = self.running.as_mut().is_none_or(|running| running.process.try_wait().unwrap().is_some());
        if ended {
            self.running = None;
        }
        !ended
    }

    pub(crate) fn pid(&self) -> u32 {
        self.now().process.id()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Where its ledger and its objects lie.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What it logged since the home was made.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn now(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }

    /// A partner's SFTP client.
    pub(crate) fn sftp(&self, partner: &str) -> Sftp {
        let host = fs::read_to_string(self.home().join("keys/ssh_host_ed25519_key.pub")).unwrap();
        let key = self.home().join("clients").join(partner).join("id_ed25519");
        Sftp::new(partner, &key, self.now().sftp, host.trim())
    }

    /// A partner's REST client.
    pub(crate) fn rest(&self, partner: &str) -> Rest {
        let token = self.tokens.iter().find(|(name, _)| *name == partner).expect("a partner with a token").1.clone();
        Rest { address: self.now().api, token, told: self.told.clone() }
    }

    /// Every body of an error that REST clients were told.
    pub(crate) fn told(&self) -> Vec<u8> {
        self.told.lock().unwrap().clone()
    }

    /// The gateway's public PGP key.
    pub(crate) fn public_key(&self) -> PathBuf {
        self.home().join("keys/pgp-public.asc")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.process.kill();
            let _ = running.process.wait();
        }
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "--- the end of the gateway's log\n{}",
                lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
            );
        }
    }
}

/// Writes the file of a partner that sends claims, and its keys. Gives its token.
fn clinic(home: &Path, name: &str, more: &str) -> String {
    let key = host_key(&home.join("clients").join(name).join("id_ed25519")).unwrap().public_openssh().unwrap();
    let token = tokens::generate().unwrap().expose_secret().to_owned();
    let identity = format!("[[identity]]\nqualifier = \"ZZ\"\nid = \"{}\"\n", name.to_uppercase());
    let login = format!("[sftp]\nkeys = [\"{key}\"]\n");
    let token_hash = format!("[[token]]\nname = \"first\"\nhash = \"{}\"\n", tokens::hash(&token));
    let file = home.join("partners").join(format!("{name}.toml"));
    fs::write(file, format!("{identity}{login}{more}{token_hash}")).unwrap();
    token
}
