//! How a secret is named in a configuration.

use std::fmt;

/// Longest name of a secret, an ARN included.
const NAME_BYTES_MAX: usize = 2048;

/// Where a secret lies: `aws-secretsmanager:NAME`, with `#FIELD` for one text of a secret that is JSON, or `aws-ssm:/NAME`.
#[derive(Clone, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct SecretName(pub(super) Place);

/// Which service keeps it, under what name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    SecretsManager { id: String, field: Option<String> },
    ParameterStore { name: String },
}

/// The text names no secret. It may be one, so it is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a secret's name of the form aws-secretsmanager:NAME, aws-secretsmanager:NAME#FIELD or aws-ssm:/NAME, found other text"
)]
pub struct SecretNameError;

impl TryFrom<String> for SecretName {
    type Error = SecretNameError;

    fn try_from(text: String) -> Result<Self, SecretNameError> {
        text.parse()
    }
}

impl std::str::FromStr for SecretName {
    type Err = SecretNameError;

    fn from_str(text: &str) -> Result<Self, SecretNameError> {
        let (service, name) = text.split_once(':').ok_or(SecretNameError)?;
        let fits = name.len() <= NAME_BYTES_MAX && name.bytes().all(|b| b.is_ascii_graphic());
        let place = match (service, name.split_once('#')) {
            ("aws-secretsmanager", None) if !name.is_empty() => {
                Place::SecretsManager { id: name.to_owned(), field: None }
            }
            ("aws-secretsmanager", Some((id, field))) if !id.is_empty() && !field.is_empty() => {
                Place::SecretsManager { id: id.to_owned(), field: Some(field.to_owned()) }
            }
            ("aws-ssm", None) if name.starts_with('/') && name.len() > 1 => {
                Place::ParameterStore { name: name.to_owned() }
            }
            _ => return Err(SecretNameError),
        };
        if fits { Ok(Self(place)) } else { Err(SecretNameError) }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::SecretsManager { id, field: None } => write!(f, "aws-secretsmanager:{id}"),
            Place::SecretsManager { id, field: Some(field) } => write!(f, "aws-secretsmanager:{id}#{field}"),
            Place::ParameterStore { name } => write!(f, "aws-ssm:{name}"),
        }
    }
}

impl fmt::Debug for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_an_operator_writes() {
        for text in [
            "aws-secretsmanager:tradewind/sftp",
            "aws-secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:sftp-AbCdEf#password",
            "aws-ssm:/tradewind/webhook",
        ] {
            assert_eq!(text.parse::<SecretName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_other_text_without_repeating_it() {
        for text in
            ["hunter2", "aws-ssm:hunter2", "aws-ssm:/", "aws-secretsmanager:", "aws-secretsmanager:a#", "aws-ssm:/a b"]
        {
            let error = text.parse::<SecretName>().unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{text}");
        }
    }
}
