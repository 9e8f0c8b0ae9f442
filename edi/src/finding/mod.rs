//! What the engine finds wrong, without the value that is wrong.

mod codes;
mod place;
mod rule;

pub use codes::{BusinessCode, ElementCode, GroupCode, InterchangeCode, SegmentCode, SetCode};
pub use place::{Place, Trigger};
pub use rule::RuleInfo;

use crate::guide::{ElementId, NodeIx};
use std::fmt;

/// One thing that is wrong, and where. It holds no value from the payload: whoever may see the value takes it from
/// [`Place::bytes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that it breaks.
    pub rule: RuleId,
    /// The SNIP type of the rule.
    pub snip: Snip,
    /// How bad it is, after the options' severities.
    pub severity: Severity,
    /// Which layer it offends: base X12 or only the implementation guide.
    pub layer: Layer,
    /// For people: the thing, what was expected, what kind of thing was found.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What an acknowledgment says of it.
    pub fault: Fault,
    /// What it takes down if it is an error.
    pub scope: Scope,
    /// What a 277CA says of it where the rule has a status of its own, also where a 999 tells the fault.
    pub status: Option<BusinessCode>,
    /// What in the set makes it a fault: the element that asks for another, or rules it out.
    pub triggers: Vec<Trigger>,
}

/// A rule's stable name, kebab-case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub &'static str);

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// The WEDI SNIP types of HIPAA testing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Snip {
    /// 1: X12 syntax.
    Syntax = 1,
    /// 2: the implementation guide's requirements.
    Guide = 2,
    /// 3: balancing.
    Balance = 3,
    /// 4: situations between segments.
    Situation = 4,
    /// 5: external code sets.
    CodeSet = 5,
    /// 6: product types and types of service.
    Product = 6,
    /// 7: a partner's own requirements.
    Partner = 7,
}

impl Snip {
    /// All types, in order.
    pub const ALL: [Self; 7] =
        [Self::Syntax, Self::Guide, Self::Balance, Self::Situation, Self::CodeSet, Self::Product, Self::Partner];

    /// 1 to 7.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// From 1 to 7.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|snip| snip.number() == number)
    }
}

/// How bad a finding is. Only errors reject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Wrong, and let through.
    Warning,
    /// Wrong, and rejected.
    Error,
}

impl Severity {
    /// `info`, `warning`, `error`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Base X12 or the guide: a 999 reports them with different codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Wrong by the X12 standard itself.
    Base,
    /// Wrong only by the implementation guide.
    Guide,
}

/// What an acknowledgment says of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// TA105.
    Interchange(InterchangeCode),
    /// AK905.
    Group(GroupCode),
    /// IK502.
    Set(SetCode),
    /// IK304.
    Segment(SegmentCode),
    /// IK403 in an IK4 under an IK3 of code 8.
    Element {
        /// IK403.
        code: ElementCode,
        /// IK402: the data element's id; [`ElementId::NONE`] where it is unknown.
        reference: ElementId,
    },
    /// STC01 of a 277CA (or what an 824 or an AAA makes of it).
    Business(BusinessCode),
    /// Nothing.
    None,
}

/// What a finding of severity error takes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Nothing that was framed: bytes outside of an interchange.
    File,
    /// The interchange.
    Interchange,
    /// The functional group.
    Group,
    /// The transaction set.
    Set,
    /// Every item that stands, from here on, under the instance of this loop that is open.
    Level(NodeIx),
    /// The item that is open.
    Item,
}
