//! Nothing that comes in makes us panic, and what is valid comes back whatever happened to it.

use proptest::prelude::*;

use crate::support::{findings, generated, guide, items, to_json, to_x12};
use tradewind_edi::json::item_to_x12;
use tradewind_edi::{ControlNumber, Delimiters, Guides};

/// Bytes that matter in X12 or JSON, and some that do not.
const BYTES: &[u8] = b"*:~^\n\r 0A1\"\\{}[],_\xff\xc3";

fn changed(mut bytes: Vec<u8>, changes: &[(usize, u8, u8)]) -> Vec<u8> {
    for &(at, what, how) in changes {
        let at = at % bytes.len();
        let byte = BYTES[usize::from(what) % BYTES.len()];
        match how % 3 {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => {
                bytes.remove(at);
            }
        }
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(usize, u8, u8)>> {
    proptest::collection::vec((any::<usize>(), any::<u8>(), any::<u8>()), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_file_makes_json_and_comes_back_if_it_is_valid(changes in changes(), seed in 0..4_u64, piece in 1..2000_usize) {
        let file = changed(generated(&guide("005010X222A1", "837"), 2, seed), &changes);
        let json = to_json(&file, piece);
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
        if findings(&file).is_empty() {
            prop_assert_eq!(to_x12(&json, piece).ok(), Some(file));
        }
    }

    #[test]
    fn changed_json_of_a_file_never_panics(changes in changes(), seed in 0..4_u64, piece in 1..2000_usize) {
        let json = changed(to_json(&generated(&guide("005010X279A1", "270"), 2, seed), 500), &changes);
        let _ = to_x12(&json, piece);
    }

    #[test]
    fn changed_json_of_an_item_never_panics(changes in changes(), seed in 0..4_u64) {
        let json = changed(items(&generated(&guide("005010X222A1", "837"), 1, seed)).json, &changes);
        let mut out = Vec::new();
        let result = item_to_x12(&json, &Guides::built_in(), Delimiters::default(), ControlNumber::FIRST, &mut out);
        prop_assert_eq!(result.is_err(), out.is_empty());
    }

    #[test]
    fn any_bytes_as_json_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1..50_usize) {
        let _ = to_x12(&bytes, piece);
    }
}
