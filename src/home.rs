//! A home folder: keys of our own, and at the first start a clinic and a simulated payer to try things with.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;
use tradewind_api::tokens;
use tradewind_compliance::keys::LocalKeyManager;
use tradewind_transfer::pgp::SecretCert;
use tradewind_transfer::sftp::HostKey;
use tradewind_transfer::webhook::WebhookSecret;

use crate::config::Config;

/// The root keys, in the keys folder.
const ROOT_KEY: &str = "root.key";
/// The SSH host key.
const HOST_KEY: &str = "ssh_host_ed25519_key";
/// Our PGP key.
const PGP_KEY: &str = "pgp-secret.asc";

/// The keys of a gateway that it shows to partners.
pub struct Keys {
    /// The SFTP server's key.
    pub host: HostKey,
    /// Decrypts what partners send, and signs what we send.
    pub pgp: SecretCert,
}

/// Opens the root key of a home folder. Where there is none it is made, but never beside data that another one sealed, and not for a ledger
/// that many processes share: they need the same.
///
/// # Errors
/// When it cannot be read or written, or is missing.
pub fn root_key(config: &Config) -> anyhow::Result<LocalKeyManager> {
    let (folder, data) = (config.keys(), config.data());
    private_folder(&folder)?;
    private_folder(&data)?;
    let root = folder.join(ROOT_KEY);
    if !root.exists() {
        may_make(config, &root)?;
        anyhow::ensure!(
            fs::read_dir(&data)?.next().is_none(),
            "{} is missing, and {} holds data that it sealed: restore the key",
            root.display(),
            data.display()
        );
        make_root_key(config)?;
    }
    LocalKeyManager::open(&root, &data).with_context(|| format!("the root key {}", root.display()))
}

fn make_root_key(config: &Config) -> anyhow::Result<()> {
    let root = config.keys().join(ROOT_KEY);
    let made = LocalKeyManager::create(&root, &config.data());
    made.map(drop).with_context(|| format!("the root key {}", root.display()))
}

/// Processes that share a ledger share its keys: none of them makes its own.
fn may_make(config: &Config, file: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(
        config.gateway.ledger.url.is_none(),
        "{} is missing, and other processes may have it: copy it, or make the gateway's keys once with `tradewind keygen gateway`",
        file.display()
    );
    Ok(())
}

/// Opens the other keys of a home folder, and makes those that are missing, but not for a ledger that many processes share.
///
/// # Errors
/// When a key cannot be read or written, or is missing.
pub fn keys(config: &Config) -> anyhow::Result<Keys> {
    let folder = config.keys();
    private_folder(&config.data())?;
    for file in [HOST_KEY, PGP_KEY].map(|name| folder.join(name)) {
        if !file.exists() {
            may_make(config, &file)?;
        }
    }
    made_keys(config)
}

/// Opens the SSH host key alone.
///
/// # Errors
/// When it cannot be read or is missing.
pub fn host(config: &Config) -> anyhow::Result<HostKey> {
    private_folder(&config.data())?;
    let file = config.keys().join(HOST_KEY);
    if !file.exists() {
        may_make(config, &file)?;
    }
    host_key(&file)
}

/// Makes every key of a gateway that is missing, the root key among them unless KMS stands in its place.
///
/// # Errors
/// When one cannot be read or written.
pub fn make_keys(config: &Config) -> anyhow::Result<Keys> {
    private_folder(&config.keys())?;
    private_folder(&config.data())?;
    if config.gateway.kms.is_none() && !config.keys().join(ROOT_KEY).exists() {
        make_root_key(config)?;
    }
    made_keys(config)
}

fn made_keys(config: &Config) -> anyhow::Result<Keys> {
    let folder = config.keys();
    private_folder(&folder)?;
    let host = host_key(&folder.join(HOST_KEY))?;
    let pgp = pgp_key(&folder.join(PGP_KEY), "Tradewind gateway")?;
    public_file(&folder.join("pgp-public.asc"), &pgp.public_armored()?)?;
    public_file(&folder.join("ssh_host_ed25519_key.pub"), &(host.public_openssh()? + "\n"))?;
    Ok(Keys { host, pgp })
}

