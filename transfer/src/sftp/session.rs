//! One SFTP session: takes requests in order, answers each.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use russh_sftp::protocol::{File, FileAttributes, Handle as HandleReply, Name, Open, OpenFlags, Packet};
use tokio_util::sync::CancellationToken;
use tradewind_compliance::PartnerId;

use super::files::Uploading;
use super::out::Listing;
use super::partners::Admitted;
use super::reply::{self, Refusal};
use super::requests::hello;
use super::space::Space;
use super::tree::{Node, act, look};
use super::{Inbox, OutRead, UploadPolicy};

/// The longest request, as OpenSSH's server has it.
pub(super) const PACKET_BYTES_MAX: usize = 256 * 1024;
/// The most that one READ gives and that we tell clients to put into one WRITE.
pub(super) const READ_BYTES_MAX: u32 = 128 * 1024;

/// One SFTP session of a partner.
pub(super) struct Session {
    door: Door,
    handles: HashMap<String, Handle>,
    handles_made: u64,
}

/// What a session's requests are done with.
pub(super) struct Door {
    pub(super) inbox: Arc<dyn Inbox>,
    pub(super) policy: UploadPolicy,
    admitted: Arc<Admitted>,
    drain: CancellationToken,
}

enum Handle {
    Upload(Uploading),
    Out(Box<dyn OutRead>),
    Listing(Listing),
}

impl Door {
    pub(super) fn partner(&self) -> &PartnerId {
        &self.admitted.partner
    }

    pub(super) fn space(&self) -> &Arc<Space> {
        &self.admitted.space
    }

    pub(super) fn draining(&self) -> bool {
        self.drain.is_cancelled()
    }
}

impl Session {
    pub(super) fn new(inbox: Arc<dyn Inbox>, admitted: Arc<Admitted>, drain: CancellationToken) -> Self {
        let policy = inbox.policy(&admitted.partner);
        Self { door: Door { inbox, policy, admitted, drain }, handles: HashMap::new(), handles_made: 0 }
    }

    /// Nothing is open: the session may end without harm.
    pub(super) fn idle(&self) -> bool {
        self.handles.is_empty()
    }

    /// Gives up what is still open.
    pub(super) async fn finish(mut self) {
        for (_, handle) in std::mem::take(&mut self.handles) {
            if let Handle::Upload(mut uploading) = handle {
                self.door.give_up(&mut uploading).await;
            }
        }
    }

    /// Answers one request: type, id and content, without the length before it.
    pub(super) async fn answer(&mut self, mut request: Bytes) -> Packet {
        // The id stands behind the type in every request but the first.
        let id = request.get(1..5).map_or(0, |mut id| id.get_u32());
        match Packet::try_from(&mut request) {
            Err(_) => Refusal::malformed().into_packet(id),
            Ok(packet) => self.dispatch(packet).await.unwrap_or_else(|refusal| refusal.into_packet(id)),
        }
    }

