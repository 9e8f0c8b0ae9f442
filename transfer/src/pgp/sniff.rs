//! Tells OpenPGP from other content by its first bytes.

/// How many first bytes [`sniff`] wants to see, if the file has so many.
pub const SNIFF_BYTES: usize = 512;

/// What a file seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// ASCII armor.
    Armored,
    /// Binary packets of a message.
    Binary,
    /// Neither.
    NotPgp,
}

/// Looks at the first bytes of a file: up to [`SNIFF_BYTES`].
///
/// An armored message may stand behind blank lines and a byte order mark. A binary message begins with a packet tag, whose first bit is set:
/// no text in ASCII, and so no X12, HL7 or CSV does.
#[must_use]
pub fn sniff(first: &[u8]) -> Sniffed {
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    if text.starts_with(b"-----BEGIN PGP ") {
        return Sniffed::Armored;
    }
    // Tags of what may begin a message: PKESK 1, signature 2, SKESK 3, one-pass signature 4, compressed 8, encrypted 9, marker 10,
    // literal 11, encrypted with integrity 18, AEAD 20, padding 21.
    let tag = match first.first() {
        Some(&byte) if byte & 0xc0 == 0xc0 => byte & 0x3f,
        Some(&byte) if byte & 0xc0 == 0x80 => (byte >> 2) & 0x0f,
        _ => return Sniffed::NotPgp,
    };
    let is_bom = first.starts_with(b"\xef\xbb\xbf") || first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff");
    if !is_bom && matches!(tag, 1 | 2 | 3 | 4 | 8 | 9 | 10 | 11 | 18 | 20 | 21) {
        Sniffed::Binary
    } else {
        Sniffed::NotPgp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_armor_binary_and_the_rest_apart() {
        assert_eq!(sniff(b"-----BEGIN PGP MESSAGE-----\n"), Sniffed::Armored);
        assert_eq!(sniff(b"\xef\xbb\xbf\r\n -----BEGIN PGP MESSAGE-----\n"), Sniffed::Armored);
        assert_eq!(sniff(&[0x85, 0x01, 0x0c, 0x03]), Sniffed::Binary);
        assert_eq!(sniff(&[0xc1, 0xc0, 0x4c, 0x03]), Sniffed::Binary);
        for plain in [
            &b"ISA*00*"[..],
            b"\xef\xbb\xbfISA*00*",
            b"MSH|^~\\&|",
            b"member,first\n",
            b"",
            b"\xff\xfeI\0",
            b"\xfe\xff\0I",
        ] {
            assert_eq!(sniff(plain), Sniffed::NotPgp, "{plain:?}");
        }
    }
}
