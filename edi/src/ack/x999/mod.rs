//! 999, implementation acknowledgment 005010X231A1: one set for each functional group, with an AK2 loop for each of its
//! transaction sets and an IK3 loop for each segment in error.
//!
//! [`Writer`] is a [`Visitor`]: it writes while the engine reads. The envelope comes last, since only the end of the
//! interchange says whether a 999 is due at all: [`Writer::head`], then what was drained from [`Writer::output`], then
//! [`Writer::tail`]. A rejected interchange gets a TA1 alone, and whoever drives the writer throws its output away.
//!
//! Acknowledgments are never acknowledged: groups with GS01 = `FA` get nothing. Only errors are reported, and only those that a
//! 999 has a code for: business faults stand in the 277CA.

mod context;
mod errors;
mod options;
pub(super) mod trigger;

pub use options::{Missing, Options};

use super::envelope::Envelope;
use super::number::{count_text, digits_text, set_number};
use super::pen::Format;
use crate::engine::{GroupEnd, GroupStart, InterchangeStart, SetEnd, SetStart, Verdict, Visitor};
use crate::finding::{Finding, SetCode, Severity};
use crate::guide::NodeIx;
use crate::{ControlNumber, Segment};
use context::BusinessUnit;
use errors::{Errors, Paper};

/// GS08 and ST03 of what is written here.
pub const REVISION: &str = "005010X231A1";
/// GS01 of acknowledgments.
const ACKNOWLEDGMENTS: &str = "FA";
/// IK502 to IK506, AK905 to AK909.
const CODES_MAX: usize = 5;

/// Writes the 999 of one interchange.
#[derive(Debug)]
pub struct Writer {
    options: Options,
    format: Format,
    out: Vec<u8>,
    /// ST02 of the set that is next.
    number: ControlNumber,
    sets: u32,
    /// Segments of the set that is being written, ST among them.
    segments: u64,
    /// Whether the group that is open is acknowledged.
    open: bool,
    unit: BusinessUnit,
    errors: Errors,
}

impl Writer {
    /// A writer; it starts afresh with every ISA.
    pub fn new(options: Options) -> Self {
        let (number, format) = (options.set_number, options.format.unwrap_or_default());
        Self {
            options,
            format,
            out: Vec::new(),
            number,
            sets: 0,
            segments: 0,
            open: false,
            unit: BusinessUnit::default(),
            errors: Errors::default(),
        }
    }

    /// What was written and not yet taken: drain it as often as you like.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// How many 999 sets were written for this interchange: none, then nothing is to be sent.
    pub fn sets(&self) -> u32 {
        self.sets
    }

    /// Appends ISA and GS: what stands before the output.
    pub fn head(&self, envelope: &Envelope, out: &mut Vec<u8>) {
        envelope.isa(&self.format, out);
        envelope.gs(&self.format, ACKNOWLEDGMENTS, REVISION, out);
    }

    /// Appends GE and IEA: what stands behind the output.
    pub fn tail(&self, envelope: &Envelope, out: &mut Vec<u8>) {
        envelope.ge(&self.format, self.sets, out);
        envelope.iea(&self.format, 1, out);
    }

    /// How the segments are written: as the interchange is that is acknowledged, if the options say nothing else.
    pub fn format(&self) -> Format {
        self.format
    }

    fn close_set(&mut self) {
        self.segments += 1;
        let number = set_number(self.number);
        self.format.segment(&mut self.out, "SE").element(self.segments.to_string()).element(number).end();
        self.number = self.number.next();
        self.sets += 1;
        self.open = false;
    }
}

impl Visitor for Writer {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.format = self.options.format.unwrap_or_else(|| Format::with(event.delimiters));
        self.out.clear();
        self.number = self.options.set_number;
        self.sets = 0;
        self.open = false;
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        let header = event.header;
        self.open = header.code != ACKNOWLEDGMENTS;
        if !self.open {
            return;
        }
        let number = set_number(self.number);
        self.format.segment(&mut self.out, "ST").element("999").element(number).element(REVISION).end();
        let code = if header.code.trim_end().len() == 2 { header.code.as_str() } else { "??" };
        let version = if header.version.trim().is_empty() { "UNKNOWN" } else { header.version.as_str() };
        self.format
            .segment(&mut self.out, "AK1")
            .element(code)
            .element(digits_text(&header.control_number, 1, 9))
            .at_most(version.as_bytes(), 12)
            .end();
        self.segments = 2;
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        if !self.open {
            return;
        }
        let header = event.header;
        let code = if header.code.trim_end().len() == 3 { header.code.as_str() } else { "???" };
        let number = format!("{:0>4}", header.control_number.trim_end());
        let convention = header.convention.as_deref().unwrap_or_default();
        self.format
            .segment(&mut self.out, "AK2")
            .element(code)
            .at_most(number.as_bytes(), 9)
            .at_most(convention.as_bytes(), 35)
            .end();
        self.segments += 1;
        self.errors.start();
        self.unit.start(event.guide);
    }

    fn loop_open(&mut self, node: NodeIx) {
        self.unit.loop_open(node);
    }

    fn loop_close(&mut self, node: NodeIx) {
        self.unit.loop_close(node);
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        if self.open {
            self.unit.segment(segment, node);
            self.errors.segment(segment);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let reported = self.open && finding.place.set > 0 && finding.severity == Severity::Error;
        if reported {
            let paper =
                &mut Paper { unit: &self.unit, options: &self.options, format: &self.format, out: &mut self.out };
            self.segments += self.errors.write(finding, paper);
        }
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        if !self.open {
            return;
        }
        let verdict = if event.verdict == Verdict::PartlyAccepted { Verdict::Rejected } else { event.verdict };
        let mut codes = Vec::new();
        for code in event.codes {
            let base = self.options.missing == Missing::Base && *code == SetCode::GuideSegments;
            let code = if base { SetCode::Segments } else { *code };
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        if event.guide.is_none() && codes.is_empty() {
            // A guide that we do not know: the group's own code says so of GS08, this one of what the set names.
            let named = event.header.convention.as_deref().is_some_and(|name| !name.trim().is_empty());
            codes.push(if named { SetCode::Convention } else { SetCode::NotSupported });
        }
        let mut pen = self.format.segment(&mut self.out, "IK5").element(verdict.code());
        for code in codes.iter().take(CODES_MAX) {
            pen = pen.element(code.code());
        }
        pen.end();
        self.segments += 1;
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        if !self.open {
            return;
        }
        let received = u64::from(event.sets);
        let accepted = if event.verdict == Verdict::Rejected { 0 } else { event.sets_accepted };
        let mut pen = self
            .format
            .segment(&mut self.out, "AK9")
            .element(event.verdict.code())
            .element(count_text(event.sets_declared.unwrap_or(received)))
            .element(count_text(received))
            .element(count_text(u64::from(accepted)));
        for code in event.codes.iter().take(CODES_MAX) {
            pen = pen.element(code.code());
        }
        pen.end();
        self.segments += 1;
        self.close_set();
    }
}
