//! Objects as files: mode 0600 in folders of mode 0700, on a file system that knows hard links and fsync.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};

use super::fs_temp::{Folders, Temp, remove_if_there, sync_folder};
use super::{ByteStream, ObjectInfo, ObjectStore, ObjectWriter, PutMode, StoreError, fs_list};
use crate::ObjectKey;

/// Bytes read at once.
const READ_BYTES: u64 = 256 * 1024;

/// The filesystem object store: one folder, given to it alone. Several processes may share it.
#[derive(Debug, Clone)]
pub struct FsObjectStore {
    folders: Arc<Folders>,
}

impl FsObjectStore {
    /// Opens the store in `root`, making the folder if it is missing, and removes what a process that died left unfinished.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub async fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        let folders = blocking(move || Folders::open(root)).await?;
        Ok(Self { folders: Arc::new(folders) })
    }

    fn path(&self, key: &ObjectKey) -> PathBuf {
        self.folders.root().join(key.as_str())
    }

    /// Opens an object's file.
    async fn file(&self, key: &ObjectKey) -> Result<(Arc<File>, u64), StoreError> {
        let path = self.path(key);
        blocking(move || {
            let file = File::open(path)?;
            let about = file.metadata()?;
            if about.is_file() { Ok((Arc::new(file), about.len())) } else { Err(StoreError::NotFound) }
        })
        .await
    }
}

#[async_trait]
impl ObjectStore for FsObjectStore {
    async fn writer(&self, key: &ObjectKey, mode: PutMode) -> Result<Box<dyn ObjectWriter>, StoreError> {
        Ok(Box::new(FsWriter {
            folders: self.folders.clone(),
            path: self.path(key),
            key: key.clone(),
            mode,
            state: State::Writing { temp: None, held: Bytes::new() },
        }))
    }

    async fn get(&self, key: &ObjectKey) -> Result<(ObjectInfo, ByteStream), StoreError> {
        let (file, bytes) = self.file(key).await?;
        Ok((ObjectInfo { key: key.clone(), bytes }, pieces(file, 0..bytes)))
    }

    async fn get_range(&self, key: &ObjectKey, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let (file, bytes) = self.file(key).await?;
        if range.start >= bytes {
            return Err(StoreError::RangeBeyondEnd { bytes });
        }
        Ok(pieces(file, range.start..range.end.min(bytes)))
    }

    async fn head(&self, key: &ObjectKey) -> Result<ObjectInfo, StoreError> {
        let path = self.path(key);
        let about = blocking(move || Ok(std::fs::metadata(path)?)).await?;
        if about.is_file() {
            Ok(ObjectInfo { key: key.clone(), bytes: about.len() })
        } else {
            Err(StoreError::NotFound)
        }
    }

    fn list(&self, prefix: &str) -> BoxStream<'static, Result<ObjectInfo, StoreError>> {
        fs_list::list(self.folders.clone(), prefix)
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let path = self.path(key);
        blocking(move || {
            remove_if_there(&path)?;
            match path.parent().map(sync_folder) {
                Some(Err(StoreError::NotFound)) | None => Ok(()),
                Some(synced) => synced,
            }
        })
        .await
    }
}

/// Holds the last piece back, so that a small object is written, synced and named in one go to the blocking pool.
#[derive(Debug)]
struct FsWriter {
    folders: Arc<Folders>,
    path: PathBuf,
    key: ObjectKey,
    mode: PutMode,
    state: State,
}

#[derive(Debug)]
enum State {
    Writing {
        temp: Option<Temp>,
        held: Bytes,
    },
    /// A write failed, or the caller gave it up: the file is gone or going.
    Failed,
}

#[async_trait]
impl ObjectWriter for FsWriter {
    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        if piece.is_empty() {
            return Ok(());
        }
        let State::Writing { temp, held } = std::mem::replace(&mut self.state, State::Failed) else {
            return Err(StoreError::WriterFailed);
        };
        let temp = if held.is_empty() {
            temp
        } else {
            let folders = self.folders.clone();
            Some(blocking(move || append(&folders, temp, &held)).await?)
        };
        self.state = State::Writing { temp, held: piece };
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<ObjectInfo, StoreError> {
        let Self { folders, path, key, mode, state } = *self;
        let State::Writing { temp, held } = state else { return Err(StoreError::WriterFailed) };
        let bytes = blocking(move || append(&folders, temp, &held)?.commit(&folders, &path, mode)).await?;
        Ok(ObjectInfo { key, bytes })
    }
}

fn append(folders: &Folders, temp: Option<Temp>, piece: &[u8]) -> Result<Temp, StoreError> {
    let mut temp = match temp {
        Some(temp) => temp,
        None => folders.temp()?,
    };
    temp.write(piece)?;
    Ok(temp)
}

/// A file's bytes, a piece at a time as the reader asks.
fn pieces(file: Arc<File>, range: Range<u64>) -> ByteStream {
    stream::try_unfold((file, range), |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let end = range.end.min(range.start.saturating_add(READ_BYTES));
        let (from, reader) = (range.start, file.clone());
        let piece = blocking(move || read_at(&reader, from..end)).await?;
        Ok(Some((piece, (file, end..range.end))))
    })
    .boxed()
}

fn read_at(file: &File, range: Range<u64>) -> Result<Bytes, StoreError> {
    let length = usize::try_from(range.end - range.start).unwrap_or_default();
    let mut piece = vec![0; length];
    file.read_exact_at(&mut piece, range.start)?;
    Ok(piece.into())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(stopped) => Err(StoreError::Io(io::Error::other(stopped))),
    }
}
