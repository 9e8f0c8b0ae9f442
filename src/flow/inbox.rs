//! The SFTP door's side of RECEIVE, and what partners fetch from `/out`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use tradewind_compliance::vault::SealedObject;
use tradewind_compliance::{PartnerId, ReceiptId};
use tradewind_ledger::{Effects, LedgerError, NewAudit, OutName};
use tradewind_transfer::sftp::{
    FileName, Inbox, InboxError, OutFile, OutRead, PublicKeyBytes, StagedFile, Start, StartRule, Upload, UploadPolicy,
};

use super::receive::{Door, Reception, Whole};
use super::{Flow, FlowError, STAGED_MS_MAX, objects};

/// Files of `/out` that one listing reads from the ledger at once.
const LISTED_AT_ONCE: u32 = 1_000;
/// Files that a listing of `/out` shows at the most.
const LISTED_MAX: usize = 100_000;

/// The rooms as the SFTP server sees them.
pub struct FlowInbox {
    flow: Arc<Flow>,
    /// Uploads that are durable and wait for their rename. They are forgotten with the process: nothing of them was acknowledged as taken.
    staged: Arc<Mutex<HashMap<ReceiptId, Whole>>>,
}

impl FlowInbox {
    /// The inbox of a flow.
    #[must_use]
    pub fn new(flow: Arc<Flow>) -> Self {
        Self { flow, staged: Arc::default() }
    }

    fn staged(&self) -> std::sync::MutexGuard<'_, HashMap<ReceiptId, Whole>> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Inbox for FlowInbox {
    fn authenticate(&self, user: &str, key: &PublicKeyBytes) -> Option<PartnerId> {
        self.flow.settings().login(user, key).cloned()
    }

    fn policy(&self, partner: &PartnerId) -> UploadPolicy {
        let settings = self.flow.settings();
        let endings = settings
            .partner(partner)
            .and_then(|partner| partner.sftp.as_ref())
            .map(|login| login.start_at_rename.clone());
        UploadPolicy {
            start_rule: StartRule::AtRenameForSuffixes(endings.unwrap_or_default()),
            file_bytes_max: settings.config.gateway.limits.file_bytes_max,
            ..UploadPolicy::default()
        }
    }

    fn unix_seconds(&self) -> u64 {
        self.flow.now().0 / 1_000
    }

    async fn upload(&self, partner: &PartnerId, name: &FileName) -> Result<Box<dyn Upload>, InboxError> {
        let reception = Reception::open(&self.flow, partner, Door::Sftp, Some(name.as_str())).await.map_err(refuse)?;
        Ok(Box::new(FlowUpload { flow: self.flow.clone(), staged: self.staged.clone(), reception }))
    }

    async fn start(&self, _partner: &PartnerId, staged: &StagedFile, _name: &FileName) -> Result<(), InboxError> {
        let whole = self.staged().get(&staged.receipt).cloned().ok_or(InboxError::NotFound)?;
        if whole.receipt().at.plus(STAGED_MS_MAX) < self.flow.now() {
            // It may be swept away any time now: better the client sends it again.
            return Err(InboxError::NotFound);
        }
        whole.receive(&self.flow).await.map_err(refuse)?;
        self.staged().remove(&staged.receipt);
        Ok(())
    }

