//! Our SFTP client against our server and against OpenSSH's rules.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tradewind_transfer::sftp::{ClientError, HostKey, HostKeyPin, Login, SftpClient, Start, UploadAs};

use crate::sftp_openssh::content;
use crate::support::inbox::Event;
use crate::support::sftp::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn uploads_lists_gets_and_removes() {
    let fixture = Fixture::new().await;
    let large = content(10_000_001);
    fixture.inbox.put_out("ack.999", large.clone());
    let client = SftpClient::connect(&fixture.login()).await.unwrap();

    let mut told = Vec::new();
    let name = "claims.edi".parse().unwrap();
    let sent = client.upload(&mut &large[..], &name, UploadAs::Direct, &mut |bytes| told.push(bytes)).await.unwrap();
    assert_eq!((sent, told.last()), (large.len() as u64, Some(&(large.len() as u64))));
    assert!(told.is_sorted() && told.len() > 10);
    client.upload(&mut &b"synthetic"[..], &"b.edi".parse().unwrap(), UploadAs::Temporary, &mut |_| {}).await.unwrap();
    let events = fixture.inbox.events();
    assert!(events.contains(&Event::Closed {
        name: "claims.edi".to_owned(),
        start: Start::AtClose,
        content: large.clone().into()
    }));
    assert!(events.contains(&Event::Started { name: "b.edi".to_owned(), content: "synthetic".into() }));

    let listed = client.list().await.unwrap();
    assert_eq!((listed[0].name.as_str(), listed[0].size), ("ack.999", large.len() as u64));
    let mut got = Vec::new();
    client.get(&listed[0].name, &mut got).await.unwrap();
    assert!(got == large);
    client.remove(&listed[0].name).await.unwrap();
    assert_eq!(client.remove(&listed[0].name).await, Err(ClientError::NotFound));
    assert_eq!(client.get(&listed[0].name, &mut Vec::new()).await, Err(ClientError::NotFound));
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn talks_only_to_the_pinned_server() {
    let fixture = Fixture::new().await;
    let right = fixture.host_key.public().unwrap();
    let login = Login { host_key: HostKeyPin::Fingerprint(right.fingerprint().to_owned()), ..fixture.login() };
    assert!(SftpClient::connect(&login).await.is_ok());
    let wrong = HostKey::generate().unwrap().public().unwrap();
    for pin in [HostKeyPin::Fingerprint(wrong.fingerprint().to_owned()), HostKeyPin::Key(wrong)] {
        let refused = SftpClient::connect(&Login { host_key: pin, ..fixture.login() }).await.err();
        assert_eq!(refused, Some(ClientError::HostKey { found: right.fingerprint().to_owned() }));
    }
    let stranger = Login { key: HostKey::generate().unwrap(), ..fixture.login() };
    assert_eq!(SftpClient::connect(&stranger).await.err(), Some(ClientError::Login));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_is_an_error() {
    let fixture = Fixture::new().await;
    let name = "a.edi".parse().unwrap();
    fixture.inbox.room_bytes.store(300_000, Ordering::SeqCst);
    let client = SftpClient::connect(&fixture.login()).await.unwrap();
    let refused = client.upload(&mut &content(1_000_000)[..], &name, UploadAs::Direct, &mut |_| {}).await;
    assert!(matches!(&refused, Err(ClientError::Refused(text)) if !text.is_empty()), "{refused:?}");
    fixture.inbox.wait(|events| matches!(events.last(), Some(Event::Abandoned { .. }))).await;

    fixture.inbox.fail_close.store(true, Ordering::SeqCst);
    let client = SftpClient::connect(&fixture.login()).await.unwrap();
    let refused = client.upload(&mut &b"synthetic"[..], &name, UploadAs::Direct, &mut |_| {}).await;
    assert!(matches!(refused, Err(ClientError::Refused(_))), "{refused:?}");
}

/// A file that breaks off: the server must not take what came for the whole.
struct Breaks(Vec<u8>);

impl AsyncRead for Breaks {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let n = into.remaining().min(self.0.len());
        into.put_slice(&self.0.drain(..n).collect::<Vec<_>>());
        if n == 0 { Poll::Ready(Err(std::io::ErrorKind::UnexpectedEof.into())) } else { Poll::Ready(Ok(())) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_breaks_off_is_not_closed_as_if_it_were_whole() {
    let fixture = Fixture::new().await;
    let client = SftpClient::connect(&fixture.login()).await.unwrap();
    let outcome =
        client.upload(&mut Breaks(content(200_000)), &"a.edi".parse().unwrap(), UploadAs::Direct, &mut |_| {}).await;
    assert_eq!(outcome, Err(ClientError::Local(std::io::ErrorKind::UnexpectedEof)));
    let events = fixture.inbox.wait(|events| events.len() == 2).await;
    assert!(matches!(&events[1], Event::Abandoned { name, .. } if name == "a.edi"), "{events:?}");
}
