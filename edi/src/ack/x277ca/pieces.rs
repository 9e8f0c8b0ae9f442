//! A finished set as bytes and ranges of its spool.

use super::parts::Status;
use super::settings::Settings;
use super::totals::{OF_PROVIDER, OF_RECEIVER};
use super::write;
use super::{Provider, Set};
use crate::ack::Format;
use std::ops::Range;

/// A part of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// This range of the set's spool: offset 0 is the first byte that was appended after [`super::Writer::open`].
    Spool(Range<u64>),
}

impl Piece {
    /// Appends it, from a spool that is in memory.
    pub fn append(&self, spool: &[u8], out: &mut Vec<u8>) {
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        out.extend_from_slice(match self {
            Self::Bytes(bytes) => bytes,
            Self::Spool(range) => spool.get(at(range.start)..at(range.end)).unwrap_or_default(),
        });
    }
}

/// The parts of a set, in order.
#[derive(Debug)]
pub struct Pieces {
    head: Option<Vec<u8>>,
    providers: std::vec::IntoIter<Provider>,
    /// What is due after the spool range that was given last.
    due: Option<Vec<u8>>,
    tail: Option<Vec<u8>>,
    spooled: u64,
    at: u64,
    format: Format,
    received: Status,
}

impl Pieces {
    pub(super) fn new(mut set: Set, settings: &Settings, format: Format, number: &str) -> Self {
        let received = Status::new("A1", "19", settings.role.entity());
        if set.reject.is_some() {
            set.totals = set.totals.all_rejected();
            set.providers.clear();
            set.spooled = 0;
            set.segments = write::HEAD_SEGMENTS;
        }
        let below = !set.providers.is_empty();
        let totals = set.providers.iter().map(|provider| 1 + provider.totals.segments()).sum::<u64>();
        let status = set.reject.unwrap_or(received);
        write::level(&format, ["2", "1", "21", if below { "1" } else { "0" }], &mut set.head);
        set.head.append(&mut set.receiver);
        write::set_status(settings, &format, status, &set.totals, set.reject.is_some(), &mut set.head);
        set.totals.write(OF_RECEIVER, &format, &mut set.head);
        let segments = set.segments + 1 + set.totals.segments() + totals + 1;
        let mut tail = Vec::new();
        format.segment(&mut tail, "SE").element(segments.to_string()).element(number).end();
        Self {
            head: Some(set.head),
            providers: set.providers.into_iter(),
            due: None,
            tail: Some(tail),
            spooled: set.spooled,
            at: 0,
            format,
            received,
        }
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some(bytes) = self.head.take().or_else(|| self.due.take()) {
            return Some(Piece::Bytes(bytes));
        }
        if let Some(provider) = self.providers.next() {
            let mut bytes = Vec::new();
            write::provider_status(&self.format, self.received, &provider.totals, &mut bytes);
            provider.totals.write(OF_PROVIDER, &self.format, &mut bytes);
            self.due = Some(bytes);
            return Some(Piece::Spool(std::mem::replace(&mut self.at, provider.at)..provider.at));
        }
        if self.at < self.spooled {
            return Some(Piece::Spool(std::mem::replace(&mut self.at, self.spooled)..self.spooled));
        }
        self.tail.take().map(Piece::Bytes)
    }
}
