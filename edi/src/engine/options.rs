//! What a caller chooses.

use crate::companion::Companion;
use crate::finding::{RuleId, Severity, Snip};
use crate::guide::Guides;
use crate::validate::rules::Rules;

/// How an engine works. `Options::default()` finds everything, with the built-in guides.
#[derive(Clone, Debug)]
pub struct Options {
    /// The guides that are known.
    pub guides: Guides,
    /// The rules that are data; those written in Rust always run.
    pub rules: Rules,
    /// What partners ask beyond their guides. They count where rules of SNIP 7 run.
    pub companions: Vec<Companion>,
    /// Rules up to this SNIP type run.
    pub snip_max: Snip,
    /// Whether elements are judged, too. `false`, with `snip_max` at 2: framing, envelope, loops and segments alone, for who wants a
    /// file's structure and not its values.
    pub elements: bool,
    /// A SNIP type's severity in place of its rules' own; at index `type - 1`. It changes errors alone: what is only a
    /// warning stays one. Faults of the envelope are always errors.
    pub severities: [Option<Severity>; 7],
    /// Severities of rules by name, in place of their own and of their type's; here a warning may become an error. Faults of the
    /// envelope are always errors.
    pub rule_severities: Vec<(RuleId, Severity)>,
    /// Whether sets without a 277CA get an 824: then rules above SNIP 2, but for situations (4), leave the 999 alone and reject the set by
    /// its 824, as the claims of an 837 are rejected by the 277CA. `false`: all that rejects a set stands in its 999.
    pub application_advice: bool,
    /// The character set that values may use.
    pub character_set: CharacterSet,
    /// Sizes.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            guides: Guides::built_in(),
            rules: Rules::built_in(),
            companions: Vec::new(),
            snip_max: Snip::Partner,
            elements: true,
            severities: [None; 7],
            rule_severities: Vec::new(),
            application_advice: false,
            character_set: CharacterSet::Extended,
            limits: Limits::default(),
        }
    }
}

/// X12's character sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharacterSet {
    /// Upper-case letters, digits, space and common marks.
    Basic,
    /// Lower-case letters and further marks too: all of printable ASCII.
    Extended,
}

/// Named limits; each is tested at the limit and one past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Greatest length of a segment with its terminator and what follows up to the next segment, in bytes. 1 MiB.
    pub segment_bytes_max: usize,
    /// Greatest length of the data of a BIN or BDS segment, in bytes. 16 MiB.
    pub binary_bytes_max: usize,
    /// Findings that are told of one set, or of an interchange outside of its sets; then one that says so. 1000.
    pub findings_per_set_max: u32,
    /// Runs of control numbers (ST02 of a group, GS06 of an interchange) that are kept to find one that comes twice; numbers that
    /// ascend by one make one run. Past it, numbers are no longer compared. 100,000.
    pub control_number_runs_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            segment_bytes_max: 1 << 20,
            binary_bytes_max: 16 << 20,
            findings_per_set_max: 1000,
            control_number_runs_max: 100_000,
        }
    }
}
