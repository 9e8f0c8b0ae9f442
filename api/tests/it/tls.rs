use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tradewind_api::{Config, ServeError, TlsFiles, serve};

use crate::support::{Fake, Reply, Server, quick, request};

struct Identity {
    folder: tempfile::TempDir,
    files: TlsFiles,
    roots: rustls::RootCertStore,
}

fn identity() -> Identity {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files = TlsFiles { certificate: folder.path().join("certificate.pem"), key: folder.path().join("key.pem") };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    Identity { folder, files, roots }
}

fn connector(roots: rustls::RootCertStore) -> TlsConnector {
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config =
        config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn with_a_certificate_the_door_speaks_tls_and_nothing_else() {
    let identity = identity();
    let server = Server::configured(Config { limits: quick(), tls: Some(identity.files) }).await;
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let mut stream = connector(identity.roots).connect(name.clone(), stream).await.unwrap();
    stream.write_all(&request("GET", "/health", &[], b"")).await.unwrap();
    assert_eq!(Reply::read(&mut stream).await.status, 200);

    let stream = TcpStream::connect(server.address).await.unwrap();
    assert!(connector(rustls::RootCertStore::empty()).connect(name, stream).await.is_err());
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain.write_all(&request("GET", "/health", &[], b"")).await.unwrap();
    let mut answered = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut plain, &mut answered).await;
    assert!(!answered.starts_with(b"HTTP"));
}

#[tokio::test]
async fn the_door_does_not_open_with_an_identity_that_cannot_be_used() {
    let (one, two) = (identity(), identity());
    let empty = one.folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let missing = one.folder.path().join("missing.pem");
    let (certificate, key) = (&one.files.certificate, &one.files.key);
    let mut errors = Vec::new();
    for (certificate, key) in
        [(&missing, key), (certificate, &missing), (certificate, &empty), (&empty, key), (certificate, &two.files.key)]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tls = Some(TlsFiles { certificate: certificate.clone(), key: key.clone() });
        let gateway = Arc::new(Fake::default());
        let served = serve(listener, gateway, Config { limits: quick(), tls }, std::future::pending()).await;
        errors.push(served.expect_err("the door stays shut"));
    }
    assert!(
        matches!(
            &errors[..],
            [
                ServeError::ConfigCertificate(_),
                ServeError::ConfigKey(_),
                ServeError::ConfigKey(_),
                ServeError::ConfigTls(_),
                ServeError::ConfigTls(_)
            ]
        ),
        "{errors:?}"
    );
}
