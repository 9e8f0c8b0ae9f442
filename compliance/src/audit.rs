//! The audit chain: each entry's hash covers the one before, so that none can be changed, removed or put in between unnoticed.
//!
//! Pure functions; the ledger keeps the entries. A chain proves itself up to its head, so hand the head to somebody else from time to time:
//! who can rewrite the whole ledger could otherwise rewrite the chain.

use std::fmt;

use ring::digest;

/// An entry's hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuditHash([u8; 32]);

impl AuditHash {
    /// What stands before the first entry.
    pub const START: Self = Self([0; 32]);

    /// A hash as it was kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to keep.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditHash({self})")
    }
}

/// What was done, by whom, to what. It holds no PHI: what could be one, such as an operator's reason, goes in sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// From 1, without a gap.
    pub sequence: u64,
    /// When.
    pub at_unix_ms: u64,
    /// Who: a partner, an operator, a part of the program.
    pub actor: String,
    /// What was done, a fixed word such as `item-resolved`.
    pub action: String,
    /// To what: an id.
    pub subject: String,
    /// More, sealed as a value; may be empty.
    pub sealed_detail: Vec<u8>,
}

/// Where a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditBreak {
    /// An entry was removed, added or moved.
    #[error("expected audit entry {expected}, found entry {found}")]
    Sequence {
        /// The number that follows.
        expected: u64,
        /// The number that stands there.
        found: u64,
    },
    /// An entry or its hash was changed.
    #[error("expected the hash of audit entry {sequence} to verify, found that it does not")]
    Hash {
        /// The entry's number.
        sequence: u64,
    },
}

/// The hash of an entry that follows `previous`: SHA-256 over a label, the previous hash and the fields, each with its length.
#[must_use]
pub fn link(previous: &AuditHash, entry: &AuditEntry) -> AuditHash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"tradewind audit 1");
    context.update(&previous.0);
    context.update(&entry.sequence.to_be_bytes());
    context.update(&entry.at_unix_ms.to_be_bytes());
    for field in [entry.actor.as_bytes(), entry.action.as_bytes(), entry.subject.as_bytes(), &entry.sealed_detail] {
        context.update(&(field.len() as u64).to_be_bytes());
        context.update(field);
    }
    AuditHash(context.finish().as_ref().try_into().unwrap_or_default())
}

/// Checks a chain as it is read, entry by entry.
#[derive(Debug, Clone)]
pub struct AuditVerifier {
    sequence: u64,
    head: AuditHash,
}

impl AuditVerifier {
    /// Starts before the first entry.
    #[must_use]
    pub const fn from_start() -> Self {
        Self { sequence: 0, head: AuditHash::START }
    }

    /// Starts after an entry that was verified before.
    #[must_use]
    pub const fn after(sequence: u64, head: AuditHash) -> Self {
        Self { sequence, head }
    }

    /// Checks the next entry against the hash that was kept with it.
    ///
    /// # Errors
    /// Where the chain is broken.
    pub fn check(&mut self, entry: &AuditEntry, kept: &AuditHash) -> Result<(), AuditBreak> {
        let expected = self.sequence.saturating_add(1);
        if entry.sequence != expected {
            return Err(AuditBreak::Sequence { expected, found: entry.sequence });
        }
        let hash = link(&self.head, entry);
        if hash != *kept {
            return Err(AuditBreak::Hash { sequence: entry.sequence });
        }
        (self.sequence, self.head) = (entry.sequence, hash);
        Ok(())
    }

    /// The last entry that was checked, and its hash: compare it with the head that was handed out.
    #[must_use]
    pub const fn head(&self) -> (u64, AuditHash) {
        (self.sequence, self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sequence: u64) -> AuditEntry {
        AuditEntry {
            sequence,
            at_unix_ms: 1_000 + sequence,
            actor: "operator".into(),
            action: "item-resolved".into(),
            subject: format!("item {sequence}"),
            sealed_detail: vec![1, 2],
        }
    }

    fn chain(length: u64) -> Vec<(AuditEntry, AuditHash)> {
        let mut head = AuditHash::START;
        (1..=length)
            .map(|sequence| {
                head = link(&head, &entry(sequence));
                (entry(sequence), head)
            })
            .collect()
    }

    fn verify(chain: &[(AuditEntry, AuditHash)]) -> Result<(u64, AuditHash), AuditBreak> {
        let mut verifier = AuditVerifier::from_start();
        chain.iter().try_for_each(|(entry, hash)| verifier.check(entry, hash))?;
        Ok(verifier.head())
    }

    #[test]
    fn a_whole_chain_verifies_to_its_head() {
        let chain = chain(5);
        assert_eq!(verify(&chain), Ok((5, chain[4].1)));
        let mut later = AuditVerifier::after(2, chain[1].1);
        assert_eq!(later.check(&chain[2].0, &chain[2].1), Ok(()));
    }

    #[test]
    fn every_field_is_covered() {
        let changes: [fn(&mut AuditEntry); 5] = [
            |e| e.at_unix_ms += 1,
            |e| e.actor.push('x'),
            |e| e.action.push('x'),
            |e| e.subject.push('x'),
            |e| e.sealed_detail.push(0),
        ];
        for change in changes {
            let mut chain = chain(3);
            change(&mut chain[1].0);
            assert_eq!(verify(&chain), Err(AuditBreak::Hash { sequence: 2 }));
        }
    }

    #[test]
    fn a_field_cannot_lend_bytes_to_its_neighbour() {
        let (mut one, mut two) = (entry(1), entry(1));
        (one.actor, one.action) = ("ab".into(), "c".into());
        (two.actor, two.action) = ("a".into(), "bc".into());
        assert_ne!(link(&AuditHash::START, &one), link(&AuditHash::START, &two));
    }

    #[test]
    fn a_removed_or_recomputed_entry_breaks_the_chain() {
        let mut removed = chain(4);
        removed.remove(1);
        assert_eq!(verify(&removed), Err(AuditBreak::Sequence { expected: 2, found: 3 }));
        let mut recomputed = chain(4);
        recomputed[1].0.actor.push('x');
        recomputed[1].1 = link(&recomputed[0].1, &recomputed[1].0);
        assert_eq!(verify(&recomputed), Err(AuditBreak::Hash { sequence: 3 }));
    }
}
