//! The visitor that takes what a file tells to where it is wanted: the summary, the groups for people, the objects for programs.

use std::io::{Seek, Write};

use anyhow::Context;
use tempfile::SpooledTempFile;
use tradewind_edi::engine::{GroupStart, InterchangeEnd, InterchangeStart, SetEnd, SetStart};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{Finding, Segment, Visitor};

use super::around::Around;
use super::groups::Groups;
use super::json;
use super::summary::Summary;

/// The visitor.
pub(super) struct Collector<'a> {
    label: &'a str,
    pub(super) summary: Summary,
    pub(super) groups: Option<Groups>,
    json: Option<Json<'a>>,
}

/// Findings as objects of an array.
pub(super) struct Json<'a> {
    spool: &'a mut SpooledTempFile,
    /// Nothing stands in the spool yet.
    first: bool,
    text: String,
    failed: Option<std::io::Error>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(label: &'a str, groups: Option<Groups>, json: Option<Json<'a>>) -> Self {
        Self { label, summary: Summary::default(), groups, json }
    }

    /// Takes the snippets that can be had by now.
    pub(super) fn look(&mut self, around: &Around, ended: bool) {
        if let Some(groups) = &mut self.groups {
            groups.look(around, ended);
        }
    }

    /// Whether the spool takes what it is given.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        let failed = self.json.as_mut().and_then(|json| json.failed.take());
        failed.map_or(Ok(()), Err).context("the findings cannot be kept")
    }
}

impl Visitor for Collector<'_> {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.summary.interchange_start(event);
        if let Some(groups) = &mut self.groups {
            groups.interchange(event.delimiters.terminator);
        }
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.summary.group_start(event);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.summary.set_start();
        if let Some(groups) = &mut self.groups {
            groups.set(event.guide);
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, _node: Option<NodeIx>) {
        self.summary.segment(segment);
    }

    fn finding(&mut self, finding: &Finding) {
        self.summary.finding(finding);
        if let Some(groups) = &mut self.groups {
            groups.add(finding);
        }
        if let Some(json) = &mut self.json {
            json.write(self.label, finding);
        }
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.summary.set_end(event);
        if let Some(groups) = &mut self.groups {
            groups.set(None);
        }
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.summary.interchange_end(event);
    }
}

impl<'a> Json<'a> {
    /// Findings go behind what stands in the spool.
    pub(super) fn new(spool: &'a mut SpooledTempFile) -> anyhow::Result<Self> {
        let first = spool.stream_position().context("the findings cannot be kept")? == 0;
        Ok(Self { spool, first, text: String::new(), failed: None })
    }

    fn write(&mut self, label: &str, finding: &Finding) {
        if self.failed.is_some() {
            return;
        }
        self.text.clear();
        self.text.push_str(if self.first { "" } else { "," });
        json::finding(&mut self.text, label, finding);
        self.first = false;
        self.failed = self.spool.write_all(self.text.as_bytes()).err();
    }
}
