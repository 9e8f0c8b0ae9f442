//! A partner's names in `/in`, over all its sessions: each is open once, staged, or just taken.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::reply::Refusal;
use super::{FileName, StagedFile, UploadPolicy};

/// How many taken files are remembered by name and size, for clients that look after an upload whether it is all there.
const TAKEN_MAX: usize = 256;

/// The names of one partner.
#[derive(Default)]
pub(super) struct Space {
    names: Mutex<Names>,
}

#[derive(Default)]
struct Names {
    entries: HashMap<FileName, Entry>,
    taken: VecDeque<Seen>,
}

enum Entry {
    /// An upload that runs, or a rename that runs.
    Busy { bytes: u64, unix_seconds: u64 },
    /// Closed, and not started.
    Staged { file: StagedFile, unix_seconds: u64 },
}

/// What a listing or `stat` shows of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) name: FileName,
    pub(super) bytes: u64,
    pub(super) unix_seconds: u64,
}

/// The sole right to a name. Dropping it sets the name free.
pub(super) struct Claim {
    space: Arc<Space>,
    name: FileName,
}

impl Space {
    /// Claims a name for an upload. A staged file of that name is given up: it comes back, to be discarded.
    pub(super) fn claim_upload(
        self: &Arc<Self>,
        name: &FileName,
        policy: &UploadPolicy,
        exclusive: bool,
        unix_seconds: u64,
    ) -> Result<(Claim, Option<StagedFile>), Refusal> {
        let mut names = self.lock();
        match names.entries.get(name) {
            Some(Entry::Busy { .. }) => return Err(Refusal::failed("this name is in use by another upload")),
            Some(Entry::Staged { .. }) if exclusive => return Err(Refusal::failed("a file of this name exists")),
            None if names.entries.len() >= policy.staged_names_max => {
                return Err(Refusal::failed("too many uploads that were not finished"));
            }
            _ => {}
        }
        let before = names.entries.insert(name.clone(), Entry::Busy { bytes: 0, unix_seconds });
        let replaced = match before {
            Some(Entry::Staged { file, .. }) => Some(file),
            _ => None,
        };
        Ok((Claim { space: Arc::clone(self), name: name.clone() }, replaced))
    }

    /// Claims a staged file and the name that it shall have.
    pub(super) fn claim_rename(
        self: &Arc<Self>,
        from: &FileName,
        to: &FileName,
    ) -> Result<(Claim, Claim, StagedFile), Refusal> {
        let mut names = self.lock();
        let (file, unix_seconds) = match names.entries.get(from) {
            Some(Entry::Staged { file, unix_seconds }) => (file.clone(), *unix_seconds),
            Some(Entry::Busy { .. }) => return Err(Refusal::failed("this name is in use by another upload")),
            None => return Err(Refusal::missing()),
        };
        if from == to || names.entries.contains_key(to) {
            return Err(Refusal::failed("a file of the new name exists"));
        }
        for name in [from, to] {
            names.entries.insert(name.clone(), Entry::Busy { bytes: file.size, unix_seconds });
        }
        let claim = |name: &FileName| Claim { space: Arc::clone(self), name: name.clone() };
        Ok((claim(from), claim(to), file))
    }

    /// Takes a staged file out, to discard it.
    pub(super) fn remove_staged(&self, name: &FileName) -> Result<StagedFile, Refusal> {
        let mut names = self.lock();
        match names.entries.remove(name) {
            Some(Entry::Staged { file, .. }) => Ok(file),
            Some(busy) => {
                names.entries.insert(name.clone(), busy);
                Err(Refusal::failed("this name is in use by another upload"))
            }
            None => Err(Refusal::missing()),
        }
    }

    /// Takes out the staged files that were closed longer ago than `lifetime`.
    pub(super) fn expire(&self, now_unix_seconds: u64, lifetime: Duration) -> Vec<StagedFile> {
        let expired = |entry: &Entry| match entry {
            Entry::Staged { unix_seconds, .. } => now_unix_seconds.saturating_sub(*unix_seconds) > lifetime.as_secs(),
            Entry::Busy { .. } => false,
        };
        let gone = self.lock().entries.extract_if(|_, entry| expired(entry)).collect::<Vec<_>>();
        gone.into_iter()
            .filter_map(|(_, entry)| match entry {
                Entry::Staged { file, .. } => Some(file),
                Entry::Busy { .. } => None,
            })
            .collect()
    }

    /// The names that are open or staged, in order.
    pub(super) fn list(&self) -> Vec<Seen> {
        let names = self.lock();
        let mut seen: Vec<_> = names.entries.iter().map(|(name, entry)| see(name, entry)).collect();
        seen.sort_by(|a, b| a.name.cmp(&b.name));
        seen
    }

    /// An open, staged, or lately taken name.
    pub(super) fn find(&self, name: &FileName) -> Option<Seen> {
        let names = self.lock();
        let entry = names.entries.get(name).map(|entry| see(name, entry));
        entry.or_else(|| names.taken.iter().find(|seen| seen.name == *name).cloned())
    }