/// Writes a file that may be read by all, where it does not stand so already: several processes may do so at once.
fn public_file(file: &Path, text: &str) -> anyhow::Result<()> {
    if fs::read_to_string(file).is_ok_and(|found| found == text) {
        return Ok(());
    }
    fs::write(file, text).with_context(|| format!("cannot write the file {}", file.display()))
}

/// Reads an SSH key from a file, or makes it.
///
/// # Errors
/// When it cannot be read or written.
pub fn host_key(file: &Path) -> anyhow::Result<HostKey> {
    let context = || format!("the SSH key {}", file.display());
    if file.exists() {
        return HostKey::from_openssh(&fs::read_to_string(file).with_context(context)?).with_context(context);
    }
    let key = HostKey::generate()?;
    private_file(file, key.to_openssh()?.expose_secret()).with_context(context)?;
    Ok(key)
}

/// Reads a PGP secret key from a file, or makes it for `user`.
///
/// # Errors
/// When it cannot be read or written.
pub fn pgp_key(file: &Path, user: &str) -> anyhow::Result<SecretCert> {
    let context = || format!("the PGP key {}", file.display());
    if file.exists() {
        return SecretCert::parse(&fs::read(file).with_context(context)?).with_context(context);
    }
    let key = SecretCert::generate(user)?;
    private_file(file, key.to_armored()?.expose_secret()).with_context(context)?;
    Ok(key)
}

/// What the clinic of a new home uses to call.
pub struct Clinic {
    /// The folder with its keys.
    pub folder: PathBuf,
    /// Its SSH key.
    pub ssh: HostKey,
    /// Its PGP key.
    pub pgp: SecretCert,
    /// Its API token.
    pub token: SecretString,
    /// The secret that signs its webhooks.
    pub webhook_secret: SecretString,
}

/// Where the partners of a new home are called.
pub struct Addresses {
    /// The SFTP door.
    pub sftp: SocketAddr,
    /// The REST door.
    pub api: SocketAddr,
    /// The simulated payer.
    pub payer: SocketAddr,
    /// The clinic's webhook, if it has one.
    pub webhook: Option<String>,
}

/// Whether a folder holds a home already.
#[must_use]
pub fn exists(home: &Path) -> bool {
    home.join("tradewind.toml").exists()
}

/// Makes a home folder with two partners: `clinic`, which sends claims, and `payer`, the simulated one that takes them.
///
/// # Errors
/// When it cannot be written.
pub fn create(home: &Path, addresses: &Addresses) -> anyhow::Result<Clinic> {
    for folder in [home.to_owned(), home.join("partners"), home.join("clients"), home.join("clients/clinic")] {
        private_folder(&folder)?;
    }
    let folder = home.join("clients/clinic");
    let ssh = host_key(&folder.join("id_ed25519"))?;
    let pgp = pgp_key(&folder.join("pgp-secret.asc"), "Synthetic Clinic")?;
    let (token, webhook_secret) = (tokens::generate()?, WebhookSecret::generate()?);
    replace_private_file(&folder.join("token"), token.expose_secret())?;
    fs::write(home.join("partners/clinic.asc"), pgp.public_armored()?)?;
    replace_private_file(&home.join("partners/clinic.webhook-secret"), webhook_secret.expose_secret())?;
    let webhook = addresses.webhook.as_ref().map(|url| {
        format!("\n[webhook]\nurl = \"{url}\"\nsecret = \"file:clinic.webhook-secret\"\nprivate-allowed = true\n")
    });
    let clinic = format!(
        "# A clinic that sends claims and eligibility inquiries. Everything about it is synthetic.\n\
         [[identity]]\nqualifier = \"ZZ\"\nid = \"CLINIC\"\n\n\
         [sftp]\nkeys = [\"{key}\"]\n\n\
         [pgp]\ncertificate = \"file:clinic.asc\"\nsigned = \"required\"\n{webhook}\n\
         [[token]]\nname = \"first\"\nhash = \"{hash}\"\n",
        key = ssh.public_openssh()?,
        webhook = webhook.unwrap_or_default(),
        hash = tokens::hash(token.expose_secret()),
    );
    fs::write(home.join("partners/clinic.toml"), clinic)?;
    let payer = format!(
        "# The simulated payer. Its address is a test address: production items never go there.\n\
         [[identity]]\nqualifier = \"ZZ\"\nid = \"PAYER\"\n\n\
         [deliver]\nurl = \"http://{}/\"\nusage = \"test\"\nstatus-query = true\n",
        addresses.payer
    );
    fs::write(home.join("partners/payer.toml"), payer)?;
    fs::write(
        home.join("routes.toml"),
        "# Which partner an item goes to, by the payer id that stands in it.\n\
         [[route]]\npayer = \"PAYER01\"\naliases = [\"60054\"]\nusage = \"test\"\npartner = \"payer\"\n",
    )?;
    let gateway = format!(
        "# The gateway. docs/configuration.md lists every key.\n\
         [sftp]\nlisten = \"{}\"\n\n[api]\nlisten = \"{}\"\n\n[payer]\nrun = true\nlisten = \"{}\"\n",
        addresses.sftp, addresses.api, addresses.payer
    );
    fs::write(home.join("tradewind.toml"), gateway)?;
    Ok(Clinic { folder, ssh, pgp, token, webhook_secret })
}

