//! The simulated payer: takes 837 and 270 over HTTP and answers as a payer would, keeps a record of what it took, and shows faults on request.
//!
//! - `POST /x12` takes interchanges. For claims TA1 (if owed), 999 and 277CA come back, for an inquiry the 271.
//! - `GET /status/<ISA13>` gives the answers again to an interchange that was taken, and 404 for one that never was.
//! - `POST /faults` replaces the planned [`Fault`]s, one a line.
//!
//! It has no authentication: it belongs on loopback.

mod door;
mod fault;
mod inquiry;
mod record;
mod seal;
mod take;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tradewind_compliance::Clock;

pub use door::BODY_BYTES_MAX;
pub use fault::{Fault, NoFault, Planned};
pub use record::{Entry, Record, read};

use fault::Plan;

/// A payer to start.
pub struct Payer {
    /// What it took.
    pub record: Record,
    /// What goes wrong, in order.
    pub faults: Vec<Planned>,
    /// Its name in the 277CA.
    pub name: String,
    /// Its id in the 277CA; the receiver's of each interchange when left out.
    pub id: Option<String>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What the calls share.
struct Desk {
    record: Record,
    faults: Plan,
    name: String,
    id: Option<String>,
    clock: Arc<dyn Clock>,
}

/// A payer that runs.
pub struct Running {
    address: SocketAddr,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

/// Starts the payer on `listener`. It runs until `shutdown` is done, and then cuts what is still open.
///
/// # Errors
/// When the listener has no address.
pub fn start(
    listener: TcpListener,
    payer: Payer,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Running> {
    let address = listener.local_addr()?;
    let Payer { record, faults, name, id, clock } = payer;
    let desk = Arc::new(Desk { record, faults: Plan::new(faults), name, id, clock });
    let task = tokio::spawn(door::serve(listener, Arc::clone(&desk), shutdown));
    Ok(Running { address, desk, task })
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the planned faults.
    pub fn plan(&self, faults: Vec<Planned>) {
        self.desk.faults.set(faults);
    }

    /// What it took so far.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn taken(&self) -> anyhow::Result<Vec<Entry>> {
        read(self.desk.record.path())
    }

    /// Waits until it has stopped.
    pub async fn ended(self) {
        // A task that panicked has stopped, too, and the panic was told.
        let _ = self.task.await;
    }
}
