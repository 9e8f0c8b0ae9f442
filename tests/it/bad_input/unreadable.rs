//! What cannot be read as X12 at all.

use std::fs;

use super::{Desk, Got};
use crate::support::canary;
use crate::support::ledger::alarmed;
use crate::support::x12::{all, claims, element, isa13, with_isa};

fn assert_refused(desk: &Desk, got: &Got, told: &str) {
    assert_eq!((got.state.as_str(), got.reason.as_str()), ("quarantined", "not-readable"), "{told}");
    let notice = got.text("notice");
    assert!(notice.contains(told) && notice.contains(&got.receipt), "{told} in {notice}");
    assert!(alarmed(desk.gateway.data(), "file-quarantined", "not-readable"));
}

#[test]
fn what_is_no_interchange_is_refused_with_the_byte() {
    let (desk, file) = (Desk::new(), claims(31, 1));
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(file.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let isa = &file[..106];
    // Where sender and control number can be read, a TA1 tells it, too.
    let (told_alone, with_ta1) = (&["notice"][..], &["TA1", "notice"][..]);
    let shorter = format!("{}{}", &isa[..45], &file[46..]);
    let longer = format!("{} {}", &isa[..45], &file[45..]);
    let cases: [(&str, &[u8], &str, &[&str]); 8] = [
        ("empty", b"", "found an empty file (byte 0)", told_alone),
        ("blanks", b" \r\n \n", "found an empty file", told_alone),
        ("text", b"Dear Sir or Madam, find our claims attached.", "found something else (byte 0)", told_alone),
        ("truncated ISA", &file.as_bytes()[..60], "found the end of input after 60 (byte 60)", told_alone),
        ("ISA of 105 bytes", shorter.as_bytes(), "expected an ISA of 106 bytes, found 105 (byte ", with_ta1),
        ("ISA of 107 bytes", longer.as_bytes(), "expected an ISA of 106 bytes, found 107 (byte ", with_ta1),
        ("UTF-16", &utf16, "expected single-byte text, found UTF-16 or UTF-32 (byte 0)", told_alone),
        (
            "UTF-16 without a mark",
            &utf16[2..],
            "expected single-byte text, found UTF-16 or UTF-32 (byte 0)",
            told_alone,
        ),
    ];
    for (name, content, told, kinds) in cases {
        let got = desk.drop(content);
        assert_eq!(got.kinds(), kinds, "{name}");
        assert_refused(&desk, &got, told);
    }
    desk.nothing_travelled(&file);
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let (desk, file) = (Desk::new(), claims(32, 1));
    let got = desk.drop(format!("\u{feff}{file}"));
    assert_eq!((got.state.as_str(), got.kinds()), ("translated", vec!["277CA", "999"]));
    assert_eq!(all(&got.text("999"), "IK5", 1), ["A"]);
}

#[test]
fn delimiters_that_cannot_serve_and_nul_bytes_are_refused() {
    let (desk, file) = (Desk::new(), claims(33, 1));
    let cases = [
        ("the terminator separates elements", file.replace('~', "*")),
        ("a letter separates elements", file.replace('*', "Q")),
        ("a digit ends segments", file.replace("~\n", "7")),
        ("a letter separates components", with_isa(&file, 16, "").replacen(":~", "E~", 1)),
        ("NUL separates elements", file.replace('*', "\0")),
    ];
    for (name, content) in cases {
        let got = desk.drop(&content);
        assert_eq!(
            (got.state.as_str(), got.reason.as_str()),
            ("quarantined", "not-readable"),
            "{name}: {:?}",
            got.kinds()
        );
        assert!(got.text("notice").contains("(byte "), "{name}: {}", got.text("notice"));
    }
    // NUL bytes within a value are a finding at their place: the set is rejected by the 999.
    let got = desk.drop(file.replacen("NM1*IL*1*", "NM1*IL*1*\0\0", 1));
    let x999 = got.text("999");
    assert_eq!((all(&x999, "IK5", 1), all(&x999, "IK4", 3)), (vec!["R".to_owned()], vec!["6".to_owned()]), "{x999}");
    desk.nothing_travelled(&file);
}

/// Greatest resident memory of a process so far.
fn peak_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_segment_without_end_is_refused_at_its_limit_in_flat_memory() {
    let (desk, file) = (Desk::new(), claims(34, 1));
    desk.drop(claims(35, 1));
    let before = peak_kib(desk.gateway.pid());
    let endless = [&file.as_bytes()[..400], &vec![b'A'; ENDLESS_BYTES][..]].concat();
    let got = desk.drop(&endless);
    assert_eq!((got.state.as_str(), got.reason.as_str()), ("quarantined", "not-readable"));
    let notice = got.text("notice");
    assert!(
        notice.contains("expected a segment of at most 1048576 bytes, found no terminator within (byte "),
        "{notice}"
    );
    let grown = peak_kib(desk.gateway.pid()) - before;
    assert!(grown < 48 << 10, "{grown} KiB more for a segment of {} MiB", ENDLESS_BYTES >> 20);
    // Sender and control number could be read: a TA1 says so, too.
    assert_eq!((element(&got.text("TA1"), "TA1", 1), element(&got.text("TA1"), "TA1", 4)), (isa13(&file), "R".into()));
    canary::assert_none(&desk.gateway, &canary::of(&claims(35, 1)));
}

/// Many times what may stay in memory.
const ENDLESS_BYTES: usize = 192 << 20;
