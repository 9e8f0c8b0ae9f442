//! What stands behind the seams of `tradewind-compliance` on AWS, or on servers that speak its protocols: objects in S3, branch keys under KMS,
//! secrets in Secrets Manager and the Parameter Store; and files that come into a bucket, as S3 tells them to a queue of SQS.
//!
//! Start at [`S3ObjectStore`], [`KmsKeyManager`], [`Secrets`] and [`S3Events`]. Each takes a [`Connection`] (where and how patiently) and an [`Access`] (by whose right).
//! What fails is told as a [`Failure`], which names the operation and the kind of answer and never a bucket, a key or a value.

mod connection;
mod events;
mod failure;
mod gate;
mod jitter;
mod kms;
mod s3;
mod secrets;

pub use connection::{Access, ConfigError, Connection};
pub use events::{Arrived, ArrivedError, EventsOptions, Folder, S3Events};
pub use failure::{Failure, FailureKind};
pub use kms::{KmsKeyManager, KmsOptions};
pub use s3::{Encryption, PART_BYTES, PARTS_MAX, S3ObjectStore, S3Options};
pub use secrets::{SECRET_BYTES_MAX, SecretName, SecretNameError, Secrets, SecretsOptions};
