//! Requests on `/out`, and listings.

use russh_sftp::protocol::{Data, File, FileAttributes, Name, OpenFlags, Packet};

use super::reply::{self, Refusal};
use super::session::{Door, READ_BYTES_MAX};
use super::tree::Node;
use super::{FileName, OutRead};

/// Entries that one answer to READDIR holds.
const ENTRIES_PER_REPLY: usize = 100;

/// A listing that a handle stands for.
pub(super) struct Listing {
    entries: std::vec::IntoIter<File>,
}

impl Listing {
    pub(super) fn next(&mut self, id: u32) -> Result<Packet, Refusal> {
        let files: Vec<_> = self.entries.by_ref().take(ENTRIES_PER_REPLY).collect();
        if files.is_empty() { Err(Refusal::end()) } else { Ok(Packet::Name(Name { id, files })) }
    }
}

impl Door {
    pub(super) async fn open_out(&self, name: &FileName, flags: OpenFlags) -> Result<Box<dyn OutRead>, Refusal> {
        if flags.intersects(OpenFlags::WRITE | OpenFlags::APPEND | OpenFlags::CREATE | OpenFlags::TRUNCATE) {
            return Err(Refusal::denied("files in /out can be read and removed, not written"));
        }
        Ok(self.inbox.out_open(self.partner(), name).await?)
    }

    pub(super) async fn read(
        &self,
        id: u32,
        out: &mut Box<dyn OutRead>,
        offset: u64,
        len: u32,
    ) -> Result<Packet, Refusal> {
        if offset >= out.size() {
            return Err(Refusal::end());
        }
        let data = out.read_at(offset, len.min(READ_BYTES_MAX)).await?;
        if data.is_empty() { Err(Refusal::end()) } else { Ok(Packet::Data(Data { id, data: data.to_vec() })) }
    }

    pub(super) async fn list(&self, node: &Node) -> Result<Listing, Refusal> {
        let entries = match node {
            Node::Root => vec![File::new("in", reply::folder()), File::new("out", reply::folder())],
            Node::In => {
                let seen = self.space().list().into_iter();
                seen.map(|seen| File::new(seen.name.as_str(), reply::file(seen.bytes, seen.unix_seconds))).collect()
            }
            Node::Out => {
                let mut files = self.inbox.out_list(self.partner()).await?;
                files.sort_by(|a, b| a.name.cmp(&b.name));
                files
                    .iter()
                    .map(|file| File::new(file.name.as_str(), reply::file(file.size, file.unix_seconds)))
                    .collect()
            }
            Node::InFile(_) | Node::OutFile(_) => return Err(Refusal::failed("not a folder")),
        };
        Ok(Listing { entries: entries.into_iter() })
    }

    pub(super) async fn stat(&self, node: &Node) -> Result<FileAttributes, Refusal> {
        match node {
            Node::Root | Node::In | Node::Out => Ok(reply::folder()),
            Node::InFile(name) => {
                let seen = self.space().find(name).ok_or_else(Refusal::missing)?;
                Ok(reply::file(seen.bytes, seen.unix_seconds))
            }
            Node::OutFile(name) => {
                let files = self.inbox.out_list(self.partner()).await?;
                let file = files.iter().find(|file| file.name == *name).ok_or_else(Refusal::missing)?;
                Ok(reply::file(file.size, file.unix_seconds))
            }
        }
    }
}
