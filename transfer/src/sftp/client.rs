//! A client for sending to an SFTP inbox and fetching from its `/out`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use russh::client::{self, Handle};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh_sftp::client::fs::File;
use russh_sftp::client::{Config as SftpConfig, SftpSession, error::Error as SftpError};
use russh_sftp::protocol::{OpenFlags, StatusCode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{FileName, HostKey, OutFile, PublicKeyBytes};

/// How long a server may take to make a file durable.
const REQUEST_TIMEOUT_SECONDS: u64 = 120;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const CHUNK_BYTES: usize = 64 * 1024;

/// Which server it must be.
#[derive(Debug, Clone)]
pub enum HostKeyPin {
    /// A fingerprint as `ssh-keygen -l` prints it: `SHA256:…`.
    Fingerprint(String),
    /// The key itself.
    Key(PublicKeyBytes),
}

/// Where to log in, and as whom.
#[derive(Debug, Clone)]
pub struct Login {
    /// The server.
    pub address: SocketAddr,
    /// The server's key.
    pub host_key: HostKeyPin,
    /// The user name.
    pub user: String,
    /// The user's private key.
    pub key: HostKey,
}

/// Under which name a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadAs {
    /// Under its own: the server starts it at close.
    Direct,
    /// With `.tmp` behind it, and renamed when it is whole.
    Temporary,
}

/// Why a transfer failed. It names no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// No connection, or it broke.
    #[error("the connection to the SFTP server failed")]
    Connection,
    /// The server has another key than the pinned one.
    #[error("the SFTP server's host key is not the expected one (found {found})")]
    HostKey {
        /// Its fingerprint.
        found: String,
    },
    /// The server does not accept the user and key.
    #[error("the SFTP server did not accept the user and key")]
    Login,
    /// The server refused the request, with these words of its own.
    #[error("the SFTP server refused: {0}")]
    Refused(String),
    /// There is no such file.
    #[error("no such file on the SFTP server")]
    NotFound,
    /// The server did not answer in time: it is unknown whether it did what was asked.
    #[error("the SFTP server did not answer in time")]
    TimedOut,
    /// The name would not be accepted.
    #[error(transparent)]
    Name(#[from] super::NameError),
    /// Reading or writing on this side failed.
    #[error("the local file could not be read or written ({0})")]
    Local(io::ErrorKind),
}

/// A logged-in client.
pub struct SftpClient {
    ssh: Handle<Pinned>,
    sftp: SftpSession,
}

