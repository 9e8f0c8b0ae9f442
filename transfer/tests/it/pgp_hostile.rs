//! PGP messages that were cut, changed, nested, blown up or glued together.

use std::io::Write;

use secrecy::ExposeSecret;
use sequoia_openpgp::Cert;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::serialize::stream::{Compressor, Encryptor, LiteralWriter, Message, Recipient, Signer};
use sequoia_openpgp::types::{CompressionAlgorithm, Features};
use tradewind_transfer::pgp::{DecryptPolicy, Encoding, PgpError, SecretCert, SignatureRule, decrypt, encrypt_sign};

struct Pair {
    ours: SecretCert,
    partner: SecretCert,
}

impl Pair {
    fn new() -> Self {
        Self {
            ours: SecretCert::generate("Tradewind Test").unwrap(),
            partner: SecretCert::generate("Synthetic Partner").unwrap(),
        }
    }

    fn message(&self, plain: &[u8], encoding: Encoding) -> Vec<u8> {
        let mut message = Vec::new();
        encrypt_sign(&mut &plain[..], &[self.ours.public()], &self.partner, &mut message, encoding).unwrap();
        message
    }

    fn read(&self, message: &[u8]) -> Result<Vec<u8>, PgpError> {
        self.read_as(message, &DecryptPolicy::default())
    }

    fn read_as(&self, message: &[u8], policy: &DecryptPolicy) -> Result<Vec<u8>, PgpError> {
        let mut plain = Vec::new();
        decrypt(message, policy, &[self.ours.clone()], &[self.partner.public()], &mut plain).map(|_| plain)
    }

