//! Suite 0x0478: which keys come from a message's data key.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey};
use ring::hkdf;
use subtle::ConstantTimeEq;

use crate::SecretKey;

/// AES-256-GCM, HKDF-SHA-512, key commitment, no signature.
pub(super) const SUITE_ID: [u8; 2] = [0x04, 0x78];
pub(super) const MESSAGE_ID_BYTES: usize = 32;
pub(super) const COMMITMENT_BYTES: usize = 32;
pub(super) const IV_BYTES: usize = NONCE_LEN;
pub(super) const TAG_BYTES: usize = 16;

const DERIVE_LABEL: &[u8] = b"DERIVEKEY";
const COMMIT_LABEL: &[u8] = b"COMMITKEY";

/// The length of a commitment, for HKDF.
struct CommitmentLength;

impl hkdf::KeyType for CommitmentLength {
    fn len(&self) -> usize {
        COMMITMENT_BYTES
    }
}

/// What a message is encrypted with, and what commits to it.
pub(super) struct MessageKey {
    pub(super) cipher: LessSafeKey,
    pub(super) commitment: [u8; COMMITMENT_BYTES],
}

impl MessageKey {
    /// Derives both from the data key, with the message's id as salt. `None` does not happen for these lengths.
    pub(super) fn derive(data_key: &SecretKey, message_id: &[u8; MESSAGE_ID_BYTES]) -> Option<Self> {
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA512, message_id).extract(data_key.expose());
        let derive_info: [&[u8]; 2] = [&SUITE_ID, DERIVE_LABEL];
        let cipher = LessSafeKey::new(UnboundKey::from(secret.expand(&derive_info, &AES_256_GCM).ok()?));
        let mut commitment = [0; COMMITMENT_BYTES];
        secret.expand(&[COMMIT_LABEL], CommitmentLength).ok()?.fill(&mut commitment).ok()?;
        Some(Self { cipher, commitment })
    }

    /// Compares in constant time.
    pub(super) fn committed_by(&self, commitment: &[u8; COMMITMENT_BYTES]) -> bool {
        self.commitment.ct_eq(commitment).into()
    }

    /// The tag over a header, whose IV is zero. Frames count from 1, so it is never used twice.
    pub(super) fn header_tag(&self, header: &[u8]) -> Option<[u8; TAG_BYTES]> {
        let zero = Nonce::assume_unique_for_key([0; IV_BYTES]);
        let tag = self.cipher.seal_in_place_separate_tag(zero, Aad::from(header), &mut []).ok()?;
        tag.as_ref().try_into().ok()
    }

    /// Whether the tag over a header verifies.
    pub(super) fn header_authentic(&self, header: &[u8], tag: [u8; TAG_BYTES]) -> bool {
        let zero = Nonce::assume_unique_for_key([0; IV_BYTES]);
        self.cipher.open_in_place_separate_tag(zero, Aad::from(header), Tag::from(tag), &mut [], 0..).is_ok()
    }
}
