//! Branch keys under keys of AWS KMS.

mod options;

use std::fmt;

use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use tradewind_compliance::esdk::WrappedDataKey;
use tradewind_compliance::keys::{KeyManager, KeyManagerError, WrappedKey};
use tradewind_compliance::message::{MessageDataKey, MessageError, MessageKeys};
use tradewind_compliance::{CONTEXT_PARTNER, EncryptionContext, SecretKey};
use zeroize::Zeroizing;

pub use options::KmsOptions;

use crate::gate::Gate;
use crate::{Access, ConfigError, Failure, FailureKind};

/// The longest ciphertext that KMS takes.
const WRAPPED_BYTES_MAX: usize = 6144;
/// AES-256.
const DATA_KEY_BYTES: i32 = 32;

type Pairs = std::collections::HashMap<String, String>;

/// Wraps branch keys under a KMS key, which never leaves KMS. A wrapped key names its KMS key by ARN and unwraps under that one alone.
///
/// It needs the rights `kms:Encrypt` to make branch keys, `kms:Decrypt` to use them, and for re-wrapping `kms:DescribeKey`,
/// `kms:ReEncryptFrom` and `kms:ReEncryptTo`. A policy may ask for the encryption context (`kms:EncryptionContext:tw-partner`). What a call
/// carries in clear is wiped here, but not in the buffers of the SDK and of TLS.
///
/// A KMS that is down or throttles is asked again within the limits of the [`crate::Connection`]; then callers are turned away at once for
/// about a second, so that those who wait for each other do not wait one after the other.
pub struct KmsKeyManager {
    client: Client,
    options: KmsOptions,
    gate: Gate,
}

impl KmsKeyManager {
    /// A manager over the keys that are configured. Nothing is asked of KMS yet.
    ///
    /// # Errors
    /// When branch keys would travel in clear.
    pub async fn new(options: KmsOptions, access: &Access) -> Result<Self, ConfigError> {
        if options.connection.is_insecure() {
            return Err(ConfigError::EndpointInsecure);
        }
        let client = Client::new(&options.connection.sdk(access).await);
        let gate = Gate::new(options.connection.operation_timeout());
        Ok(Self { client, options, gate })
    }

    /// The key that wraps for a context.
    fn key(&self, context: &EncryptionContext) -> &str {
        let own = context.value(CONTEXT_PARTNER).and_then(|partner| self.options.partners.get(partner));
        own.unwrap_or(&self.options.key)
    }
}

/// It needs the right `kms:GenerateDataKey`; consumers need `kms:Decrypt`.
#[async_trait]
impl MessageKeys for KmsKeyManager {
    async fn data_key(&self, context: &EncryptionContext) -> Result<MessageDataKey, MessageError> {
        const OPERATION: &str = "GenerateDataKey";
        let own = context.value(CONTEXT_PARTNER).and_then(|partner| self.options.messages.get(partner));
        let request = self.client.generate_data_key().key_id(own.map_or_else(|| self.key(context), String::as_str));
        let request = request.number_of_bytes(DATA_KEY_BYTES).set_encryption_context(Some(pairs(context)?)).send();
        let done = self.gate.pass(OPERATION, request).await.map_err(told)?;
        let plain = Zeroizing::new(done.plaintext.map(Blob::into_inner).unwrap_or_default());
        let key = SecretKey::copy_from(&plain).ok_or_else(|| malformed(OPERATION))?;
        let WrappedKey { root, bytes } = wrapped(OPERATION, done.key_id, done.ciphertext_blob)?;
        Ok(MessageDataKey { key, wrapped: WrappedDataKey::by_kms(&root, bytes) })
    }
}

#[async_trait]
impl KeyManager for KmsKeyManager {
    async fn wrap(&self, key: &SecretKey, context: &EncryptionContext) -> Result<WrappedKey, KeyManagerError> {
        const OPERATION: &str = "Encrypt";
        let pairs = pairs(context)?;
        let request = self.client.encrypt().key_id(self.key(context)).plaintext(Blob::new(*key.expose()));
        let request = request.set_encryption_context(Some(pairs)).send();
        let done = self.gate.pass(OPERATION, request).await.map_err(told)?;
        wrapped(OPERATION, done.key_id, done.ciphertext_blob)
    }

    async fn unwrap(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<SecretKey, KeyManagerError> {
        let pairs = pairs(context)?;
        let request = self.client.decrypt().key_id(&wrapped.root).ciphertext_blob(ciphertext(wrapped)?);
        let request = request.set_encryption_context(Some(pairs)).send();
        let done = self.gate.pass("Decrypt", request).await.map_err(told)?;
        let plain = Zeroizing::new(done.plaintext.map(Blob::into_inner).unwrap_or_default());
        // What KMS opens and is no branch key was not wrapped here.
        SecretKey::copy_from(&plain).ok_or(KeyManagerError::Refused)
    }

    async fn current_root(&self, context: &EncryptionContext) -> Result<String, KeyManagerError> {
        const OPERATION: &str = "DescribeKey";
        let request = self.client.describe_key().key_id(self.key(context)).send();
        let about = self.gate.pass(OPERATION, request).await.map_err(told)?;
        about.key_metadata.and_then(|about| about.arn).ok_or_else(|| malformed(OPERATION))
    }

    async fn rewrap(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<WrappedKey, KeyManagerError> {
        const OPERATION: &str = "ReEncrypt";
        let pairs = pairs(context)?;
        let request = self.client.re_encrypt().source_key_id(&wrapped.root).ciphertext_blob(ciphertext(wrapped)?);
        let request = request
            .set_source_encryption_context(Some(pairs.clone()))
            .destination_key_id(self.key(context))
            .set_destination_encryption_context(Some(pairs))
            .send();
        let done = self.gate.pass(OPERATION, request).await.map_err(told)?;
        self::wrapped(OPERATION, done.key_id, done.ciphertext_blob)
    }
}

impl fmt::Debug for KmsKeyManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsKeyManager").finish_non_exhaustive()
    }
}

fn pairs(context: &EncryptionContext) -> Result<Pairs, KeyManagerError> {
    if context.is_empty() {
        return Err(KeyManagerError::ContextEmpty);
    }
    Ok(context.pairs().map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

/// KMS would take these for a wrong request.
fn ciphertext(wrapped: &WrappedKey) -> Result<Blob, KeyManagerError> {
    if wrapped.bytes.is_empty() || wrapped.bytes.len() > WRAPPED_BYTES_MAX {
        return Err(KeyManagerError::Refused);
    }
    Ok(Blob::new(wrapped.bytes.clone()))
}

fn wrapped(operation: &'static str, root: Option<String>, bytes: Option<Blob>) -> Result<WrappedKey, KeyManagerError> {
    match (root, bytes.map(Blob::into_inner)) {
        (Some(root), Some(bytes)) if !bytes.is_empty() => Ok(WrappedKey { root, bytes }),
        _ => Err(malformed(operation)),
    }
}

fn malformed(operation: &'static str) -> KeyManagerError {
    told(Failure::new(operation, FailureKind::Malformed))
}

fn told(failure: Failure) -> KeyManagerError {
    match (failure.kind(), failure.code()) {
        (_, Some("InvalidCiphertextException" | "IncorrectKeyException")) => KeyManagerError::Refused,
        (_, Some("NotFoundException" | "DisabledException" | "KMSInvalidStateException")) => {
            KeyManagerError::UnknownRoot
        }
        (FailureKind::Denied, _) => KeyManagerError::Denied(Box::new(failure)),
        _ => KeyManagerError::Unavailable(Box::new(failure)),
    }
}
