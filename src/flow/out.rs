//! Files for a partner's `/out`: encrypted to the partner and signed by us, sealed, and listed by the effects that they are part of.

use tokio::io::AsyncRead;
use tradewind_compliance::store::PutMode;
use tradewind_compliance::vault::CopyError;
use tradewind_compliance::{ObjectKey, PartnerId, ReceiptId};
use tradewind_ledger::{NewOutFile, OutName};
use tradewind_transfer::pgp::{Encoding, encrypt_sign_async};

use super::{Flow, FlowError, objects};

/// Bytes between the encryption and the sealing.
const PIPE_BYTES: usize = 256 * 1024;

/// What a file in `/out` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutKind {
    /// A TA1.
    Ta1,
    /// A 999.
    X999,
    /// Our 277CA.
    X277ca,
    /// A payer's 277CA, rebuilt for the sender of its claims.
    PayerX277ca,
    /// Why a file was not taken, as text.
    Notice,
}

impl OutKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ta1 => "TA1",
            Self::X999 => "999",
            Self::X277ca => "277CA",
            Self::PayerX277ca => "277CA-payer",
            Self::Notice => "notice",
        }
    }

    fn ending(self) -> &'static str {
        if self == Self::Notice { "txt" } else { "x12" }
    }
}

/// A file that is sealed and not yet listed.
pub(super) struct Sealed {
    pub(super) object: ObjectKey,
    size: u64,
    encrypted: bool,
}

/// Seals a file for a partner, encrypted and signed where the partner has a certificate.
pub(super) async fn seal(
    flow: &Flow,
    partner: &PartnerId,
    mut content: impl AsyncRead + Send + Unpin,
) -> Result<Sealed, FlowError> {
    let object = objects::out(flow.ids.job_id().as_str()).map_err(|_| FlowError::Internal("an object's key"))?;
    let mut writer = flow.vault.writer(partner, &object, objects::OUT, PutMode::IfAbsent).await?;
    let settings = flow.settings();
    let Some(certificate) = settings.certificate(partner) else {
        writer.copy_from(&mut content).await.map_err(copied)?;
        return Ok(Sealed { object, size: writer.finish().await?.bytes, encrypted: false });
    };
    let (from, mut to) = tokio::io::duplex(PIPE_BYTES);
    let (recipients, signer) = (vec![certificate.clone()], flow.pgp()?);
    let encrypt = async move { encrypt_sign_async(&mut content, recipients, signer, &mut to, Encoding::Binary).await };
    // The reading end goes when sealing ends, well or not: otherwise the encryption would wait for it for ever.
    let sealing = async {
        let mut from = from;
        writer.copy_from(&mut from).await
    };
    let (encrypted, written) = tokio::join!(encrypt, sealing);
    written.map_err(copied)?;
    encrypted.map_err(|error| {
        tracing::error!(%partner, %error, "a file for a partner could not be encrypted");
        FlowError::Internal("a partner's certificate that can be encrypted to")
    })?;
    Ok(Sealed { object, size: writer.finish().await?.bytes, encrypted: true })
}

/// The name that [`list`] gives to a partner's next file.
pub(super) fn name_for(flow: &Flow, partner: &PartnerId, kind: OutKind, unique: &str) -> Result<OutName, FlowError> {
    name(kind, unique, flow.settings().certificate(partner).is_some())
}

fn name(kind: OutKind, unique: &str, encrypted: bool) -> Result<OutName, FlowError> {
    let ending = if encrypted { ".pgp" } else { "" };
    Ok(format!("{}_{}.{}{ending}", kind.as_str(), unique, kind.ending()).parse()?)
}

/// The listing of a sealed file. Its name is made of our own words and ids; `unique` tells it from every other of its kind, and is the
/// same when the same work is done again.
pub(super) fn list(
    flow: &Flow,
    partner: &PartnerId,
    kind: OutKind,
    (receipt, unique): (ReceiptId, &str),
    file: &Sealed,
) -> Result<NewOutFile, FlowError> {
    Ok(NewOutFile {
        partner: partner.clone(),
        name: name(kind, unique, file.encrypted)?,
        object: file.object.clone(),
        size: file.size,
        kind: kind.as_str().parse()?,
        receipt: Some(receipt),
        at: flow.now(),
    })
}

fn copied(error: CopyError) -> FlowError {
    match error {
        CopyError::Vault(error) => error.into(),
        CopyError::Read(error) => {
            tracing::error!(%error, "an object could not be read while another was sealed");
            FlowError::Internal("an object that can be read")
        }
    }
}
