//! The embedded key manager: root keys in a file that lies outside the data folder.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use async_trait::async_trait;
use ring::aead::{Aad, NONCE_LEN, Nonce};
use zeroize::Zeroizing;

use super::root_file::{self, ROOTS_MAX, RootKeyError, Roots};
use super::{KeyManager, KeyManagerError, WrappedKey};
use crate::{EncryptionContext, SecretKey, random};

/// What stands before the version in the name of a root.
const ROOT_PREFIX: &str = "local/";

/// Wraps branch keys under a root key in a file of mode 0600.
///
/// The file holds several versions, so that the root can be rotated: [`LocalKeyManager::add_root`], `BranchKeys::rewrap_all`, then
/// [`LocalKeyManager::retire_root`]. A wrapped key is `01 | version 4 | nonce 12 | ciphertext 32 | tag 16`, with the first five bytes and the
/// serialized context as AAD.
pub struct LocalKeyManager {
    path: PathBuf,
    roots: Arc<RwLock<Roots>>,
}

impl LocalKeyManager {
    /// Makes a root key file with one new key. Whoever loses it loses all that is sealed.
    ///
    /// # Errors
    /// When there is a file already, the place is in `data_folder`, or it cannot be written durably.
    pub fn create(path: &Path, data_folder: &Path) -> Result<Self, RootKeyError> {
        root_file::outside(path, data_folder)?;
        let roots = Roots::from([(1, SecretKey::generate()?)]);
        root_file::create(path, &roots)?;
        Self::open(path, data_folder)
    }

    /// Opens a root key file.
    ///
    /// # Errors
    /// When there is none, others may read it, it lies in `data_folder`, or it is malformed.
    pub fn open(path: &Path, data_folder: &Path) -> Result<Self, RootKeyError> {
        root_file::outside(path, data_folder)?;
        let roots = Arc::new(RwLock::new(root_file::read(path)?));
        Ok(Self { path: path.to_owned(), roots })
    }

    /// Adds a new version, which wraps from now on. Answers its number. Other processes notice when they meet a key that it wrapped.
    ///
    /// # Errors
    /// When the file cannot be replaced durably.
    pub fn add_root(&self) -> Result<u32, RootKeyError> {
        let mut added = 0;
        self.rewrite(|roots| {
            if roots.len() >= ROOTS_MAX {
                return Err(RootKeyError::TooMany);
            }
            added = roots.last_key_value().map_or(1, |(last, _)| last.saturating_add(1));
            roots.insert(added, SecretKey::generate()?);
            Ok(())
        })?;
        Ok(added)
    }

    /// Removes an older version. What is still wrapped under it is lost: call it only when `BranchKeys::rewrap_all` found nothing left to do.
    ///
    /// # Errors
    /// When it is the current version or there is no such one, or the file cannot be replaced durably.
    pub fn retire_root(&self, version: u32) -> Result<(), RootKeyError> {
        self.rewrite(|roots| {
            let older = roots.last_key_value().is_some_and(|(last, _)| *last != version);
            if !older || roots.remove(&version).is_none() {
                return Err(RootKeyError::NotRetirable);
            }
            Ok(())
        })
    }

    /// Reads the file anew, changes it, and replaces it by a rename.
    fn rewrite(&self, change: impl FnOnce(&mut Roots) -> Result<(), RootKeyError>) -> Result<(), RootKeyError> {
        let mut held = self.roots.write().unwrap_or_else(PoisonError::into_inner);
        let _alone = root_file::lock(&self.path)?;
        let mut roots = root_file::read(&self.path)?;
        change(&mut roots)?;
        root_file::replace(&self.path, &roots)?;
        *held = roots;
        Ok(())
    }

