//! What is checked of segments and loops, as users read it.

use super::error;
use crate::finding::{RuleInfo, Snip};

pub(crate) static SEGMENT_UNRECOGNIZED: RuleInfo = error(
    "segment-unrecognized",
    Snip::Syntax,
    r"A segment's id is one that X12 knows.

Fails: `ZZZ*1~`.

Passes: `REF*D9*1~`.

Code: IK304 1.
",
);

pub(crate) static SEGMENT_NOT_IN_SET: RuleInfo = error(
    "segment-not-in-set",
    Snip::Syntax,
    r"A segment is one of those that base X12 lists for the transaction set.

Fails: `CLP*1~` in an 837.

Passes: `CLM*1~` in an 837.

Code: IK304 6.
",
);

pub(crate) static SEGMENT_NOT_USED: RuleInfo = error(
    "segment-not-used",
    Snip::Guide,
    r"A segment is one of those that the guide uses.

Fails: `CUR*85*USD~` where the guide leaves CUR out.

Passes: no CUR.

Code: IK304 I4.
",
);

pub(crate) static SEGMENT_UNEXPECTED: RuleInfo = error(
    "segment-unexpected",
    Snip::Guide,
    r"A segment fits where it stands: by its id, and by the qualifiers that the guide tells segments apart
with.

Fails: `NM1*99*1*DOE~`.

Passes: `NM1*IL*1*DOE~`.

Code: IK304 2.
",
);

pub(crate) static SEGMENT_SEQUENCE: RuleInfo = error(
    "segment-sequence",
    Snip::Syntax,
    r"Segments and loops stand in the guide's order; those that share a position may stand in any order among
themselves.

Fails: N4 before N3.

Passes: N3 before N4.

Code: IK304 7.
",
);

pub(crate) static SEGMENT_MISSING: RuleInfo = error(
    "segment-missing",
    Snip::Syntax,
    r"A segment that base X12 makes mandatory is there. The finding stands at the segment before which it was
missed.

Fails: a loop 2400 without the mandatory LX.

Passes: LX, then SV1.

Code: IK304 3.
",
);

pub(crate) static SEGMENT_MISSING_GUIDE: RuleInfo = error(
    "segment-missing-guide",
    Snip::Guide,
    r"A segment that the guide requires is there, though base X12 leaves it optional. The finding stands at
the segment before which it was missed.

Fails: a billing provider without N3.

Passes: NM1, N3, N4.

Code: IK304 I8.
",
);

pub(crate) static SEGMENT_OVER_MAX: RuleInfo = error(
    "segment-over-max",
    Snip::Syntax,
    r"A segment stands no more often than base X12 lets it.

Fails: two SBR in one loop.

Passes: one SBR.

Code: IK304 5.
",
);

pub(crate) static SEGMENT_OVER_MAX_GUIDE: RuleInfo = error(
    "segment-over-max-guide",
    Snip::Guide,
    r"A segment stands no more often than the guide lets it.

Fails: three PER where the guide allows two.

Passes: two PER.

Code: IK304 5.
",
);

pub(crate) static LOOP_MISSING: RuleInfo = error(
    "loop-missing",
    Snip::Syntax,
    r"A loop that base X12 makes mandatory is there. The finding stands at the segment before which it was
missed.

Fails: an 837 without any HL.

Passes: HL*1**20*1.

Code: IK304 3.
",
);

pub(crate) static LOOP_MISSING_GUIDE: RuleInfo = error(
    "loop-missing-guide",
    Snip::Guide,
    r"A loop that the guide requires is there, though base X12 leaves it optional. The finding stands at the
segment before which it was missed.

Fails: no loop 2010AA (billing provider).

Passes: NM1*85 after the billing HL.

Code: IK304 I7.
",
);

pub(crate) static LOOP_OVER_MAX: RuleInfo = error(
    "loop-over-max",
    Snip::Syntax,
    r"A loop stands no more often than base X12 lets it.

Fails: 101 claims of one patient.

Passes: 100 claims of one patient.

Code: IK304 4.
",
);

pub(crate) static LOOP_OVER_MAX_GUIDE: RuleInfo = error(
    "loop-over-max-guide",
    Snip::Guide,
    r"A loop stands no more often than the guide lets it.

Fails: two loops 2010AA of one billing provider.

Passes: one loop 2010AA.

Code: IK304 4.
",
);

pub(crate) static HL_NUMBER: RuleInfo = error(
    "hl-number",
    Snip::Guide,
    r"HL01 is 1 in the first HL of a set and one more in each that follows.

Fails: `HL*1**20*1~` … `HL*3*1*22*0~`.

Passes: `HL*1**20*1~` … `HL*2*1*22*0~`.

Code: IK403 I12.
",
);

pub(crate) static HL_PARENT: RuleInfo = error(
    "hl-parent",
    Snip::Guide,
    r"HL02 is HL01 of the HL that encloses this one; an outermost HL has none.

Fails: `HL*3*1*23*0~` below `HL*2*1*22*1~`.

Passes: `HL*3*2*23*0~` below `HL*2*1*22*1~`.

Code: IK403 I12.
",
);

pub(crate) static HL_CHILD: RuleInfo = error(
    "hl-child",
    Snip::Guide,
    r"HL04 is 1 where an HL encloses others, and 0 where not.

Fails: `HL*2*1*22*1~` and no HL below it.

Passes: `HL*2*1*22*0~`.

Code: IK403 I12.
",
);

pub(super) static ALL: &[&RuleInfo] = &[
    &SEGMENT_UNRECOGNIZED,
    &SEGMENT_NOT_IN_SET,
    &SEGMENT_NOT_USED,
    &SEGMENT_UNEXPECTED,
    &SEGMENT_SEQUENCE,
    &SEGMENT_MISSING,
    &SEGMENT_MISSING_GUIDE,
    &SEGMENT_OVER_MAX,
    &SEGMENT_OVER_MAX_GUIDE,
    &LOOP_MISSING,
    &LOOP_MISSING_GUIDE,
    &LOOP_OVER_MAX,
    &LOOP_OVER_MAX_GUIDE,
    &HL_NUMBER,
    &HL_PARENT,
    &HL_CHILD,
];
