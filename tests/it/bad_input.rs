//! Bad input at the real doors, and what it gets: nothing of it travels, and its sender is told why.

mod companion;
mod disk;
mod duplicates;
mod envelope;
mod parties;
mod pgp;
mod rest;
mod sftp;
mod unreadable;

use std::cell::Cell;

use crate::support::canary;
use crate::support::gateway::{Gateway, Options};
use crate::support::ledger::{rows, value};
use crate::support::sftp::Sftp;
use crate::support::wait::until;

/// A gateway with the clinic's client, which drops one file after the other.
struct Desk {
    gateway: Gateway,
    sftp: Sftp,
    dropped: Cell<u32>,
}

/// What became of a file.
struct Got {
    receipt: String,
    state: String,
    reason: String,
    /// What lies in `/out` for it: kind and content.
    files: Vec<(String, Vec<u8>)>,
}

impl Got {
    fn kinds(&self) -> Vec<&str> {
        self.files.iter().map(|(kind, _)| kind.as_str()).collect()
    }

    /// The content of the only file of a kind.
    fn text(&self, kind: &str) -> String {
        let of_kind: Vec<&Vec<u8>> =
            self.files.iter().filter(|(found, _)| found == kind).map(|(_, text)| text).collect();
        assert_eq!(of_kind.len(), 1, "{kind} among {:?} ({} {})", self.kinds(), self.state, self.reason);
        String::from_utf8(of_kind[0].clone()).unwrap()
    }
}

impl Desk {
    fn new() -> Self {
        Self::with(&Options::default())
    }

    fn with(options: &Options<'_>) -> Self {
        let gateway = Gateway::with(options);
        let sftp = gateway.sftp("clinic");
        Self { gateway, sftp, dropped: Cell::new(0) }
    }

    /// Drops a file and waits until it is done with.
    fn drop(&self, content: impl AsRef<[u8]>) -> Got {
        self.dropped.set(self.dropped.get() + 1);
        self.sftp.put(&format!("file-{}.x12", self.dropped.get()), content.as_ref());
        self.last()
    }

    /// Waits for the end of the last file that came over SFTP.
    fn last(&self) -> Got {
        let data = self.gateway.data();
        let query = "SELECT id, state, coalesce(reason, '') FROM receipt WHERE door = 'sftp' ORDER BY id DESC LIMIT 1";
        let row = until("the end of a file", || {
            Some(value(data, query)).filter(|row| row.contains("|translated|") || row.contains("|quarantined|"))
        });
        let mut columns = row.split('|').map(str::to_owned);
        let mut next = || columns.next().unwrap();
        let (receipt, state, reason) = (next(), next(), next());
        let named = rows(data, &format!("SELECT kind, name FROM out_file WHERE receipt = '{receipt}' ORDER BY name"));
        let files = named.iter().map(|row| row.split_once('|').unwrap());
        let files = files.map(|(kind, name)| (kind.to_owned(), self.sftp.get(name))).collect();
        Got { receipt, state, reason, files }
    }

    /// Asks that nothing went to the payer, that nothing waits to, and that nothing of `x12` stands anywhere in clear.
    fn nothing_travelled(&self, x12: &str) {
        assert_eq!(self.gateway.payer.claims(), Vec::<String>::new());
        let data = self.gateway.data();
        let waiting = "SELECT count(*) FROM item_now WHERE state IN ('accepted', 'sending', 'sent', 'unknown')";
        assert_eq!(value(data, waiting), "0", "nothing waits for the payer");
        canary::assert_none(&self.gateway, &canary::of(x12));
    }
}
