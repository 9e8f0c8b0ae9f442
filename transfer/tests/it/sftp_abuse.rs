//! The SFTP server under clients that break rules or break off.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use futures::poll;
use russh::ChannelMsg;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{FileAttributes, OpenFlags, StatusCode};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tradewind_transfer::sftp::{Start, UploadPolicy};

use crate::support::inbox::Event;
use crate::support::sftp::{Fixture, Options, Trusting, WRITE, code, open};

fn opened(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Opened(_))).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_out_of_order_end_the_upload() {
    let fixture = Fixture::new().await;
    let (_ssh, raw) = fixture.raw().await;
    // A gap; an overlap; the first byte again; far behind the end of all numbers.
    for (at, second) in [(0, 11), (0, 9), (0, 0), (0, u64::MAX)] {
        let handle = open(&raw, "/in/a.edi", WRITE).await.unwrap();
        assert_eq!(code(raw.write(&handle, at, vec![b'x'; 10]).await), StatusCode::Ok);
        assert_eq!(
            code(raw.write(&handle, second, vec![b'y'; 10]).await),
            StatusCode::Failure,
            "second write at {second}"
        );
        assert_eq!(
            code(raw.write(&handle, 10, vec![b'z'; 10]).await),
            StatusCode::Failure,
            "what comes after is refused too"
        );
        assert_eq!(code(raw.close(&handle).await), StatusCode::Failure, "nor does the close succeed");
    }
    let handle = open(&raw, "/in/a.edi", WRITE).await.unwrap();
    assert_eq!(code(raw.write(&handle, 1, vec![b'x']).await), StatusCode::Failure, "the first write not at 0");
    assert_eq!(code(raw.close(&handle).await), StatusCode::Failure);
    let events = fixture.inbox.events();
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Abandoned { .. })).count(), 5, "{events:?}");
    assert!(!events.iter().any(|event| matches!(event, Event::Closing(_))), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_open_once_over_all_sessions() {
    let fixture = Fixture::new().await;
    let ((_ssh, one), (_ssh_too, two)) = (fixture.raw().await, fixture.raw().await);
    let handle = open(&one, "/in/a.edi", WRITE).await.unwrap();
    assert_eq!(code(open(&one, "/in/a.edi", WRITE).await), StatusCode::Failure);
    assert_eq!(code(open(&two, "/in/a.edi", WRITE).await), StatusCode::Failure);
    assert_eq!(code(two.remove("/in/a.edi").await), StatusCode::Failure);
    assert_eq!(code(two.rename("/in/a.edi", "/in/b.edi").await), StatusCode::Failure);
    assert_eq!(code(one.close(&handle).await), StatusCode::Ok);
    assert_eq!(opened(&fixture.inbox.events()), 1);
    assert_eq!(code(open(&two, "/in/a.edi", WRITE).await), StatusCode::Ok, "it is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_in_mid_write_leaves_nothing_to_process() {
    let fixture = Fixture::new().await;
    let (ssh, raw) = fixture.raw().await;
    let handle = open(&raw, "/in/a.edi", WRITE).await.unwrap();
    assert_eq!(code(raw.write(&handle, 0, vec![b'x'; 1000]).await), StatusCode::Ok);
    ssh.disconnect(russh::Disconnect::ByApplication, "", "").await.unwrap();
    let events = fixture.inbox.wait(|events| events.len() == 2).await;
    assert_eq!(events[1], Event::Abandoned { name: "a.edi".to_owned(), bytes: 1000 });
    let (_ssh, raw) = fixture.raw().await;
    assert_eq!(code(raw.stat("/in/a.edi").await), StatusCode::NoSuchFile);
    assert_eq!(code(open(&raw, "/in/a.edi", WRITE).await), StatusCode::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_cut_leaves_nothing_to_process() {
    let fixture = Fixture::new().await;
    let socket = TcpStream::connect(fixture.server.local_addr()).await.unwrap();
    // Closing with unread data resets the connection: no SSH goodbye, no end of file.
    socket.set_zero_linger().unwrap();
    let mut ssh = russh::client::connect_stream(std::sync::Arc::default(), socket, Trusting).await.unwrap();
    assert!(fixture.authenticate(&mut ssh, "id").await.unwrap().success());
    let channel = ssh.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "sftp").await.unwrap();
    let mut stream = channel.into_stream();
    stream.write_all(&[&packet(1, &3_u32.to_be_bytes())[..], &open_packet(7, "/in/a.edi")].concat()).await.unwrap();
    fixture.inbox.wait(|events| opened(events) == 1).await;
    ssh.disconnect(russh::Disconnect::ByApplication, "", "").await.unwrap();
    drop((stream, ssh));
    fixture.inbox.wait(|events| events.last() == Some(&Event::Abandoned { name: "a.edi".to_owned(), bytes: 0 })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staged_file_survives_its_connection() {
    let fixture = Fixture::new().await;
    let (ssh, raw) = fixture.raw().await;
    let handle = open(&raw, "/in/a.part", WRITE).await.unwrap();
    assert_eq!(code(raw.close(handle).await), StatusCode::Ok);
    ssh.disconnect(russh::Disconnect::ByApplication, "", "").await.unwrap();
    let (_ssh, raw) = fixture.raw().await;
    assert_eq!(
        code(raw.rename("/in/a.part", "/in/b.part").await),
        StatusCode::Ok,
        "from one temporary name to another"
    );
    assert_eq!(code(raw.rename("/in/a.part", "/in/a.edi").await), StatusCode::NoSuchFile);
    fixture.inbox.fail_start.store(true, Ordering::SeqCst);
    assert_eq!(code(raw.rename("/in/b.part", "/in/a.edi").await), StatusCode::Failure);
    fixture.inbox.fail_start.store(false, Ordering::SeqCst);
    assert_eq!(code(raw.rename("/in/b.part", "/in/a.edi").await), StatusCode::Ok);
    assert!(matches!(fixture.inbox.events().last(), Some(Event::Started { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn close_is_answered_only_after_the_inbox_has_the_file() {
    let fixture = Fixture::new().await;
    fixture.inbox.closes.forget_permits(usize::MAX >> 4);
    let (_ssh, raw) = fixture.raw().await;
    let handle = open(&raw, "/in/a.edi", WRITE).await.unwrap();
    let mut close = Box::pin(raw.close(&handle));
    assert!(poll!(&mut close).is_pending());
    fixture.inbox.wait(|events| events.contains(&Event::Closing("a.edi".to_owned()))).await;
    assert!(poll!(&mut close).is_pending(), "answered before it was durable");
    assert!(!fixture.inbox.events().iter().any(|event| matches!(event, Event::Closed { .. })));
    fixture.inbox.closes.add_permits(1);
    assert_eq!(code(close.await), StatusCode::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_under_way_is_finished_though_the_client_is_gone() {
    let fixture = Fixture::new().await;
    fixture.inbox.closes.forget_permits(usize::MAX >> 4);
    let (ssh, raw) = fixture.raw().await;
    let handle = open(&raw, "/in/a.edi", WRITE).await.unwrap();
    let mut close = Box::pin(raw.close(&handle));
    assert!(poll!(&mut close).is_pending());
    fixture.inbox.wait(|events| events.contains(&Event::Closing("a.edi".to_owned()))).await;
    ssh.disconnect(russh::Disconnect::ByApplication, "", "").await.unwrap();
    assert!(close.await.is_err());
    fixture.inbox.closes.add_permits(1);
    fixture.inbox.wait(|events| matches!(events.last(), Some(Event::Closed { start: Start::AtClose, .. }))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_files_at_the_limit_pass_and_one_more_does_not() {
    let policy = UploadPolicy { open_handles_max: 3, ..UploadPolicy::default() };
    let fixture = Fixture::with(Options { policy, ..Options::default() }).await;
    let (_ssh, raw) = fixture.raw().await;
    for name in ["a", "b", "c"] {
        open(&raw, &format!("/in/{name}"), WRITE).await.unwrap();
    }
    assert_eq!(code(open(&raw, "/in/d", WRITE).await), StatusCode::Failure);
    assert_eq!(code(raw.opendir("/in").await), StatusCode::Failure);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_names_stop_at_the_limit_and_others_go_on() {
    let fixture = Fixture::new().await;
    let (_ssh, raw) = fixture.raw().await;
    let mut staged = 0;
    for number in 0..10_000 {
        let name = format!("/in/{number}.tmp");
        match open(&raw, &name, WRITE).await {
            Ok(handle) => {
                assert_eq!(code(raw.close(handle).await), StatusCode::Ok);
                staged += 1;
            }
            Err(SftpError::Status(status)) => assert_eq!(status.status_code, StatusCode::Failure),
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(staged, UploadPolicy::default().staged_names_max);
    assert_eq!(code(raw.remove("/in/0.tmp").await), StatusCode::Ok);
    assert_eq!(code(open(&raw, "/in/one-more.edi", WRITE).await), StatusCode::Ok);

    // Ten thousand opens of what is not closed.
    let (_ssh, raw) = fixture.raw().await;
    for number in 0..10_000 {
        assert_eq!(code(open(&raw, &format!("/in/{number}.edi"), WRITE).await), StatusCode::Failure);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_at_the_size_limit_passes_and_one_byte_more_does_not() {
    let policy = UploadPolicy { file_bytes_max: 1000, ..UploadPolicy::default() };
    let fixture = Fixture::with(Options { policy, ..Options::default() }).await;
    let (_ssh, raw) = fixture.raw().await;
    let handle = open(&raw, "/in/a.edi", WRITE).await.unwrap();
    assert_eq!(code(raw.write(&handle, 0, vec![1; 1000]).await), StatusCode::Ok);
    assert_eq!(code(raw.close(handle).await), StatusCode::Ok);
    let handle = open(&raw, "/in/b.edi", WRITE).await.unwrap();
    assert_eq!(code(raw.write(&handle, 0, vec![1; 1000]).await), StatusCode::Ok);
    assert_eq!(code(raw.write(&handle, 1000, vec![1; 1]).await), StatusCode::Failure);
    assert_eq!(code(raw.close(handle).await), StatusCode::Failure);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_and_flags_are_refused() {
    let fixture = Fixture::new().await;
    fixture.inbox.put_out("ack", "synthetic");
    let (_ssh, raw) = fixture.raw().await;
    let long = format!("/in/{}", "x".repeat(201));
    for path in [
        "/in/../a",
        "/in/..",
        "..",
        "",
        "/",
        "/in",
        "/in/",
        "/etc/passwd",
        "in/a/b",
        "/in/a\0b",
        "/in/a\nb",
        "/in/\u{1b}[2J",
        "/in/\u{202e}a",
        "/in/e\u{301}",
        "/in/\u{200b}",
        "/in/a\u{ff0f}b",
        "/in/a\\b",
        "/in/ a",
        "/in/a ",
        &long,
        &"/in/a".repeat(1000),
        "/IN/a",
    ] {
        assert_ne!(code(open(&raw, path, WRITE).await), StatusCode::Ok, "{path:?}");
    }
    for flags in [
        OpenFlags::READ,
        OpenFlags::WRITE,
        WRITE | OpenFlags::READ,
        WRITE | OpenFlags::APPEND,
        OpenFlags::APPEND,
        OpenFlags::CREATE,
        OpenFlags::empty(),
    ] {
        assert_eq!(code(open(&raw, "/in/a", flags).await), StatusCode::PermissionDenied, "{flags:?}");
    }
    for flags in [WRITE, OpenFlags::WRITE, OpenFlags::READ | OpenFlags::TRUNCATE, OpenFlags::APPEND] {
        assert_eq!(code(open(&raw, "/out/ack", flags).await), StatusCode::PermissionDenied, "{flags:?}");
    }
    assert_eq!(code(open(&raw, "/out/none", OpenFlags::READ).await), StatusCode::NoSuchFile);
    assert_eq!(opened(&fixture.inbox.events()), 0);
    assert!(open(&raw, &format!("/in/{}", "x".repeat(200)), WRITE).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_do_what_they_were_opened_for_and_no_more() {
    let fixture = Fixture::new().await;
    fixture.inbox.put_out("ack", "synthetic");
    let (_ssh, raw) = fixture.raw().await;
    let upload = open(&raw, "/in/a", WRITE).await.unwrap();
    let out = open(&raw, "/out/ack", OpenFlags::READ).await.unwrap();
    let listing = raw.opendir("/out").await.unwrap().handle;
    assert_eq!(code(raw.read(&upload, 0, 10).await), StatusCode::Failure);
    assert_eq!(code(raw.write(&out, 0, vec![1]).await), StatusCode::Failure);
    assert_eq!(code(raw.read(&listing, 0, 10).await), StatusCode::Failure);
    assert_eq!(code(raw.readdir(&out).await), StatusCode::Failure);
    for handle in ["", "0", "99", "../1", "1\0"] {
        assert_eq!(code(raw.read(handle, 0, 10).await), StatusCode::Failure, "{handle:?}");
        assert_eq!(code(raw.close(handle).await), StatusCode::Failure, "{handle:?}");
    }
    // The handles still work, and times and permissions may be set on the way.
    assert_eq!(raw.read(&out, 4, 100).await.unwrap().data, b"hetic");
    assert_eq!(code(raw.read(&out, 9, 1).await), StatusCode::Eof);
    assert_eq!(code(raw.read(&out, u64::MAX, u32::MAX).await), StatusCode::Eof);
    let times = FileAttributes { mtime: Some(1), atime: Some(1), permissions: Some(0o644), ..FileAttributes::empty() };
    assert_eq!(code(raw.fsetstat(&upload, times.clone()).await), StatusCode::Ok);
    assert_eq!(code(raw.setstat("/in/a", times).await), StatusCode::Ok);
    let shorter = FileAttributes { size: Some(5), ..FileAttributes::empty() };
    assert_eq!(code(raw.fsetstat(&upload, shorter.clone()).await), StatusCode::PermissionDenied);
    assert_eq!(code(raw.setstat("/in/a", shorter).await), StatusCode::PermissionDenied);
    assert_eq!(code(raw.close(upload).await), StatusCode::Ok);
    assert_eq!(code(raw.fsync("1").await), StatusCode::OpUnsupported, "nothing is durable before the close");
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = BytesMut::new();
    packet.put_u32(u32::try_from(body.len()).unwrap() + 1);
    packet.put_u8(kind);
    packet.put_slice(body);
    packet.to_vec()
}

fn open_packet(id: u32, path: &str) -> Vec<u8> {
    let mut body = BytesMut::new();
    body.put_u32(id);
    body.put_u32(u32::try_from(path.len()).unwrap());
    body.put_slice(path.as_bytes());
    body.put_u32(WRITE.bits());
    body.put_u32(0);
    packet(3, &body)
}

/// Sends bytes into the SFTP channel and gives back what comes until the channel closes or `answers` packets have come.
async fn exchange(fixture: &Fixture, bytes: &[u8], answers: usize) -> (Vec<Vec<u8>>, bool) {
    let ssh = fixture.ssh_client().await;
    let mut channel = ssh.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "sftp").await.unwrap();
    channel.data_bytes(bytes.to_vec()).await.unwrap();
    let (mut received, mut packets, mut closed) = (Vec::new(), Vec::new(), false);
    while packets.len() < answers && !closed {
        match tokio::time::timeout(Duration::from_secs(60), channel.wait()).await.unwrap() {
            Some(ChannelMsg::Data { data }) => received.extend_from_slice(&data),
            Some(ChannelMsg::Close) | None => closed = true,
            Some(_) => {}
        }
        while received.len() >= 4 {
            let length = u32::from_be_bytes(received[..4].try_into().unwrap()) as usize;
            if received.len() < 4 + length {
                break;
            }
            packets.push(received.drain(..4 + length).skip(4).collect());
        }
    }
    (packets, closed)
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_are_answered_under_their_id_or_end_the_session() {
    let fixture = Fixture::new().await;
    // Unknown type, truncated open, an answer instead of a request, names that are no UTF-8: each gets its status, and the session goes on.
    let not_utf8 = [
        &5_u32.to_be_bytes()[..],
        &6_u32.to_be_bytes(),
        b"/in/\xff\xfe",
        &WRITE.bits().to_be_bytes(),
        &0_u32.to_be_bytes(),
    ]
    .concat();
    let bytes = [
        packet(1, &3_u32.to_be_bytes()),
        packet(77, &2_u32.to_be_bytes()),
        packet(3, &3_u32.to_be_bytes()),
        packet(101, &[4_u32.to_be_bytes(), [0; 4]].concat()),
        packet(3, &not_utf8),
        open_packet(6, "/in/fine.edi"),
    ]
    .concat();
    let (packets, _) = exchange(&fixture, &bytes, 6).await;
    assert_eq!(packets[0][0], 2, "the version");
    for (id, packet) in (2_u32..).zip(&packets[1..5]) {
        assert_eq!(packet[0], 101, "a status for {id}");
        assert_eq!(packet[1..5], id.to_be_bytes(), "under its id");
        assert_ne!(packet[5..9], [0; 4], "that is no success for {id}");
    }
    assert_eq!(packets[5][0], 102, "a handle");

    for endless in [&u32::MAX.to_be_bytes()[..], &300_000_u32.to_be_bytes(), &[0; 4]] {
        let (packets, closed) = exchange(&fixture, endless, 1).await;
        assert!(packets.is_empty() && closed, "{endless:?}");
    }
}
