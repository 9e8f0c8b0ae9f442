//! An inbox in memory that records what it is asked, and fails on request.

use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use tokio::sync::{Semaphore, watch};
use tradewind_compliance::{PartnerId, ReceiptId};
use tradewind_transfer::sftp::{
    FileName, Inbox, InboxError, OutFile, OutRead, PublicKeyBytes, StagedFile, Start, Upload, UploadPolicy,
};

/// What the inbox was asked, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Opened(String),
    Closing(String),
    Closed { name: String, start: Start, content: Bytes },
    Abandoned { name: String, bytes: usize },
    Started { name: String, content: Bytes },
    Discarded,
    Removed(String),
}

pub struct MemoryInbox {
    pub users: HashMap<String, (PublicKeyBytes, PartnerId)>,
    pub policy: UploadPolicy,
    pub out: Mutex<BTreeMap<FileName, Bytes>>,
    state: Arc<State>,
}

/// What uploads share with the inbox.
pub struct State {
    /// Writes fail once this many bytes have come.
    pub room_bytes: AtomicU64,
    pub fail_close: AtomicBool,
    pub fail_start: AtomicBool,
    /// A close goes through when it gets a permit.
    pub closes: Semaphore,
    staged: Mutex<HashMap<ReceiptId, Bytes>>,
    events: watch::Sender<Vec<Event>>,
}

impl MemoryInbox {
    pub fn new(policy: UploadPolicy) -> Self {
        let state = State {
            room_bytes: AtomicU64::new(u64::MAX),
            fail_close: AtomicBool::new(false),
            fail_start: AtomicBool::new(false),
            closes: Semaphore::new(1_000_000),
            staged: Mutex::default(),
            events: watch::Sender::new(Vec::new()),
        };
        Self { users: HashMap::new(), policy, out: Mutex::default(), state: Arc::new(state) }
    }

    pub fn events(&self) -> Vec<Event> {
        self.state.events.borrow().clone()
    }

    /// Waits until the events fit; fails the test if they do not within a minute.
    pub async fn wait(&self, fit: impl Fn(&[Event]) -> bool) -> Vec<Event> {
        let mut events = self.state.events.subscribe();
        let found = tokio::time::timeout(Duration::from_secs(60), events.wait_for(|events| fit(events))).await;
        match found {
            Ok(Ok(events)) => events.clone(),
            _ => panic!("these events do not fit: {:?}", self.events().iter().map(short).collect::<Vec<_>>()),
        }
    }

    pub fn put_out(&self, name: &str, content: impl Into<Bytes>) {
        self.out.lock().unwrap().insert(name.parse().unwrap(), content.into());
    }
}

fn short(event: &Event) -> String {
    let mut text = format!("{event:?}");
    text.truncate(120);
    text
}

impl State {
    fn tell(&self, event: Event) {
        self.events.send_modify(|events| events.push(event));
    }
}

impl Deref for MemoryInbox {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

#[async_trait]
impl Inbox for MemoryInbox {
    fn authenticate(&self, user: &str, key: &PublicKeyBytes) -> Option<PartnerId> {
        self.users.get(user).filter(|(known, _)| known == key).map(|(_, partner)| partner.clone())
    }

    fn policy(&self, _partner: &PartnerId) -> UploadPolicy {
        self.policy.clone()
    }

    fn unix_seconds(&self) -> u64 {
        1_767_225_600
    }

    async fn upload(&self, _partner: &PartnerId, name: &FileName) -> Result<Box<dyn Upload>, InboxError> {
        self.state.tell(Event::Opened(name.as_str().to_owned()));
        Ok(Box::new(MemoryUpload {
            state: Arc::clone(&self.state),
            name: name.as_str().to_owned(),
            content: BytesMut::new(),
        }))
    }

    async fn start(&self, _partner: &PartnerId, staged: &StagedFile, name: &FileName) -> Result<(), InboxError> {
        if self.fail_start.load(Ordering::SeqCst) {
            return Err(InboxError::Unavailable);
        }
        let content = self.state.staged.lock().unwrap().remove(&staged.receipt).unwrap();
        self.state.tell(Event::Started { name: name.as_str().to_owned(), content });
        Ok(())
    }

    async fn discard(&self, _partner: &PartnerId, staged: StagedFile) {
        self.state.staged.lock().unwrap().remove(&staged.receipt);
        self.state.tell(Event::Discarded);
    }

    async fn out_list(&self, _partner: &PartnerId) -> Result<Vec<OutFile>, InboxError> {
        let out = self.out.lock().unwrap();
        let file = |(name, content): (&FileName, &Bytes)| OutFile {
            name: name.clone(),
            size: content.len() as u64,
            unix_seconds: self.unix_seconds(),
        };
        Ok(out.iter().map(file).collect())
    }

    async fn out_open(&self, _partner: &PartnerId, name: &FileName) -> Result<Box<dyn OutRead>, InboxError> {
        let content = self.out.lock().unwrap().get(name).cloned().ok_or(InboxError::NotFound)?;
        Ok(Box::new(MemoryOut(content)))
    }

    async fn out_remove(&self, _partner: &PartnerId, name: &FileName) -> Result<(), InboxError> {
        self.out.lock().unwrap().remove(name).ok_or(InboxError::NotFound)?;
        self.state.tell(Event::Removed(name.as_str().to_owned()));
        Ok(())
    }
}

struct MemoryUpload {
    state: Arc<State>,
    name: String,
    content: BytesMut,
}

#[async_trait]
impl Upload for MemoryUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), InboxError> {
        if (self.content.len() + bytes.len()) as u64 > self.state.room_bytes.load(Ordering::SeqCst) {
            return Err(InboxError::NoSpace);
        }
        self.content.extend_from_slice(&bytes);
        Ok(())
    }

    async fn close(self: Box<Self>, start: Start) -> Result<StagedFile, InboxError> {
        self.state.tell(Event::Closing(self.name.clone()));
        self.state.closes.acquire().await.unwrap().forget();
        if self.state.fail_close.load(Ordering::SeqCst) {
            return Err(InboxError::NoSpace);
        }
        let content = self.content.freeze();
        let receipt = ReceiptId::new(self.state.events.borrow().len() as u64, 7);
        if start == Start::AtRename {
            self.state.staged.lock().unwrap().insert(receipt, content.clone());
        }
        let size = content.len() as u64;
        self.state.tell(Event::Closed { name: self.name, start, content });
        Ok(StagedFile { receipt, size })
    }

    async fn abandon(self: Box<Self>) {
        self.state.tell(Event::Abandoned { name: self.name, bytes: self.content.len() });
    }
}

struct MemoryOut(Bytes);

#[async_trait]
impl OutRead for MemoryOut {
    async fn read_at(&mut self, offset: u64, len: u32) -> Result<Bytes, InboxError> {
        let from = usize::try_from(offset).unwrap().min(self.0.len());
        let to = (from + len as usize).min(self.0.len());
        Ok(self.0.slice(from..to))
    }

    fn size(&self) -> u64 {
        self.0.len() as u64
    }
}