impl SftpClient {
    /// Connects, checks the server's key, logs in.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn connect(login: &Login) -> Result<Self, ClientError> {
        tokio::time::timeout(CONNECT_TIMEOUT, Self::log_in(login)).await.map_err(|_| ClientError::TimedOut)?
    }

    async fn log_in(login: &Login) -> Result<Self, ClientError> {
        let config = client::Config {
            keepalive_interval: Some(Duration::from_secs(15)),
            nodelay: true,
            ..client::Config::default()
        };
        let pinned = Pinned { pin: login.host_key.clone() };
        let mut ssh = client::connect(Arc::new(config), login.address, pinned).await?;
        let hash = login.key.0.algorithm().is_rsa().then_some(HashAlg::Sha512);
        let key = PrivateKeyWithHashAlg::new(Arc::new(login.key.0.clone()), hash);
        let answer = ssh.authenticate_publickey(&login.user, key).await.map_err(|_| ClientError::Connection)?;
        if !answer.success() {
            return Err(ClientError::Login);
        }
        let channel = ssh.channel_open_session().await.map_err(|_| ClientError::Connection)?;
        channel.request_subsystem(true, "sftp").await.map_err(|_| ClientError::Connection)?;
        let config = SftpConfig { request_timeout_secs: REQUEST_TIMEOUT_SECONDS, ..SftpConfig::default() };
        let sftp = SftpSession::new_with_config(channel.into_stream(), config).await?;
        Ok(Self { ssh, sftp })
    }

    /// Uploads to `/in`. When it returns `Ok`, the server has said that it has the file. `progress` is told the bytes sent so far.
    ///
    /// # Errors
    /// [`ClientError`]. After an error the connection is closed, and without a CLOSE of the file: a server takes that for an end.
    pub async fn upload(
        &self,
        source: &mut (impl AsyncRead + Send + Unpin),
        name: &FileName,
        upload_as: UploadAs,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, ClientError> {
        let last = format!("/in/{}", name.as_str());
        let written = match upload_as {
            UploadAs::Direct => last.clone(),
            UploadAs::Temporary => format!("/in/{}", format!("{}.tmp", name.as_str()).parse::<FileName>()?.as_str()),
        };
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let file = self.sftp.open_with_flags(&written, flags).await?;
        let mut sending = Sending { sftp: &self.sftp, file, whole: false };
        let mut buffer = vec![0_u8; CHUNK_BYTES];
        let mut sent = 0;
        loop {
            let read = source.read(&mut buffer).await.map_err(|error| ClientError::Local(error.kind()))?;
            if read == 0 {
                break;
            }
            sending.file.write_all(buffer.get(..read).unwrap_or_default()).await.map_err(remote)?;
            sent += read as u64;
            progress(sent);
        }
        // All writes are answered before the close goes out.
        sending.file.flush().await.map_err(remote)?;
        sending.whole = true;
        sending.file.shutdown().await.map_err(remote)?;
        drop(sending);
        if upload_as == UploadAs::Temporary {
            self.sftp.rename(written, last).await?;
        }
        Ok(sent)
    }

    /// What lies in `/out`. Names that we would not take ourselves are left out.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list(&self) -> Result<Vec<OutFile>, ClientError> {
        let mut files = Vec::new();
        for entry in self.sftp.read_dir("/out").await? {
            let attributes = entry.metadata();
            let name = entry.file_name().parse();
            let (Ok(name), false) = (name, attributes.is_dir()) else { continue };
            let unix_seconds = u64::from(attributes.mtime.unwrap_or_default());
            files.push(OutFile { name, size: attributes.len(), unix_seconds });
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    /// Fetches a file of `/out`; gives its size.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn get(&self, name: &FileName, sink: &mut (impl AsyncWrite + Send + Unpin)) -> Result<u64, ClientError> {
        let mut file = self.sftp.open_with_flags(format!("/out/{}", name.as_str()), OpenFlags::READ).await?;
        let mut buffer = vec![0_u8; CHUNK_BYTES];
        let mut got = 0;
        loop {
            let read = file.read(&mut buffer).await.map_err(remote)?;
            if read == 0 {
                break;
            }
            let bytes = buffer.get(..read).unwrap_or_default();
            sink.write_all(bytes).await.map_err(|error| ClientError::Local(error.kind()))?;
            got += read as u64;
        }
        file.close().await.map_err(remote)?;
        sink.flush().await.map_err(|error| ClientError::Local(error.kind()))?;
        Ok(got)
    }

    /// Removes a file of `/out`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove(&self, name: &FileName) -> Result<(), ClientError> {
        Ok(self.sftp.remove_file(format!("/out/{}", name.as_str())).await?)
    }

    /// Says goodbye.
    pub async fn close(self) {
        let _ = self.sftp.close().await;
        let _ = self.ssh.disconnect(russh::Disconnect::ByApplication, "", "en").await;
    }
}

/// An upload under way. If it is left unfinished, the session is ended first: the library closes a file that it drops, and a server
/// would take that for the file's end.
struct Sending<'a> {
    sftp: &'a SftpSession,
    file: File,
    whole: bool,
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.whole {
            let _ = self.sftp.close().now_or_never();
        }
    }
}

/// Accepts the pinned host key alone.
struct Pinned {
    pin: HostKeyPin,
}

impl client::Handler for Pinned {
    type Error = ClientError;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, ClientError> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        let found = key.fingerprint(HashAlg::Sha256).to_string();
        let fits = match &self.pin {
            HostKeyPin::Fingerprint(pinned) => found == pinned.trim(),
            HostKeyPin::Key(pinned) => key.to_bytes().is_ok_and(|bytes| bytes == pinned.as_bytes()),
        };
        if fits { Ok(true) } else { Err(ClientError::HostKey { found }) }
    }
}

impl From<russh::Error> for ClientError {
    fn from(_: russh::Error) -> Self {
        Self::Connection
    }
}

impl From<SftpError> for ClientError {
    fn from(error: SftpError) -> Self {
        match error {
            SftpError::Status(status) if status.status_code == StatusCode::NoSuchFile => Self::NotFound,
            SftpError::Status(status) => Self::Refused(status.error_message),
            SftpError::Timeout => Self::TimedOut,
            _ => Self::Connection,
        }
    }
}

/// The library wraps its errors into I/O errors.
fn remote(error: io::Error) -> ClientError {
    match error.downcast::<SftpError>() {
        Ok(error) => error.into(),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => ClientError::TimedOut,
        Err(error) if error.kind() == io::ErrorKind::Other => ClientError::Refused(error.to_string()),
        Err(_) => ClientError::Connection,
    }
}
