//! Secrets stand in the configuration by reference only.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

use super::SecretKeeper;
use super::keeper::SecretName;

/// The longest secret that is read from a file.
const SECRET_BYTES_MAX: u64 = 1 << 20;

/// Where a secret lies: `env:NAME`, `file:PATH` (relative to the file that names it), and in a program with the feature `aws`
/// `aws-secretsmanager:NAME`, `aws-secretsmanager:NAME#FIELD` or `aws-ssm:/NAME`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file.
    File(PathBuf),
    /// Secrets Manager or the Parameter Store.
    Aws(SecretName),
}

/// Why a secret could not be read. It never holds the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The text is no reference; it may be the secret itself, so it is not repeated.
    #[error(
        "expected a reference of the form env:NAME, file:PATH, aws-secretsmanager:NAME or aws-ssm:/NAME, found other text"
    )]
    NoReference,
    /// The reference names what this program was built without.
    #[error("{0}: this program was built without the feature `aws`")]
    NotBuilt(&'static str),
    /// The variable is not set.
    #[error("environment variable {0} is not set or not text")]
    Unset(String),
    /// The file cannot be read.
    #[error("cannot read {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file is larger than a secret can be.
    #[error("{0} is larger than 1 MiB, which no secret is")]
    TooLarge(PathBuf),
    /// AWS has it, and does not give it.
    #[cfg(feature = "aws")]
    #[error("{0}: {1}")]
    Aws(SecretName, tradewind_aws::Failure),
    /// AWS cannot be asked as it is configured.
    #[cfg(feature = "aws")]
    #[error("[secrets]: {0}")]
    AwsConfig(#[from] tradewind_aws::ConfigError),
}

impl TryFrom<String> for SecretRef {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("aws-secretsmanager" | "aws-ssm", _)) => on_aws(text),
            _ => Err(SecretError::NoReference),
        }
    }
}

#[cfg(feature = "aws")]
fn on_aws(text: String) -> Result<SecretRef, SecretError> {
    text.try_into().map(SecretRef::Aws).map_err(|_| SecretError::NoReference)
}

#[cfg(not(feature = "aws"))]
fn on_aws(text: String) -> Result<SecretRef, SecretError> {
    Err(SecretError::NotBuilt(if text.starts_with("aws-ssm") { "aws-ssm" } else { "aws-secretsmanager" }))
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Aws(name) => write!(f, "{name}"),
        }
    }
}

impl SecretRef {
    /// Reads the secret, without the white space around it. Relative paths start at `base`.
    ///
    /// # Errors
    /// When it is not there or cannot be had.
    pub async fn read(&self, base: &Path, keeper: &SecretKeeper) -> Result<SecretString, SecretError> {
        match self {
            Self::Env(name) => std::env::var(name)
                .map(|text| text.trim().to_owned().into())
                .map_err(|_| SecretError::Unset(name.clone())),
            Self::File(path) => read_file(&base.join(path)),
            Self::Aws(name) => keeper.read(name).await,
        }
    }
}

fn read_file(path: &Path) -> Result<SecretString, SecretError> {
    let unreadable = |error| SecretError::Unreadable(path.to_owned(), error);
    if std::fs::metadata(path).map_err(unreadable)?.len() > SECRET_BYTES_MAX {
        return Err(SecretError::TooLarge(path.to_owned()));
    }
    Ok(std::fs::read_to_string(path).map_err(unreadable)?.trim().to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_secret_that_stands_in_clear_without_repeating_it() {
        let error = SecretRef::try_from("hunter2".to_owned()).unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }
}
