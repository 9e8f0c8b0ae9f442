//! What is checked of the envelope, as users read it.

use super::{error, info, warning};
use crate::finding::{RuleInfo, Snip};

pub(crate) static BYTE_ORDER_MARK: RuleInfo = warning(
    "byte-order-mark",
    Snip::Syntax,
    r"A file starts with ISA; a UTF-8 byte order mark before it is skipped.

Fails: `envelope/ok/0004_byte_order_mark.edi`.

Passes: `envelope/ok/0001_one_claim.edi`.

Code: none.
",
);

pub(crate) static TEXT_OUTSIDE: RuleInfo = error(
    "text-outside",
    Snip::Syntax,
    r"Nothing but blanks stands between and after interchanges.

Fails: `envelope/err/0019_text_after_the_interchange.edi`.

Passes: `envelope/ok/0008_padding_after_the_interchange.edi`.

Code: none.
",
);

pub(crate) static INTERCHANGE_FRAMING: RuleInfo = error(
    "interchange-framing",
    Snip::Syntax,
    r"An ISA has 106 bytes, its elements stand at their places, and its delimiters differ and are no letters,
digits or blanks.

Fails: `envelope/err/0006_isa_of_105_bytes.edi`.

Passes: `envelope/ok/0001_one_claim.edi`.

Code: TA105 004, 022, 023, 024, 026, 027.
",
);

pub(crate) static REPETITION_SEPARATOR: RuleInfo = warning(
    "repetition-separator",
    Snip::Syntax,
    r"From version 00402 on, ISA11 is the repetition separator. Where it is `U` or blank, the interchange is
read without one.

Fails: `envelope/ok/0011_no_repetition_separator.edi`.

Passes: `envelope/ok/0001_one_claim.edi`.

Code: none.
",
);

pub(crate) static SEGMENT_LENGTH: RuleInfo = error(
    "segment-length",
    Snip::Syntax,
    r"A segment ends within the limit.

Fails: `envelope/ok/0001_one_claim.edi` with

    BHT[1] 03 =1048577 A

Passes: `envelope/ok/0001_one_claim.edi`.

Code: TA105 024.
",
);

pub(crate) static UNTERMINATED: RuleInfo = error(
    "unterminated",
    Snip::Syntax,
    r"The input ends behind a terminator.

Fails: `envelope/err/0035_last_terminator_missing.edi`.

Passes: `envelope/ok/0001_one_claim.edi`.

Code: TA105 023.
",
);

pub(crate) static BINARY_LENGTH: RuleInfo = error(
    "binary-length",
    Snip::Syntax,
    r"The length that a BIN or BDS segment declares ends before a terminator.

Fails: `envelope/err/0056_binary_length_is_wrong.edi`.

Passes: `envelope/err/0055_binary_segment.edi`.

Code: TA105 024.
",
);

pub(crate) static INTERCHANGE_HEADER: RuleInfo = error(
    "interchange-header",
    Snip::Syntax,
    r"ISA's elements hold what X12 allows: qualifiers, ids, date, time, version, control number,
acknowledgment request, usage.

Fails: `envelope/err/0021_isa_version.edi`.

Passes: `envelope/ok/0001_one_claim.edi`.

Code: TA105 005 to 020.
",
);

pub(crate) static INTERCHANGE_STRUCTURE: RuleInfo = error(
    "interchange-structure",
    Snip::Syntax,
    r"Segments stand where the envelope puts them: TA1 and GS in an interchange, ST in a group.

Fails: `envelope/err/0052_set_without_a_group.edi`.

Passes: `envelope/ok/0009_no_group.edi`.

Code: TA105 022.
",
);

pub(crate) static INTERCHANGE_TRAILER: RuleInfo = error(
    "interchange-trailer",
    Snip::Syntax,
    r"IEA is there, counts the groups, and repeats ISA13.

Fails: `envelope/ok/0001_one_claim.edi` with

    IEA[1] 02 = 000000002

Passes: `envelope/ok/0001_one_claim.edi`.

Code: TA105 001, 021, 023.
",
);

pub(crate) static GROUP_HEADER: RuleInfo = error(
    "group-header",
    Snip::Syntax,
    r"GS06 is a control number of one to nine digits.

Fails: `envelope/ok/0001_one_claim.edi` with

    GS[1] 06 = X
    GE[1] 02 = X

Passes: `envelope/ok/0001_one_claim.edi` with

    GS[1] 06 = 999999999
    GE[1] 02 = 999999999

Code: AK905 6.
",
);

pub(crate) static GROUP_DATE: RuleInfo = warning(
    "group-date",
    Snip::Syntax,
    r"GS04 is a date of eight digits and GS05 a time.

Fails: `envelope/ok/0001_one_claim.edi` with

    GS[1] 04 = 260301

Passes: `envelope/ok/0001_one_claim.edi`.

Code: none.
",
);

