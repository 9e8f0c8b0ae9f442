//! `drop`, into an SFTP inbox in memory.

use std::sync::Arc;
use std::time::Duration;

use tempfile::tempdir;
use tokio::net::TcpListener;
use tradewind_transfer::pgp::{CertUse, DecryptPolicy, PartnerCert, SecretCert, decrypt};
use tradewind_transfer::sftp::{HostKey, ServerConfig, SftpServer, UploadPolicy};

use crate::support::program::run;

#[allow(dead_code, unreachable_pub, reason = "shared with the tests of transfer")]
#[path = "../../transfer/tests/it/support/inbox.rs"]
mod inbox;

use inbox::{Event, MemoryInbox};

#[tokio::test(flavor = "multi_thread")]
async fn sends_a_file_under_a_temporary_name_to_the_server_that_is_meant() {
    let folder = tempdir().unwrap();
    let public = run(folder.path(), "keygen ssh id").text().to_owned();
    assert_eq!(run(folder.path(), "generate 005010X222A1 --count 2000 -o claims.edi").code, 0);
    let claims = std::fs::read(folder.path().join("claims.edi")).unwrap();
    let mut inbox = MemoryInbox::new(UploadPolicy::default());
    let key = tradewind_transfer::sftp::PublicKeyBytes::from_openssh(&public).unwrap();
    inbox.users.insert("clinic".into(), (key, "clinic".parse().unwrap()));
    let (inbox, host) = (Arc::new(inbox), HostKey::generate().unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let server = SftpServer::start(listener, ServerConfig::new(vec![host.clone()]), inbox.clone()).unwrap();
    let address = server.local_addr();
    let fingerprint = host.public().unwrap().fingerprint().to_owned();
    let drop = async |options: String| {
        let (folder, line) = (folder.path().to_owned(), format!("drop claims.edi --to {options}"));
        tokio::task::spawn_blocking(move || run(&folder, &line)).await.unwrap()
    };
    let unknown = drop(format!("sftp://clinic@{address} --identity id")).await;
    assert!(unknown.code == 2 && unknown.stderr.contains(&format!("--known-host {fingerprint}")), "{}", unknown.stderr);
    let wrong = drop(format!("sftp://clinic@{address} --identity id --known-host SHA256:AAAA")).await;
    assert!(wrong.code == 2 && !wrong.stderr.contains("--known-host"), "{}", wrong.stderr);
    let stranger = drop(format!("sftp://payer@{address} --identity id --known-host {fingerprint}")).await;
    assert!(stranger.code == 2 && stranger.stderr.contains("did not accept"), "{}", stranger.stderr);
    assert!(inbox.events().is_empty());
    let sent = drop(format!("sftp://clinic@{address} --identity id --known-host {fingerprint} --name today.edi")).await;
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    let events = inbox.events();
    assert!(matches!(&events[0], Event::Opened(name) if name == "today.edi.tmp"));
    let started = events.iter().find_map(|event| match event {
        Event::Started { name, content } => Some((name.as_str(), content.len())),
        _ => None,
    });
    assert_eq!(started, Some(("today.edi", claims.len())));
    let (gateway, clinic) = (SecretCert::generate("Gateway").unwrap(), run(folder.path(), "keygen pgp clinic.asc"));
    std::fs::write(folder.path().join("gateway.asc"), gateway.public_armored().unwrap()).unwrap();
    let pgp = "--pgp-to gateway.asc --pgp-key clinic.asc";
    let sent = drop(format!("sftp://clinic@{address} --identity id --known-host {fingerprint} {pgp}")).await;
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    let events = inbox.events();
    let Some(Event::Started { name, content }) = events.last() else { panic!("{}", events.len()) };
    assert_eq!(name, "claims.edi.pgp");
    let signer = PartnerCert::parse(&clinic.stdout, CertUse::Verify).unwrap();
    let mut plain = Vec::new();
    decrypt(&content[..], &DecryptPolicy::default(), &[gateway], &[signer], &mut plain).unwrap();
    assert_eq!(plain, claims);
    server.shutdown(Duration::from_secs(5)).await;
}
