//! The simulated payer as a process of its own, with a record that outlives it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Child;

use tradewind::payer::{Entry, read};

use super::program::{Background, tradewind};
use super::rest::post_plain;

pub(crate) struct PayerProcess {
    pub(crate) address: SocketAddr,
    pub(crate) record: PathBuf,
    process: Background,
}

impl PayerProcess {
    /// Starts it on a free port; its record lies in `folder`.
    pub(crate) fn start(folder: &Path) -> Self {
        let record = folder.join("payer-record.ndjson");
        let mut command = tradewind(folder);
        command.args(["payer", "--listen", "127.0.0.1:0", "--record"]).arg(&record);
        let mut process = command.spawn().unwrap();
        let mut told = String::new();
        BufReader::new(process.stderr.as_mut().unwrap()).read_line(&mut told).unwrap();
        let address = told.trim().rsplit_once("http://").expect("an address").1.parse().unwrap();
        Self { address, record, process: Background(process) }
    }

    /// Plans its faults, one a line; none clears them.
    pub(crate) fn plan(&self, faults: &str) {
        assert_eq!(post_plain(self.address, "/faults", faults.as_bytes()).status, 204);
    }

    /// What it took so far.
    pub(crate) fn taken(&self) -> Vec<Entry> {
        read(&self.record).unwrap()
    }

    /// The claims that it took, by our identifiers, in order.
    pub(crate) fn claims(&self) -> Vec<String> {
        self.taken().into_iter().flat_map(|entry| entry.claims).collect()
    }

    pub(crate) fn pid(&self) -> u32 {
        let child: &Child = &self.process.0;
        child.id()
    }
}