    async fn reload(&self) -> Result<(), KeyManagerError> {
        let (path, roots) = (self.path.clone(), self.roots.clone());
        let reload = move || {
            let fresh = root_file::read(&path)?;
            *roots.write().unwrap_or_else(PoisonError::into_inner) = fresh;
            Ok::<(), RootKeyError>(())
        };
        match tokio::task::spawn_blocking(reload).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(KeyManagerError::Unavailable(error.into())),
            Err(error) => Err(KeyManagerError::Unavailable(error.into())),
        }
    }

    fn roots(&self) -> RwLockReadGuard<'_, Roots> {
        self.roots.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl KeyManager for LocalKeyManager {
    async fn wrap(&self, key: &SecretKey, context: &EncryptionContext) -> Result<WrappedKey, KeyManagerError> {
        let roots = self.roots();
        let (version, root) = roots.last_key_value().ok_or(KeyManagerError::UnknownRoot)?;
        let head = head(*version);
        let aad = aad(&head, context)?;
        let mut nonce = [0; NONCE_LEN];
        random::fill(&mut nonce).map_err(|error| KeyManagerError::Unavailable(error.into()))?;
        let mut sealed = Zeroizing::new(*key.expose());
        let tag = root
            .aead()
            .and_then(|cipher| {
                let nonce = Nonce::assume_unique_for_key(nonce);
                cipher.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut *sealed).ok()
            })
            .ok_or(KeyManagerError::Refused)?;
        let bytes = [&head[..], &nonce, &sealed[..], tag.as_ref()].concat();
        Ok(WrappedKey { root: format!("{ROOT_PREFIX}{version}"), bytes })
    }

    async fn unwrap(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<SecretKey, KeyManagerError> {
        let version = version_of(wrapped)?;
        if !self.roots().contains_key(&version) {
            self.reload().await?;
        }
        let (head, rest) = wrapped.bytes.split_first_chunk::<HEAD_BYTES>().ok_or(KeyManagerError::Refused)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(KeyManagerError::Refused)?;
        let aad = aad(head, context)?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let cipher = self.roots().get(&version).ok_or(KeyManagerError::UnknownRoot)?.aead();
        let key = cipher
            .and_then(|cipher| {
                cipher.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), &mut opened).ok()
            })
            .ok_or(KeyManagerError::Refused)?;
        SecretKey::copy_from(key).ok_or(KeyManagerError::Refused)
    }

    async fn current_root(&self, _context: &EncryptionContext) -> Result<String, KeyManagerError> {
        let roots = self.roots();
        let (version, _) = roots.last_key_value().ok_or(KeyManagerError::UnknownRoot)?;
        Ok(format!("{ROOT_PREFIX}{version}"))
    }
}

impl fmt::Debug for LocalKeyManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKeyManager").field("roots", &self.roots().len()).finish_non_exhaustive()
    }
}

const FORMAT: u8 = 1;
const HEAD_BYTES: usize = 1 + 4;

fn head(version: u32) -> [u8; HEAD_BYTES] {
    let [a, b, c, d] = version.to_be_bytes();
    [FORMAT, a, b, c, d]
}

fn aad(head: &[u8; HEAD_BYTES], context: &EncryptionContext) -> Result<Vec<u8>, KeyManagerError> {
    if context.is_empty() {
        return Err(KeyManagerError::ContextEmpty);
    }
    let context = context.to_bytes().map_err(|_| KeyManagerError::Refused)?;
    Ok([&head[..], &context].concat())
}

/// The version that the wrapped bytes name, which must be the one in the root's name.
fn version_of(wrapped: &WrappedKey) -> Result<u32, KeyManagerError> {
    let (format, rest) = wrapped.bytes.split_first().ok_or(KeyManagerError::Refused)?;
    let (version, _) = rest.split_first_chunk::<4>().ok_or(KeyManagerError::Refused)?;
    let version = u32::from_be_bytes(*version);
    let named = wrapped.root.strip_prefix(ROOT_PREFIX).and_then(|named| named.parse().ok());
    if *format == FORMAT && named == Some(version) { Ok(version) } else { Err(KeyManagerError::Refused) }
}
