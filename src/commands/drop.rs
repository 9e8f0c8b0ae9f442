//! `tradewind drop`: sends a file to an SFTP inbox, under a temporary name first.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use reqwest::Url;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tradewind_transfer::pgp::{CertUse, Encoding, PartnerCert, SecretCert, encrypt_sign_async};
use tradewind_transfer::sftp::{ClientError, FileName, HostKey, HostKeyPin, Login, SftpClient, UploadAs};

use super::{Outcome, input, say, wait_for};

/// Bytes between encrypting and sending.
const PIPE_BYTES: usize = 256 * 1024;
/// SSH's port.
const PORT: u16 = 22;
/// No key has this fingerprint: a connection with it only learns the server's.
const NO_FINGERPRINT: &str = "SHA256:";

/// What `drop` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file to send
    file: PathBuf,
    /// Where to: sftp://USER@HOST:PORT
    #[arg(long, value_name = "ADDRESS", value_parser = target)]
    to: Target,
    /// The private SSH key to log in with (OpenSSH format, no passphrase)
    #[arg(long, value_name = "KEY")]
    identity: PathBuf,
    /// The server's host key, as `ssh-keygen -l` prints it: SHA256:…
    #[arg(long, value_name = "FINGERPRINT")]
    known_host: Option<String>,
    /// The name to give it; its own when left out, with .pgp behind it where it is encrypted
    #[arg(long)]
    name: Option<String>,
    /// Encrypt it to this PGP certificate
    #[arg(long, value_name = "CERTIFICATE", requires = "pgp_key")]
    pgp_to: Option<PathBuf>,
    /// Sign it with this PGP secret key (no passphrase)
    #[arg(long, value_name = "KEY", requires = "pgp_to")]
    pgp_key: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    user: String,
    host: String,
    port: u16,
}

/// What a message is made with.
type Pgp = (PartnerCert, SecretCert);

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let pgp = pgp(arguments)?;
    let ending = if pgp.is_some() { ".pgp" } else { "" };
    let own = || arguments.file.file_name().map(|name| format!("{}{ending}", name.to_string_lossy()));
    let name = arguments.name.clone().or_else(own).context("expected a file with a name, or --name")?;
    let name: FileName = name.parse()?;
    let context = || format!("cannot read the key {}", arguments.identity.display());
    let key = std::fs::read_to_string(&arguments.identity).with_context(context)?;
    let key = HostKey::from_openssh(&key).with_context(context)?;
    let (sent, seconds) = wait_for(send(arguments, key, pgp, &name))?;
    say(&format!("{sent} bytes are with {} after {seconds:.1} s", arguments.to.host));
    Ok(Outcome::Clean)
}

fn pgp(arguments: &Arguments) -> anyhow::Result<Option<Pgp>> {
    let (Some(certificate), Some(key)) = (&arguments.pgp_to, &arguments.pgp_key) else { return Ok(None) };
    let read = |file: &Path| std::fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    let recipient = PartnerCert::parse(&read(certificate)?, CertUse::Encrypt);
    let signer = SecretCert::parse(&read(key)?);
    let recipient = recipient.with_context(|| certificate.display().to_string())?;
    Ok(Some((recipient, signer.with_context(|| key.display().to_string())?)))
}

async fn send(arguments: &Arguments, key: HostKey, pgp: Option<Pgp>, name: &FileName) -> anyhow::Result<(u64, f64)> {
    let started = std::time::Instant::now();
    let file = File::open(&arguments.file).await;
    let mut file = file.with_context(|| format!("cannot open {}", arguments.file.display()))?;
    let size = file.metadata().await?.len();
    let client = connect(arguments, key).await?;
    let bar = input::progress(Some(size));
    let mut progress = |sent| bar.set_position(sent);
    let sent = match pgp {
        None => client.upload(&mut file, name, UploadAs::Temporary, &mut progress).await.map_err(Into::into),
        Some(pgp) => upload_sealed(&client, &mut file, pgp, name, &mut progress).await,
    };
    bar.finish_and_clear();
    let sent = sent.with_context(|| arguments.to.host.clone())?;
    client.close().await;
    Ok((sent, started.elapsed().as_secs_f64()))
}

async fn connect(arguments: &Arguments, key: HostKey) -> anyhow::Result<SftpClient> {
    let Target { user, host, port } = &arguments.to;
    let address = address(host, *port).await?;
    let pin = arguments.known_host.clone().unwrap_or_else(|| NO_FINGERPRINT.to_owned());
    let login = Login { address, host_key: HostKeyPin::Fingerprint(pin), user: user.clone(), key };
    match SftpClient::connect(&login).await {
        Err(ClientError::HostKey { found }) if arguments.known_host.is_none() => {
            anyhow::bail!("{host} has the host key {found}; if that is the right one, add --known-host {found}")
        }
        connected => connected.with_context(|| host.clone()),
    }
}

/// Signs and encrypts while it sends. If the one fails, the other is dropped before the file could look whole.
async fn upload_sealed(
    client: &SftpClient,
    file: &mut File,
    (recipient, signer): Pgp,
    name: &FileName,
    progress: &mut (dyn FnMut(u64) + Send),
) -> anyhow::Result<u64> {
    let (mut sealed, mut source) = tokio::io::duplex(PIPE_BYTES);
    let seal = async {
        encrypt_sign_async(file, vec![recipient], signer, &mut sealed, Encoding::Binary).await?;
        sealed.shutdown().await?;
        anyhow::Ok(())
    };
    let upload = async { anyhow::Ok(client.upload(&mut source, name, UploadAs::Temporary, progress).await?) };
    let ((), sent) = tokio::try_join!(seal, upload)?;
    Ok(sent)
}

async fn address(host: &str, port: u16) -> anyhow::Result<SocketAddr> {
    let found = tokio::net::lookup_host((host, port)).await.with_context(|| format!("cannot find the host {host}"))?;
    found.into_iter().next().with_context(|| format!("the host {host} has no address"))
}

/// Reads sftp://USER@HOST:PORT.
fn target(text: &str) -> Result<Target, &'static str> {
    let expected = "expected sftp://USER@HOST or sftp://USER@HOST:PORT";
    let url = Url::parse(text).map_err(|_| expected)?;
    let bare = matches!(url.path(), "" | "/" | "/in" | "/in/") && url.password().is_none() && url.query().is_none();
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    if url.scheme() != "sftp" || url.username().is_empty() || host.is_empty() || !bare {
        return Err(expected);
    }
    Ok(Target { user: url.username().to_owned(), host: host.to_owned(), port: url.port().unwrap_or(PORT) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_address_and_nothing_else() {
        let read = target("sftp://clinic@localhost:2222").unwrap();
        assert_eq!(read, Target { user: "clinic".into(), host: "localhost".into(), port: 2222 });
        assert_eq!(target("sftp://clinic@[::1]/in").unwrap(), Target { host: "::1".into(), port: 22, ..read });
        for text in ["clinic@host", "sftp://host", "sftp://a:secret@host", "http://a@host", "sftp://a@host/elsewhere"] {
            assert!(target(text).is_err(), "{text}");
        }
    }
}