    fn lock(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn see(name: &FileName, entry: &Entry) -> Seen {
    let (bytes, unix_seconds) = match entry {
        Entry::Busy { bytes, unix_seconds } => (*bytes, *unix_seconds),
        Entry::Staged { file, unix_seconds } => (file.size, *unix_seconds),
    };
    Seen { name: name.clone(), bytes, unix_seconds }
}

impl Claim {
    pub(super) fn name(&self) -> &FileName {
        &self.name
    }

    /// Tells how much of the upload has come.
    pub(super) fn grew(&self, to_bytes: u64) {
        if let Some(Entry::Busy { bytes, .. }) = self.space.lock().entries.get_mut(&self.name) {
            *bytes = to_bytes;
        }
    }

    /// The upload is closed and waits for its rename.
    pub(super) fn stage(self, file: StagedFile, unix_seconds: u64) {
        self.space.lock().entries.insert(self.name.clone(), Entry::Staged { file, unix_seconds });
    }

    /// The upload was taken: its name is free again, and remembered for a while.
    pub(super) fn take(self, bytes: u64, unix_seconds: u64) {
        let mut names = self.space.lock();
        names.taken.retain(|seen| seen.name != self.name);
        names.taken.push_front(Seen { name: self.name.clone(), bytes, unix_seconds });
        names.taken.truncate(TAKEN_MAX);
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({:?})", self.name)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut names = self.space.lock();
        if matches!(names.entries.get(&self.name), Some(Entry::Busy { .. })) {
            names.entries.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use tradewind_compliance::ReceiptId;

    use super::*;

    fn name(text: &str) -> FileName {
        text.parse().unwrap()
    }

    fn staged(size: u64) -> StagedFile {
        StagedFile { receipt: ReceiptId::new(1, size), size }
    }

    #[test]
    fn a_name_has_one_upload_at_a_time() {
        let (space, policy) = (Arc::new(Space::default()), UploadPolicy::default());
        let (claim, _) = space.claim_upload(&name("a"), &policy, false, 1).unwrap();
        assert!(space.claim_upload(&name("a"), &policy, false, 1).is_err());
        claim.grew(7);
        assert_eq!(space.find(&name("a")).unwrap().bytes, 7);
        drop(claim);
        assert_eq!(space.find(&name("a")), None);
        assert!(space.claim_upload(&name("a"), &policy, true, 1).is_ok());
    }

    #[test]
    fn a_staged_file_may_be_written_anew_unless_asked_to_be_new() {
        let (space, policy) = (Arc::new(Space::default()), UploadPolicy::default());
        space.claim_upload(&name("a.tmp"), &policy, false, 1).unwrap().0.stage(staged(5), 2);
        assert!(space.claim_upload(&name("a.tmp"), &policy, true, 3).is_err());
        let (_claim, replaced) = space.claim_upload(&name("a.tmp"), &policy, false, 3).unwrap();
        assert_eq!(replaced, Some(staged(5)));
    }

    #[test]
    fn names_at_the_limit_pass_and_one_more_does_not() {
        let (space, policy) =
            (Arc::new(Space::default()), UploadPolicy { staged_names_max: 2, ..UploadPolicy::default() });
        for text in ["a", "b"] {
            space.claim_upload(&name(text), &policy, false, 1).unwrap().0.stage(staged(1), 1);
        }
        assert!(space.claim_upload(&name("c"), &policy, false, 1).is_err());
        assert!(space.claim_upload(&name("b"), &policy, false, 1).is_ok());
        assert!(space.claim_upload(&name("c"), &policy, false, 1).is_ok());
    }

    #[test]
    fn a_rename_that_fails_leaves_both_names_as_they_were() {
        let (space, policy) = (Arc::new(Space::default()), UploadPolicy::default());
        space.claim_upload(&name("a.tmp"), &policy, false, 1).unwrap().0.stage(staged(5), 2);
        let (from, to, file) = space.claim_rename(&name("a.tmp"), &name("a")).unwrap();
        assert!(space.claim_rename(&name("a.tmp"), &name("b")).is_err());
        from.stage(file, 2);
        drop(to);
        assert_eq!(space.find(&name("a")), None);
        assert_eq!(space.find(&name("a.tmp")).unwrap().bytes, 5);
        assert!(space.claim_rename(&name("a.tmp"), &name("a.tmp")).is_err());
        assert!(space.claim_rename(&name("x"), &name("y")).unwrap_err().is_missing());
    }

    #[test]
    fn a_taken_file_is_free_again_and_still_found() {
        let (space, policy) = (Arc::new(Space::default()), UploadPolicy::default());
        space.claim_upload(&name("a"), &policy, false, 1).unwrap().0.take(9, 4);
        assert_eq!(space.find(&name("a")).unwrap().bytes, 9);
        assert_eq!(space.list(), []);
        assert!(space.claim_upload(&name("a"), &policy, true, 5).is_ok());
    }

    #[test]
    fn staged_files_expire_and_running_uploads_do_not() {
        let (space, policy) = (Arc::new(Space::default()), UploadPolicy::default());
        space.claim_upload(&name("old.tmp"), &policy, false, 1).unwrap().0.stage(staged(5), 10);
        let (_open, _) = space.claim_upload(&name("open"), &policy, false, 1).unwrap();
        assert_eq!(space.expire(70, Duration::from_secs(60)), []);
        assert_eq!(space.expire(71, Duration::from_secs(60)), [staged(5)]);
        assert_eq!(space.list().len(), 1);
    }
}
