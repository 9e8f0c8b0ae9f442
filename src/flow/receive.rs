//! RECEIVE: what comes in at a door is sealed as it came, recorded, and only then is the door answered.

use tradewind_broker::QueueName;
use tradewind_compliance::keys::SearchKind;
use tradewind_compliance::store::PutMode;
use tradewind_compliance::vault::{SealingWriter, VaultError};
use tradewind_compliance::{DeliveryId, PartnerId, ReceiptId};
use tradewind_ledger::{Effects, NewReceipt, ReceivedContent, SealedValue, SearchHash, StoredResponse};

use super::{Flow, FlowError, objects};

/// A door that bytes come in at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// The SFTP server.
    Sftp,
    /// The REST door.
    Api,
    /// A bucket that S3 tells of.
    S3,
    /// A partner's answer to a call of ours.
    Response,
}

impl Door {
    /// The word in the ledger.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Sftp => "sftp",
            Self::Api => "api",
            Self::S3 => "s3",
            Self::Response => "response",
        }
    }
}

/// Bytes that are coming in. Dropping it leaves nothing behind.
pub(super) struct Reception {
    receipt: NewReceipt,
    writer: SealingWriter,
}

/// Bytes that are durable, and not yet recorded as received.
#[derive(Clone)]
pub(super) struct Whole {
    receipt: NewReceipt,
    content: ReceivedContent,
}

impl Reception {
    /// Begins to take bytes of a partner. `name` is the file's name, which may be PHI.
    pub(super) async fn open(
        flow: &Flow,
        partner: &PartnerId,
        door: Door,
        name: Option<&str>,
    ) -> Result<Self, FlowError> {
        let id = flow.ids.receipt_id();
        let object = objects::received(id).map_err(|_| FlowError::Internal("an object's key"))?;
        let (mut name_hash, mut name_sealed) = (None, None);
        if let Some(name) = name {
            let keys = flow.vault.keys();
            let search = keys.search_key(partner).await.map_err(VaultError::Keys)?;
            name_hash = Some(SearchHash(search.digest(SearchKind::FILE_NAME, name.as_bytes())));
            let sealed = keys.seal_value(partner, objects::FILE_NAME, id.as_str(), name.as_bytes()).await;
            name_sealed = Some(SealedValue(sealed.map_err(VaultError::Keys)?));
        }
        let writer = flow.vault.writer(partner, &object, objects::RECEIVED, PutMode::IfAbsent).await?;
        let (partner, at) = (partner.clone(), flow.now());
        let door = door.as_str().parse()?;
        Ok(Self {
            receipt: NewReceipt { id, partner, door, object, name_hash, name_sealed, response_to: None, at },
            writer,
        })
    }

    /// Takes the next bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), FlowError> {
        Ok(self.writer.write(bytes).await?)
    }

    /// Bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.writer.bytes()
    }

    /// Makes the bytes durable.
    pub(super) async fn finish(self, flow: &Flow) -> Result<Whole, FlowError> {
        let sealed = self.writer.finish().await?;
        let content = ReceivedContent { size: sealed.bytes, digest: SearchHash(sealed.digest), at: flow.now() };
        Ok(Whole { receipt: self.receipt, content })
    }
}

impl Whole {
    pub(super) fn id(&self) -> ReceiptId {
        self.receipt.id
    }

    pub(super) fn size(&self) -> u64 {
        self.content.size
    }

    pub(super) fn receipt(&self) -> &NewReceipt {
        &self.receipt
    }

    /// Records that the bytes are there; nothing starts yet.
    pub(super) async fn stage(&self, flow: &Flow) -> Result<(), FlowError> {
        Ok(flow.ledger.stage_receipt(self.receipt.clone()).await?)
    }

    /// Records them as received, with the job that translates them. After this the door may answer (L1).
    pub(super) async fn receive(self, flow: &Flow) -> Result<ReceiptId, FlowError> {
        let job = flow.job(&QueueName::translate(), &self.receipt.partner, self.receipt.id)?;
        let id = self.receipt.id;
        flow.ledger.receive_receipt(self.receipt, self.content, Effects::job(job)).await?;
        Ok(id)
    }

    /// As [`Self::receive`], under a key that was reserved for it: both in one change, or who asks again after the process died would be told
    /// that it is still being worked on, and then be taken anew. `None` where another took the key over and was faster.
    pub(super) async fn receive_under(self, flow: &Flow, key: SearchHash) -> Result<Option<ReceiptId>, FlowError> {
        let (id, partner, body) = (self.receipt.id, self.receipt.partner.clone(), Some(self.receipt.object.clone()));
        let response = StoredResponse { status: 202, kind: "submitted".parse()?, body };
        let effects = self.effects(flow)?;
        flow.ledger.complete_key(&partner, key, response, flow.now(), effects).await?;
        Ok(flow.ledger.receipt(id).await?.map(|receipt| receipt.id))
    }

    /// The same to be written with another change.
    pub(super) fn effects(self, flow: &Flow) -> Result<Effects, FlowError> {
        let job = flow.job(&QueueName::translate(), &self.receipt.partner, self.receipt.id)?;
        Ok(Effects { receipts: vec![(self.receipt, self.content)], ..Effects::job(job) })
    }

    /// Removes the bytes, which nothing records.
    pub(super) async fn forget(self, flow: &Flow) -> Result<(), FlowError> {
        Ok(flow.vault.store().delete(&self.receipt.object).await.map_err(VaultError::Store)?)
    }
}

/// Seals what a partner answered to a delivery. It goes through the same rooms as everything else, once the change that settles the
/// delivery has recorded it: were it recorded before, a process that dies between the two would ask for it, and take it in, twice.
pub(super) async fn response(
    flow: &Flow,
    partner: &PartnerId,
    delivery: DeliveryId,
    body: &[u8],
) -> Result<Whole, FlowError> {
    let mut reception = Reception::open(flow, partner, Door::Response, None).await?;
    reception.receipt.response_to = Some(delivery);
    reception.write(body).await?;
    reception.finish(flow).await
}
