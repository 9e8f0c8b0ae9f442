//! How a bucket is used.

use aws_sdk_s3::types::ServerSideEncryption;

use crate::Connection;

/// Where objects lie, and how the server encrypts what is sealed already.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct S3Options {
    /// The bucket. It must be there.
    pub bucket: String,
    /// What every object's name in the bucket starts with, such as `tradewind/`. Default: nothing.
    #[serde(default)]
    pub prefix: String,
    /// Whether the bucket's name stands in the path and not in the host's name, as most servers that are not AWS want it. Default: false.
    #[serde(default)]
    pub path_style: bool,
    /// What the server is told to encrypt with. Default: nothing, so that the bucket's own setting holds.
    #[serde(default)]
    pub encryption: Encryption,
    /// Where S3 is, and how long it may take.
    #[serde(default)]
    pub connection: Connection,
}

/// Server-side encryption: headers that a bucket's policy may ask for. What is stored is sealed by us in any case.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "by")]
pub enum Encryption {
    /// The bucket's own setting.
    #[default]
    Bucket,
    /// Keys of S3 (`AES256`).
    S3,
    /// A key of KMS (`aws:kms`).
    Kms {
        /// The key's id, ARN or alias. Default: the account's `aws/s3` key.
        #[serde(default)]
        key: Option<String>,
        /// Whether S3 asks KMS once in a while for the bucket and not for each object. Default: false.
        #[serde(default, rename = "bucket-key")]
        bucket_key: bool,
    },
}

impl Encryption {
    pub(super) const fn algorithm(&self) -> Option<ServerSideEncryption> {
        match self {
            Self::Bucket => None,
            Self::S3 => Some(ServerSideEncryption::Aes256),
            Self::Kms { .. } => Some(ServerSideEncryption::AwsKms),
        }
    }

    pub(super) fn key(&self) -> Option<String> {
        match self {
            Self::Kms { key, .. } => key.clone(),
            Self::Bucket | Self::S3 => None,
        }
    }

    pub(super) const fn bucket_key(&self) -> Option<bool> {
        match self {
            Self::Kms { bucket_key: true, .. } => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_an_operator_writes() {
        let text = "
            bucket = 'objects'
            path-style = true
            encryption = { by = 'kms', key = 'alias/objects', bucket-key = true }
            connection = { endpoint = 'https://s3.example', attempts-max = 2 }
        ";
        let options: S3Options = toml::from_str(text).unwrap();
        assert_eq!(options.encryption, Encryption::Kms { key: Some("alias/objects".to_owned()), bucket_key: true });
        assert_eq!((options.connection.attempts_max, options.prefix.as_str()), (2, ""));
        let least: S3Options = toml::from_str("bucket = 'objects'").unwrap();
        assert_eq!((least.encryption, least.connection), (Encryption::Bucket, Connection::default()));
        for wrong in ["", "bucket = 'b'\nbuckets = 'c'", "bucket = 'b'\nencryption = { by = 's4' }"] {
            assert!(toml::from_str::<S3Options>(wrong).is_err(), "{wrong}");
        }
    }
}
