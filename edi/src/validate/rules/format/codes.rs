//! What codes look like whose lists are licensed, or not known to their end.

/// Whether a value is spelt so: `0` stands for a digit, `a` for a capital letter, `x` for either, any other character for itself.
fn is(value: &[u8], spelling: &str) -> bool {
    let fits = |(found, wanted): (&u8, u8)| match wanted {
        b'0' => found.is_ascii_digit(),
        b'a' => found.is_ascii_uppercase(),
        b'x' => found.is_ascii_digit() || found.is_ascii_uppercase(),
        other => *found == other,
    };
    value.len() == spelling.len() && value.iter().zip(spelling.bytes()).all(fits)
}

/// Whether a value is spelt in one of these ways.
fn is_one(value: &[u8], spellings: &[&str]) -> bool {
    spellings.iter().any(|spelling| is(value, spelling))
}

/// X12's codes of reasons for adjustments: 45, 253, A1, B20.
pub(super) fn adjustment_reason(value: &[u8]) -> bool {
    is_one(value, &["0", "00", "000", "a0", "a00"]) && !value.starts_with(b"0")
}

/// The first two digits of a type of bill: the facility, the care.
pub(super) fn bill_type(value: &[u8]) -> bool {
    is(value, "00") && !value.contains(&b'0')
}

/// Dental procedures: D0120.
pub(super) fn dental(value: &[u8]) -> bool {
    is(value, "D0000")
}

/// Diagnosis related groups: three digits.
pub(super) fn drg(value: &[u8]) -> bool {
    is(value, "000")
}

/// HCPCS, both levels: 99213, 0001F, G0101.
pub(super) fn hcpcs(value: &[u8]) -> bool {
    is_one(value, &["0000x", "a0000"]) && value.first().is_none_or(|first| *first <= b'V')
}

/// HIPPS: five letters and digits.
pub(super) fn hipps(value: &[u8]) -> bool {
    is(value, "xxxxx")
}

/// ICD-9-CM diagnoses, without the dot: 4660, V700, E8490.
pub(super) fn icd9(value: &[u8]) -> bool {
    is_one(value, &["000", "0000", "00000", "V00", "V000", "V0000", "E000", "E0000"])
}

/// ICD-9-CM procedures, without the dot: 0331.
pub(super) fn icd9_procedure(value: &[u8]) -> bool {
    is_one(value, &["00", "000", "0000"])
}

/// ICD-10-PCS: seven of the digits and the letters but for I and O.
pub(super) fn icd10_procedure(value: &[u8]) -> bool {
    is(value, "xxxxxxx") && !value.iter().any(|letter| matches!(letter, b'I' | b'O'))
}

/// National Drug Codes, 5-4-2 without hyphens.
pub(super) fn ndc(value: &[u8]) -> bool {
    is(value, "00000000000")
}

/// X12's codes of remarks: M1, MA01, N130.
pub(super) fn remark(value: &[u8]) -> bool {
    is_one(value, &["M0", "M00", "M000", "MA00", "MA000", "N0", "N00", "N000", "N0000"])
}

/// Revenue codes: four digits.
pub(super) fn revenue(value: &[u8]) -> bool {
    is(value, "0000")
}

/// X12's categories of claim statuses: A1, F3N, R10.
pub(super) fn status_category(value: &[u8]) -> bool {
    is_one(value, &["ax", "a0x"])
}

/// X12's claim statuses: 20, 562.
pub(super) fn status(value: &[u8]) -> bool {
    is_one(value, &["0", "00", "000", "0000"]) && (value == b"0" || !value.starts_with(b"0"))
}

/// Tax ids: nine digits, without hyphens.
pub(super) fn tax_id(value: &[u8]) -> bool {
    is(value, "000000000")
}

/// Provider taxonomy: ten letters and digits, the first a digit, the last an X.
pub(super) fn taxonomy(value: &[u8]) -> bool {
    is(value, "0xxxxxxxxX")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_spelt_as_their_lists_spell_them() {
        type Fits = fn(&[u8]) -> bool;
        let cases: [(Fits, &str, &str); 15] = [
            (adjustment_reason, "1 45 253 A1 B20 P14", "0 01 045 4500 A AB1 B200 a1"),
            (bill_type, "11 13 89", "1 01 10 111 A1"),
            (dental, "D0120 D9999", "D012 0120 00120 D01200 d0120"),
            (drg, "001 208 999", "8 08 1234 A01"),
            (hcpcs, "99213 0001F 0042T 0001U 0002M G0101 V2020", "9921 992133 W0001 GG101 99-13 g0101"),
            (icd9, "4660 250 25000 V700 E8490", "46 466000 V7 E84 I10 466.0"),
            (icd9_procedure, "03 033 0331", "0 03311 A31"),
            (icd10_procedure, "5A1935Z 0016070", "5A1935 5A1935ZZ 5A1935I 5A1935O 5a1935z"),
            (ndc, "00002322730", "0002322730 0002-3227-30 000023227300"),
            (remark, "M1 M127 MA01 MA130 N1 N130 N1234", "M MA1 X1 N M1234 MA0"),
            (revenue, "0110 0636", "110 00110 011A"),
            (status_category, "A1 F3N R10 RQ E0 P5", "A 1A A100 A1NN a1"),
            (status, "0 20 562", "020 00 A1 56234"),
            (tax_id, "123456789", "12-3456789 12345678 1234567890"),
            (taxonomy, "207Q00000X 1223G0001X", "207Q00000 207Q000000 X07Q00000X 207q00000X"),
        ];
        for (at, (fits, good, bad)) in cases.iter().enumerate() {
            good.split(' ').for_each(|good| assert!(fits(good.as_bytes()), "{at}: {good}"));
            bad.split(' ').for_each(|bad| assert!(!fits(bad.as_bytes()), "{at}: {bad}"));
        }
        assert!(hipps(b"1AFKS") && !hipps(b"1AFK"));
    }
}
