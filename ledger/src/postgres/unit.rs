//! A unit of work: what one call of the ledger writes. It can be run again, since a transaction can fail for reasons that are not its.

use std::future::Future;
use std::pin::Pin;

use sqlx::PgConnection;
use tokio::sync::oneshot;

use super::fate::{Fate, fate};
use crate::wakes::Waiting;
use crate::{LedgerError, Result};

/// The connection in a transaction.
pub(crate) struct Tx {
    pub(crate) conn: PgConnection,
    pub(crate) wakes: Waiting,
}

pub(crate) type UnitFuture<'c, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

/// A unit of work with its caller.
pub(super) trait Unit: Send {
    /// Does the work, and tells what is to become of it.
    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> Pin<Box<dyn Future<Output = Fate> + Send + 'c>>;
    /// How often it was run.
    fn runs(&self) -> u32;
    /// Whether it is to be run again, after a transaction that came through.
    fn again(&self, tries_max: u32) -> bool;
    /// Answers the caller: what the work gave, or why the whole transaction failed.
    fn answer(self: Box<Self>, failed: Option<&LedgerError>);
}

struct Work<T, F> {
    work: F,
    runs: u32,
    result: Option<Result<T>>,
    caller: oneshot::Sender<Result<T>>,
}

fn fate_of<T>(result: &Result<T>) -> Fate {
    result.as_ref().err().map_or(Fate::Done, fate)
}

/// A unit, and where its answer comes.
pub(super) fn unit<T, F>(work: F) -> (Box<dyn Unit>, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut Tx) -> UnitFuture<'c, T> + Clone + Send + 'static,
{
    let (caller, answer) = oneshot::channel();
    (Box::new(Work { work, runs: 0, result: None, caller }), answer)
}

impl<T, F> Unit for Work<T, F>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut Tx) -> UnitFuture<'c, T> + Clone + Send,
{
    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> Pin<Box<dyn Future<Output = Fate> + Send + 'c>> {
        Box::pin(async move {
            self.runs += 1;
            let work = self.work.clone();
            let result = work(tx).await;
            let fate = fate_of(&result);
            self.result = Some(result);
            fate
        })
    }

    fn runs(&self) -> u32 {
        self.runs
    }

    fn again(&self, tries_max: u32) -> bool {
        match self.result.as_ref().map(fate_of) {
            Some(Fate::Beaten) => self.runs < tries_max,
            Some(Fate::Overtaken) => self.runs < 2,
            _ => false,
        }
    }

    fn answer(self: Box<Self>, failed: Option<&LedgerError>) {
        let result = match (failed, self.result) {
            (_, Some(Err(error))) if fate(&error) == Fate::Refused => Err(error),
            (Some(LedgerError::Full), _) => Err(LedgerError::Full),
            (Some(LedgerError::CommitUnknown), _) => Err(LedgerError::CommitUnknown),
            (Some(error), _) => Err(LedgerError::Commit(error.to_string())),
            (None, Some(done)) => done,
            (None, None) => Err(LedgerError::Closed),
        };
        // A caller that went away has nobody to tell; its work is committed all the same.
        let _ = self.caller.send(result);
    }
}
