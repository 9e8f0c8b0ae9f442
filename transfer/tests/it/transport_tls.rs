//! TLS to partners: own certificate authorities and client certificates.

use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};
use tradewind_compliance::DeliveryId;
use tradewind_transfer::TlsOptions;
use tradewind_transfer::transport::{
    HttpTransport, HttpTransportConfig, Mode, NotTaken, Outbound, Reply, SendError, Transport, Unknown,
};

use crate::support::peer::{Peer, answer, read_request};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Synthetic Authority");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for 127.0.0.1, and its key.
    fn issue(&self) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }
}

async fn partner(authority: &Authority, clients: Option<&Authority>) -> Peer {
    let (certificate, key) = authority.issue();
    let provider = Arc::new(crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.0.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()));
    Peer::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                read_request(&mut stream).await;
                answer(&mut stream, "202 Accepted", "", b"").await;
            }
        }
    })
    .await
}

async fn send(peer: &Peer, tls: TlsOptions) -> Result<Reply, SendError> {
    let config = HttpTransportConfig { tls, ..HttpTransportConfig::new(format!("https://{}", peer.address)) };
    let body = Box::new(io::Cursor::new(b"ISA"));
    let outbound = Outbound { delivery: DeliveryId::new(1, 1), mode: Mode::Batch, body, body_bytes: Some(3) };
    HttpTransport::new(config).unwrap().send(outbound).await
}

fn trusting(authority: &Authority) -> TlsOptions {
    TlsOptions { extra_roots_pem: Some(authority.0.pem()), extra_roots_only: true, client_identity_pem: None }
}

#[tokio::test]
async fn trusts_a_configured_authority_and_no_other() {
    let (authority, other) = (Authority::new(), Authority::new());
    let peer = partner(&authority, None).await;
    assert_eq!(send(&peer, trusting(&authority)).await, Ok(Reply::Accepted));
    let not_trusted = Err(SendError::NotTaken(NotTaken::NoConnection));
    assert_eq!(send(&peer, trusting(&other)).await, not_trusted);
    assert_eq!(send(&peer, TlsOptions::default()).await, not_trusted);
}

#[tokio::test]
async fn shows_a_client_certificate() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let peer = partner(&authority, Some(&clients)).await;
    let (certificate, key) = clients.issue();
    let identity = Some((certificate.pem(), key.serialize_pem().into()));
    let tls = TlsOptions { client_identity_pem: identity, ..trusting(&authority) };
    assert_eq!(send(&peer, tls).await, Ok(Reply::Accepted));
    // TLS 1.3 refuses a client only after the client thinks that the connection stands: so it may be unknown, but never taken.
    let refused = send(&peer, trusting(&authority)).await;
    assert!(
        matches!(refused, Err(SendError::NotTaken(NotTaken::NoConnection) | SendError::Unknown(Unknown::Cut))),
        "{refused:?}"
    );
}
