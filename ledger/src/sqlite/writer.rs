//! One task writes. It takes every unit of work that waits, runs them in one transaction with a savepoint each, and answers each only
//! after the commit: a hundred callers share one fsync.

use std::future::Future;
use std::pin::Pin;

use sqlx::{Executor, Row, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{SqliteOptions, close_connection};
use crate::wakes::{Waiting, Waker};
use crate::{LedgerError, Result};

/// The connection in a transaction.
pub(crate) struct Tx {
    pub(crate) conn: SqliteConnection,
    pub(crate) wakes: Waiting,
}

pub(crate) type UnitFuture<'c, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

#[derive(Clone)]
pub(super) struct Writer {
    units: mpsc::Sender<Command>,
}

enum Command {
    Unit(Box<dyn Unit>),
    TruncateLog(oneshot::Sender<Result<()>>),
    Close(oneshot::Sender<()>),
}

/// A unit of work with its caller.
trait Unit: Send {
    /// Does the work; `Err` asks to undo it.
    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> Pin<Box<dyn Future<Output = std::result::Result<(), ()>> + Send + 'c>>;
    /// Answers the caller: what the work gave, or why the whole transaction failed.
    fn answer(self: Box<Self>, failed: Option<&LedgerError>);
}

struct Work<T, F> {
    work: Option<F>,
    result: Option<Result<T>>,
    caller: oneshot::Sender<Result<T>>,
}

impl<T, F> Unit for Work<T, F>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut Tx) -> UnitFuture<'c, T> + Send,
{
    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> Pin<Box<dyn Future<Output = std::result::Result<(), ()>> + Send + 'c>> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return Err(()) };
            let result = work(tx).await;
            let done = if result.is_ok() { Ok(()) } else { Err(()) };
            self.result = Some(result);
            done
        })
    }

    fn answer(self: Box<Self>, failed: Option<&LedgerError>) {
        let result = match (failed, self.result) {
            (_, Some(Err(error))) => Err(error),
            (Some(LedgerError::Full), _) => Err(LedgerError::Full),
            (Some(error), _) => Err(LedgerError::Commit(error.to_string())),
            (None, Some(done)) => done,
            (None, None) => Err(LedgerError::Closed),
        };
        // A caller that went away has nobody to tell; its work is committed all the same.
        let _ = self.caller.send(result);
    }
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection, waker: Waker, options: &SqliteOptions) -> Self {
        let (units, waiting) = mpsc::channel(options.waiting_units_max.max(1));
        tokio::spawn(serve(
            Tx { conn: connection, wakes: Waiting::default() },
            waker,
            waiting,
            options.commit_units_max.max(1),
        ));
        Self { units }
    }

    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> UnitFuture<'c, T> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let unit = Command::Unit(Box::new(Work { work: Some(work), result: None, caller }));
        self.units.send(unit).await.map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }

    /// Moves the whole log into the file and empties it.
    pub(super) async fn truncate_log(&self) -> Result<()> {
        let (done, truncated) = oneshot::channel();
        self.units.send(Command::TruncateLog(done)).await.map_err(|_| LedgerError::Closed)?;
        truncated.await.map_err(|_| LedgerError::Closed)?
    }

    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.units.send(Command::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

async fn serve(mut tx: Tx, waker: Waker, mut waiting: mpsc::Receiver<Command>, units_max: usize) {
    let mut closing = None;
    while closing.is_none() {
        let Some(first) = waiting.recv().await else { break };
        let mut batch: Vec<Box<dyn Unit>> = Vec::new();
        let mut after = None;
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Unit(unit) => batch.push(unit),
                other => {
                    after = Some(other);
                    break;
                }
            }
            next = if batch.len() < units_max { waiting.try_recv().ok() } else { None };
        }
        if !batch.is_empty() {
            commit(&mut tx, &waker, batch).await;
        }
        match after {
            Some(Command::Close(done)) => closing = Some(done),
            Some(Command::TruncateLog(done)) => {
                let _ = done.send(truncate(&mut tx).await);
            }
            Some(Command::Unit(_)) | None => {}
        }
    }
    waiting.close();
    close_connection(tx.conn).await;
    if let Some(done) = closing {
        let _ = done.send(());
    }
}

async fn truncate(tx: &mut Tx) -> Result<()> {
    let row = tx.conn.fetch_one("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    let busy: i64 = row.try_get(0)?;
    if busy == 0 { Ok(()) } else { Err(LedgerError::Commit("the log is in use by a reader".into())) }
}

async fn commit(tx: &mut Tx, waker: &Waker, mut batch: Vec<Box<dyn Unit>>) {
    let failed = transaction(tx, &mut batch).await.err();
    let wakes = tx.wakes.take();
    if let Some(error) = &failed {
        tracing::error!(%error, units = batch.len(), "a commit of the ledger failed; nothing of it was written");
    }
    for unit in batch {
        unit.answer(failed.as_ref());
    }
    if failed.is_none() {
        wakes.into_iter().for_each(|wake| waker.send(wake));
    }
}

async fn transaction(tx: &mut Tx, batch: &mut [Box<dyn Unit>]) -> Result<()> {
    tx.conn.execute("BEGIN IMMEDIATE").await?;
    let done = match units(tx, batch).await {
        Ok(()) => tx.conn.execute("COMMIT").await.map(|_| ()),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        // SQLite may have rolled back by itself already (a full disk); then this fails, and that is fine.
        let _ = tx.conn.execute("ROLLBACK").await;
        return Err(error.into());
    }
    Ok(())
}

/// Runs each unit in a savepoint, so that one that fails undoes itself alone. An error here fails the transaction.
async fn units(tx: &mut Tx, batch: &mut [Box<dyn Unit>]) -> std::result::Result<(), sqlx::Error> {
    for unit in batch {
        tx.conn.execute("SAVEPOINT unit").await?;
        let mark = tx.wakes.mark();
        if unit.run(tx).await.is_err() {
            tx.wakes.undo(mark);
            tx.conn.execute("ROLLBACK TO unit").await?;
        }
        tx.conn.execute("RELEASE unit").await?;
    }
    Ok(())
}
