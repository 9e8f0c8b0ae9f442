//! A street address, as against a box.

/// What a box is called, with blanks and points left out.
const BOXES: [&[u8]; 5] = [b"POBOX", b"POBX", b"POSTOFFICEBOX", b"POSTBOX", b"LOCKBOX"];

/// No post office box or lock box at the start: the name of one, then a blank, a number or the end.
pub(super) fn fits(value: &[u8]) -> bool {
    box_length(value) == 0
}

/// How many bytes name a box at the start; 0 where none is named.
pub(crate) fn box_length(value: &[u8]) -> usize {
    BOXES.iter().find_map(|name| behind(value, name)).map_or(0, |rest| value.len() - rest.len())
}

/// What stands behind a name with which the letters and digits of a value begin, and which ends there.
fn behind<'a>(value: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = value;
    for letter in name {
        rest = rest.trim_ascii_start();
        while let [b'.', after @ ..] = rest {
            rest = after.trim_ascii_start();
        }
        rest = match rest {
            [first, after @ ..] if first.eq_ignore_ascii_case(letter) => after,
            _ => return None,
        };
    }
    Some(rest).filter(|rest| !rest.first().is_some_and(u8::is_ascii_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_boxes_from_streets() {
        for street in
            ["1 SAMPLE ST", "12 POSTBOX LANE", "PO BOXWOOD LANE 1", "POBOXER ST", "LOCKBOXES RD", "", "POINT RD"]
        {
            assert!(fits(street.as_bytes()), "{street}");
        }
        for post in
            ["PO BOX 12", "P.O. Box 12", "P O BOX", "POBOX12", "POST OFFICE BOX 1", "LOCK BOX 4", "LOCKBOX", "PO BX 1"]
        {
            assert!(!fits(post.as_bytes()), "{post}");
        }
    }
}
