//! Requests that change names, and OpenSSH's extensions.

use bytes::Bytes;
use russh_sftp::extensions::LimitsExtension;
use russh_sftp::protocol::{Extended, ExtendedReply, Packet, Version};
use russh_sftp::{de, extensions, ser};

use super::reply::{self, Refusal};
use super::session::{Door, PACKET_BYTES_MAX, READ_BYTES_MAX};
use super::tree::{Node, act};

const POSIX_RENAME: &str = "posix-rename@openssh.com";

/// The answer to the first request: the protocol's version and our extensions.
pub(super) fn hello() -> Packet {
    let mut version = Version::new();
    for extension in [POSIX_RENAME, extensions::LIMITS] {
        version.extensions.insert(extension.to_owned(), "1".to_owned());
    }
    Packet::Version(version)
}

impl Door {
    /// Requests that change names.
    pub(super) async fn change(&mut self, packet: Packet) -> Result<Packet, Refusal> {
        match packet {
            Packet::Remove(remove) => {
                match act(&remove.filename)? {
                    Node::InFile(name) => self.remove_staged(&name).await?,
                    Node::OutFile(name) => self.inbox.out_remove(self.partner(), &name).await?,
                    Node::Root | Node::In | Node::Out => return Err(Refusal::denied("folders cannot be removed")),
                }
                Ok(reply::ok(remove.id))
            }
            Packet::Rename(rename) => {
                self.rename_paths(&rename.oldpath, &rename.newpath).await?;
                Ok(reply::ok(rename.id))
            }
            Packet::Extended(extended) => self.extended(extended).await,
            Packet::MkDir(_) | Packet::RmDir(_) => Err(Refusal::denied("there are no folders but /in and /out")),
            Packet::Symlink(_) | Packet::ReadLink(_) => Err(Refusal::denied("there are no links")),
            _ => Err(Refusal::unsupported()),
        }
    }

    async fn rename_paths(&self, from: &str, to: &str) -> Result<(), Refusal> {
        match (act(from)?, act(to)?) {
            (Node::InFile(from), Node::InFile(to)) => self.rename(&from, &to).await,
            _ => Err(Refusal::denied("files can be renamed within /in alone")),
        }
    }

    async fn extended(&self, extended: Extended) -> Result<Packet, Refusal> {
        match extended.request.as_str() {
            POSIX_RENAME => {
                let mut data = Bytes::from(extended.data);
                let (from, to) = de::from_bytes::<(String, String)>(&mut data).map_err(|_| Refusal::malformed())?;
                self.rename_paths(&from, &to).await?;
                Ok(reply::ok(extended.id))
            }
            extensions::LIMITS => {
                let limits = LimitsExtension {
                    max_packet_len: PACKET_BYTES_MAX as u64,
                    max_read_len: u64::from(READ_BYTES_MAX),
                    max_write_len: u64::from(READ_BYTES_MAX),
                    max_open_handles: self.policy.open_handles_max as u64,
                };
                let data = ser::to_bytes(&limits).map_err(|_| Refusal::unsupported())?.to_vec();
                Ok(Packet::ExtendedReply(ExtendedReply { id: extended.id, data }))
            }
            // Nothing is durable before the close: so no fsync is promised.
            _ => Err(Refusal::unsupported()),
        }
    }
}
