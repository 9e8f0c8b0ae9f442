//! What is to become of work that failed: its error is final, or it is run again.

use crate::LedgerError;

/// What a run of a unit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Done: it is to be committed.
    Done,
    /// Its error is its answer; it is undone alone.
    Refused,
    /// Another writer was in its way; it is undone alone, and run again.
    Beaten,
    /// A row that must be unique was there, perhaps since a moment ago; it is undone alone, and run once more to see it.
    Overtaken,
    /// The connection is gone, and with it the transaction.
    Lost,
}

/// What an error means for the work.
pub(super) fn fate(error: &LedgerError) -> Fate {
    match error {
        LedgerError::Storage(error) | LedgerError::Constraint(error) => fate_of_storage(error),
        LedgerError::Closed | LedgerError::Timeout { .. } => Fate::Lost,
        _ => Fate::Refused,
    }
}

/// The classes are SQLSTATE's.
fn fate_of_storage(error: &sqlx::Error) -> Fate {
    let sqlx::Error::Database(database) = error else {
        return match error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => Fate::Lost,
            _ => Fate::Refused,
        };
    };
    match database.code().as_deref().unwrap_or_default() {
        // Serialization failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => Fate::Beaten,
        // Unique violation.
        "23505" => Fate::Overtaken,
        // The server ends, starts, or ended this session.
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" => Fate::Lost,
        // Too many connections; connection exceptions.
        "53300" => Fate::Lost,
        code if code.starts_with("08") => Fate::Lost,
        _ => Fate::Refused,
    }
}
