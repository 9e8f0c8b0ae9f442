//! Randomness from the operating system, through `ring`.

use ring::rand::{SecureRandom, SystemRandom};

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected random bytes from the operating system, found none")]
pub struct RandomError;

/// Fills `buffer` with random bytes.
pub(crate) fn fill(buffer: &mut [u8]) -> Result<(), RandomError> {
    SystemRandom::new().fill(buffer).map_err(|_| RandomError)
}
