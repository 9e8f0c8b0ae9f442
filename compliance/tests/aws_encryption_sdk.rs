//! The format against an independent implementation: the PyPI package aws-encryption-sdk opens what we seal, and we open what it seals.

// The lint spares functions marked as tests alone, not what they call.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tradewind_compliance::esdk::{FRAME_BYTES, Header, HeaderLimits, Sealer, WrappingKey};
use tradewind_compliance::{EncryptionContext, SecretKey};

const NAMESPACE: &str = "tradewind";
const KEY_NAME: &str = "acme/3";
const SIZES: [usize; 8] = [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_000, 1_048_576];

struct Peer {
    folder: tempfile::TempDir,
    key: SecretKey,
    context: EncryptionContext,
}

impl Peer {
    /// A folder with a case for each size.
    fn new() -> Self {
        let context = EncryptionContext::new()
            .with("tw-tenant", "main")
            .with("tw-partner", "acme")
            .with("tw-object", "items/0000000000000000000A")
            .with("tw-purpose", "items");
        let peer = Self { folder: tempfile::tempdir().unwrap(), key: SecretKey::generate().unwrap(), context };
        let pairs: serde_json::Map<_, _> =
            peer.context.pairs().map(|(key, value)| (key.to_owned(), value.into())).collect();
        let cases: Vec<_> = SIZES
            .iter()
            .map(|bytes| {
                serde_json::json!({
                    "name": bytes.to_string(), "key": STANDARD.encode(peer.key.expose()), "namespace": NAMESPACE,
                    "key_name": KEY_NAME, "context": pairs, "frame_bytes": FRAME_BYTES,
                })
            })
            .collect();
        std::fs::write(peer.file("cases.json"), serde_json::to_vec(&cases).unwrap()).unwrap();
        peer
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn wrapping(&self) -> WrappingKey {
        WrappingKey::new(NAMESPACE, KEY_NAME, &self.key).unwrap()
    }

    fn run(&self, mode: &str) -> (bool, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aws_encryption_sdk_peer.py");
        let output = Command::new(python()).arg(script).arg(mode).arg(self.folder.path()).output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}; run `make test-tools`", python().display()));
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn python() -> PathBuf {
    let at_the_root = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python");
    std::env::var_os("TRADEWIND_PYTHON").map_or_else(at_the_root, PathBuf::from)
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

#[test]
fn it_opens_what_we_seal() {
    let peer = Peer::new();
    for bytes in SIZES {
        let mut sealed = Vec::new();
        let mut sealer = Sealer::start(&peer.wrapping(), &peer.context, &mut sealed).unwrap();
        content(bytes).chunks(100_003).for_each(|piece| sealer.update(piece, &mut sealed).unwrap());
        sealer.finish(&mut sealed).unwrap();
        std::fs::write(peer.file(&format!("{bytes}.sealed")), sealed).unwrap();
    }
    let (opened, said) = peer.run("open");
    assert!(opened, "{said}\nif a package is missing, run `make test-tools`");
    for bytes in SIZES {
        assert!(std::fs::read(peer.file(&format!("{bytes}.plain"))).unwrap() == content(bytes), "{bytes} bytes");
    }
}

#[test]
fn we_open_what_it_seals() {
    let peer = Peer::new();
    for bytes in SIZES {
        std::fs::write(peer.file(&format!("{bytes}.plain")), content(bytes)).unwrap();
    }
    let (sealed, said) = peer.run("seal");
    assert!(sealed, "{said}\nif a package is missing, run `make test-tools`");
    for bytes in SIZES {
        let sealed = std::fs::read(peer.file(&format!("{bytes}.sealed"))).unwrap();
        let (header, length) = Header::parse(&sealed, &HeaderLimits::default()).unwrap().unwrap();
        let mut opener = header.unlock(&peer.wrapping(), &peer.context).unwrap();
        let mut plain = Vec::new();
        sealed[length..].chunks(99_991).for_each(|piece| opener.update(piece, &mut plain).unwrap());
        opener.finish().unwrap();
        assert!(plain == content(bytes), "{bytes} bytes");
    }
}

#[test]
fn it_refuses_what_was_changed() {
    let peer = Peer::new();
    for bytes in SIZES {
        let mut sealed = Vec::new();
        let sealer = Sealer::start(&peer.wrapping(), &peer.context, &mut sealed).unwrap();
        sealer.finish(&mut sealed).unwrap();
        *sealed.last_mut().unwrap() ^= 1;
        std::fs::write(peer.file(&format!("{bytes}.sealed")), sealed).unwrap();
    }
    let (opened, said) = peer.run("open");
    assert!(!opened && said.contains("InvalidTag"), "{said}");
}
