//! A home folder: keys of our own, and at the first start a clinic and a simulated payer to try things with.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
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

/// The keys of a gateway.
pub struct Keys {
    /// Wraps branch keys.
    pub manager: LocalKeyManager,
    /// The SFTP server's key.
    pub host: HostKey,
    /// Decrypts what partners send, and signs what we send.
    pub pgp: SecretCert,
}

/// Opens the keys of a home folder, and makes those that are missing. A root key is never made beside data that another one sealed.
///
/// # Errors
/// When a key cannot be read or written.
pub fn keys(config: &Config) -> anyhow::Result<Keys> {
    let (folder, data) = (config.keys(), config.data());
    private_folder(&folder)?;
    private_folder(&data)?;
    let root = folder.join(ROOT_KEY);
    let manager = if root.exists() {
        LocalKeyManager::open(&root, &data)
    } else {
        anyhow::ensure!(
            fs::read_dir(&data)?.next().is_none(),
            "{} is missing, and {} holds data that it sealed: restore the key",
            root.display(),
            data.display()
        );
        LocalKeyManager::create(&root, &data)
    }
    .with_context(|| format!("the root key {}", root.display()))?;
    let host = host_key(&folder.join(HOST_KEY))?;
    let pgp = pgp_key(&folder.join(PGP_KEY), "Tradewind gateway")?;
    fs::write(folder.join("pgp-public.asc"), pgp.public_armored()?)?;
    fs::write(folder.join("ssh_host_ed25519_key.pub"), host.public_openssh()? + "\n")?;
    Ok(Keys { manager, host, pgp })
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
    private_file(&folder.join("token"), token.expose_secret())?;
    fs::write(home.join("partners/clinic.asc"), pgp.public_armored()?)?;
    private_file(&home.join("partners/clinic.webhook-secret"), webhook_secret.expose_secret())?;
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

/// Writes a file that only its owner reads; one that is there is not overwritten.
pub(crate) fn private_file(file: &Path, text: &str) -> anyhow::Result<()> {
    let open = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut opened = open.with_context(|| format!("cannot make the file {}", file.display()))?;
    opened.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        opened.write_all(b"\n")?;
    }
    Ok(opened.sync_all()?)
}
