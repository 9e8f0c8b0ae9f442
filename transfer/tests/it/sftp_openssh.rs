//! The SFTP server with OpenSSH's sftp.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use tradewind_transfer::sftp::{Start, StartRule, UploadPolicy};

use crate::support::inbox::Event;
use crate::support::sftp::{Fixture, Options, said};

/// Synthetic bytes that differ at every place.
pub fn content(bytes: u32) -> Vec<u8> {
    (0..bytes.div_ceil(4)).flat_map(u32::to_be_bytes).take(bytes as usize).collect()
}

fn closed(name: &str, start: Start, content: &[u8]) -> Event {
    Event::Closed { name: name.to_owned(), start, content: Bytes::copy_from_slice(content) }
}

async fn puts_and_gets(key: (&'static str, Option<&'static str>)) {
    let fixture = Fixture::with(Options { key: Some(key), ..Options::default() }).await;
    let (small, large) = (content(10), content(5_000_001));
    fixture.file("small.edi", &small);
    fixture.file("large.edi", &large);
    fixture.inbox.put_out("ack.999", large.clone());
    let output = fixture
        .sftp("put small.edi /in/small.edi\ncd in\nput -p large.edi\nput large.edi other.tmp\nrename other.tmp other.edi\nget /out/ack.999 got\nrm /out/ack.999\n")
        .await;
    assert!(output.status.success(), "{}", said(&output));
    let events = fixture.inbox.events();
    assert!(events.contains(&closed("small.edi", Start::AtClose, &small)));
    assert!(events.contains(&closed("large.edi", Start::AtClose, &large)));
    assert!(events.contains(&closed("other.tmp", Start::AtRename, &large)));
    assert!(events.contains(&Event::Started { name: "other.edi".to_owned(), content: Bytes::from(large.clone()) }));
    assert!(events.contains(&Event::Removed("ack.999".to_owned())));
    assert!(std::fs::read(fixture.path("got")).unwrap() == large);
    assert!(fixture.inbox.out.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn puts_renames_gets_and_removes_with_an_ed25519_key() {
    puts_and_gets(("ed25519", None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn puts_renames_gets_and_removes_with_an_rsa_key() {
    puts_and_gets(("rsa", Some("3072"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn puts_renames_gets_and_removes_with_an_ecdsa_key() {
    puts_and_gets(("ecdsa", Some("384"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_ahead_are_taken_in_order() {
    let fixture = Fixture::new().await;
    let large = content(30_000_000);
    fixture.file("large.edi", &large);
    fixture.inbox.put_out("large.277", large.clone());
    let output =
        fixture.sftp_with(&["-R", "1000", "-B", "4096"], "get /out/large.277 got\nput large.edi /in/large.edi\n").await;
    assert!(output.status.success(), "{}", said(&output));
    assert!(std::fs::read(fixture.path("got")).unwrap() == large);
    assert!(fixture.inbox.events().contains(&closed("large.edi", Start::AtClose, &large)));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_stats_the_tree() {
    let fixture = Fixture::new().await;
    fixture.file("a.tmp", &content(1234));
    fixture.inbox.put_out("ack one.999", content(77));
    let output = fixture.sftp("pwd\nls -l /\nput a.tmp /in/a.tmp\nls -l /in\ncd /out\nls -l\nls -1 .\ncd ..\npwd\nls -l /in/a.tmp\ndf -h /in\n").await;
    // df asks for statvfs, which is not offered.
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    for line in [
        "Remote working directory: /\n",
        "drwx------",
        " in\n",
        " out\n",
        "1234 Jan  1  2026 a.tmp",
        "77 Jan  1  2026 ack one.999",
    ] {
        let squeezed = text.replace("Jan 01 2026 00:00", "Jan  1  2026");
        assert!(squeezed.contains(line), "{line:?} is missing in {}", said(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_taken_still_answers_stat_with_its_size() {
    let fixture = Fixture::new().await;
    fixture.file("a.edi", &content(4321));
    let output = fixture.sftp("put a.edi /in/a.edi\nls -l /in/a.edi\n").await;
    assert!(output.status.success(), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("4321"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_without_counts_start_at_rename() {
    let fixture = Fixture::new().await;
    let csv = content(99);
    fixture.file("members.csv", &csv);
    let output = fixture.sftp("put members.csv /in/members.csv\nrename /in/members.csv /in/members-1.csv\n").await;
    assert!(output.status.success(), "{}", said(&output));
    let events = fixture.inbox.events();
    assert!(events.contains(&closed("members.csv", Start::AtRename, &csv)));
    assert!(events.contains(&Event::Started { name: "members-1.csv".to_owned(), content: Bytes::from(csv) }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_may_start_every_file_at_rename() {
    let policy = UploadPolicy { start_rule: StartRule::AtRename, ..UploadPolicy::default() };
    let fixture = Fixture::with(Options { policy, ..Options::default() }).await;
    fixture.file("a.edi", &content(5));
    let output = fixture.sftp("put a.edi /in/a.edi\n").await;
    assert!(output.status.success(), "{}", said(&output));
    assert!(fixture.inbox.events().contains(&closed("a.edi", Start::AtRename, &content(5))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_write_and_a_failing_close_are_failures_for_the_client() {
    let fixture = Fixture::new().await;
    fixture.file("a.edi", &content(500_000));
    fixture.inbox.room_bytes.store(300_000, Ordering::SeqCst);
    let output = fixture.sftp("put a.edi /in/a.edi\n").await;
    assert!(!output.status.success(), "{}", said(&output));
    fixture.inbox.wait(|events| matches!(events, [Event::Opened(_), Event::Abandoned { .. }])).await;

    fixture.inbox.room_bytes.store(u64::MAX, Ordering::SeqCst);
    fixture.inbox.fail_close.store(true, Ordering::SeqCst);
    let output = fixture.sftp("put a.edi /in/a.edi\n").await;
    assert!(!output.status.success(), "{}", said(&output));
    assert!(!fixture.inbox.events().iter().any(|event| matches!(event, Event::Closed { .. })));

    // Space is back: the same name goes through.
    fixture.inbox.fail_close.store(false, Ordering::SeqCst);
    let output = fixture.sftp("put a.edi /in/a.edi\n").await;
    assert!(output.status.success(), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_start_keeps_the_file_for_another_rename() {
    let fixture = Fixture::new().await;
    fixture.file("a.edi", &content(5));
    fixture.inbox.fail_start.store(true, Ordering::SeqCst);
    let output = fixture.sftp("put a.edi /in/a.tmp\nrename /in/a.tmp /in/a.edi\n").await;
    assert!(!output.status.success(), "{}", said(&output));
    fixture.inbox.fail_start.store(false, Ordering::SeqCst);
    let output = fixture.sftp("rename /in/a.tmp /in/a.edi\n").await;
    assert!(output.status.success(), "{}", said(&output));
    assert!(fixture.inbox.events().contains(&Event::Started { name: "a.edi".to_owned(), content: content(5).into() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_cannot_be_resumed() {
    let fixture = Fixture::new().await;
    fixture.file("a.tmp", &content(1000));
    let output = fixture.sftp("put a.tmp /in/a.tmp\n").await;
    assert!(output.status.success(), "{}", said(&output));
    fixture.file("a.tmp", &content(2000));
    let output = fixture.sftp("reput a.tmp /in/a.tmp\n").await;
    assert!(!output.status.success(), "{}", said(&output));
    assert_eq!(fixture.inbox.events().iter().filter(|event| matches!(event, Event::Opened(_))).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_under_a_staged_name_replaces_it() {
    let fixture = Fixture::new().await;
    fixture.file("a.tmp", &content(1000));
    let output = fixture.sftp("put a.tmp /in/a.tmp\nput a.tmp /in/a.tmp\nrename /in/a.tmp /in/a.edi\n").await;
    assert!(output.status.success(), "{}", said(&output));
    let discarded = fixture.inbox.events().iter().filter(|event| **event == Event::Discarded).count();
    assert_eq!(discarded, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_leads_out_of_the_tree_is_refused() {
    let fixture = Fixture::new().await;
    fixture.file("a.edi", &content(10));
    fixture.inbox.put_out("ack", content(5));
    for command in [
        "put a.edi /a.edi",
        "put a.edi /out/a.edi",
        "put a.edi /etc/a.edi",
        "put a.edi ../../etc/a.edi",
        "put a.edi /in/../../etc/a.edi",
        "put a.edi /in/sub/a.edi",
        "get /etc/passwd got",
        "get ../../../etc/passwd got",
        "get /in/a.edi got",
        "mkdir /in/sub",
        "mkdir /new",
        "rmdir /in",
        "rm /in",
        "rm /etc/passwd",
        "symlink /etc/passwd /in/link",
        "ln /out/ack /in/hard",
        "rename /out/ack /in/ack",
        "rename /in /out",
        "chmod 600 /etc/passwd",
        "cd /etc",
        "ls /etc",
    ] {
        let output = fixture.sftp(&format!("{command}\n")).await;
        assert!(!output.status.success(), "{command}: {}", said(&output));
        assert_eq!(fixture.inbox.events(), [], "{command}");
    }
    assert!(!fixture.path("got").exists());
    assert_eq!(fixture.inbox.out.lock().unwrap().len(), 1);
}
