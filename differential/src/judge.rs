//! What our engine says of a file: at SNIP 2, to compare, with the 999; and with every rule.

use std::collections::BTreeSet;
use tradewind_edi::ack::x999::{Missing, Options as AckOptions, Writer};
use tradewind_edi::ack::{Format, LineEnd};
use tradewind_edi::engine::{
    self, GroupEnd, GroupHeader, GroupStart, InterchangeEnd, InterchangeStart, Options, SetEnd, SetStart, Verdict,
};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{Delimiters, Finding, Guides, Segment, Severity, Snip, Visitor};

/// One judgement.
pub struct Judgement {
    pub accepted: bool,
    /// The rules that gave errors, and `refused` where the file could not be framed.
    pub rules: BTreeSet<String>,
    /// TA105 of the first interchange.
    pub ta1: &'static str,
    /// ST to SE of each 999, without an envelope.
    pub ack: String,
}

pub fn judge(file: &[u8], guides: &Guides, snip_max: Snip) -> Judgement {
    let format = Format { delimiters: Delimiters::default(), line_end: LineEnd::Lf };
    // Base: published examples and peers report what is missing as IK304 = 3.
    let options = AckOptions { format: Some(format), missing: Missing::Base, ..AckOptions::default() };
    let mut seen = Seen { writer: Writer::new(options), rules: BTreeSet::new(), ta1: None, ack: Vec::new() };
    let options = Options { guides: guides.clone(), snip_max, ..Options::default() };
    if engine::run(file, options, &mut seen).is_err() {
        seen.rules.insert("refused".to_owned());
    }
    let ack = String::from_utf8_lossy(&seen.ack).into_owned();
    Judgement { accepted: seen.rules.is_empty(), rules: seen.rules, ta1: seen.ta1.unwrap_or("023"), ack }
}

struct Seen {
    writer: Writer,
    rules: BTreeSet<String>,
    ta1: Option<&'static str>,
    ack: Vec<u8>,
}

impl Visitor for Seen {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.writer.interchange_start(event);
    }
    fn group_start(&mut self, event: &GroupStart<'_>) {
        // A 999 is never acknowledged; what would be said of one is compared all the same.
        let code = if event.header.code == "FA" { "??".to_owned() } else { event.header.code.clone() };
        let header = GroupHeader { code, ..event.header.clone() };
        self.writer.group_start(&GroupStart { ordinal: event.ordinal, header: &header, segment: event.segment });
    }
    fn set_start(&mut self, event: &SetStart<'_>) {
        self.writer.set_start(event);
    }
    fn loop_open(&mut self, node: NodeIx) {
        self.writer.loop_open(node);
    }
    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.writer.segment(segment, node);
    }
    fn finding(&mut self, finding: &Finding) {
        if finding.severity == Severity::Error {
            self.rules.insert(finding.rule.to_string());
        }
        self.writer.finding(finding);
    }
    fn loop_close(&mut self, node: NodeIx) {
        self.writer.loop_close(node);
    }
    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.writer.set_end(event);
    }
    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.writer.group_end(event);
    }
    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.ta1.get_or_insert(event.code.code());
        if event.verdict == Verdict::Rejected {
            self.rules.insert(format!("ta1-{}", event.code.code()));
        }
        self.ack.append(self.writer.output());
    }
}
