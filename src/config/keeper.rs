//! Who is asked for the secrets that AWS keeps.

#[cfg(feature = "aws")]
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "aws")]
use secrecy::ExposeSecret;
use secrecy::SecretString;
#[cfg(feature = "aws")]
use tokio::sync::OnceCell;

use super::SecretError;
use super::backends::Secrets;

/// What AWS calls a secret.
#[cfg(feature = "aws")]
pub(super) type SecretName = tradewind_aws::SecretName;
/// What AWS calls a secret; there is none in a program that was built without.
#[cfg(not(feature = "aws"))]
pub(super) type SecretName = std::convert::Infallible;

/// Reads secrets of AWS and keeps them for a while. Clones share what they keep; AWS is asked only where a reference names it.
#[derive(Debug, Clone, Default)]
pub struct SecretKeeper {
    #[cfg(feature = "aws")]
    inner: Arc<Inner>,
}

#[cfg(feature = "aws")]
#[derive(Debug, Default)]
struct Inner {
    options: Secrets,
    opened: OnceCell<tradewind_aws::Secrets>,
}

#[cfg(feature = "aws")]
impl SecretKeeper {
    /// Nothing is asked of AWS yet.
    #[must_use]
    pub fn new(options: &Secrets) -> Self {
        Self { inner: Arc::new(Inner { options: options.clone(), opened: OnceCell::new() }) }
    }

    /// A secret without the white space around it.
    pub(super) async fn read(&self, name: &SecretName) -> Result<SecretString, SecretError> {
        let Inner { options, opened } = self.inner.as_ref();
        let access = tradewind_aws::Access::default();
        let secrets = opened.get_or_try_init(|| tradewind_aws::Secrets::new(options.clone(), &access)).await?;
        match secrets.read(name).await {
            Ok(secret) => Ok(secret.expose_secret().trim().to_owned().into()),
            Err(failure) => Err(SecretError::Aws(name.clone(), failure)),
        }
    }

    /// Has every secret read again when it is asked for next.
    pub async fn reload(&self) {
        if let Some(secrets) = self.inner.opened.get() {
            secrets.reload().await;
        }
    }

    /// How long a secret is used before it is read again, where one of AWS was read.
    #[must_use]
    pub fn fresh(&self) -> Option<Duration> {
        self.inner.opened.get().map(|_| Duration::from_millis(self.inner.options.fresh_ms))
    }
}

#[cfg(not(feature = "aws"))]
impl SecretKeeper {
    /// Keeps none.
    #[must_use]
    pub fn new(_: &Secrets) -> Self {
        Self {}
    }

    /// There is none.
    pub(super) async fn read(&self, none: &SecretName) -> Result<SecretString, SecretError> {
        match *none {}
    }

    /// Does nothing.
    pub async fn reload(&self) {}

    /// None of AWS is ever read.
    #[must_use]
    pub fn fresh(&self) -> Option<Duration> {
        None
    }
}
