//! Lists the objects in a folder tree as they are found.

use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::mpsc;

use super::fs_temp::Folders;
use super::{ObjectInfo, StoreError};
use crate::ObjectKey;

/// Objects found ahead of the reader.
const AHEAD: usize = 64;

type Found = Result<ObjectInfo, StoreError>;

/// Walks in a thread of its own, which ends when the stream is dropped.
pub(super) fn list(folders: Arc<Folders>, prefix: &str) -> BoxStream<'static, Found> {
    let prefix = prefix.to_owned();
    let (send, mut receive) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let walk = Walk { prefix, send };
        if let Err(error) = walk.folder(folders.root(), "") {
            // A reader that is gone does not mind.
            let _ = walk.send.blocking_send(Err(error));
        }
    });
    futures::stream::poll_fn(move |task| receive.poll_recv(task)).boxed()
}

struct Walk {
    prefix: String,
    send: mpsc::Sender<Found>,
}

impl Walk {
    /// Sends what lies in a folder; `above` is its key with a slash. `false` when the reader is gone.
    fn folder(&self, folder: &Path, above: &str) -> Result<bool, StoreError> {
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let Ok(key) = entry.file_name().into_string().map(|name| format!("{above}{name}")) else { continue };
            let goes_on =
                if entry.file_type()?.is_dir() { self.below(&entry.path(), &key)? } else { self.object(&entry, &key)? };
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn below(&self, folder: &Path, key: &str) -> Result<bool, StoreError> {
        let above = format!("{key}/");
        let may_hold = above.starts_with(&self.prefix) || self.prefix.starts_with(&above);
        if may_hold && !key.starts_with('.') { self.folder(folder, &above) } else { Ok(true) }
    }

    fn object(&self, entry: &std::fs::DirEntry, key: &str) -> Result<bool, StoreError> {
        // What is no key is no object of ours.
        let (true, Ok(key)) = (key.starts_with(&self.prefix), key.parse::<ObjectKey>()) else { return Ok(true) };
        match entry.metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
            metadata => Ok(self.send.blocking_send(Ok(ObjectInfo { key, bytes: metadata?.len() })).is_ok()),
        }
    }
}
