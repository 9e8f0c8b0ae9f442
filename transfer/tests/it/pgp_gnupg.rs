//! PGP with GnuPG 2.2, both ways.

use tradewind_transfer::pgp::{
    CertError, CertUse, DecryptPolicy, Encoding, PartnerCert, PgpError, SecretCert, SignatureRule, Sniffed, decrypt,
    decrypt_async, encrypt_sign, encrypt_sign_async, sniff,
};

use crate::support::gnupg::Gnupg;

/// Synthetic text with some entropy in it, so that compression does not make nothing of it.
fn content(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*:~^ \n<>"[(state % 44) as usize]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

fn ours() -> SecretCert {
    SecretCert::generate("Tradewind Test <gateway@example.org>").unwrap()
}

fn both_ways(algorithm: &str, encryption: &str) {
    let (gpg, ours) = (Gnupg::with_key(algorithm, encryption), ours());
    gpg.import(&ours.public_armored().unwrap());
    let partner = PartnerCert::parse(&gpg.export(), CertUse::Both).unwrap();
    assert_eq!(partner.fingerprint(), gpg.fingerprint);

    for size in [0, 1, 70_000, 3_000_000] {
        let plain = content(size);
        for more in [&["--armor"][..], &[], &["--compress-algo", "none"], &["--throw-keyids"]] {
            let message = gpg.encrypt_sign(&ours.fingerprint(), &plain, more);
            assert_ne!(sniff(&message), Sniffed::NotPgp);
            let mut taken = Vec::new();
            let verified =
                decrypt(&message[..], &DecryptPolicy::default(), &[ours.clone()], &[partner.clone()], &mut taken)
                    .unwrap();
            assert!(taken == plain, "{size} bytes with {more:?}");
            assert_eq!(verified.signer.as_deref(), Some(gpg.fingerprint.as_str()));
            assert_eq!(verified.plain_bytes, size as u64);
        }
        for encoding in [Encoding::Armored, Encoding::Binary] {
            let mut message = Vec::new();
            let taken = encrypt_sign(&mut &plain[..], &[partner.clone()], &ours, &mut message, encoding).unwrap();
            assert_eq!(taken, size as u64);
            assert_eq!(sniff(&message) == Sniffed::Armored, encoding == Encoding::Armored);
            let (read, status) = gpg.decrypt(&message);
            assert!(read == plain, "{size} bytes as {encoding:?}");
            assert!(status.contains("GOODSIG") && status.contains("GOODMDC"), "{status}");
            assert!(status.contains(&ours.fingerprint()), "{status}");
        }
    }
}

#[test]
fn exchanges_messages_with_gnupg_rsa_keys() {
    both_ways("rsa3072", "rsa3072");
}

#[test]
fn exchanges_messages_with_gnupg_ed25519_and_cv25519_keys() {
    both_ways("ed25519", "cv25519");
}

#[test]
fn the_secret_key_of_gnupg_is_read_and_decrypts() {
    let gpg = Gnupg::with_key("ed25519", "cv25519");
    let exported = gpg.run(&["--armor", "--export-secret-keys", &gpg.fingerprint]).stdout;
    let key = SecretCert::parse(&exported).unwrap();
    let message = gpg.encrypt_sign(&gpg.fingerprint, b"synthetic", &[]);
    let mut plain = Vec::new();
    decrypt(&message[..], &DecryptPolicy::default(), &[key.clone()], &[key.public()], &mut plain).unwrap();
    assert_eq!(plain, b"synthetic");
}

#[test]
fn refuses_what_gnupg_did_not_sign_or_signed_with_another_key() {
    let (gpg, stranger, ours) = (Gnupg::with_key("ed25519", "cv25519"), Gnupg::with_key("ed25519", "cv25519"), ours());
    gpg.import(&ours.public_armored().unwrap());
    let partner = PartnerCert::parse(&gpg.export(), CertUse::Both).unwrap();
    let other = PartnerCert::parse(&stranger.export(), CertUse::Verify).unwrap();
    let policy = DecryptPolicy::default();
    let optional = DecryptPolicy { signature: SignatureRule::Optional, ..DecryptPolicy::default() };
    let keys = [ours.clone()];
    let read = |message: &[u8], policy: &DecryptPolicy, signers: &[PartnerCert]| {
        decrypt(message, policy, &keys, signers, &mut Vec::new())
    };

    let unsigned = gpg.filter(&["--recipient", &ours.fingerprint(), "--encrypt"], b"synthetic");
    assert_eq!(read(&unsigned, &policy, &[partner.clone()]), Err(PgpError::Unsigned));
    assert_eq!(read(&unsigned, &optional, &[partner.clone()]).unwrap().signer, None);

    let signed = gpg.encrypt_sign(&ours.fingerprint(), b"synthetic", &[]);
    assert_eq!(read(&signed, &policy, &[other.clone()]), Err(PgpError::UnknownSigner));
    assert_eq!(read(&signed, &optional, &[other]), Err(PgpError::UnknownSigner));
    assert_eq!(read(&signed, &policy, &[]), Err(PgpError::UnknownSigner));

    let clear = gpg.filter(&["--armor", "--sign"], b"synthetic");
    assert_eq!(read(&clear, &policy, &[partner.clone()]), Err(PgpError::NotEncrypted));
    let symmetric = gpg.filter(&["--passphrase", "synthetic", "--symmetric"], b"synthetic");
    assert_eq!(read(&symmetric, &optional, &[partner]), Err(PgpError::WrongRecipient));
}

#[test]
fn refuses_a_message_for_another_recipient() {
    let (gpg, ours) = (Gnupg::with_key("ed25519", "cv25519"), ours());
    let partner = PartnerCert::parse(&gpg.export(), CertUse::Both).unwrap();
    let policy = DecryptPolicy::default();
    for more in [&[][..], &["--throw-keyids"]] {
        let message = gpg.encrypt_sign(&gpg.fingerprint, b"synthetic", more);
        assert_eq!(
            decrypt(&message[..], &policy, &[ours.clone()], &[partner.clone()], &mut Vec::new()),
            Err(PgpError::WrongRecipient)
        );
    }
}

#[test]
fn refuses_a_message_that_is_not_protected_against_changes() {
    let (gpg, ours) = (Gnupg::with_key("rsa3072", "rsa3072"), ours());
    gpg.import(&ours.public_armored().unwrap());
    let partner = PartnerCert::parse(&gpg.export(), CertUse::Both).unwrap();
    let message =
        gpg.encrypt_sign(&ours.fingerprint(), b"synthetic", &["--rfc2440", "--disable-mdc", "--cipher-algo", "AES256"]);
    assert_eq!(
        decrypt(&message[..], &DecryptPolicy::default(), &[ours], &[partner], &mut Vec::new()),
        Err(PgpError::NoIntegrity)
    );
}

#[test]
fn tells_what_is_wrong_with_a_partners_certificate() {
    let gpg = Gnupg::with_key("ed25519", "cv25519");
    let good = gpg.export();

    gpg.run(&[
        "--passphrase",
        "",
        "--quick-generate-key",
        "Signs Only <signs@example.org>",
        "ed25519",
        "sign,cert",
        "never",
    ]);
    let signs_only = gpg.run(&["--export", "signs@example.org"]).stdout;
    assert_eq!(PartnerCert::parse(&signs_only, CertUse::Encrypt).err(), Some(CertError::NoEncryptionKey));
    assert!(PartnerCert::parse(&signs_only, CertUse::Verify).is_ok());

    let yesterday = ["--faked-system-time", "20240101T000000", "--passphrase", "", "--quick-generate-key"];
    gpg.run(&[&yesterday[..], &["Expired <expired@example.org>", "ed25519", "sign,cert", "1d"]].concat());
    let expired = gpg.run(&["--export", "expired@example.org"]).stdout;
    assert_eq!(PartnerCert::parse(&expired, CertUse::Verify).err(), Some(CertError::Expired));

    let revocation = gpg.file("openpgp-revocs.d").join(format!("{}.rev", gpg.fingerprint));
    let text = std::fs::read_to_string(revocation).unwrap().replace(":-----BEGIN", "-----BEGIN");
    gpg.import(&text);
    assert_eq!(PartnerCert::parse(&gpg.export(), CertUse::Both).err(), Some(CertError::Revoked));
    assert!(PartnerCert::parse(&good, CertUse::Both).is_ok());

    let secret = gpg.run(&["--passphrase", "", "--export-secret-keys", "signs@example.org"]).stdout;
    assert_eq!(PartnerCert::parse(&secret, CertUse::Verify).err(), Some(CertError::UnexpectedSecret));
}

#[tokio::test]
async fn the_async_form_does_the_same() {
    let (ours, partner) = (ours(), SecretCert::generate("Synthetic Partner").unwrap());
    let plain = content(5_000_000);
    let mut message = Vec::new();
    let taken =
        encrypt_sign_async(&mut &plain[..], vec![ours.public()], partner.clone(), &mut message, Encoding::Binary).await;
    assert_eq!(taken, Ok(plain.len() as u64));

    let mut read = Vec::new();
    let policy = DecryptPolicy::default();
    let verified =
        decrypt_async(&mut &message[..], policy.clone(), vec![ours.clone()], vec![partner.public()], &mut read)
            .await
            .unwrap();
    assert!(read == plain);
    assert_eq!(verified.signer, Some(partner.fingerprint()));

    let cut = &message[..message.len() - 1];
    let refused =
        decrypt_async(&mut &cut[..], policy.clone(), vec![ours.clone()], vec![partner.public()], &mut Vec::new()).await;
    assert_eq!(refused, Err(PgpError::Truncated));

    // A sink that is full: two kilobytes of room.
    let mut room = vec![0_u8; 2048];
    let mut sink = std::io::Cursor::new(&mut room[..]);
    let refused = decrypt_async(&mut &message[..], policy, vec![ours], vec![partner.public()], &mut sink).await;
    assert_eq!(refused, Err(PgpError::Sink(std::io::ErrorKind::WriteZero)));
}
