//! The ISA: 106 bytes whose places are fixed, and from which everything else is read.

use super::header::InterchangeHeader;
use super::refusal::RefusalReason;
use crate::delimiters::{DelimiterKind, Delimiters};

/// Length with its terminator.
pub(super) const ISA_BYTES: usize = 106;
/// Where the element separators stand.
const SEPARATORS: [usize; 16] = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103];
/// How far the fields of a broken ISA are looked for.
pub(super) const BROKEN_ISA_BYTES_MAX: usize = 256;
/// The version from which on ISA11 is the repetition separator.
const REPETITION_SINCE: &[u8] = b"00402";

/// A sound ISA.
pub(super) struct Isa {
    pub(super) delimiters: Delimiters,
    /// ISA11 holds no separator although its version wants one.
    pub(super) no_repetition_separator: bool,
}

/// An ISA that cannot be used.
pub(super) struct Broken {
    pub(super) reason: RefusalReason,
    /// Of the byte at fault, from the ISA's first.
    pub(super) offset: usize,
}

/// Reads the delimiters from at least 106 bytes that start with `ISA`.
pub(super) fn read(bytes: &[u8]) -> Result<Isa, Broken> {
    let at = |offset: usize| bytes.get(offset).copied().unwrap_or_default();
    let element = at(3);
    if let Some(offset) = SEPARATORS.into_iter().find(|offset| at(*offset) != element) {
        return Err(misplaced(bytes, element, offset));
    }
    let (component, terminator) = (at(104), at(105));
    let version = bytes.get(84..89).unwrap_or_default();
    let wants_repetition = version >= REPETITION_SINCE;
    let no_repetition_separator = wants_repetition && matches!(at(82), b'U' | b' ');
    let repetition = (wants_repetition && !no_repetition_separator).then_some(at(82));
    let delimiters = Delimiters { element, component, repetition, terminator };
    if let Some(kind) = delimiters.fault() {
        let offset = match kind {
            DelimiterKind::Element => 3,
            DelimiterKind::Component => 104,
            DelimiterKind::Repetition => 82,
            DelimiterKind::Terminator => 105,
        };
        return Err(Broken { reason: RefusalReason::Delimiter(kind), offset });
    }
    let stray = |(offset, byte): (usize, &u8)| {
        let separator = *byte == element && !SEPARATORS.contains(&offset);
        (separator || *byte == terminator).then_some(offset)
    };
    match bytes.iter().take(ISA_BYTES - 1).enumerate().find_map(stray) {
        Some(offset) => Err(Broken { reason: RefusalReason::IsaFields, offset }),
        None => Ok(Isa { delimiters, no_repetition_separator }),
    }
}

/// A separator does not stand at `offset`: another length, if there are 16 at all.
fn misplaced(bytes: &[u8], element: u8, offset: usize) -> Broken {
    let reason = match separators(bytes, element).nth(15) {
        _ if element.is_ascii_alphanumeric() || element <= b' ' => RefusalReason::Delimiter(DelimiterKind::Element),
        Some(last) => RefusalReason::IsaLength { found: last as u64 + 3 },
        None => RefusalReason::IsaFields,
    };
    let offset = if matches!(reason, RefusalReason::Delimiter(_)) { 3 } else { offset };
    Broken { reason, offset }
}

fn separators(bytes: &[u8], element: u8) -> impl Iterator<Item = usize> + '_ {
    let positions = bytes.iter().take(BROKEN_ISA_BYTES_MAX).enumerate();
    positions.filter(move |(_, byte)| **byte == element).map(|(at, _)| at)
}

/// What can be read of an ISA that is broken or cut: enough for a TA1, or `None`. The sender, the receiver and the control
/// number must stand between separators.
pub(super) fn salvage(bytes: &[u8]) -> Option<InterchangeHeader> {
    let element = *bytes.get(3)?;
    if element.is_ascii_alphanumeric() || element <= b' ' {
        return None;
    }
    let bytes = bytes.get(..bytes.len().min(BROKEN_ISA_BYTES_MAX))?;
    let mut fields: Vec<&[u8]> = bytes.split(|byte| *byte == element).skip(1).take(16).collect();
    if let Some(last) = fields.get_mut(15) {
        *last = last.get(..1).unwrap_or_default();
    }
    let control_number = *fields.get(12)?;
    let whole = fields.len() > 13 || control_number.len() == 9;
    let sound = whole && !control_number.is_empty() && control_number.iter().all(u8::is_ascii_digit);
    let header = InterchangeHeader::new(fields.into_iter());
    (sound && !header.sender().is_empty() && !header.receiver().is_empty()).then_some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const ISA: &str =
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~";

    #[test]
    fn reads_delimiters_and_the_repetition_separator_by_version() {
        assert_eq!(ISA.len(), ISA_BYTES);
        let isa = read(ISA.as_bytes()).ok().unwrap();
        assert_eq!(isa.delimiters, Delimiters::default());
        let old = ISA.replace("*^*00501*", "*U*00401*");
        assert_eq!(read(old.as_bytes()).ok().unwrap().delimiters.repetition, None);
        let odd = read(ISA.replace("*^*", "*U*").as_bytes()).ok().unwrap();
        assert!(odd.no_repetition_separator && odd.delimiters.repetition.is_none());
    }

    #[test]
    fn tells_length_and_place_of_a_misshapen_one() {
        let short = ISA.replace("SENDER  ", "SENDER ") + "GS*";
        let broken = read(short.as_bytes()).err().unwrap();
        assert_eq!((broken.reason, broken.offset), (RefusalReason::IsaLength { found: 105 }, 50));
        let long = ISA.replace("SENDER  ", "SENDER   ");
        assert_eq!(read(long.as_bytes()).err().unwrap().reason, RefusalReason::IsaLength { found: 107 });
        let header = salvage(short.as_bytes()).unwrap();
        assert_eq!((header.sender(), header.control_number(), header.field(16)), ("SENDER", "000000001", ":"));
    }

    #[test]
    fn salvages_a_cut_one_from_the_control_number_on() {
        assert!(salvage(&ISA.as_bytes()[..99]).is_some());
        assert!(salvage(&ISA.as_bytes()[..98]).is_none());
        assert!(salvage(b"ISA").is_none());
    }

    #[test]
    fn refuses_delimiters_that_cannot_serve() {
        let refused = |isa: String| read(isa.as_bytes()).err().map(|b| (b.reason, b.offset));
        let of = |kind, offset| Some((RefusalReason::Delimiter(kind), offset));
        assert_eq!(refused(ISA.replace('~', "*")), of(DelimiterKind::Terminator, 105));
        assert_eq!(refused(ISA.replace(":~", ":A")), of(DelimiterKind::Terminator, 105));
        assert_eq!(refused(ISA.replace(":~", "\0~")), of(DelimiterKind::Component, 104));
        assert_eq!(refused(ISA.replace('*', "A")), of(DelimiterKind::Element, 3));
        assert_eq!(refused(ISA.replace("SENDER ", "SEND~R ")), Some((RefusalReason::IsaFields, 39)));
    }
}
