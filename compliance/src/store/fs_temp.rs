//! Files in the making: written beside the objects, locked while they live, swept when their process died.

use std::collections::HashSet;
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{PutMode, StoreError};
use crate::random;

/// No key has a part that starts with a dot, so no object lies here.
pub(super) const TEMP_FOLDER: &str = ".tmp";
/// How often a new name is tried when a sweep takes the file away at once.
const TRIES_MAX: usize = 8;
/// Folders that are remembered as durable; beyond it they are checked anew.
const KNOWN_FOLDERS_MAX: usize = 10_000;

/// The folders of a store.
#[derive(Debug)]
pub(super) struct Folders {
    root: PathBuf,
    durable: Mutex<HashSet<PathBuf>>,
}

impl Folders {
    /// Makes the folders that are missing, closes them to others, and removes what a dead process left in the making.
    pub(super) fn open(root: PathBuf) -> Result<Self, StoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&root)?;
        std::fs::set_permissions(&root, Permissions::from_mode(0o700))?;
        let folders = Self { root, durable: Mutex::default() };
        folders.make_durable(&folders.root.join(TEMP_FOLDER))?;
        if let Some(parent) = folders.root.canonicalize()?.parent() {
            sync_folder(parent)?;
        }
        folders.sweep()?;
        Ok(folders)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Makes a folder and those above it, up to the root, each known to its parent on disk.
    fn make_durable(&self, folder: &Path) -> Result<(), StoreError> {
        let below = folder.strip_prefix(&self.root).unwrap_or(Path::new(""));
        let mut at = self.root.clone();
        for part in below {
            let parent = at.clone();
            at.push(part);
            let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
            if durable.contains(&at) {
                continue;
            }
            match DirBuilder::new().mode(0o700).create(&at) {
                // One that stands may have been made by a process that died before it was durable.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => made?,
            }
            sync_folder(&parent)?;
            if durable.len() >= KNOWN_FOLDERS_MAX {
                durable.clear();
            }
            durable.insert(at.clone());
        }
        Ok(())
    }

    /// Removes files in the making whose writer is gone: a living one holds a lock.
    fn sweep(&self) -> Result<(), StoreError> {
        for entry in std::fs::read_dir(self.root.join(TEMP_FOLDER))? {
            let path = entry?.path();
            let Ok(file) = OpenOptions::new().read(true).open(&path) else { continue };
            match file.try_lock() {
                Ok(()) => remove_if_there(&path)?,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Starts a file.
    pub(super) fn temp(&self) -> Result<Temp, StoreError> {
        for _ in 0..TRIES_MAX {
            let mut name = [0; 16];
            random::fill(&mut name)?;
            let path = self.root.join(TEMP_FOLDER).join(format!("{:032x}", u128::from_be_bytes(name)));
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            let temp = Temp { path, file, bytes: 0 };
            // A sweep that ran between creating and locking took the file away, or is about to.
            if temp.file.try_lock().is_ok() && temp.file.metadata()?.nlink() == 1 {
                return Ok(temp);
            }
        }
        Err(StoreError::WriterFailed)
    }
}

/// A file in the making. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Temp {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Temp {
    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(piece)?;
        self.bytes += piece.len() as u64;
        Ok(())
    }

    /// Makes the bytes durable, gives them their name, makes the name durable. Answers the length.
    pub(super) fn commit(self, folders: &Folders, object: &Path, mode: PutMode) -> Result<u64, StoreError> {
        self.file.sync_all()?;
        let folder = object.parent().unwrap_or(&folders.root);
        folders.make_durable(folder)?;
        let named = match mode {
            // A link, unlike a rename, fails when the name is taken.
            PutMode::IfAbsent => std::fs::hard_link(&self.path, object),
            PutMode::Overwrite => std::fs::rename(&self.path, object),
        };
        // Also when the name is taken: who hears that may rely on that object, and its writer may not have come to this point yet.
        sync_folder(folder)?;
        named?;
        Ok(self.bytes)
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        // Nobody hears of a failure here; the next start sweeps what is left.
        let _ = remove_if_there(&self.path);
    }
}

pub(super) fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => Ok(removed?),
    }
}

pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    Ok(File::open(folder)?.sync_all()?)
}
