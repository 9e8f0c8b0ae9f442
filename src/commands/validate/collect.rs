//! Keeps each finding with the segment that it speaks of, and writes it to the spool.

use std::io::{Seek, Write};

use anyhow::Context;
use tempfile::SpooledTempFile;
use tradewind_edi::engine::{GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, SetEnd, SetStart};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{Finding, Segment, Severity, Visitor};

use super::summary::Summary;
use super::window::Window;
use super::{Counts, json, report};

/// Findings that wait for the segment that they speak of.
const PENDING_MAX: usize = 1000;

/// How findings are written.
#[derive(Clone, Copy)]
pub(super) enum Style {
    /// As objects of an array.
    Json,
    /// For people.
    People {
        /// Whether values are shown.
        show_values: bool,
    },
}

/// The visitor.
pub(super) struct Collector<'a> {
    label: &'a str,
    style: Style,
    spool: &'a mut SpooledTempFile,
    summary: Summary,
    counts: Counts,
    window: Window,
    pending: Vec<Finding>,
    text: String,
    /// Nothing stands in the spool yet.
    first: bool,
    failed: Option<std::io::Error>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(label: &'a str, style: Style, spool: &'a mut SpooledTempFile) -> Self {
        let (first, failed) = match spool.stream_position() {
            Ok(position) => (position == 0, None),
            Err(error) => (true, Some(error)),
        };
        Self {
            label,
            style,
            spool,
            summary: Summary::default(),
            counts: Counts::default(),
            window: Window::default(),
            pending: Vec::new(),
            text: String::new(),
            first,
            failed,
        }
    }

    /// Whether the spool takes what it is given.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        self.failed.take().map_or(Ok(()), Err).context("the findings cannot be kept")
    }

    pub(super) fn finish(mut self) -> anyhow::Result<(Summary, Counts)> {
        self.settle();
        self.check()?;
        Ok((self.summary, self.counts))
    }

    /// Writes what waited.
    fn settle(&mut self) {
        for finding in std::mem::take(&mut self.pending) {
            self.write(&finding);
        }
    }

    fn write(&mut self, finding: &Finding) {
        self.text.clear();
        match self.style {
            Style::Json => {
                self.text.push_str(if self.first { "" } else { "," });
                json::finding(&mut self.text, self.label, finding);
            }
            Style::People { show_values } => {
                let segment = self.window.find(&finding.place.bytes);
                report::finding(&mut self.text, finding, segment, show_values);
            }
        }
        self.first = false;
        if self.failed.is_none() {
            self.failed = self.spool.write_all(self.text.as_bytes()).err();
        }
    }

    fn keep(&mut self, segment: Option<Segment<'_>>) {
        let Some(segment) = segment else { return };
        self.window.push(&segment);
        if !self.pending.is_empty() {
            self.settle();
        }
    }
}

impl Visitor for Collector<'_> {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.summary.interchange_start(event);
        self.keep(event.segment);
    }

    fn ta1(&mut self, segment: &Segment<'_>) {
        self.keep(Some(*segment));
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.keep(Some(event.segment));
    }

    fn set_start(&mut self, _event: &SetStart<'_>) {
        self.summary.set_start();
    }

    fn segment(&mut self, segment: &Segment<'_>, _node: Option<NodeIx>) {
        self.summary.segment(segment);
        self.keep(Some(*segment));
    }

    fn finding(&mut self, finding: &Finding) {
        match finding.severity {
            Severity::Error => self.counts.errors += 1,
            Severity::Warning => self.counts.warnings += 1,
            Severity::Info => self.counts.infos += 1,
        }
        // What closes a loop is told before the segment that closed it.
        let comes = finding.place.bytes.start > self.window.end();
        if self.pending.len() < PENDING_MAX && (comes || !self.pending.is_empty()) {
            self.pending.push(finding.clone());
        } else {
            self.settle();
            self.write(finding);
        }
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.summary.set_end(event);
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.keep(event.segment);
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.keep(event.segment);
        self.settle();
        self.summary.interchange_end(event);
    }
}