fn private_folder(folder: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// Writes a file that only its owner reads, all of it or nothing; one that is there is not overwritten.
pub(crate) fn private_file(file: &Path, text: &str) -> anyhow::Result<()> {
    let context = || format!("cannot make the file {}", file.display());
    written(file, text)
        .with_context(context)?
        .persist_noclobber(file)
        .map_err(|error| error.error)
        .with_context(context)?;
    sync_folder(file)
}

/// As [`private_file`], in the place of one that is there.
fn replace_private_file(file: &Path, text: &str) -> anyhow::Result<()> {
    let context = || format!("cannot write the file {}", file.display());
    written(file, text).with_context(context)?.persist(file).map_err(|error| error.error).with_context(context)?;
    sync_folder(file)
}

/// The text under a temporary name beside the file, durable.
fn written(file: &Path, text: &str) -> std::io::Result<NamedTempFile> {
    let mut temporary = NamedTempFile::new_in(folder_of(file))?;
    temporary.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        temporary.write_all(b"\n")?;
    }
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

fn sync_folder(file: &Path) -> anyhow::Result<()> {
    let folder = folder_of(file);
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("cannot make what is in {} durable", folder.display()))
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::settings::Settings;

    fn addresses() -> Addresses {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Addresses { sftp: at(1), api: at(2), payer: at(3), webhook: Some("http://127.0.0.1:4/".to_owned()) }
    }

    #[tokio::test]
    async fn a_new_home_is_whole_and_its_clinic_may_log_in() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let clinic = create(&home, &addresses()).unwrap();
        let settings = Settings::load(&home).await.unwrap();
        let name = "clinic".parse().unwrap();
        assert_eq!(settings.login("clinic", &clinic.ssh.public().unwrap()), Some(&name));
        assert_eq!(settings.login("payer", &clinic.ssh.public().unwrap()), None);
        assert_eq!(settings.caller(clinic.token.expose_secret()).unwrap().partner, name);
        assert_eq!(settings.certificate(&name).unwrap().fingerprint(), clinic.pgp.fingerprint());
        assert!(settings.webhook_secret(&name).is_some());
        root_key(&settings.config).unwrap();
        let first = keys(&settings.config).unwrap();
        let again = keys(&settings.config).unwrap();
        assert_eq!(first.pgp.fingerprint(), again.pgp.fingerprint());
        for secret in ["keys/root.key", "keys/pgp-secret.asc", "clients/clinic/token", "partners/clinic.webhook-secret"]
        {
            let mode = fs::metadata(home.join(secret)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{secret}");
        }
    }

    #[tokio::test]
    async fn a_home_that_was_not_finished_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        create(&home, &addresses()).unwrap();
        fs::remove_file(home.join("tradewind.toml")).unwrap();
        assert!(!exists(&home));
        let clinic = create(&home, &addresses()).unwrap();
        assert!(Settings::load(&home).await.unwrap().caller(clinic.token.expose_secret()).is_some());
    }

    #[tokio::test]
    async fn a_root_key_that_is_missing_is_not_made_anew_beside_data() {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path(), &addresses()).unwrap();
        let settings = Settings::load(folder.path()).await.unwrap();
        root_key(&settings.config).unwrap();
        fs::write(folder.path().join("data/ledger.db"), "x").unwrap();
        fs::remove_file(folder.path().join("keys/root.key")).unwrap();
        assert!(root_key(&settings.config).err().unwrap().to_string().contains("root.key is missing"));
    }
}
