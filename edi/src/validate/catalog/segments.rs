//! What is checked of segments and loops, as users read it.

use super::error;
use crate::finding::{RuleInfo, Snip};

pub(crate) static SEGMENT_UNRECOGNIZED: RuleInfo = error(
    "segment-unrecognized",
    Snip::Syntax,
    r"A segment's id is one that X12 knows.

Fails: `005010X222A1/ok/0001_one_claim.edi` with

    DTP[1] + ZZZ*1

Passes: `005010X222A1/ok/0001_one_claim.edi` with

    DTP[1] + REF*6R*1

Code: IK304 1.
",
);

pub(crate) static SEGMENT_NOT_IN_SET: RuleInfo = error(
    "segment-not-in-set",
    Snip::Syntax,
    r"A segment is one of those that base X12 lists for the transaction set.

Fails: `005010X222A1/err/0018_segment_of_another_set.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK304 6.
",
);

pub(crate) static SEGMENT_NOT_USED: RuleInfo = error(
    "segment-not-used",
    Snip::Guide,
    r"A segment is one of those that the guide uses.

Fails: `005010X222A1/err/0019_segment_that_the_guide_does_not_use.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK304 I4.
",
);

pub(crate) static SEGMENT_UNEXPECTED: RuleInfo = error(
    "segment-unexpected",
    Snip::Guide,
    r"A segment fits where it stands: by its id, and by the qualifiers that the guide tells segments apart
with.

Fails: `005010X222A1/err/0020_segment_with_an_unknown_qualifier.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK304 2.
",
);

pub(crate) static SEGMENT_SEQUENCE: RuleInfo = error(
    "segment-sequence",
    Snip::Syntax,
    r"Segments and loops stand in the guide's order; those that share a position may stand in any order among
themselves.

Fails: `005010X222A1/err/0021_segment_out_of_sequence.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK304 7.
",
);

pub(crate) static SEGMENT_MISSING: RuleInfo = error(
    "segment-missing",
    Snip::Syntax,
    r"A segment that base X12 makes mandatory is there. The finding stands at the segment before which it was
missed.

Fails: `005010X222A1/err/0025_mandatory_segment_missing.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK304 3.
",
);

pub(crate) static SEGMENT_MISSING_GUIDE: RuleInfo = error(
    "segment-missing-guide",
    Snip::Guide,
    r"A segment that the guide requires is there, though base X12 leaves it optional. The finding stands at
the segment before which it was missed.

Fails: `005010X222A1/ok/0001_one_claim.edi` with

    N3[1] -

Passes: `005010X222A1/ok/0001_one_claim.edi` with

    N3[2] -

Code: IK304 I8.
",
);

pub(crate) static SEGMENT_OVER_MAX: RuleInfo = error(
    "segment-over-max",
    Snip::Syntax,
    r"A segment stands no more often than base X12 lets it.

Fails: `005010X222A1/err/0023_segment_over_its_maximum.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK304 5.
",
);

pub(crate) static SEGMENT_OVER_MAX_GUIDE: RuleInfo = error(
    "segment-over-max-guide",
    Snip::Guide,
    r"A segment stands no more often than the guide lets it.

Fails: `005010X222A1/ok/0001_one_claim.edi` with

    REF[1] +3 REF*0B*LICENSE1

Passes: `005010X222A1/ok/0001_one_claim.edi` with

    REF[1] +2 REF*0B*LICENSE1

Code: IK304 5.
",
);

pub(crate) static LOOP_MISSING: RuleInfo = error(
    "loop-missing",
    Snip::Syntax,
    r"A loop that base X12 makes mandatory is there. The finding stands at the segment before which it was
missed.

Fails: `005010X222A1/ok/0001_one_claim.edi` with

    HL[1] - DTP[1]

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK304 3.
",
);

pub(crate) static LOOP_MISSING_GUIDE: RuleInfo = error(
    "loop-missing-guide",
    Snip::Guide,
    r"A loop that the guide requires is there, though base X12 leaves it optional. The finding stands at the
segment before which it was missed.

Fails: `005010X222A1/err/0026_loop_missing.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK304 I7.
",
);

pub(crate) static LOOP_OVER_MAX: RuleInfo = error(
    "loop-over-max",
    Snip::Syntax,
    r"A loop stands no more often than base X12 lets it.

Fails: `005010X222A1/ok/0001_one_claim.edi` with

    DTP[1] +100 CLM*B*10***11:B:1*Y*A*Y*Y~HI*ABK:J0190~LX*1~SV1*HC:99213*10*UN*1***1~DTP*472*D8*20260215

Passes: `005010X222A1/ok/0001_one_claim.edi` with

    DTP[1] +99 CLM*B*10***11:B:1*Y*A*Y*Y~HI*ABK:J0190~LX*1~SV1*HC:99213*10*UN*1***1~DTP*472*D8*20260215

Code: IK304 4.
",
);

pub(crate) static LOOP_OVER_MAX_GUIDE: RuleInfo = error(
    "loop-over-max-guide",
    Snip::Guide,
    r"A loop stands no more often than the guide lets it.

Fails: `005010X222A1/err/0024_loop_over_its_maximum.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK304 4.
",
);

pub(crate) static HL_NUMBER: RuleInfo = error(
    "hl-number",
    Snip::Guide,
    r"HL01 is 1 in the first HL of a set and one more in each that follows.

Fails: `005010X222A1/err/0028_hl_number.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 I12.
",
);

pub(crate) static HL_PARENT: RuleInfo = error(
    "hl-parent",
    Snip::Guide,
    r"HL02 is HL01 of the HL that encloses this one; an outermost HL has none.

Fails: `005010X222A1/err/0029_hl_parent.edi`.

Passes: `005010X222A1/ok/0004_dependent.edi`.

Code: IK403 I12.
",
);

pub(crate) static HL_CHILD: RuleInfo = error(
    "hl-child",
    Snip::Guide,
    r"HL04 is 1 where an HL encloses others, and 0 where not.

Fails: `005010X222A1/err/0030_hl_announces_children_that_do_not_come.edi`.

Passes: `005010X222A1/ok/0004_dependent.edi`.

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