pub(crate) static GROUP_VERSION: RuleInfo = error(
    "group-version",
    Snip::Syntax,
    r"GS08 is a guide that is known.

Fails: `envelope/err/0046_unknown_version_of_a_group.edi`.

Passes: `envelope/ok/0001_one_claim.edi`.

Code: AK905 2.
",
);

pub(crate) static GROUP_CODE: RuleInfo = error(
    "group-code",
    Snip::Syntax,
    r"GS01 is the functional group of the guide that GS08 names.

Fails: `envelope/ok/0001_one_claim.edi` with

    GS[1] 01 = HP

Passes: `envelope/ok/0001_one_claim.edi`.

Code: AK905 1.
",
);

pub(crate) static GROUP_NUMBER_TWICE: RuleInfo = error(
    "group-number-twice",
    Snip::Syntax,
    r"GS06 stands once in an interchange.

Fails: `envelope/err/0044_group_number_twice.edi`.

Passes: `envelope/ok/0013_two_groups_of_two_sets.edi`.

Code: AK905 19.
",
);

pub(crate) static GROUP_TRAILER: RuleInfo = error(
    "group-trailer",
    Snip::Syntax,
    r"GE is there, counts the sets, and repeats GS06.

Fails: `envelope/ok/0001_one_claim.edi` with

    GE[1] 01 = 2

Passes: `envelope/ok/0001_one_claim.edi`.

Code: AK905 3, 4, 5.
",
);

pub(crate) static SET_HEADER: RuleInfo = error(
    "set-header",
    Snip::Syntax,
    r"ST01 is a set identifier of three digits, ST02 a control number of four to nine characters.

Fails: `envelope/ok/0001_one_claim.edi` with

    ST[1] 02 = 001
    SE[1] 02 = 001

Passes: `envelope/ok/0001_one_claim.edi` with

    ST[1] 02 = 000000001
    SE[1] 02 = 000000001

Code: IK502 6, 7.
",
);

pub(crate) static SET_NOT_SUPPORTED: RuleInfo = error(
    "set-not-supported",
    Snip::Guide,
    r"The group's guide describes the set that ST01 names.

Fails: `envelope/err/0049_set_that_the_guide_lacks.edi`.

Passes: `envelope/ok/0001_one_claim.edi`.

Code: IK502 1.
",
);

pub(crate) static CONVENTION: RuleInfo = error(
    "convention",
    Snip::Guide,
    r"ST03, where it stands, is GS08.

Fails: `envelope/ok/0001_one_claim.edi` with

    ST[1] 03 = 005010X223A2

Passes: `envelope/ok/0001_one_claim.edi`.

Code: IK502 I6.
",
);

pub(crate) static REVISION: RuleInfo = info(
    "revision-read-as",
    Snip::Guide,
    r"A revision that is read as a guide of a neighbouring revision; nothing is wrong.

Fails: `envelope/ok/0014_neighbouring_revision.edi`.

Passes: `envelope/ok/0001_one_claim.edi`.

Code: none.
",
);

pub(crate) static SET_NUMBER_TWICE: RuleInfo = error(
    "set-number-twice",
    Snip::Syntax,
    r"ST02 stands once in a group.

Fails: `envelope/err/0045_set_number_twice.edi`.

Passes: `envelope/ok/0013_two_groups_of_two_sets.edi`.

Code: IK502 23.
",
);

pub(crate) static SET_TRAILER: RuleInfo = error(
    "set-trailer",
    Snip::Syntax,
    r"SE is there, counts the segments from ST to SE, and repeats ST02.

Fails: `envelope/ok/0001_one_claim.edi` with

    SE[1] 02 = 0002

Passes: `envelope/ok/0001_one_claim.edi`.

Code: IK502 2, 3, 4.
",
);

pub(crate) static FINDINGS_LIMIT: RuleInfo = info(
    "findings-limit",
    Snip::Syntax,
    r"Findings of one set are told up to a limit; this one says that there are more. All of them count for the
verdict.

Fails: `005010X222A1/ok/0001_one_claim.edi` with

    DTP[1] +1001 ZZZ*1

Passes: `005010X222A1/ok/0001_one_claim.edi` with

    DTP[1] +1000 ZZZ*1

Code: none.
",
);

pub(super) static ALL: &[&RuleInfo] = &[
    &BYTE_ORDER_MARK,
    &TEXT_OUTSIDE,
    &INTERCHANGE_FRAMING,
    &REPETITION_SEPARATOR,
    &SEGMENT_LENGTH,
    &UNTERMINATED,
    &BINARY_LENGTH,
    &INTERCHANGE_HEADER,
    &INTERCHANGE_STRUCTURE,
    &INTERCHANGE_TRAILER,
    &GROUP_HEADER,
    &GROUP_DATE,
    &GROUP_VERSION,
    &GROUP_CODE,
    &GROUP_NUMBER_TWICE,
    &GROUP_TRAILER,
    &SET_HEADER,
    &SET_NOT_SUPPORTED,
    &CONVENTION,
    &REVISION,
    &SET_NUMBER_TWICE,
    &SET_TRAILER,
    &FINDINGS_LIMIT,
];
