//! What stands behind the seams of `tradewind-compliance` on AWS, or on servers that speak its protocols: objects in S3, branch keys under KMS.
//!
//! Start at [`S3ObjectStore`] and [`KmsKeyManager`]. Both take a [`Connection`] (where and how patiently) and an [`Access`] (by whose right).
//! What fails is told as a [`Failure`], which names the operation and the kind of answer and never a bucket, a key or a value.

mod connection;
mod failure;
mod jitter;
mod kms;
mod s3;

pub use connection::{Access, ConfigError, Connection};
pub use failure::{Failure, FailureKind};
pub use kms::{KmsKeyManager, KmsOptions};
pub use s3::{Encryption, PART_BYTES, PARTS_MAX, S3ObjectStore, S3Options};
