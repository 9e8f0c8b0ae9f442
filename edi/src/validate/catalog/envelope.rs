//! What is checked of the envelope, as users read it.

use super::{error, info, warning};
use crate::finding::{RuleInfo, Snip};

pub(crate) static BYTE_ORDER_MARK: RuleInfo = warning(
    "byte-order-mark",
    Snip::Syntax,
    r"A file starts with ISA; a UTF-8 byte order mark before it is skipped.

Fails: the bytes EF BB BF, then ISA.

Passes: ISA.

Code: none.
",
);

pub(crate) static TEXT_OUTSIDE: RuleInfo = error(
    "text-outside",
    Snip::Syntax,
    r"Nothing but blanks stands between and after interchanges.

Fails: `IEA*1*000000001~thank you`.

Passes: `IEA*1*000000001~`.

Code: none.
",
);

pub(crate) static INTERCHANGE_FRAMING: RuleInfo = error(
    "interchange-framing",
    Snip::Syntax,
    r"An ISA has 106 bytes, its elements stand at their places, and its delimiters differ and are no letters,
digits or blanks.

Fails: an ISA of 105 bytes.

Passes: an ISA of 106 bytes.

Code: TA105 004, 022, 023, 024, 026, 027.
",
);

pub(crate) static REPETITION_SEPARATOR: RuleInfo = warning(
    "repetition-separator",
    Snip::Syntax,
    r"From version 00402 on, ISA11 is the repetition separator. Where it is `U` or blank, the interchange is
read without one.

Fails: `*U*00501*`.

Passes: `*^*00501*`.

Code: none.
",
);

pub(crate) static SEGMENT_LENGTH: RuleInfo = error(
    "segment-length",
    Snip::Syntax,
    r"A segment ends within the limit.

Fails: a megabyte without a terminator.

Passes: `~`.

Code: TA105 024.
",
);

pub(crate) static UNTERMINATED: RuleInfo = error(
    "unterminated",
    Snip::Syntax,
    r"The input ends behind a terminator.

Fails: `IEA*1*0000000` and the end.

Passes: `IEA*1*000000001~`.

Code: TA105 023.
",
);

pub(crate) static BINARY_LENGTH: RuleInfo = error(
    "binary-length",
    Snip::Syntax,
    r"The length that a BIN or BDS segment declares ends before a terminator.

Fails: `BIN*9*ABC~`.

Passes: `BIN*3*ABC~`.

Code: TA105 024.
",
);

pub(crate) static INTERCHANGE_HEADER: RuleInfo = error(
    "interchange-header",
    Snip::Syntax,
    r"ISA's elements hold what X12 allows: qualifiers, ids, date, time, version, control number,
acknowledgment request, usage.

Fails: `*261301*` as ISA09.

Passes: `*260131*` as ISA09.

Code: TA105 005 to 020.
",
);

pub(crate) static INTERCHANGE_STRUCTURE: RuleInfo = error(
    "interchange-structure",
    Snip::Syntax,
    r"Segments stand where the envelope puts them: TA1 and GS in an interchange, ST in a group.

Fails: ST without GS.

Passes: GS, ST.

Code: TA105 022.
",
);

pub(crate) static INTERCHANGE_TRAILER: RuleInfo = error(
    "interchange-trailer",
    Snip::Syntax,
    r"IEA is there, counts the groups, and repeats ISA13.

Fails: `ISA…000000001…IEA*1*000000002~`.

Passes: `ISA…000000001…IEA*1*000000001~`.

Code: TA105 001, 021, 023.
",
);

pub(crate) static GROUP_HEADER: RuleInfo = error(
    "group-header",
    Snip::Syntax,
    r"GS06 is a control number of one to nine digits.

Fails: `GS*HC*S*R*20260101*1200*X*X*005010X222A1~`.

Passes: `GS*HC*S*R*20260101*1200*1*X*005010X222A1~`.

Code: AK905 6.
",
);

pub(crate) static GROUP_DATE: RuleInfo = warning(
    "group-date",
    Snip::Syntax,
    r"GS04 is a date of eight digits and GS05 a time.

Fails: `GS*HC*S*R*260101*1200*1*X*005010X222A1~`.

Passes: `GS*HC*S*R*20260101*1200*1*X*005010X222A1~`.

Code: none.
",
);

pub(crate) static GROUP_VERSION: RuleInfo = error(
    "group-version",
    Snip::Syntax,
    r"GS08 is a guide that is known.

Fails: `005010X999`.

Passes: `005010X222A1`.

Code: AK905 2.
",
);

pub(crate) static GROUP_CODE: RuleInfo = error(
    "group-code",
    Snip::Syntax,
    r"GS01 is the functional group of the guide that GS08 names.

Fails: `GS*HP…005010X222A1~`.

Passes: `GS*HC…005010X222A1~`.

Code: AK905 1.
",
);

pub(crate) static GROUP_NUMBER_TWICE: RuleInfo = error(
    "group-number-twice",
    Snip::Syntax,
    r"GS06 stands once in an interchange.

Fails: two groups numbered 1.

Passes: groups 1 and 2.

Code: AK905 19.
",
);

pub(crate) static GROUP_TRAILER: RuleInfo = error(
    "group-trailer",
    Snip::Syntax,
    r"GE is there, counts the sets, and repeats GS06.

Fails: `GE*2*1~` after one set.

Passes: `GE*1*1~` after one set.

Code: AK905 3, 4, 5.
",
);

pub(crate) static SET_HEADER: RuleInfo = error(
    "set-header",
    Snip::Syntax,
    r"ST01 is a set identifier of three digits, ST02 a control number of four to nine characters.

Fails: `ST*837~`.

Passes: `ST*837*0001*005010X222A1~`.

Code: IK502 6, 7.
",
);

pub(crate) static SET_NOT_SUPPORTED: RuleInfo = error(
    "set-not-supported",
    Snip::Guide,
    r"The group's guide describes the set that ST01 names.

Fails: `ST*270…` in a group of 005010X222A1.

Passes: `ST*837…` in a group of 005010X222A1.

Code: IK502 1.
",
);

pub(crate) static CONVENTION: RuleInfo = error(
    "convention",
    Snip::Guide,
    r"ST03, where it stands, is GS08.

Fails: `ST*837*0001*005010X223A2~` in a group of 005010X222A1.

Passes: `ST*837*0001*005010X222A1~`.

Code: IK502 I6.
",
);

pub(crate) static REVISION: RuleInfo = info(
    "revision-read-as",
    Snip::Guide,
    r"A revision that is read as a guide of a neighbouring revision; nothing is wrong.

Fails: `005010X222`, read as 005010X222A1.

Passes: `005010X222A1`.

Code: none.
",
);

pub(crate) static SET_NUMBER_TWICE: RuleInfo = error(
    "set-number-twice",
    Snip::Syntax,
    r"ST02 stands once in a group.

Fails: two sets numbered 0001.

Passes: sets 0001 and 0002.

Code: IK502 23.
",
);

pub(crate) static SET_TRAILER: RuleInfo = error(
    "set-trailer",
    Snip::Syntax,
    r"SE is there, counts the segments from ST to SE, and repeats ST02.

Fails: `SE*9*0001~` after ten segments.

Passes: `SE*10*0001~`.

Code: IK502 2, 3, 4.
",
);

pub(crate) static FINDINGS_LIMIT: RuleInfo = info(
    "findings-limit",
    Snip::Syntax,
    r"Findings of one set are told up to a limit; this one says that there are more. All of them count for the
verdict.

Fails: 1001 findings.

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
