//! What an SSH client may not do: everything but SFTP with a known key and modern algorithms.

use std::sync::Arc;

use russh::keys::{HashAlg, PrivateKeyWithHashAlg};
use tokio::net::TcpListener;

use crate::support::sftp::{Fixture, Options, Trusting, USER, said};

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_shell_no_command_and_no_terminal() {
    let fixture = Fixture::new().await;
    for (options, rest) in [
        (&["-T"][..], &[][..]),
        (&["-tt"], &[]),
        (&["-T"], &["id"]),
        (&["-tt"], &["id"]),
        (&["-T", "-s"], &["netconf"]),
        (&["-T"], &["sftp"]),
    ] {
        let output = fixture.ssh(options, "id", USER, rest).await;
        assert!(!output.status.success(), "{options:?} {rest:?}: {}", said(&output));
        assert!(output.stdout.is_empty(), "{options:?} {rest:?}: {}", said(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_forwarded() {
    let fixture = Fixture::new().await;
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = target.local_addr().unwrap().port();
    let output = fixture.ssh(&["-W", &format!("127.0.0.1:{port}")], "id", USER, &[]).await;
    assert!(!output.status.success(), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("prohibited"), "{}", said(&output));

    let remote = format!("0:127.0.0.1:{port}");
    let output = fixture.ssh(&["-N", "-o", "ExitOnForwardFailure=yes", "-R", &remote], "id", USER, &[]).await;
    assert!(!output.status.success(), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("remote port forwarding failed"), "{}", said(&output));
    // Nobody came.
    let nobody = futures::poll!(Box::pin(target.accept()));
    assert!(nobody.is_pending());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_known_user_with_its_own_key_logs_in() {
    let fixture = Fixture::new().await;
    for (identity, user) in
        [("stranger", USER), ("id", "nobody"), ("stranger", "nobody"), ("id", "ACME"), ("id", "root")]
    {
        let output = fixture.ssh(&["-T"], identity, user, &[]).await;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(255), "{identity} {user}: {text}");
        assert!(text.contains("Permission denied (publickey)"), "{identity} {user}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_questions_are_not_offered() {
    let fixture = Fixture::new().await;
    for methods in ["password", "keyboard-interactive", "hostbased", "none"] {
        let preferred = format!("PreferredAuthentications={methods}");
        let output = fixture.ssh(&["-T", "-v", "-o", &preferred, "-o", "BatchMode=no"], "id", USER, &[]).await;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(255), "{methods}: {text}");
        assert!(
            text.contains("Authentications that can continue: publickey\r\n")
                || text.contains("can continue: publickey\n"),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn key_exchange_is_strict_and_nothing_is_compressed() {
    let fixture = Fixture::new().await;
    let output = fixture.ssh(&["-T", "-vvv", "-o", "Compression=yes"], "id", USER, &[]).await;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("will use strict KEX ordering"), "{text}");
    assert!(text.contains("compression: none"), "{text}");
    assert!(!text.contains("compression: zlib"), "{text}");
    assert!(
        text.contains("cipher: aes256-gcm@openssh.com")
            || text.contains("cipher: aes128-gcm@openssh.com")
            || text.contains("cipher: aes256-ctr"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn old_algorithms_find_no_match() {
    let fixture = Fixture::new().await;
    for option in [
        "Ciphers=aes128-cbc",
        "Ciphers=3des-cbc",
        "Ciphers=chacha20-poly1305@openssh.com",
        "KexAlgorithms=diffie-hellman-group14-sha1",
        "KexAlgorithms=diffie-hellman-group1-sha1",
        "KexAlgorithms=diffie-hellman-group-exchange-sha1",
        "HostKeyAlgorithms=ssh-rsa",
    ] {
        let output = fixture.ssh(&["-T", "-o", option], "id", USER, &[]).await;
        assert_eq!(output.status.code(), Some(255), "{option}: {}", said(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains("no matching"), "{option}: {}", said(&output));
    }
    let output = fixture.ssh(&["-T", "-o", "Ciphers=aes256-ctr", "-o", "MACs=hmac-sha1"], "id", USER, &[]).await;
    assert_eq!(output.status.code(), Some(255), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rsa_key_does_not_log_in_with_sha1() {
    let fixture = Fixture::with(Options { key: Some(("rsa", Some("2048"))), ..Options::default() }).await;
    let output = fixture.ssh(&["-T", "-o", "PubkeyAcceptedAlgorithms=ssh-rsa"], "id", USER, &[]).await;
    assert_eq!(output.status.code(), Some(255), "{}", said(&output));
    // OpenSSH does not even try, since the server does not offer it. A client that tries is refused; the same key with SHA-2 is not.
    let key = Arc::new(russh::keys::load_secret_key(fixture.path("id"), None).unwrap());
    for (hash, logs_in) in [(None, false), (Some(HashAlg::Sha256), true), (Some(HashAlg::Sha512), true)] {
        let mut ssh = russh::client::connect(Arc::default(), fixture.server.local_addr(), Trusting).await.unwrap();
        let answer =
            ssh.authenticate_publickey(USER, PrivateKeyWithHashAlg::new(Arc::clone(&key), hash)).await.unwrap();
        assert_eq!(answer.success(), logs_in, "{hash:?}");
    }
}
