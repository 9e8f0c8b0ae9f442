//! A server on loopback with one partner, and clients for it.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use russh::client;
use russh::keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{FileAttributes, OpenFlags, StatusCode};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tradewind_transfer::sftp::{
    HostKey, HostKeyPin, Inbox, Login, PublicKeyBytes, ServerConfig, SftpServer, UploadPolicy,
};

use super::inbox::MemoryInbox;
use super::tools::{program, ssh_keygen};

pub const USER: &str = "acme";

pub struct Fixture {
    pub folder: TempDir,
    pub inbox: Arc<MemoryInbox>,
    pub server: SftpServer,
    pub host_key: HostKey,
}

/// What a test changes of the defaults.
#[derive(Default)]
pub struct Options {
    pub policy: UploadPolicy,
    pub config: Option<fn(&mut ServerConfig)>,
    /// Kind and bits of the partner's key; ed25519 if not said.
    pub key: Option<(&'static str, Option<&'static str>)>,
}

impl Fixture {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let folder = tempfile::Builder::new().prefix("twsftp").tempdir().unwrap();
        let (kind, bits) = options.key.unwrap_or(("ed25519", None));
        ssh_keygen(&folder.path().join("id"), kind, bits);
        ssh_keygen(&folder.path().join("stranger"), "ed25519", None);
        let public = std::fs::read_to_string(folder.path().join("id.pub")).unwrap();

        let mut inbox = MemoryInbox::new(options.policy);
        inbox.users.insert(USER.to_owned(), (PublicKeyBytes::from_openssh(&public).unwrap(), "acme".parse().unwrap()));
        let inbox = Arc::new(inbox);
        let host_key = HostKey::generate().unwrap();
        let mut config = ServerConfig::new(vec![host_key.clone()]);
        config.auth_rejection_time = Duration::from_millis(10);
        if let Some(change) = options.config {
            change(&mut config);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = SftpServer::start(listener, config, Arc::clone(&inbox) as Arc<dyn Inbox>).unwrap();
        let known = format!("[127.0.0.1]:{} {}\n", server.local_addr().port(), host_key.public_openssh().unwrap());
        std::fs::write(folder.path().join("known_hosts"), known).unwrap();
        Self { folder, inbox, server, host_key }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a local file.
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn ssh_options(&self) -> Vec<String> {
        let mut options = vec!["-F".to_owned(), "/dev/null".to_owned()];
        for option in [
            "BatchMode=yes",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "ConnectTimeout=20",
            &format!("UserKnownHostsFile={}", self.path("known_hosts").display()),
        ] {
            options.extend(["-o".to_owned(), option.to_owned()]);
        }
        options
    }

    /// Runs OpenSSH's sftp with these commands.
    pub async fn sftp(&self, commands: &str) -> Output {
        self.sftp_with(&[], commands).await
    }

    pub async fn sftp_with(&self, more: &[&str], commands: &str) -> Output {
        let batch = self.file("batch", commands.as_bytes());
        let mut command = tokio::process::Command::from(program("sftp", "openssh-client"));
        command.args(self.ssh_options()).args(more).arg("-b").arg(batch);
        command.arg("-i").arg(self.path("id")).arg("-P").arg(self.server.local_addr().port().to_string());
        command.arg(format!("{USER}@127.0.0.1")).current_dir(self.folder.path());
        self.run(command).await
    }

    /// Runs OpenSSH's ssh with these arguments behind the address.
    pub async fn ssh(&self, options: &[&str], identity: &str, user: &str, rest: &[&str]) -> Output {
        let mut command = tokio::process::Command::from(program("ssh", "openssh-client"));
        command.args(self.ssh_options()).args(options).arg("-i").arg(self.path(identity));
        command.arg("-p").arg(self.server.local_addr().port().to_string());
        command.arg(format!("{user}@127.0.0.1")).args(rest);
        self.run(command).await
    }

    async fn run(&self, mut command: tokio::process::Command) -> Output {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        tokio::time::timeout(Duration::from_secs(120), child.wait_with_output())
            .await
            .expect("the client hangs")
            .unwrap()
    }

    pub fn login(&self) -> Login {
        Login {
            address: self.server.local_addr(),
            host_key: HostKeyPin::Key(self.host_key.public().unwrap()),
            user: USER.to_owned(),
            key: HostKey::from_openssh(&std::fs::read_to_string(self.path("id")).unwrap()).unwrap(),
        }
    }

    /// A logged-in SSH client.
    pub async fn ssh_client(&self) -> client::Handle<Trusting> {
        let mut ssh = client::connect(Arc::default(), self.server.local_addr(), Trusting).await.unwrap();
        assert!(self.authenticate(&mut ssh, "id").await.unwrap().success());
        ssh
    }

    pub async fn authenticate(
        &self,
        ssh: &mut client::Handle<Trusting>,
        identity: &str,
    ) -> Result<client::AuthResult, russh::Error> {
        let key = russh::keys::load_secret_key(self.path(identity), None).unwrap();
        ssh.authenticate_publickey(USER, PrivateKeyWithHashAlg::new(Arc::new(key), None)).await
    }

    /// A client that speaks SFTP request by request.
    pub async fn raw(&self) -> (client::Handle<Trusting>, RawSftpSession) {
        let ssh = self.ssh_client().await;
        let channel = ssh.channel_open_session().await.unwrap();
        channel.request_subsystem(true, "sftp").await.unwrap();
        let raw = RawSftpSession::new(channel.into_stream());
        raw.init().await.unwrap();
        (ssh, raw)
    }
}

/// A client that takes any host key.
pub struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

/// What a program said, for a failed test.
pub fn said(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// As clients open what they upload.
pub const WRITE: OpenFlags = OpenFlags::WRITE.union(OpenFlags::CREATE).union(OpenFlags::TRUNCATE);

/// Opens a file; its handle.
pub async fn open(raw: &RawSftpSession, path: &str, flags: OpenFlags) -> Result<String, SftpError> {
    raw.open(path, flags, FileAttributes::empty()).await.map(|handle| handle.handle)
}

/// What a request was answered with.
pub fn code<T>(result: Result<T, SftpError>) -> StatusCode {
    match result {
        Ok(_) => StatusCode::Ok,
        Err(SftpError::Status(status)) => status.status_code,
        Err(error) => panic!("{error:?}"),
    }
}
