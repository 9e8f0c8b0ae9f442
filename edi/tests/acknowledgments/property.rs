//! Whatever comes in: no panic, and what is answered is itself valid.

use crate::support::{answers, errors};
use proptest::prelude::*;

const FILES: [&[u8]; 4] = [
    include_bytes!("../../../fixtures/x12/005010X222A1/ok/0502_two_providers_and_a_dependent.edi"),
    include_bytes!("../../../fixtures/x12/005010X222A1/err/0540_two_groups_one_bad.edi"),
    include_bytes!("../../../fixtures/x12/005010X222A1/err/0512_line_qualifier_of_one_claim.edi"),
    include_bytes!("../../../fixtures/x12/005010X221A1/err/0501_set_without_st03.edi"),
];

/// An edit of a file at a place between 0 and 1.
#[derive(Clone, Debug)]
enum Edit {
    Cut(f64),
    Set(f64, u8),
    Insert(f64, Vec<u8>),
    Remove(f64, usize),
    Repeat(f64, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0.0..1.0_f64;
    let telling = prop::sample::select(b"*~:^\n AZ09-.?\x00\xff".to_vec());
    prop_oneof![
        1 => at().prop_map(Edit::Cut),
        6 => (at(), prop_oneof![telling, any::<u8>()]).prop_map(|(at, byte)| Edit::Set(at, byte)),
        2 => (at(), prop::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        2 => (at(), 1..200_usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        2 => (at(), 1..200_usize).prop_map(|(at, length)| Edit::Repeat(at, length)),
    ]
}

fn apply(file: &mut Vec<u8>, edit: &Edit) {
    let place = |at: f64, file: &Vec<u8>| ((file.len() as f64 * at) as usize).min(file.len());
    match edit {
        Edit::Cut(at) => file.truncate(place(*at, file)),
        Edit::Set(at, byte) => {
            let at = place(*at, file);
            if let Some(slot) = file.get_mut(at) {
                *slot = *byte;
            }
        }
        Edit::Insert(at, bytes) => {
            let at = place(*at, file);
            file.splice(at..at, bytes.iter().copied());
        }
        Edit::Remove(at, length) => {
            let at = place(*at, file);
            file.drain(at..(at + length).min(file.len()));
        }
        Edit::Repeat(at, length) => {
            let at = place(*at, file);
            let part = file[at..(at + length).min(file.len())].to_vec();
            file.splice(at..at, part);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_to_broken_files_are_valid(which in 0..FILES.len(), edits in prop::collection::vec(edit(), 1..6)) {
        let mut file = FILES[which].to_vec();
        edits.iter().for_each(|edit| apply(&mut file, edit));
        for answer in answers(&file) {
            for written in [&answer.ta1, &answer.x999, &answer.x277ca] {
                if !written.is_empty() {
                    prop_assert_eq!(errors(written), Vec::<String>::new(), "{}", written);
                }
            }
        }
    }
}

#[test]
fn every_truncation_is_answered_validly() {
    let file = FILES[2];
    for length in 0..file.len() {
        for answer in answers(&file[..length]) {
            for written in [&answer.ta1, &answer.x999, &answer.x277ca] {
                assert!(written.is_empty() || errors(written).is_empty(), "cut at {length}: {written}");
            }
        }
    }
}
