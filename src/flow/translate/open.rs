//! Opens what came in: a plain file as it is, an OpenPGP message as a second object that is used only once the whole message is verified.

use tokio::io::AsyncReadExt;
use tradewind_compliance::store::PutMode;
use tradewind_compliance::vault::{CopyError, ObjectReader};
use tradewind_compliance::{ObjectKey, Purpose};
use tradewind_ledger::Receipt;
use tradewind_transfer::pgp::{
    DecryptPolicy, PgpError, SNIFF_BYTES, SignatureRule, Sniffed, Verified, decrypt_async, sniff,
};

use super::Quarantine;
use crate::config::Signed;
use crate::flow::receive::Door;
use crate::flow::{Flow, FlowError, objects};

/// Bytes between the decryption and the sealing.
const PIPE_BYTES: usize = 256 * 1024;

/// Where the content lies.
pub(in crate::flow) struct Content {
    object: ObjectKey,
    purpose: Purpose,
}

impl Content {
    /// The content from its start.
    pub(in crate::flow) async fn reader(&self, flow: &Flow, receipt: &Receipt) -> Result<ObjectReader, FlowError> {
        Ok(flow.vault.reader(&receipt.partner, &self.object, self.purpose).await?)
    }
}

/// Finds the content of a receipt, by the partner's PGP policy.
pub(in crate::flow) async fn open(flow: &Flow, receipt: &Receipt) -> Result<Result<Content, Quarantine>, FlowError> {
    let raw = Content { object: receipt.object.clone(), purpose: objects::RECEIVED };
    if ![Door::Sftp, Door::S3].iter().any(|door| receipt.door.as_str() == door.as_str()) {
        return Ok(Ok(raw));
    }
    let mut head = Vec::new();
    let mut reader = raw.reader(flow, receipt).await?.into_async_read();
    (&mut reader)
        .take(SNIFF_BYTES as u64)
        .read_to_end(&mut head)
        .await
        .map_err(|_| FlowError::Internal("a readable object"))?;
    let settings = flow.settings();
    let pgp = settings.partner(&receipt.partner).and_then(|partner| partner.pgp.as_ref());
    match (sniff(&head), pgp) {
        (Sniffed::NotPgp, Some(pgp)) if !pgp.plain_allowed => Ok(Err(Quarantine::new(
            "plain-not-allowed",
            "the file is not encrypted, and only encrypted files are taken from you",
        ))),
        (Sniffed::NotPgp, _) => Ok(Ok(raw)),
        (_, None) => Ok(Err(Quarantine::new(
            "pgp-not-agreed",
            "the file is encrypted, and no PGP certificate is registered for you",
        ))),
        (_, Some(pgp)) => decrypt(flow, receipt, &raw, pgp.signed).await,
    }
}

async fn decrypt(
    flow: &Flow,
    receipt: &Receipt,
    raw: &Content,
    signed: Signed,
) -> Result<Result<Content, Quarantine>, FlowError> {
    let settings = flow.settings();
    let limits = &settings.config.gateway.limits;
    let policy = DecryptPolicy {
        signature: if signed == Signed::Required { SignatureRule::Required } else { SignatureRule::Optional },
        plain_bytes_max: limits.file_bytes_max,
        expansion_ratio_max: limits.pgp_expansion_max,
        ..DecryptPolicy::default()
    };
    let signers = settings.certificate(&receipt.partner).cloned().into_iter().collect();
    // Each attempt writes an object of its own: what an attempt that died left behind is never mistaken for a whole one.
    let object =
        objects::plain(receipt.id, flow.ids.job_id().as_str()).map_err(|_| FlowError::Internal("an object's key"))?;
    let mut writer = flow.vault.writer(&receipt.partner, &object, objects::PLAIN, PutMode::IfAbsent).await?;
    let mut source = raw.reader(flow, receipt).await?.into_async_read();
    let (from, mut to) = tokio::io::duplex(PIPE_BYTES);
    let keys = vec![flow.pgp()?];
    let decrypting = async move { decrypt_async(&mut source, policy, keys, signers, &mut to).await };
    // The reading end goes when sealing ends, well or not: otherwise the decryption would wait for it for ever.
    let sealing = async {
        let mut from = from;
        writer.copy_from(&mut from).await
    };
    let (verified, written) = tokio::join!(decrypting, sealing);
    if let Err(CopyError::Vault(error)) = written {
        return Err(error.into());
    }
    match verified {
        Ok(Verified { plain_bytes, .. }) if plain_bytes == writer.bytes() => {
            writer.finish().await?;
            Ok(Ok(Content { object, purpose: objects::PLAIN }))
        }
        Ok(_) => Err(FlowError::Internal("as many bytes sealed as decrypted")),
        Err(PgpError::Source(_) | PgpError::Sink(_)) => {
            Err(FlowError::Internal("an object that can be read and written"))
        }
        Err(error) => Ok(Err(Quarantine::new(reason(error), &error.to_string()))),
    }
}

fn reason(error: PgpError) -> &'static str {
    match error {
        PgpError::WrongRecipient => "pgp-wrong-recipient",
        PgpError::NotEncrypted => "pgp-not-encrypted",
        PgpError::UnknownSigner => "pgp-unknown-signer",
        PgpError::BadSignature => "pgp-bad-signature",
        PgpError::Unsigned => "pgp-unsigned",
        PgpError::NoIntegrity => "pgp-no-integrity",
        PgpError::Manipulated => "pgp-manipulated",
        PgpError::ExpansionLimit => "pgp-expansion-limit",
        PgpError::Nesting => "pgp-nesting",
        PgpError::Truncated => "pgp-truncated",
        PgpError::Malformed | PgpError::Source(_) | PgpError::Sink(_) => "pgp-malformed",
    }
}
