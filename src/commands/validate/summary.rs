//! What a file holds: interchanges, sets, items, totals, counts of findings.

use tradewind_edi::ack::Amount;
use tradewind_edi::engine::{GroupStart, InterchangeEnd, InterchangeStart, SetEnd, Verdict};
use tradewind_edi::guide::SegmentId;
use tradewind_edi::{Finding, Segment, Severity, Snip};

const CLM: SegmentId = SegmentId::lit("CLM");
/// Interchanges and kinds of sets that are told one by one.
const LINES_MAX: usize = 10_000;
/// Sets that are told one by one, and how many of them may be those that nothing is wrong with.
const SETS_MAX: usize = 200;
const SOUND_SETS_MAX: usize = 20;

/// The interchanges of a file, its sets by kind, and its findings by SNIP type.
#[derive(Default)]
pub(super) struct Summary {
    pub(super) interchanges: Vec<InterchangeLine>,
    pub(super) sets: Vec<SetLine>,
    /// The first sets, above all those with errors.
    pub(super) each_set: Vec<SetVerdict>,
    /// Sets that `each_set` has no room for.
    pub(super) sets_left_out: u64,
    /// Ordinals of the interchange and the group that are open.
    open: (u32, u32),
    /// At index `type - 1`.
    counts: [Counts; 7],
    /// Σ CLM02 of the set that is open.
    total: Amount,
}

/// Findings by severity.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) errors: u64,
    pub(super) warnings: u64,
    pub(super) infos: u64,
}

impl Counts {
    /// Of any severity.
    pub(super) fn all(self) -> u64 {
        self.errors + self.warnings + self.infos
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            errors: self.errors + other.errors,
            warnings: self.warnings + other.warnings,
            infos: self.infos + other.infos,
        }
    }
}

/// One interchange.
pub(super) struct InterchangeLine {
    pub(super) ordinal: u32,
    pub(super) usage: &'static str,
    pub(super) version: String,
    pub(super) sets: u64,
    pub(super) items: u64,
    pub(super) items_rejected: u64,
    pub(super) verdict: Option<Verdict>,
}

/// One set.
pub(super) struct SetVerdict {
    /// Ordinals of its interchange, its group, and itself.
    pub(super) at: (u32, u32, u32),
    pub(super) guide: String,
    pub(super) code: String,
    pub(super) verdict: Verdict,
    pub(super) rejected: bool,
    /// IK502 and following.
    pub(super) codes: Vec<&'static str>,
    pub(super) segments: u32,
    pub(super) items: u64,
    pub(super) items_rejected: u64,
}

/// The sets of one kind, together.
pub(super) struct SetLine {
    pub(super) guide: String,
    pub(super) code: String,
    pub(super) count: u64,
    pub(super) rejected: u64,
    pub(super) items: u64,
    pub(super) items_rejected: u64,
    /// Σ CLM02, where the sets have claims.
    pub(super) total: Option<Amount>,
}

impl Summary {
    pub(super) fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        let usage = match event.header.usage() {
            "T" => "test",
            "P" => "production",
            "I" => "information",
            _ => "of unknown usage",
        };
        // ISA12 is a value of the file: what is no version is not told.
        let version = event.header.version();
        let version = if is_version(version) { version.to_owned() } else { "unknown".to_owned() };
        let ordinal = event.ordinal;
        self.open = (ordinal, 0);
        let (sets, items, items_rejected, verdict) = (0, 0, 0, None);
        if self.interchanges.len() < LINES_MAX {
            self.interchanges.push(InterchangeLine { ordinal, usage, version, sets, items, items_rejected, verdict });
        }
    }

    pub(super) fn group_start(&mut self, event: &GroupStart<'_>) {
        self.open.1 = event.ordinal;
    }

    pub(super) fn set_start(&mut self) {
        self.total = Amount::default();
    }

    /// Whether a segment counts.
    pub(super) fn keeps(segment: &Segment<'_>) -> bool {
        segment.id() == CLM
    }

    pub(super) fn segment(&mut self, segment: &Segment<'_>) {
        if Self::keeps(segment)
            && let Some(amount) = segment.element(2).and_then(Amount::parse)
        {
            self.total.add(amount);
        }
    }

    pub(super) fn finding(&mut self, finding: &Finding) {
        let Some(counts) = self.counts.get_mut(usize::from(finding.snip.number()) - 1) else { return };
        match finding.severity {
            Severity::Error => counts.errors += 1,
            Severity::Warning => counts.warnings += 1,
            Severity::Info => counts.infos += 1,
        }
    }

    /// Findings of one SNIP type.
    pub(super) fn counts_of(&self, snip: Snip) -> Counts {
        self.counts.get(usize::from(snip.number()) - 1).copied().unwrap_or_default()
    }

    /// Findings of all types.
    pub(super) fn counts(&self) -> Counts {
        self.counts.iter().copied().fold(Counts::default(), Counts::plus)
    }

    pub(super) fn set_end(&mut self, event: &SetEnd<'_>) {
        let known = event.guide.map(|guide| (guide.revision.as_ref(), guide.set.as_ref()));
        let (guide, code) = known.unwrap_or(("unknown guide", "set of"));
        self.each(event, guide, code);
        let at = self.sets.iter().position(|line| line.guide == guide && line.code == code).unwrap_or_else(|| {
            let total = (code == "837").then(Amount::default);
            let (guide, code) = (guide.to_owned(), code.to_owned());
            self.sets.push(SetLine { guide, code, count: 0, rejected: 0, items: 0, items_rejected: 0, total });
            self.sets.len() - 1
        });
        let Some(line) = self.sets.get_mut(at) else { return };
        line.count += 1;
        line.rejected += u64::from(event.rejected);
        line.items += event.items;
        line.items_rejected += event.items_rejected;
        if let Some(total) = &mut line.total {
            total.add(self.total);
        }
    }

    fn each(&mut self, event: &SetEnd<'_>, guide: &str, code: &str) {
        let sound = event.verdict == Verdict::Accepted && event.items_rejected == 0 && !event.rejected;
        if self.each_set.len() >= if sound { SOUND_SETS_MAX } else { SETS_MAX } {
            self.sets_left_out += 1;
            return;
        }
        self.each_set.push(SetVerdict {
            at: (self.open.0, self.open.1, event.ordinal),
            guide: guide.to_owned(),
            code: code.to_owned(),
            verdict: event.verdict,
            rejected: event.rejected,
            codes: event.codes.iter().map(|code| code.code()).collect(),
            segments: event.segments,
            items: event.items,
            items_rejected: event.items_rejected,
        });
    }

    pub(super) fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        if let Some(line) = self.interchanges.last_mut().filter(|line| line.ordinal == event.ordinal) {
            line.sets = event.sets;
            line.items = event.items;
            line.items_rejected = event.items_rejected;
            line.verdict = Some(event.verdict);
        }
    }
}

fn is_version(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}
