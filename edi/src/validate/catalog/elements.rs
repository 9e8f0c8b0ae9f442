//! What is checked of elements, as users read it.

use super::{error, warning};
use crate::finding::{RuleInfo, Snip};

pub(crate) static ELEMENT_MISSING: RuleInfo = error(
    "element-missing",
    Snip::Syntax,
    r"An element that base X12 makes mandatory holds a value.

Fails: `005010X222A1/err/0001_element_missing.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 1.
",
);

pub(crate) static ELEMENT_MISSING_GUIDE: RuleInfo = error(
    "element-missing-guide",
    Snip::Guide,
    r"An element that the guide requires holds a value, though base X12 leaves it optional.

Fails: `005010X222A1/err/0002_element_missing_by_the_guide_alone.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 1.
",
);

pub(crate) static ELEMENT_NOT_USED: RuleInfo = error(
    "element-not-used",
    Snip::Guide,
    r"An element that the guide does not use is empty.

Fails: `005010X222A1/err/0004_element_not_used.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 I10.
",
);

pub(crate) static TOO_MANY_ELEMENTS: RuleInfo = error(
    "too-many-elements",
    Snip::Syntax,
    r"A segment has no more elements than X12 gives it.

Fails: `005010X222A1/err/0017_too_many_elements.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 3.
",
);

pub(crate) static TOO_MANY_COMPONENTS: RuleInfo = error(
    "too-many-components",
    Snip::Syntax,
    r"A composite has no more components than X12 gives it, and a simple element has one.

Fails: `005010X222A1/err/0013_too_many_components.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 13.
",
);

pub(crate) static TOO_MANY_REPETITIONS: RuleInfo = error(
    "too-many-repetitions",
    Snip::Syntax,
    r"An element repeats no more often than the guide lets it.

Fails: `005010X222A1/err/0015_too_many_repetitions.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 12.
",
);

pub(crate) static TOO_SHORT: RuleInfo = error(
    "element-too-short",
    Snip::Syntax,
    r"A value has at least its element's least length. Numbers count their digits.

Fails: `005010X222A1/err/0008_value_too_short.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 4.
",
);

pub(crate) static TOO_LONG: RuleInfo = error(
    "element-too-long",
    Snip::Syntax,
    r"A value has at most its element's greatest length. Numbers count their digits.

Fails: `005010X222A1/err/0007_value_too_long.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 5.
",
);

pub(crate) static CHARACTER: RuleInfo = error(
    "character",
    Snip::Syntax,
    r"Values hold printable characters of ASCII alone; where the options ask for the basic set, upper-case
letters, digits and its marks alone.

Fails: `005010X222A1/err/0521_byte_outside_of_ascii.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 6.
",
);

pub(crate) static BLANK: RuleInfo = error(
    "blank-value",
    Snip::Syntax,
    r"A value is more than blanks.

Fails: `005010X222A1/err/0016_blank_value.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 6.
",
);

pub(crate) static NUMBER: RuleInfo = error(
    "number",
    Snip::Syntax,
    r"A number is digits with a leading minus where negative; a decimal number may have one point.

Fails: `005010X222A1/err/0011_number_with_a_thousands_separator.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 6.
",
);

pub(crate) static DATE: RuleInfo = error(
    "date",
    Snip::Syntax,
    r"A date is a day that exists, in the form of its element or of the format qualifier before it.

Fails: `005010X222A1/err/0009_day_that_does_not_exist.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 8.
",
);

pub(crate) static TIME: RuleInfo = error(
    "time",
    Snip::Syntax,
    r"A time is HHMM, HHMMSS, HHMMSSD or HHMMSSDD.

Fails: `005010X222A1/err/0010_time.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 9.
",
);

pub(crate) static CODE: RuleInfo = error(
    "code",
    Snip::Guide,
    r"A coded value is one of the codes that the guide lists.

Fails: `005010X222A1/err/0006_code_of_no_guide.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 I6 where another guide lists the code for this element, else 7.
",
);

pub(crate) static CODE_OUT_OF_DATE: RuleInfo = warning(
    "code-out-of-date",
    Snip::CodeSet,
    r"A code that is valid only for some time is valid on the group's date, GS04.

Fails: `005010X222A1/ok/0001_one_claim.edi` with

    HL[1] + CUR*85*HRK

Passes: `005010X222A1/ok/0001_one_claim.edi` with

    HL[1] + CUR*85*EUR

Code: none by default; IK403 I6 where the options make it an error.
",
);

pub(crate) static SYNTAX_NOTE: RuleInfo = error(
    "syntax-note",
    Snip::Syntax,
    r"Elements stand together as X12's syntax notes say: P all or none, R at least one, E at most one, C if
the first then all others, L if the first then one other.

Fails: `005010X222A1/err/0012_syntax_note_pair.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: IK403 2; 10 for E.
",
);

pub(crate) static TRAILING_SEPARATOR: RuleInfo = warning(
    "trailing-separator",
    Snip::Syntax,
    r"No separators stand behind the last element of a segment or the last component of a composite.

Fails: `005010X222A1/ok/0005_trailing_separators.edi`.

Passes: `005010X222A1/ok/0001_one_claim.edi`.

Code: none.
",
);

pub(super) static ALL: &[&RuleInfo] = &[
    &ELEMENT_MISSING,
    &ELEMENT_MISSING_GUIDE,
    &ELEMENT_NOT_USED,
    &TOO_MANY_ELEMENTS,
    &TOO_MANY_COMPONENTS,
    &TOO_MANY_REPETITIONS,
    &TOO_SHORT,
    &TOO_LONG,
    &CHARACTER,
    &BLANK,
    &NUMBER,
    &DATE,
    &TIME,
    &CODE,
    &CODE_OUT_OF_DATE,
    &SYNTAX_NOTE,
    &TRAILING_SEPARATOR,
];
