//! What holds for any input: chunking changes nothing, cut and arbitrary bytes never panic, memory stays flat.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{fixtures, folder};
use proptest::prelude::*;
use std::sync::Arc;
use tradewind_edi::engine::{
    self, Engine, GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, ItemEnd, SetEnd, SetStart,
};
use tradewind_edi::generate::{GenerateOptions, Generator};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{Finding, Guides, Options, Segment, Visitor};

/// Every event as text, values among them.
#[derive(Default, PartialEq)]
struct Events(Vec<String>);

impl Events {
    fn of(chunks: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let mut events = Self::default();
        let mut engine = Engine::new(Options::default());
        let fed = chunks.into_iter().try_for_each(|chunk| engine.feed(chunk.as_ref(), &mut events));
        let ended = fed.and_then(|()| engine.finish(&mut events));
        events.0.push(format!("{ended:?}"));
        events
    }
}

impl Visitor for Events {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        let bytes = event.segment.map(|segment| segment.bytes().to_vec());
        self.0.push(format!("{event:?} {bytes:?}"));
    }
    fn ta1(&mut self, segment: &Segment<'_>) {
        self.0.push(format!("{segment:?}"));
    }
    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.0.push(format!("group {} {}", event.ordinal, event.header.control_number));
    }
    fn set_start(&mut self, event: &SetStart<'_>) {
        self.0.push(format!("set {} {:?}", event.ordinal, event.guide.map(|guide| guide.id())));
    }
    fn loop_open(&mut self, node: NodeIx) {
        self.0.push(format!("open {node:?}"));
    }
    fn item_open(&mut self, node: NodeIx) {
        self.0.push(format!("item {node:?}"));
    }
    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        let elements: Vec<_> = segment.elements().map(|element| element.bytes().to_vec()).collect();
        self.0.push(format!("{segment:?} {node:?} {elements:?} {:?}", segment.line_end()));
    }
    fn finding(&mut self, finding: &Finding) {
        self.0.push(format!("{finding:?}"));
    }
    fn item_close(&mut self, event: &ItemEnd) {
        self.0.push(format!("{event:?}"));
    }
    fn loop_close(&mut self, node: NodeIx) {
        self.0.push(format!("close {node:?}"));
    }
    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.0.push(format!("{:?} {:?} {:?}", event.verdict, event.codes, event.bytes));
    }
    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.0.push(format!("{:?} {:?} {:?}", event.verdict, event.codes, event.sets_declared));
    }
    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.0.push(format!("{:?} {:?} {:?}", event.verdict, event.code, event.bytes));
    }
}

/// A file with everything that framing must cope with.
fn sample() -> Vec<u8> {
    let folder = folder().join("envelope");
    let mut all = Vec::new();
    for name in
        ["ok/0001_one_claim.edi", "ok/0006_two_interchanges_with_other_delimiters.edi", "err/0055_binary_segment.edi"]
    {
        all.extend(std::fs::read(folder.join(name)).unwrap());
    }
    all
}

#[test]
fn one_byte_at_a_time_gives_the_same_events() {
    let file = sample();
    let whole = Events::of([&file]);
    assert!(whole.0.len() > 100);
    assert!(whole == Events::of(file.chunks(1)));
}

/// Found so: a binary segment whose declared length is wrong was told with every piece until it was whole.
#[test]
fn every_fixture_gives_the_same_events_in_any_pieces() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 100);
    for (name, file) in fixtures {
        let whole = Events::of([&file]);
        for size in [1, 3, 64, 107] {
            alike(&whole, &Events::of(file.chunks(size)))
                .unwrap_or_else(|differs| panic!("{name} in {size}: {differs}"));
        }
    }
}

#[test]
fn generated_files_of_every_guide_give_the_same_events_in_any_pieces() {
    for guide in Guides::built_in().iter() {
        let options = GenerateOptions { count: 4, seed: 11, ..GenerateOptions::new(Arc::clone(guide)) };
        let file: Vec<u8> = Generator::new(options).flatten().collect();
        let whole = Events::of([&file]);
        for size in [1, 5, 1000] {
            assert!(whole == Events::of(file.chunks(size)), "{} in pieces of {size}", guide.id());
        }
    }
}

#[test]
fn a_file_cut_at_any_byte_releases_nothing_and_never_panics() {
    let file = std::fs::read(folder().join("envelope/ok/0001_one_claim.edi")).unwrap();
    let end = file.iter().rposition(|byte| *byte == b'~').unwrap();
    for cut in 0..=end {
        let mut verdicts = Verdicts::default();
        let result = engine::run(&file[..cut], Options::default(), &mut verdicts);
        let rejected = verdicts.0.iter().all(|code| *code != "000");
        assert!(rejected && (result.is_err() || !verdicts.0.is_empty()), "cut at {cut}: {:?}", verdicts.0);
    }
}

#[derive(Default)]
struct Verdicts(Vec<&'static str>);

impl Visitor for Verdicts {
    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.0.push(event.code.code());
    }
}

#[test]
fn a_cut_interchange_is_told_with_its_code() {
    let file = sample();
    for (cut, code) in [(99, "023"), (106, "023"), (200, "023")] {
        let mut verdicts = Verdicts::default();
        let _ = engine::run(&file[..cut], Options::default(), &mut verdicts);
        assert_eq!(verdicts.0, [code], "cut at {cut}");
    }
}

/// The first event that differs, if any.
fn alike(a: &Events, b: &Events) -> Result<(), TestCaseError> {
    let differs = a.0.iter().zip(&b.0).position(|(a, b)| a != b);
    prop_assert!(differs.is_none(), "{:?} and {:?}", a.0.get(differs.unwrap()), b.0.get(differs.unwrap()));
    prop_assert_eq!(a.0.len(), b.0.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_the_same_events(sizes in prop::collection::vec(1usize..900, 1..40)) {
        let file = sample();
        let mut chunks = Vec::new();
        let mut rest = file.as_slice();
        for size in sizes.iter().cycle() {
            let (chunk, more) = rest.split_at((*size).min(rest.len()));
            chunks.push(chunk);
            rest = more;
            if rest.is_empty() {
                break;
            }
        }
        alike(&Events::of(&chunks), &Events::of([&file]))?;
    }

    #[test]
    fn bytes_that_were_changed_never_panic_and_chunk_alike(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        size in 1usize..300,
    ) {
        let mut file = sample();
        for (at, byte) in &changes {
            let at = at.index(file.len());
            file[at] = *byte;
        }
        alike(&Events::of(file.chunks(size)), &Events::of([&file]))?;
    }

    #[test]
    fn segments_that_were_shuffled_never_panic(
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..80),
    ) {
        let file = sample();
        let segments: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'~').collect();
        let mut shuffled = segments[..3].concat();
        for at in order {
            shuffled.extend_from_slice(segments[at.index(segments.len())]);
        }
        alike(&Events::of([&shuffled]), &Events::of(shuffled.chunks(7)))?;
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), isa in any::<bool>()) {
        let mut file = if isa { sample()[..106].to_vec() } else { Vec::new() };
        file.extend(bytes);
        alike(&Events::of(file.chunks(97)), &Events::of([&file]))?;
    }
}
