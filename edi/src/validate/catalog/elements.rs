//! What is checked of elements, as users read it.

use super::{error, warning};
use crate::finding::{RuleInfo, Snip};

pub(crate) static ELEMENT_MISSING: RuleInfo = error(
    "element-missing",
    Snip::Syntax,
    r"An element that base X12 makes mandatory holds a value.

Fails: `NM1**1*DOE~`.

Passes: `NM1*IL*1*DOE~`.

Code: IK403 1.
",
);

pub(crate) static ELEMENT_MISSING_GUIDE: RuleInfo = error(
    "element-missing-guide",
    Snip::Guide,
    r"An element that the guide requires holds a value, though base X12 leaves it optional.

Fails: `SBR*P**GROUP~` where the guide wants SBR09.

Passes: `SBR*P*18*GROUP******CI~`.

Code: IK403 1.
",
);

pub(crate) static ELEMENT_NOT_USED: RuleInfo = error(
    "element-not-used",
    Snip::Guide,
    r"An element that the guide does not use is empty.

Fails: `NM1*85*2*CLINIC*****XX*1234567893*25~`.

Passes: `NM1*85*2*CLINIC*****XX*1234567893~`.

Code: IK403 I10.
",
);

pub(crate) static TOO_MANY_ELEMENTS: RuleInfo = error(
    "too-many-elements",
    Snip::Syntax,
    r"A segment has no more elements than X12 gives it.

Fails: `SE*5*0001*X~`.

Passes: `SE*5*0001~`.

Code: IK403 3.
",
);

pub(crate) static TOO_MANY_COMPONENTS: RuleInfo = error(
    "too-many-components",
    Snip::Syntax,
    r"A composite has no more components than X12 gives it, and a simple element has one.

Fails: `REF*D9*A:B~`.

Passes: `REF*D9*AB~`.

Code: IK403 13.
",
);

pub(crate) static TOO_MANY_REPETITIONS: RuleInfo = error(
    "too-many-repetitions",
    Snip::Syntax,
    r"An element repeats no more often than the guide lets it.

Fails: `REF*D9*A^B~`.

Passes: `REF*D9*A~`.

Code: IK403 12.
",
);

pub(crate) static TOO_SHORT: RuleInfo = error(
    "element-too-short",
    Snip::Syntax,
    r"A value has at least its element's least length. Numbers count their digits.

Fails: `ST*837*1~`.

Passes: `ST*837*0001~`.

Code: IK403 4.
",
);

pub(crate) static TOO_LONG: RuleInfo = error(
    "element-too-long",
    Snip::Syntax,
    r"A value has at most its element's greatest length. Numbers count their digits.

Fails: `N4*CITY*NEWYORK*10001~`.

Passes: `N4*CITY*NY*10001~`.

Code: IK403 5.
",
);

pub(crate) static CHARACTER: RuleInfo = error(
    "character",
    Snip::Syntax,
    r"Values hold printable characters of ASCII alone; where the options ask for the basic set, upper-case
letters, digits and its marks alone.

Fails: a byte of 128 or more, a tab, a NUL.

Passes: `NM1*IL*1*MUELLER~`.

Code: IK403 6.
",
);

pub(crate) static BLANK: RuleInfo = error(
    "blank-value",
    Snip::Syntax,
    r"A value is more than blanks.

Fails: `NM1*IL*1* ~`.

Passes: `NM1*IL*1*DOE~`.

Code: IK403 6.
",
);

pub(crate) static NUMBER: RuleInfo = error(
    "number",
    Snip::Syntax,
    r"A number is digits with a leading minus where negative; a decimal number may have one point.

Fails: `CLM*A*1,000.00~`.

Passes: `CLM*A*1000~`.

Code: IK403 6.
",
);

pub(crate) static DATE: RuleInfo = error(
    "date",
    Snip::Syntax,
    r"A date is a day that exists, in the form of its element or of the format qualifier before it.

Fails: `DTP*472*D8*20260230~`.

Passes: `DTP*472*RD8*20260201-20260228~`.

Code: IK403 8.
",
);

pub(crate) static TIME: RuleInfo = error(
    "time",
    Snip::Syntax,
    r"A time is HHMM, HHMMSS, HHMMSSD or HHMMSSDD.

Fails: `BHT*0019*00*1*20260101*2460*CH~`.

Passes: `BHT*0019*00*1*20260101*1200*CH~`.

Code: IK403 9.
",
);

pub(crate) static CODE: RuleInfo = error(
    "code",
    Snip::Guide,
    r"A coded value is one of the codes that the guide lists.

Fails: `NM1*85*9*CLINIC~`.

Passes: `NM1*85*2*CLINIC~`.

Code: IK403 I6 where another guide lists the code for this element, else 7.
",
);

pub(crate) static CODE_OUT_OF_DATE: RuleInfo = warning(
    "code-out-of-date",
    Snip::CodeSet,
    r"A code that is valid only for some time is valid on the group's date, GS04.

Fails: place of service 02 before 2017.

Passes: place of service 11.

Code: none by default; IK403 I6 where the options make it an error.
",
);

pub(crate) static SYNTAX_NOTE: RuleInfo = error(
    "syntax-note",
    Snip::Syntax,
    r"Elements stand together as X12's syntax notes say: P all or none, R at least one, E at most one, C if
the first then all others, L if the first then one other.

Fails: `NM1*85*2*CLINIC*****XX~` (P0809).

Passes: `NM1*85*2*CLINIC*****XX*1234567893~`.

Code: IK403 2; 10 for E.
",
);

pub(crate) static TRAILING_SEPARATOR: RuleInfo = warning(
    "trailing-separator",
    Snip::Syntax,
    r"No separators stand behind the last element of a segment or the last component of a composite.

Fails: `NM1*IL*1*DOE***~`.

Passes: `NM1*IL*1*DOE~`.

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
