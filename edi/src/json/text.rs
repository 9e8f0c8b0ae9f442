//! Bytes of an X12 value as a JSON string, and back.
//!
//! JSON is UTF-8 and X12 is bytes. What is valid UTF-8 stands in the JSON as it is. Any other byte (Latin-1 from an older
//! system, binary data) becomes the private-use character U+F700 + byte, U+F780 to U+F7FF. Those characters themselves, should
//! they stand in the input as UTF-8, are taken byte by byte, so that the way back is never in doubt.

const PRIVATE: u32 = 0xF700;
const PRIVATE_FIRST: u32 = PRIVATE + 0x80;
const PRIVATE_LAST: u32 = PRIVATE + 0xFF;

/// Appends the value as a quoted JSON string.
#[inline]
pub(crate) fn push_string(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'"');
    if value.iter().any(|&byte| is_special(byte)) {
        push_escaped(out, value);
    } else {
        out.extend_from_slice(value);
    }
    out.push(b'"');
}

/// Whether printable ASCII holds nothing that JSON escapes.
#[inline]
pub(super) fn is_clean(value: &[u8]) -> bool {
    const EIGHT: usize = 8;
    let clean = |eight: &[u8; EIGHT]| {
        let word = u64::from_ne_bytes(*eight);
        (zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64))) == 0
    };
    match value.last_chunk() {
        // The last eight may have been looked at before.
        Some(last) => clean(last) && value.as_chunks().0.iter().all(clean),
        None => !value.iter().any(|&byte| is_special(byte)),
    }
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// Not zero where one of the bytes is.
#[inline]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & (ONES << 7)
}

#[inline]
const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte >= 0x80 || byte == b'"' || byte == b'\\'
}

#[cold]
fn push_escaped(out: &mut Vec<u8>, value: &[u8]) {
    for chunk in value.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_character(out, character);
        }
        for &byte in chunk.invalid() {
            push_private(out, byte);
        }
    }
}

fn push_character(out: &mut Vec<u8>, character: char) {
    let mut utf8 = [0; 4];
    match character {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        control if control < ' ' => out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes()),
        own if (PRIVATE_FIRST..=PRIVATE_LAST).contains(&u32::from(own)) => {
            own.encode_utf8(&mut utf8).bytes().for_each(|byte| push_private(out, byte));
        }
        plain => out.extend_from_slice(plain.encode_utf8(&mut utf8).as_bytes()),
    }
}

fn push_private(out: &mut Vec<u8>, byte: u8) {
    if let Some(character) = char::from_u32(PRIVATE + u32::from(byte)) {
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Appends the bytes that the text of a JSON string stands for: the way back of [`push_string`], once JSON's own escapes are read.
pub(crate) fn push_bytes(out: &mut Vec<u8>, text: &str) {
    if text.is_ascii() {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for character in text.chars() {
        match u32::from(character) {
            code @ PRIVATE_FIRST..=PRIVATE_LAST => out.extend(u8::try_from(code - PRIVATE)),
            _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn there_and_back(value: &[u8]) -> Vec<u8> {
        let mut json = Vec::new();
        push_string(&mut json, value);
        let text: String = serde_json::from_slice(&json).unwrap();
        let mut back = Vec::new();
        push_bytes(&mut back, &text);
        back
    }

    #[test]
    fn keeps_utf8_as_text_and_latin_1_as_private_characters() {
        let mut json = Vec::new();
        push_string(&mut json, "MUÑOZ".as_bytes());
        assert_eq!(json, "\"MUÑOZ\"".as_bytes());
        json.clear();
        push_string(&mut json, b"MU\xd1OZ");
        assert_eq!(json, "\"MU\u{f7d1}OZ\"".as_bytes());
    }

    #[test]
    fn brings_back_a_private_character_that_stood_in_the_input() {
        let value = "A\u{f7d1}B".as_bytes();
        assert_eq!(there_and_back(value), value);
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(value in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(there_and_back(&value), value);
        }

        #[test]
        fn any_text_comes_back(value in "\\PC{0,32}") {
            prop_assert_eq!(there_and_back(value.as_bytes()), value.as_bytes());
        }
    }
}
