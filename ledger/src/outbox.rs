//! The outbox: jobs that were committed with the change that they follow from.

use async_trait::async_trait;
use tradewind_compliance::{JobId, PartnerId};

use crate::{Kind, Queue, Reason, Result, UnixMs};

/// One partner's jobs in one queue. The relay takes from every lane, so that a full one starves no other (L7).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane {
    /// The queue.
    pub queue: Queue,
    /// The partner.
    pub partner: PartnerId,
}

/// A leased job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Its lane.
    pub lane: Lane,
    /// What to do.
    pub kind: Kind,
    /// The id of what to do it to.
    pub reference: String,
    /// This attempt, from 1.
    pub attempt: u32,
    /// When it was written.
    pub created_at: UnixMs,
}

impl Job {
    /// The lease that it is held under.
    #[must_use]
    pub fn lease(&self) -> Lease {
        Lease { job: self.id, attempt: self.attempt }
    }
}

/// The right to say how an attempt at a job ended. A lease that ran out and was given again is another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: u32,
}

/// How a job was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEnd {
    /// Done: its row goes.
    Done,
    /// Again, not before this time.
    RetryAt(UnixMs),
    /// It could not be tried: again, not before this time, and its attempt is not counted.
    Later(UnixMs),
    /// Handed back without having been tried: its attempt is not counted.
    Returned,
    /// Never again by itself.
    Quarantined(Reason),
}

/// A lane's depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// The lane.
    pub lane: Lane,
    /// Jobs waiting or leased.
    pub ready: u64,
    /// Of these, leased ones.
    pub leased: u64,
    /// Jobs in quarantine.
    pub quarantined: u64,
    /// When the oldest job that is not in quarantine was written.
    pub oldest_at: Option<UnixMs>,
}

/// The outbox.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Lanes that have jobs due at `at` and not leased.
    async fn due_lanes(&self, at: UnixMs) -> Result<Vec<Lane>>;

    /// Leases up to `limit` due jobs of a lane until `lease_until`, oldest first, each to one caller alone. A lease counts as an
    /// attempt; one that runs out makes the job due again.
    async fn lease_jobs(&self, lane: &Lane, limit: u32, at: UnixMs, lease_until: UnixMs) -> Result<Vec<Job>>;

    /// Makes leases last longer, for jobs that take long. Jobs that are gone are skipped.
    async fn extend_leases(&self, jobs: &[JobId], lease_until: UnixMs) -> Result<()>;

    /// Gives every lease back: at start, when no worker of this ledger can be alive. Attempts stay counted.
    async fn drop_leases(&self) -> Result<u64>;

    /// Settles jobs. A job that is gone was settled before: that is no error. Who holds a lease that was given to another since can only say
    /// that the job is done; what else it says is not written, since the other is at work on it.
    async fn settle_jobs(&self, ends: Vec<(Lease, JobEnd)>) -> Result<()>;

    /// Puts a quarantined job back with a fresh count of attempts. False when there is none.
    async fn release_job(&self, id: JobId, due_at: UnixMs) -> Result<bool>;

    /// When the next job becomes due or its lease ends.
    async fn next_job_at(&self) -> Result<Option<UnixMs>>;

    /// Every lane's depth.
    async fn depths(&self) -> Result<Vec<Depth>>;
}
