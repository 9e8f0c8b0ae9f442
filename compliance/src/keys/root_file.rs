//! The file that holds the root keys: a first line that names the form, then a line of version and key in base64 for each.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::{RandomError, SecretKey};

const FIRST_LINE: &str = "tradewind root keys 1";
/// Root keys in one file.
pub(super) const ROOTS_MAX: usize = 1000;
/// Longest root key file.
const FILE_BYTES_MAX: usize = 64 * 1024;

/// Why a root key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// There is none: make one, and keep a copy of it in a safe place.
    #[error("expected a root key file at the configured place, found none")]
    Missing,
    /// There already is one; it is never overwritten.
    #[error("expected no file at the place of a new root key, found one")]
    Exists,
    /// Others than its owner may read or write it.
    #[error("expected a root key file that its owner alone may read and write (mode 0600), found mode {mode:04o}")]
    Mode {
        /// The permission bits.
        mode: u32,
    },
    /// It lies in the data folder, where a copy of the data would hold the key too.
    #[error("expected the root key file outside the data folder, found it inside")]
    InsideDataFolder,
    /// It is not in the form that `create` writes.
    #[error("expected `{FIRST_LINE}` and lines of a version and a key in base64, found something else in line {line}")]
    Malformed {
        /// The line, from 1.
        line: usize,
    },
    /// It holds too many versions.
    #[error("expected at most {ROOTS_MAX} root keys in a file, found more")]
    TooMany,
    /// The version is the current one, or not in the file.
    #[error("expected an older version of the root key that is in the file, found another")]
    NotRetirable,
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The file cannot be read or written.
    #[error("expected to read or write the root key file, found a failure")]
    Io(#[source] io::Error),
}

/// Root keys by version. The highest wraps; all unwrap.
pub(super) type Roots = BTreeMap<u32, SecretKey>;

/// Checks that `path` does not lie in `data_folder`, symbolic links resolved.
pub(super) fn outside(path: &Path, data_folder: &Path) -> Result<(), RootKeyError> {
    let parent = folder_of(path).canonicalize().map_err(RootKeyError::Io)?;
    let resolved = path.canonicalize().unwrap_or_else(|_| parent.join(path.file_name().unwrap_or_default()));
    // A data folder that is not there yet holds nothing.
    let inside = data_folder.canonicalize().is_ok_and(|data| resolved.starts_with(data));
    if inside { Err(RootKeyError::InsideDataFolder) } else { Ok(()) }
}

/// Makes the file, which must not be there yet.
pub(super) fn create(path: &Path, roots: &Roots) -> Result<(), RootKeyError> {
    write_new(path, roots)?;
    sync_folder_of(path)
}

/// Replaces the file by a rename, so that it is always the old or the new one.
pub(super) fn replace(path: &Path, roots: &Roots) -> Result<(), RootKeyError> {
    let new = path.with_extension("new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(RootKeyError::Io(error)),
        _ => write_new(&new, roots)?,
    }
    std::fs::rename(&new, path).map_err(RootKeyError::Io)?;
    sync_folder_of(path)
}

/// Locks the file against another process that would replace it. What is locked is the file that stands there, not one replaced meanwhile.
pub(super) fn lock(path: &Path) -> Result<File, RootKeyError> {
    loop {
        let file = File::open(path).map_err(RootKeyError::Io)?;
        file.lock().map_err(RootKeyError::Io)?;
        let locked = file.metadata().map_err(RootKeyError::Io)?.ino();
        if std::fs::metadata(path).map_err(RootKeyError::Io)?.ino() == locked {
            return Ok(file);
        }
    }
}

pub(super) fn read(path: &Path) -> Result<Roots, RootKeyError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => RootKeyError::Missing,
        _ => RootKeyError::Io(error),
    })?;
    let mode = file.metadata().map_err(RootKeyError::Io)?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(RootKeyError::Mode { mode });
    }
    let mut text = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX));
    file.take(FILE_BYTES_MAX as u64).read_to_end(&mut text).map_err(RootKeyError::Io)?;
    parse(&text)
}

fn parse(text: &[u8]) -> Result<Roots, RootKeyError> {
    let mut lines = text.split(|byte| *byte == b'\n');
    if lines.next() != Some(FIRST_LINE.as_bytes()) {
        return Err(RootKeyError::Malformed { line: 1 });
    }
    let mut roots = Roots::new();
    for (at, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
        let (version, key) = parse_line(line).ok_or(RootKeyError::Malformed { line: at + 2 })?;
        if roots.insert(version, key).is_some() {
            return Err(RootKeyError::Malformed { line: at + 2 });
        }
    }
    match roots.len() {
        0 => Err(RootKeyError::Malformed { line: 2 }),
        1..=ROOTS_MAX => Ok(roots),
        _ => Err(RootKeyError::TooMany),
    }
}

fn parse_line(line: &[u8]) -> Option<(u32, SecretKey)> {
    let (version, key) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    // The decoder's estimate for 44 characters is 33 bytes.
    let mut bytes = Zeroizing::new([0u8; SecretKey::BYTES + 1]);
    let length = STANDARD.decode_slice(key, &mut *bytes).ok()?;
    Some((version.parse().ok()?, SecretKey::copy_from(bytes.get(..length)?)?))
}

/// Writes a file that must not be there yet, and makes its bytes durable.
fn write_new(path: &Path, roots: &Roots) -> Result<(), RootKeyError> {
    let mut text = Zeroizing::new(format!("{FIRST_LINE}\n"));
    for (version, key) in roots {
        text.push_str(&version.to_string());
        text.push(' ');
        text.push_str(&Zeroizing::new(STANDARD.encode(key.expose())));
        text.push('\n');
    }
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => RootKeyError::Exists,
        _ => RootKeyError::Io(error),
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(RootKeyError::Io)
}

fn sync_folder_of(path: &Path) -> Result<(), RootKeyError> {
    File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(RootKeyError::Io)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