    /// Encrypts whatever `inner` writes: layers that [`encrypt_sign`] does not make.
    fn wrap(&self, inner: impl FnOnce(Message<'_>)) -> Vec<u8> {
        let cert = Cert::from_bytes(self.ours.public_armored().unwrap().as_bytes()).unwrap();
        let policy = StandardPolicy::new();
        let keys = cert.keys().with_policy(&policy, None).supported().for_transport_encryption();
        let keys = keys.map(|key| Recipient::new(Features::empty().set_seipdv1(), key.key().key_handle(), key.key()));
        let mut message = Vec::new();
        inner(Encryptor::for_recipients(Message::new(&mut message), keys).build().unwrap());
        message
    }
}

fn literal(message: Message<'_>, content: impl Iterator<Item = Vec<u8>>) {
    let mut message = LiteralWriter::new(message).build().unwrap();
    for chunk in content {
        message.write_all(&chunk).unwrap();
    }
    message.finalize().unwrap();
}

fn optional() -> DecryptPolicy {
    DecryptPolicy { signature: SignatureRule::Optional, ..DecryptPolicy::default() }
}

#[test]
fn a_message_cut_at_any_byte_is_refused_as_cut() {
    let pair = Pair::new();
    let plain: Vec<u8> = (0..40_000_u32).flat_map(u32::to_be_bytes).collect();
    for encoding in [Encoding::Binary, Encoding::Armored] {
        let message = pair.message(&plain, encoding);
        assert!(pair.read(&message).unwrap() == plain);
        let whole = message.len() - usize::from(encoding == Encoding::Armored); // the last line end may be missing
        let cuts = (0..120).chain((120..whole).step_by(1_999)).chain(whole - 60..whole);
        for cut in cuts {
            assert_eq!(
                pair.read(&message[..cut]).map(|plain| plain.len()),
                Err(PgpError::Truncated),
                "cut at {cut} of {whole}"
            );
        }
    }
}

#[test]
fn a_message_with_any_bit_flipped_is_refused() {
    let pair = Pair::new();
    let message = pair.message(b"synthetic", Encoding::Binary);
    for at in 0..message.len() {
        let mut changed = message.clone();
        changed[at] ^= 0x04;
        match pair.read(&changed) {
            Err(_) => {}
            // A recipient's key id is not authenticated: a changed one is only a wrong hint, and then the recipient is wrong.
            Ok(_) => panic!("a change of byte {at} went unnoticed"),
        }
    }
    let last = message.len() - 10;
    let mut changed = message;
    changed[last] ^= 1;
    assert_eq!(pair.read(&changed), Err(PgpError::Manipulated));
}

#[test]
fn what_stands_behind_a_message_is_refused() {
    let pair = Pair::new();
    for encoding in [Encoding::Binary, Encoding::Armored] {
        let message = pair.message(b"synthetic", encoding);
        assert!(pair.read(&[&message[..], &message[..]].concat()).is_err(), "two messages, {encoding:?}");
        assert!(pair.read(&[&message[..], b"ISA*00*"].concat()).is_err(), "text behind, {encoding:?}");
    }
    let message = pair.message(b"synthetic", Encoding::Armored);
    assert_eq!(pair.read(&[&message[..], b"\n \r\n"].concat()).unwrap(), b"synthetic");
}

#[test]
fn a_compression_bomb_stops_at_the_ratio() {
    let pair = Pair::new();
    let zeros = || std::iter::repeat_n(vec![0_u8; 1 << 20], 64);
    let bomb = pair
        .wrap(|message| literal(Compressor::new(message).algo(CompressionAlgorithm::Zip).build().unwrap(), zeros()));
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    let mut written = Vec::new();
    let refused = decrypt(&bomb[..], &optional(), std::slice::from_ref(&pair.ours), &[], &mut written);
    assert_eq!(refused, Err(PgpError::ExpansionLimit));
    assert!(written.len() < 41 << 20, "{} bytes came out", written.len());
    let patient = DecryptPolicy { expansion_ratio_max: 2_000, ..optional() };
    assert_eq!(pair.read_as(&bomb, &patient).unwrap().len(), 64 << 20);
}

#[test]
fn content_at_the_size_limit_passes_and_one_byte_more_does_not() {
    let pair = Pair::new();
    let policy = DecryptPolicy { plain_bytes_max: 1000, ..DecryptPolicy::default() };
    assert!(pair.read_as(&pair.message(&[7; 1000], Encoding::Binary), &policy).is_ok());
    assert_eq!(pair.read_as(&pair.message(&[7; 1001], Encoding::Binary), &policy), Err(PgpError::ExpansionLimit));
}

#[test]
fn layers_at_the_limit_pass_and_one_more_does_not() {
    let pair = Pair::new();
    let layered = |compressions: usize| {
        pair.wrap(|mut message| {
            for _ in 0..compressions {
                message = Compressor::new(message).algo(CompressionAlgorithm::Zip).build().unwrap();
            }
            literal(message, std::iter::once(b"synthetic".to_vec()));
        })
    };
    let policy = DecryptPolicy { nesting_max: 3, ..optional() };
    assert_eq!(pair.read_as(&layered(2), &policy).unwrap(), b"synthetic");
    assert_eq!(pair.read_as(&layered(3), &policy), Err(PgpError::Nesting));
    assert_eq!(pair.read_as(&layered(14), &policy), Err(PgpError::Nesting));
}

#[test]
fn a_signature_over_other_content_is_refused() {
    let pair = Pair::new();
    let sign = |content: &[u8]| {
        let cert = Cert::from_bytes(pair.partner.to_armored().unwrap().expose_secret().as_bytes()).unwrap();
        let policy = StandardPolicy::new();
        let key = cert.keys().with_policy(&policy, None).for_signing().secret().next().unwrap().key().clone();
        let mut message = Vec::new();
        let signer = Signer::new(Message::new(&mut message), key.into_keypair().unwrap()).unwrap().build().unwrap();
        literal(signer, std::iter::once(content.to_vec()));
        message
    };
    let signed = sign(b"synthetic");
    let place = signed.windows(9).position(|window| window == b"synthetic").unwrap();
    let mut forged = signed.clone();
    forged[place] = b'S';
    let wrap = |inner: &[u8]| {
        pair.wrap(|mut message| {
            message.write_all(inner).unwrap();
            message.finalize().unwrap();
        })
    };
    assert_eq!(pair.read(&wrap(&signed)).unwrap(), b"synthetic");
    assert_eq!(pair.read(&wrap(&forged)), Err(PgpError::BadSignature));
    assert_eq!(pair.read_as(&wrap(&forged), &optional()), Err(PgpError::BadSignature));
}

#[test]
fn a_source_that_fails_is_no_end() {
    struct Fails<'a>(&'a [u8]);
    impl std::io::Read for Fails<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() { Err(std::io::ErrorKind::ConnectionReset.into()) } else { self.0.read(into) }
        }
    }
    let pair = Pair::new();
    let message = pair.message(&[1; 200_000], Encoding::Binary);
    let refused = decrypt(
        Fails(&message[..100_000]),
        &DecryptPolicy::default(),
        std::slice::from_ref(&pair.ours),
        &[pair.partner.public()],
        &mut Vec::new(),
    );
    assert_eq!(refused, Err(PgpError::Source(std::io::ErrorKind::ConnectionReset)));
}

#[test]
fn text_that_is_no_message_is_refused() {
    let pair = Pair::new();
    for text in [&b""[..], b"ISA*00*", b"-----BEGIN PGP MESSAGE-----\n", &[0x85], &[0xff; 300]] {
        assert!(matches!(pair.read(text), Err(PgpError::Malformed | PgpError::Truncated)), "{text:?}");
    }
    let certificate = pair.ours.public_armored().unwrap();
    assert_eq!(pair.read(certificate.as_bytes()), Err(PgpError::Malformed));
}
