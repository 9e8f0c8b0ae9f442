//! Where pyx12's 999s and ours differ, and why. A difference that goes away fails the test too.

const LOST: &str = "a code that tells segments apart is wrong or missing: it calls the segment unknown, the right one missing, and loses its \
                    way; we find the segment by its place and name the element";
const LIST: &str = "it has not this list, length or limit; we do";
const NO_RULES: &str =
    "a hierarchy that contradicts itself: it rejects without naming a segment, or accepts; we name the element (I12)";
const POSITION: &str = "a segment is missing: X12 does not say where to count it; it names the segment before, we the one before which it \
                        was missed";
const UNTOLD: &str = "it names the segment alone, we the element too";
const ENVELOPE: &str = "an interchange that is cut or does not agree with itself: it accepts, we reject it by a TA1";
const ORDER: &str = "segments that share a position: it wants them in one order; X12 lets them stand in any";

/// Guide, folder and number of the fixture, why.
pub(crate) const KNOWN: &[(&str, &str, &str)] = &[
    ("005010X222A1", "err/0001", LOST),
    ("005010X222A1", "err/0006", LOST),
    ("005010X222A1", "err/0012", UNTOLD),
    (
        "005010X222A1",
        "err/0014",
        "components in a simple element: it finds an invalid character (6), we too many components (13)",
    ),
    ("005010X222A1", "err/0015", LIST),
    ("005010X222A1", "err/0016", "a value of spaces: it accepts, we find no value in it"),
    ("005010X222A1", "err/0017", UNTOLD),
    ("005010X222A1", "err/0025", LOST),
    ("005010X222A1", "err/0027", POSITION),
    ("005010X222A1", "err/0028", NO_RULES),
    ("005010X222A1", "err/0029", NO_RULES),
    ("005010X222A1", "err/0030", NO_RULES),
    ("005010X222A1", "err/0031", LOST),
    (
        "005010X222A1",
        "err/0035",
        "a segment id in lower case: it puts it into IK301, where it may not stand; we tell of it in IK5 alone",
    ),
    ("005010X222A1", "err/0512", LOST),
    ("005010X222A1", "err/0520", UNTOLD),
    ("005010X222A1", "err/0522", LOST),
    ("005010X222A1", "err/0533", "SE missing: it reports a missing segment, we IK502 = 2"),
    ("005010X222A1", "err/0537", "GE missing: it counts no sets, we those that came"),
    ("005010X222A1", "err/0538", ENVELOPE),
    ("005010X222A1", "err/0539", ENVELOPE),
    ("005010X222A1", "err/0542", LOST),
    ("005010X222A1", "err/0543", "ST03 is not GS08: it accepts, we reject"),
    ("005010X222A1", "ok/0005", "separators without a value at a segment's end: it rejects, we warn"),
    ("005010X223A2", "err/0010", POSITION),
    (
        "005010X223A2",
        "err/0014",
        "a professional set in a group of institutional ones: it reads it by GS08, we by ST03, and reject it",
    ),
    ("005010X223A2", "err/0018", LIST),
    ("005010X223A2", "err/0019", LIST),
    ("005010X223A2", "err/0022", UNTOLD),
    ("005010X223A2", "ok/0004", "a dependent behind another subscriber's claims: it loses its way"),
    (
        "005010X223A2",
        "ok/0005",
        "segments that share a position: it wants them in one order; X12 lets them stand in any",
    ),
    ("005010X218", "err/0003", LOST),
    ("005010X218", "err/0004", POSITION),
    ("005010X218", "err/0005", "an element that the guide requires and a syntax note too: it tells the one, we both"),
    ("005010X218", "err/0008", UNTOLD),
    ("005010X218", "err/0009", UNTOLD),
    ("005010X218", "err/0010", "a segment that stands elsewhere too: we look at its elements, it does not"),
    ("005010X218", "err/0012", POSITION),
    ("005010X218", "ok/0005", ORDER),
    ("005010X220A1", "ok/0004", ORDER),
];

/// 999s of ours that it does not read, as the fixtures begin: AK101 names a group that its list of codes has not; CTX06 names a composite
/// (`C022`), as the guide's own example does, where it wants a number.
pub(crate) const UNREAD: &[&str] =
    &["005010X186A1-", "envelope-err-0055-", "none-err-0501-", "005010X223A2-err-0022-", "005010X221A1-err-0009-"];
