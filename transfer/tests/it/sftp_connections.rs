//! The SFTP server's connections: how many there may be, how long each may be silent, and how the server shuts down.

use std::time::Duration;

use futures::poll;
use russh_sftp::protocol::StatusCode;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tradewind_transfer::sftp::SftpServer;

use crate::support::inbox::Event;
use crate::support::sftp::{Fixture, Options, Trusting, WRITE, code, open};

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_do_not_log_in_are_limited_and_cut() {
    let fixture = Fixture::with(Options {
        config: Some(|config| {
            config.unauthenticated_max = 3;
            config.login_grace = Duration::from_secs(4);
        }),
        ..Options::default()
    })
    .await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let mut socket = TcpStream::connect(fixture.server.local_addr()).await.unwrap();
        let mut greeting = [0; 8];
        socket.read_exact(&mut greeting).await.unwrap();
        assert_eq!(&greeting, b"SSH-2.0-");
        waiting.push(socket);
    }
    // One more is dropped without a word.
    let mut socket = TcpStream::connect(fixture.server.local_addr()).await.unwrap();
    assert_eq!(read_to_end(&mut socket).await, 0);
    // Those that say nothing are cut when their time is over, and then there is room again.
    for socket in &mut waiting {
        read_to_end(socket).await;
    }
    let (_ssh, raw) = fixture.raw().await;
    assert_eq!(code(raw.stat("/in").await), StatusCode::Ok);
}

/// Reads until the other side is gone, however it goes; gives the number of bytes.
async fn read_to_end(socket: &mut TcpStream) -> usize {
    let mut all = Vec::new();
    match tokio::time::timeout(Duration::from_secs(60), socket.read_to_end(&mut all)).await {
        Ok(_) => all.len(),
        Err(_) => panic!("the connection stays open"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_take_all_places() {
    let fixture = Fixture::with(Options {
        config: Some(|config| config.unauthenticated_per_address_max = 1),
        ..Options::default()
    })
    .await;
    let mut first = TcpStream::connect(fixture.server.local_addr()).await.unwrap();
    let mut greeting = [0; 8];
    first.read_exact(&mut greeting).await.unwrap();
    let mut second = TcpStream::connect(fixture.server.local_addr()).await.unwrap();
    assert_eq!(read_to_end(&mut second).await, 0);
    drop(first);
    loop {
        // The place is free once the server has seen that the first is gone.
        let mut socket = TcpStream::connect(fixture.server.local_addr()).await.unwrap();
        if socket.read(&mut greeting).await.is_ok_and(|read| read > 0) {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_to_log_in_are_counted() {
    let fixture =
        Fixture::with(Options { config: Some(|config| config.auth_attempts_max = 3), ..Options::default() }).await;
    let mut ssh =
        russh::client::connect(std::sync::Arc::default(), fixture.server.local_addr(), Trusting).await.unwrap();
    for _ in 0..3 {
        assert!(!fixture.authenticate(&mut ssh, "stranger").await.unwrap().success());
    }
    let refused = fixture.authenticate(&mut ssh, "id").await;
    assert!(!refused.is_ok_and(|answer| answer.success()), "the right key after three wrong ones");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_a_partner_at_the_limit_pass_and_one_more_does_not() {
    let fixture =
        Fixture::with(Options { config: Some(|config| config.connections_per_partner_max = 2), ..Options::default() })
            .await;
    let (first, second) = (fixture.raw().await, fixture.raw().await);
    let third = fixture.ssh_client().await;
    assert!(third.channel_open_session().await.is_err());
    assert_eq!(code(second.1.stat("/in").await), StatusCode::Ok);
    drop((first, second));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_few_channels() {
    let fixture = Fixture::new().await;
    let ssh = fixture.ssh_client().await;
    let mut channels = Vec::new();
    for _ in 0..4 {
        channels.push(ssh.channel_open_session().await.unwrap());
    }
    assert!(ssh.channel_open_session().await.is_err());
    channels.remove(0).close().await.unwrap();
    channels[0].request_subsystem(true, "sftp").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_ended_and_its_upload_abandoned() {
    let fixture = Fixture::with(Options {
        config: Some(|config| config.idle_timeout = Duration::from_secs(3)),
        ..Options::default()
    })
    .await;
    let (ssh, raw) = fixture.raw().await;
    let handle = open(&raw, "/in/a.edi", WRITE).await.unwrap();
    assert_eq!(code(raw.write(handle, 0, vec![1; 5]).await), StatusCode::Ok);
    fixture.inbox.wait(|events| events.last() == Some(&Event::Abandoned { name: "a.edi".to_owned(), bytes: 5 })).await;
    tokio::time::timeout(Duration::from_secs(60), ssh).await.expect("the connection stays open").ok();
}

async fn shut_down(server: SftpServer, deadline: Duration) -> bool {
    tokio::time::timeout(Duration::from_secs(60), server.shutdown(deadline)).await.expect("the server hangs")
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_lets_an_upload_finish_and_takes_no_new_one() {
    let fixture = Fixture::new().await;
    let (_idle_ssh, _idle) = fixture.raw().await;
    let (_ssh, raw) = fixture.raw().await;
    let handle = open(&raw, "/in/a.edi", WRITE).await.unwrap();
    let address = fixture.server.local_addr();
    let mut shutdown = Box::pin(shut_down(fixture.server, Duration::from_secs(50)));
    assert!(poll!(&mut shutdown).is_pending());
    assert_eq!(code(open(&raw, "/in/b.edi", WRITE).await), StatusCode::Failure);
    assert_eq!(code(raw.write(&handle, 0, vec![1; 5]).await), StatusCode::Ok);
    assert_eq!(code(raw.close(handle).await), StatusCode::Ok);
    assert!(shutdown.await, "all finished by themselves");
    assert!(TcpStream::connect(address).await.is_err());
    assert!(matches!(fixture.inbox.events().last(), Some(Event::Closed { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_cuts_what_does_not_finish_in_time() {
    let fixture = Fixture::new().await;
    let (_ssh, raw) = fixture.raw().await;
    let handle = open(&raw, "/in/a.edi", WRITE).await.unwrap();
    assert_eq!(code(raw.write(&handle, 0, vec![1; 5]).await), StatusCode::Ok);
    assert!(!shut_down(fixture.server, Duration::from_millis(200)).await);
    assert_eq!(fixture.inbox.events().last(), Some(&Event::Abandoned { name: "a.edi".to_owned(), bytes: 5 }));
}