    async fn discard(&self, _partner: &PartnerId, staged: StagedFile) {
        let Some(whole) = self.staged().remove(&staged.receipt) else { return };
        // The row first: it goes only if nothing has started the file, and then the bytes may go, too.
        let id = whole.id();
        let discarded = match self.flow.ledger.discard_receipt(id).await {
            Ok(()) => whole.forget(&self.flow).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = discarded {
            tracing::warn!(receipt = %id, %error, "an abandoned upload could not be removed");
        }
    }

    async fn out_list(&self, partner: &PartnerId) -> Result<Vec<OutFile>, InboxError> {
        let mut files: Vec<OutFile> = Vec::new();
        let mut after: Option<OutName> = None;
        while files.len() < LISTED_MAX {
            let page =
                self.flow.ledger.list_out(partner, after.as_ref(), LISTED_AT_ONCE).await.map_err(refuse_ledger)?;
            after = page.last().map(|file| file.name.clone());
            let whole = page.len() == LISTED_AT_ONCE as usize;
            files.extend(page.into_iter().filter_map(|file| {
                Some(OutFile {
                    name: file.name.as_str().parse().ok()?,
                    size: file.size,
                    unix_seconds: file.at.0 / 1_000,
                })
            }));
            if !whole {
                break;
            }
        }
        Ok(files)
    }

    async fn out_open(&self, partner: &PartnerId, name: &FileName) -> Result<Box<dyn OutRead>, InboxError> {
        let name: OutName = name.as_str().parse().map_err(|_| InboxError::NotFound)?;
        let file =
            self.flow.ledger.out_file(partner, &name).await.map_err(refuse_ledger)?.ok_or(InboxError::NotFound)?;
        let object =
            self.flow.vault.object(partner, &file.object, objects::OUT).await.map_err(|error| refuse(error.into()))?;
        Ok(Box::new(FlowOutRead {
            flow: self.flow.clone(),
            partner: partner.clone(),
            name,
            object,
            size: file.size,
            noted: false,
        }))
    }

    async fn out_remove(&self, partner: &PartnerId, name: &FileName) -> Result<(), InboxError> {
        let name: OutName = name.as_str().parse().map_err(|_| InboxError::NotFound)?;
        let audit = |flow: &Flow| -> Result<NewAudit, LedgerError> {
            let (actor, action) = (format!("partner:{partner}").parse()?, "out-removed".parse()?);
            Ok(NewAudit { at: flow.now(), actor, action, subject: name.to_string(), detail: None })
        };
        let effects = Effects { audit: vec![audit(&self.flow).map_err(refuse_ledger)?], ..Effects::none() };
        let there = self.flow.ledger.delete_out(partner, &name, effects).await.map_err(refuse_ledger)?;
        if there { Ok(()) } else { Err(InboxError::NotFound) }
    }
}

/// An upload on its way into an object.
struct FlowUpload {
    flow: Arc<Flow>,
    staged: Arc<Mutex<HashMap<ReceiptId, Whole>>>,
    reception: Reception,
}

#[async_trait]
impl Upload for FlowUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), InboxError> {
        self.reception.write(&bytes).await.map_err(refuse)
    }

    async fn close(self: Box<Self>, start: Start) -> Result<StagedFile, InboxError> {
        let whole = self.reception.finish(&self.flow).await.map_err(refuse)?;
        let staged = StagedFile { receipt: whole.id(), size: whole.size() };
        match start {
            Start::AtClose => drop(whole.receive(&self.flow).await.map_err(refuse)?),
            Start::AtRename => {
                whole.stage(&self.flow).await.map_err(refuse)?;
                self.staged.lock().unwrap_or_else(PoisonError::into_inner).insert(whole.id(), whole);
            }
        }
        Ok(staged)
    }

    async fn abandon(self: Box<Self>) {
        tracing::info!(bytes = self.reception.bytes(), "an upload was cut; nothing of it is kept");
    }
}

/// A file of `/out` that is being read.
struct FlowOutRead {
    flow: Arc<Flow>,
    partner: PartnerId,
    name: OutName,
    object: SealedObject,
    size: u64,
    noted: bool,
}

#[async_trait]
impl OutRead for FlowOutRead {
    async fn read_at(&mut self, offset: u64, len: u32) -> Result<Bytes, InboxError> {
        let end = self.size.min(offset.saturating_add(len.into()));
        if offset >= end {
            return Ok(Bytes::new());
        }
        let bytes = self.object.read(offset..end).await.map_err(|error| refuse(error.into()))?;
        if end == self.size && !self.noted {
            self.noted = true;
            self.flow
                .ledger
                .out_file_fetched(&self.partner, &self.name, self.flow.now())
                .await
                .map_err(refuse_ledger)?;
        }
        Ok(bytes)
    }

    fn size(&self) -> u64 {
        self.size
    }
}

fn refuse_ledger(error: LedgerError) -> InboxError {
    refuse(error.into())
}

/// What the client learns of a failure; the log learns the rest.
fn refuse(error: FlowError) -> InboxError {
    tracing::warn!(%error, "the inbox could not do what a client asked");
    match error {
        FlowError::Vault(error) if error.is_full() => InboxError::NoSpace,
        FlowError::Vault(error) if error.is_shredded() || error.is_not_permitted() => InboxError::NotPermitted,
        FlowError::Ledger(LedgerError::Full) => InboxError::NoSpace,
        _ => InboxError::Unavailable,
    }
}
