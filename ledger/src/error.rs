//! What can go wrong in the ledger. No message holds a value that came from a partner.

use tradewind_compliance::IdError;
use tradewind_compliance::keys::BranchKeyStoreError;

/// A ledger call's result.
pub type Result<T, E = LedgerError> = std::result::Result<T, E>;

/// Why a ledger call did nothing. A call that fails has changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The row is not there, or it belongs to another partner.
    #[error("expected {what} {id} in the ledger, found none")]
    Missing {
        /// The kind of row.
        what: &'static str,
        /// Its id, which is ours.
        id: String,
    },
    /// The state machine has no such arrow.
    #[error("expected {what} {id} to be able to become {to}, found it {from}")]
    IllegalTransition {
        /// The kind of row.
        what: &'static str,
        /// Its id, which is ours.
        id: String,
        /// The state it is in.
        from: &'static str,
        /// The state that was asked for.
        to: &'static str,
    },
    /// Another row already holds what must be unique.
    #[error("expected {what} {id} to be new, found it taken")]
    Taken {
        /// The kind of row.
        what: &'static str,
        /// Its id, which is ours.
        id: String,
    },
    /// The count that the engine declared is not the count that was staged.
    #[error("expected {declared} items in set {set}, found {staged} staged")]
    ItemCount {
        /// The set's id.
        set: String,
        /// What the engine counted.
        declared: u32,
        /// What was staged.
        staged: u32,
    },
    /// A partner's control numbers of a kind have reached 999,999,999.
    #[error("expected a free {kind} control number for partner {partner}, found them used up")]
    NumbersExhausted {
        /// The partner.
        partner: String,
        /// ISA13, GS06 or ST02.
        kind: &'static str,
    },
    /// The numbers were not reserved, or are used already.
    #[error(
        "expected {kind} control numbers {first} to {last} of partner {partner} to be reserved and unused, found otherwise"
    )]
    NumbersNotReserved {
        /// The partner.
        partner: String,
        /// ISA13, GS06 or ST02.
        kind: &'static str,
        /// The first number.
        first: u32,
        /// The last number.
        last: u32,
    },
    /// More than a call may carry.
    #[error("expected at most {max} {what} in one call, found {found}")]
    Limit {
        /// What there was too much of.
        what: &'static str,
        /// The limit.
        max: usize,
        /// What was given.
        found: usize,
    },
    /// A text does not fit its type.
    #[error("expected {expected}, found another text")]
    Grammar {
        /// What fits.
        expected: &'static str,
    },
    /// A stored value does not fit its type: another program wrote it, or the file is damaged.
    #[error("expected column {column} to hold {expected}, found a value that does not fit")]
    Corrupt {
        /// The column.
        column: &'static str,
        /// What fits.
        expected: &'static str,
    },
    /// The audit chain does not verify.
    #[error("expected audit entry {seq} to follow the entry before it, found a broken chain")]
    AuditBroken {
        /// The first entry that does not fit.
        seq: u64,
    },
    /// A copied ledger is not what it was copied from, or what it was copied from does not add up.
    #[error("expected the copy to agree with what was copied, found that {what} does not")]
    CopyDiffers {
        /// What does not agree.
        what: &'static str,
    },
    /// The engine is too old to be trusted with the ledger.
    #[error("expected {engine} {least} or newer, found {found}")]
    EngineVersion {
        /// Which engine.
        engine: &'static str,
        /// The least version.
        least: &'static str,
        /// The version that is there.
        found: String,
    },
    /// The storage is full; nothing was written. It works again when there is space.
    #[error("expected space to write the ledger, found the storage full")]
    Full,
    /// The ledger was closed, or its writer has ended.
    #[error("expected an open ledger, found it closed")]
    Closed,
    /// The commit that should have made this change durable failed; nothing was written.
    #[error("expected the commit to succeed, found that it failed: {0}")]
    Commit(String),
    /// The connection broke in the commit, and the server could not be asked for its outcome. The same call with the same ids settles it.
    #[error("expected to learn whether the commit came through, found the server out of reach")]
    CommitUnknown,
    /// The server did not answer in time.
    #[error("expected the ledger's server to answer within {limit_ms} ms, found it silent")]
    Timeout {
        /// The limit.
        limit_ms: u64,
    },
    /// A row breaks a constraint of the schema: a key that is taken, a row that refers to none.
    #[error("expected a row that keeps the ledger's constraints, found one that breaks them")]
    Constraint(#[source] sqlx::Error),
    /// The storage failed otherwise.
    #[error("expected the ledger's storage to answer, found {0}")]
    Storage(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("expected the ledger's schema to be brought up to date, found {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The ledger's file could not be made or opened.
    #[error("expected the ledger's file to be usable, found {0}")]
    File(#[source] std::io::Error),
}

impl LedgerError {
    /// Whether the same call may succeed later without anyone changing it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Full | Self::Closed | Self::Commit(_) | Self::CommitUnknown | Self::Timeout { .. } | Self::Storage(_)
        )
    }

    pub(crate) fn missing(what: &'static str, id: impl ToString) -> Self {
        Self::Missing { what, id: id.to_string() }
    }
}

impl From<IdError> for LedgerError {
    fn from(_: IdError) -> Self {
        Self::Corrupt { column: "id", expected: "an id of ours" }
    }
}

impl From<LedgerError> for BranchKeyStoreError {
    fn from(error: LedgerError) -> Self {
        Self::new(error)
    }
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        /// SQLite's code, and PostgreSQL's.
        const FULL: [&str; 2] = ["13", "53100"];
        match &error {
            sqlx::Error::Database(database) if database.code().is_some_and(|code| FULL.contains(&&*code)) => Self::Full,
            sqlx::Error::Database(database)
                if database.is_unique_violation()
                    || database.is_foreign_key_violation()
                    || database.is_check_violation() =>
            {
                Self::Constraint(error)
            }
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Closed,
            _ => Self::Storage(error),
        }
    }
}
