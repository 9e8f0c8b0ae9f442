//! Generated files are valid.

use std::sync::Arc;

use crate::support::{findings, generated, guide, guides, items};
use tradewind_edi::Delimiters;
use tradewind_edi::ack::{Format, LineEnd};
use tradewind_edi::generate::{GenerateOptions, Generator};

fn assert_valid(name: &str, file: &[u8]) {
    let found = findings(file);
    assert!(found.is_empty(), "{name}: {} findings, the first {:#?}", found.len(), &found[..found.len().min(5)]);
}

#[test]
fn claims_inquiries_and_answers_have_no_findings() {
    for (revision, set) in [("005010X222A1", "837"), ("005010X279A1", "270"), ("005010X279A1", "271")] {
        for seed in 0..5 {
            let file = generated(&guide(revision, set), 400, seed);
            assert_valid(set, &file);
            assert_eq!(items(&file).items.len(), 400);
        }
    }
}

#[test]
fn every_guide_with_hierarchical_items_is_generated_from_its_tables() {
    for guide in guides().iter().filter(|guide| !guide.items.is_empty()) {
        let file = generated(guide, 60, 11);
        assert_valid(&guide.id().to_string(), &file);
        assert_eq!(items(&file).items.len(), 60, "{}", guide.id());
    }
}

#[test]
fn only_the_bad_claims_are_rejected() {
    let options =
        GenerateOptions { count: 200, bad_every: Some(20), ..GenerateOptions::new(guide("005010X222A1", "837")) };
    let file: Vec<u8> = Generator::new(options).flatten().collect();
    let rejected: Vec<u64> = items(&file).items.iter().filter(|item| item.rejected).map(|item| item.ordinal).collect();
    assert_eq!(rejected, (1..=10).map(|n| n * 20).collect::<Vec<_>>());
}

#[test]
fn other_delimiters_and_line_ends_are_valid_too() {
    let delimiters = Delimiters { element: b'|', component: b'>', repetition: Some(b'!'), terminator: b'\'' };
    for line_end in [LineEnd::None, LineEnd::CrLf] {
        let format = Format { delimiters, line_end };
        let options = GenerateOptions { count: 50, format, ..GenerateOptions::new(guide("005010X222A1", "837")) };
        let file: Vec<u8> = Generator::new(options).flatten().collect();
        assert_valid("other delimiters", &file);
        assert_eq!(file.contains(&b'\r'), line_end == LineEnd::CrLf);
    }
}

#[test]
fn pieces_stay_small_whatever_the_count() {
    let options = GenerateOptions { count: 5000, ..GenerateOptions::new(Arc::clone(&guide("005010X222A1", "837"))) };
    let sizes: Vec<usize> = Generator::new(options).map(|piece| piece.len()).collect();
    assert!(sizes.len() > 10);
    assert!(sizes.iter().all(|size| *size < 128 << 10));
}

#[test]
fn payments_premiums_and_enrollments_have_as_many_details_as_were_wanted() {
    for (revision, set, detail) in
        [("005010X221A1", "835", "\nCLP*"), ("005010X218", "820", "\nRMR*"), ("005010X220A1", "834", "\nINS*")]
    {
        for seed in 0..5 {
            let file = generated(&guide(revision, set), 400, seed);
            assert_valid(set, &file);
            assert_eq!(String::from_utf8(file).unwrap().matches(detail).count(), 400, "{set}");
        }
    }
}

#[test]
fn a_payment_holds_a_thousand_claims_at_most_and_is_written_in_pieces() {
    let options = GenerateOptions { count: 6000, seed: 3, ..GenerateOptions::new(guide("005010X221A1", "835")) };
    let pieces: Vec<Vec<u8>> = Generator::new(options).collect();
    assert!(pieces.len() > 10 && pieces.iter().all(|piece| piece.len() < 128 << 10));
    let file = String::from_utf8(pieces.concat()).unwrap();
    let claims = file.split("\nST*").skip(1).map(|set| set.matches("\nCLP*").count());
    assert_eq!(claims.max(), Some(1000));
}
