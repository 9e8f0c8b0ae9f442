//! Alarms and the audit chain.

use async_trait::async_trait;

use crate::{Actor, Kind, NewAlarm, Reason, Result, SealedValue, UnixMs};

/// An alarm as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What is wrong.
    pub kind: Kind,
    /// With what.
    pub subject: String,
    /// Why.
    pub reason: Option<Reason>,
    /// Since when.
    pub opened_at: UnixMs,
    /// Until when.
    pub cleared_at: Option<UnixMs>,
    /// How often it was raised while open.
    pub count: u32,
}

/// An audit entry as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// When.
    pub at: UnixMs,
    /// Who.
    pub actor: Actor,
    /// What was done.
    pub action: Kind,
    /// To what.
    pub subject: String,
    /// More, sealed.
    pub detail: Option<SealedValue>,
    /// The hash over this entry and the one before it.
    pub hash: [u8; 32],
}

/// Alarms open once and clear once; audit entries only ever follow one another.
#[async_trait]
pub trait Watch: Send + Sync {
    /// Opens an alarm. True if it was not open.
    async fn open_alarm(&self, alarm: NewAlarm) -> Result<bool>;

    /// Clears an open alarm. True if it was open.
    async fn clear_alarm(&self, kind: &Kind, subject: &str, at: UnixMs) -> Result<bool>;

    /// Open alarms, oldest first.
    async fn open_alarms(&self) -> Result<Vec<Alarm>>;

    /// Alarms, newest first.
    async fn alarms(&self, limit: u32) -> Result<Vec<Alarm>>;

    /// Audit entries after `seq`, in order.
    async fn audit_after(&self, seq: u64, limit: u32) -> Result<Vec<AuditEntry>>;

    /// Verifies the whole chain and gives its length.
    ///
    /// # Errors
    /// [`crate::LedgerError::AuditBroken`] at the first entry that does not follow.
    async fn verify_audit(&self) -> Result<u64>;
}
