//! The clinic's side: its own SSH and PGP keys, over the real SFTP protocol.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tradewind_transfer::pgp::{CertUse, DecryptPolicy, Encoding, PartnerCert, SecretCert, decrypt, encrypt_sign};
use tradewind_transfer::sftp::{HostKeyPin, Login, PublicKeyBytes, SftpClient, UploadAs};

use crate::home::Clinic;

/// Between two looks into `/out`.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

pub(super) struct Partner {
    login: Login,
    own: SecretCert,
    gateway: PartnerCert,
}

impl Partner {
    pub(super) fn new(home: &Path, clinic: &Clinic, address: SocketAddr) -> anyhow::Result<Self> {
        let host = std::fs::read_to_string(home.join("keys/ssh_host_ed25519_key.pub"))?;
        let gateway = std::fs::read(home.join("keys/pgp-public.asc"))?;
        Ok(Self {
            login: Login {
                address,
                host_key: HostKeyPin::Key(PublicKeyBytes::from_openssh(&host)?),
                user: "clinic".to_owned(),
                key: clinic.ssh.clone(),
            },
            own: clinic.pgp.clone(),
            gateway: PartnerCert::parse(&gateway, CertUse::Both)?,
        })
    }

    /// A PGP message to the gateway, signed by the clinic.
    pub(super) async fn encrypt(&self, content: &[u8]) -> anyhow::Result<Vec<u8>> {
        let (own, gateway, content) = (self.own.clone(), self.gateway.clone(), content.to_vec());
        let sealed = tokio::task::spawn_blocking(move || {
            let mut message = Vec::new();
            encrypt_sign(&mut content.as_slice(), &[gateway], &own, &mut message, Encoding::Binary).map(|_| message)
        });
        Ok(sealed.await??)
    }

    /// Drops a file under a temporary name and renames it, as careful clients do.
    pub(super) async fn drop_file(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let client = SftpClient::connect(&self.login).await?;
        client.upload(&mut &*bytes, &name.parse()?, UploadAs::Temporary, &mut |_| {}).await?;
        client.close().await;
        Ok(())
    }

    /// Waits for a file in `/out` whose name begins so, fetches it, takes it out, and opens it.
    pub(super) async fn fetch(&self, prefix: &str) -> anyhow::Result<Vec<u8>> {
        let client = SftpClient::connect(&self.login).await?;
        let name = loop {
            let found = client.list().await?.into_iter().find(|file| file.name.as_str().starts_with(prefix));
            match found {
                Some(file) => break file.name,
                None => tokio::time::sleep(LOOK_AGAIN).await,
            }
        };
        let mut message = Vec::new();
        client.get(&name, &mut message).await?;
        client.remove(&name).await?;
        client.close().await;
        let (own, gateway) = (self.own.clone(), self.gateway.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let mut content = Vec::new();
            decrypt(message.as_slice(), &DecryptPolicy::default(), &[own], &[gateway], &mut content).map(|_| content)
        });
        Ok(opened.await??)
    }
}