    async fn dispatch(&mut self, packet: Packet) -> Result<Packet, Refusal> {
        match packet {
            Packet::Init(_) => Ok(hello()),
            Packet::Open(open) => self.open(open).await,
            Packet::Close(close) => match self.handles.remove(&close.handle) {
                Some(Handle::Upload(uploading)) => {
                    self.door.close_upload(uploading).await.map(|()| reply::ok(close.id))
                }
                Some(_) => Ok(reply::ok(close.id)),
                None => Err(no_handle()),
            },
            Packet::Read(read) => {
                let mut handle = self.take_out(&read.handle)?;
                let answer = self.door.read(read.id, &mut handle, read.offset, read.len).await;
                self.handles.insert(read.handle, Handle::Out(handle));
                answer
            }
            Packet::Write(write) => {
                let mut uploading = self.take_upload(&write.handle)?;
                let outcome = self.door.write(&mut uploading, write.offset, write.data).await;
                self.handles.insert(write.handle, Handle::Upload(uploading));
                outcome.map(|()| reply::ok(write.id))
            }
            Packet::Lstat(stat) => {
                self.door.stat(&look(&stat.path)?).await.map(|found| reply::attributes(stat.id, found))
            }
            Packet::Stat(stat) => {
                self.door.stat(&look(&stat.path)?).await.map(|found| reply::attributes(stat.id, found))
            }
            Packet::Fstat(stat) => self.handle_attributes(&stat.handle).map(|found| reply::attributes(stat.id, found)),
            Packet::SetStat(set) => {
                self.door.stat(&act(&set.path)?).await?;
                no_resize(&set.attrs, None).map(|()| reply::ok(set.id))
            }
            Packet::FSetStat(set) => {
                let now = self.handle_attributes(&set.handle)?;
                no_resize(&set.attrs, now.size).map(|()| reply::ok(set.id))
            }
            Packet::OpenDir(open) => {
                let listing = self.door.list(&look(&open.path)?).await?;
                self.add(open.id, Handle::Listing(listing))
            }
            Packet::ReadDir(read) => match self.handles.get_mut(&read.handle) {
                Some(Handle::Listing(listing)) => listing.next(read.id),
                _ => Err(no_handle()),
            },
            Packet::RealPath(path) => {
                let file = File::dummy(look(&path.path)?.path());
                Ok(Packet::Name(Name { id: path.id, files: vec![file] }))
            }
            other => self.door.change(other).await,
        }
    }

    async fn open(&mut self, open: Open) -> Result<Packet, Refusal> {
        self.room()?;
        let handle = match act(&open.filename)? {
            Node::InFile(name) => Handle::Upload(self.door.begin_upload(&name, open.pflags).await?),
            Node::OutFile(name) => Handle::Out(self.door.open_out(&name, open.pflags).await?),
            Node::Root if open.pflags.contains(OpenFlags::WRITE) => return Err(Refusal::denied("upload to /in")),
            Node::Root | Node::In | Node::Out => return Err(Refusal::failed("a folder cannot be opened as a file")),
        };
        self.add(open.id, handle)
    }

    fn room(&self) -> Result<(), Refusal> {
        if self.handles.len() >= self.door.policy.open_handles_max {
            Err(Refusal::failed("too many open files"))
        } else {
            Ok(())
        }
    }

    fn add(&mut self, id: u32, handle: Handle) -> Result<Packet, Refusal> {
        self.room()?;
        self.handles_made += 1;
        let name = self.handles_made.to_string();
        self.handles.insert(name.clone(), handle);
        Ok(Packet::Handle(HandleReply { id, handle: name }))
    }

    fn take_upload(&mut self, handle: &str) -> Result<Uploading, Refusal> {
        match self.handles.remove(handle) {
            Some(Handle::Upload(uploading)) => Ok(uploading),
            other => Err(self.put_back(handle, other)),
        }
    }

    fn take_out(&mut self, handle: &str) -> Result<Box<dyn OutRead>, Refusal> {
        match self.handles.remove(handle) {
            Some(Handle::Out(out)) => Ok(out),
            other => Err(self.put_back(handle, other)),
        }
    }

    fn put_back(&mut self, name: &str, handle: Option<Handle>) -> Refusal {
        if let Some(handle) = handle {
            self.handles.insert(name.to_owned(), handle);
        }
        no_handle()
    }

    fn handle_attributes(&self, handle: &str) -> Result<FileAttributes, Refusal> {
        match self.handles.get(handle) {
            Some(Handle::Upload(uploading)) => {
                Ok(reply::file(uploading.received_bytes(), self.door.inbox.unix_seconds()))
            }
            Some(Handle::Out(out)) => Ok(reply::file(out.size(), self.door.inbox.unix_seconds())),
            Some(Handle::Listing(_)) => Ok(reply::folder()),
            None => Err(no_handle()),
        }
    }
}

fn no_handle() -> Refusal {
    Refusal::failed("no such handle")
}

/// Times and permissions are taken and forgotten; a size is not, unless it is the one that the file has.
fn no_resize(attrs: &FileAttributes, has: Option<u64>) -> Result<(), Refusal> {
    match attrs.size {
        Some(size) if Some(size) != has => Err(Refusal::denied("files cannot be cut or extended")),
        _ => Ok(()),
    }
}
