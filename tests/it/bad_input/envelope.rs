//! Counts and control numbers that do not hold, and files that were cut.

use super::Desk;
use crate::support::ledger::rows;
use crate::support::x12::{all, claims, element, isa13, numbered, with_element};

/// Without the line of the first segment with this id.
fn without(file: &str, id: &str) -> String {
    let start = format!("{id}*");
    file.lines().filter(|line| !line.starts_with(&start)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_wrong_count_or_control_number_releases_nothing_and_is_told_by_its_code() {
    let (desk, file) = (Desk::new(), claims(41, 2));
    let cases = [
        ("IEA02", with_element(&file, "IEA", 2, "000000007"), "TA1", "001"),
        ("IEA01", with_element(&file, "IEA", 1, "2"), "TA1", "021"),
        ("no IEA", without(&file, "IEA"), "TA1", "023"),
        ("GE02", with_element(&file, "GE", 2, "7"), "AK9", "4"),
        ("GE01", with_element(&file, "GE", 1, "2"), "AK9", "5"),
        ("no GE", without(&file, "GE"), "AK9", "3"),
        ("SE02", with_element(&file, "SE", 2, "0007"), "IK5", "3"),
        ("SE01", with_element(&file, "SE", 1, "7"), "IK5", "4"),
        ("no SE", without(&file, "SE"), "IK5", "2"),
    ];
    for ((name, content, segment, code), number) in cases.into_iter().zip(1..) {
        let got = desk.drop(numbered(&content, number));
        assert_eq!(got.state, "translated", "{name}: {}", got.reason);
        let told = got.text(if segment == "TA1" { "TA1" } else { "999" });
        let (verdict, codes) = match segment {
            "TA1" => (element(&told, "TA1", 4), all(&told, "TA1", 5)),
            "AK9" => (element(&told, "AK9", 1), all(&told, "AK9", 5)),
            _ => (element(&told, "IK5", 1), all(&told, "IK5", 2)),
        };
        assert_eq!((verdict.as_str(), codes), ("R", vec![code.to_owned()]), "{name}: {told}");
        let own = all(&told, "TA1", 1).into_iter().chain(all(&told, "AK1", 2)).next();
        assert_eq!(own.unwrap().parse(), Ok(number), "{name}: {told}");
        assert!(got.files.iter().all(|(kind, _)| kind != "277CA"), "{name}: {:?}", got.kinds());
        let states = "SELECT DISTINCT state FROM item_now";
        assert_eq!(rows(desk.gateway.data(), states), ["rejected"], "{name}");
    }
    let alarms = "SELECT DISTINCT kind FROM alarm ORDER BY kind";
    assert_eq!(rows(desk.gateway.data(), alarms), ["interchange-rejected", "sets-rejected"]);
    desk.nothing_travelled(&file);
}

#[test]
fn a_file_that_was_cut_at_any_byte_releases_nothing() {
    let (desk, file) = (Desk::new(), claims(42, 2));
    let whole = file.trim_end().len();
    let cuts = (1..whole).step_by(whole / 24).chain([whole - 40, whole - 12, whole - 3, whole - 1]);
    for cut in cuts {
        let got = desk.drop(&file[..cut]);
        let told = got.kinds();
        assert!(told == ["notice"] || told == ["TA1"], "cut at {cut} of {whole}: {told:?}");
        if told == ["TA1"] {
            let ta1 = got.text("TA1");
            let said = (element(&ta1, "TA1", 1), element(&ta1, "TA1", 4), element(&ta1, "TA1", 5));
            assert_eq!(said, (isa13(&file), "R".into(), "023".into()), "cut at {cut} of {whole}");
        }
    }
    desk.nothing_travelled(&file);
    // The same interchange, whole, is no repeat of what was cut.
    assert_eq!(desk.drop(&file).kinds(), ["277CA", "999"]);
}
