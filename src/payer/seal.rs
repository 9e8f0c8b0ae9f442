//! Seals what the payer answered, so that no patient's name lies in clear on the disk of a simulation either.

use std::fs;
use std::path::Path;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

const KEY_BYTES: usize = 32;

/// The key of a record, in a file beside it.
pub(super) struct Sealer(LessSafeKey);

impl Sealer {
    /// Opens the key file, or makes it.
    pub(super) fn open(file: &Path) -> anyhow::Result<Self> {
        let context = || format!("the key of the record, {}", file.display());
        let bytes = if file.exists() {
            STANDARD.decode(fs::read_to_string(file).with_context(context)?.trim()).with_context(context)?
        } else {
            let fresh = random::<KEY_BYTES>()?;
            crate::home::private_file(file, &STANDARD.encode(fresh)).with_context(context)?;
            fresh.to_vec()
        };
        let key = UnboundKey::new(&AES_256_GCM, &bytes).ok();
        Ok(Self(LessSafeKey::new(key.context("expected 32 bytes in base64").with_context(context)?)))
    }

    /// Seals a text, bound to what it is about.
    pub(super) fn seal(&self, about: &str, text: &[u8]) -> anyhow::Result<String> {
        let nonce = random::<NONCE_LEN>()?;
        let (mut sealed, mut body) = (nonce.to_vec(), text.to_vec());
        let sealing =
            self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about), &mut body).ok();
        sealing.context("the answer cannot be sealed")?;
        sealed.append(&mut body);
        Ok(STANDARD.encode(sealed))
    }

    /// Opens what [`Sealer::seal`] sealed; `None` where it was changed or is about something else.
    pub(super) fn unseal(&self, about: &str, sealed: &str) -> Option<Vec<u8>> {
        let mut bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, body) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        self.0.open_in_place(nonce, Aad::from(about), body).ok().map(|text| text.to_vec())
    }
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok().context("the system gave no randomness")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let sealed = Sealer::open(&file).unwrap().seal("1", b"SECRET").unwrap();
        let again = Sealer::open(&file).unwrap();
        assert_eq!(again.unseal("1", &sealed).unwrap(), b"SECRET");
        assert_eq!(again.unseal("2", &sealed), None);
        assert_eq!(Sealer::open(&folder.path().join("other")).unwrap().unseal("1", &sealed), None);
        assert_eq!(again.unseal("1", "AAAA"), None);
    }
}
