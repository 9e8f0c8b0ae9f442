//! Any number of threads, and any sizes of what they are handed, tell what one thread tells, in the same order.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::fixtures;
use proptest::prelude::*;
use std::num::NonZeroUsize;
use std::sync::Arc;
use tradewind_edi::engine::{
    Engine, GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, Parallel, ParallelEngine, SetEnd, SetStart,
};
use tradewind_edi::generate::{GenerateOptions, Generator};
use tradewind_edi::guide::{NodeIx, SegmentId};
use tradewind_edi::{Finding, Guides, Options, Segment, Visitor};

/// What is told of a file, as text. Of the segments of sets: claims.
#[derive(Default, PartialEq)]
struct Events(Vec<String>);

fn keeps(segment: &Segment<'_>) -> bool {
    segment.id() == SegmentId::lit("CLM")
}

impl Events {
    fn serial(file: &[u8]) -> Self {
        let (mut events, mut engine) = (Self::default(), Engine::new(Options::default()));
        let ended = engine.feed(file, &mut events).and_then(|()| engine.finish(&mut events));
        events.0.push(format!("{ended:?}"));
        events
    }

    fn parallel(file: &[u8], piece: usize, parallel: Parallel) -> Self {
        let (mut events, mut engine) = (Self::default(), ParallelEngine::new(Options::default(), parallel));
        let fed = file.chunks(piece).try_for_each(|piece| engine.feed(piece, &mut events));
        let ended = fed.and_then(|()| engine.finish(&mut events));
        events.0.push(format!("{ended:?}"));
        events
    }

    fn assert_same(&self, other: &Self, what: &str) {
        let differs = self.0.iter().zip(&other.0).find(|(a, b)| a != b);
        assert!(differs.is_none(), "{what}: {differs:#?}");
        assert_eq!(self.0.len(), other.0.len(), "{what}");
    }
}

impl Visitor for Events {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.0.push(format!("{event:?}"));
    }
    fn ta1(&mut self, segment: &Segment<'_>) {
        self.0.push(format!("{segment:?}"));
    }
    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.0.push(format!("group {} {}", event.ordinal, event.header.control_number));
    }
    fn set_start(&mut self, event: &SetStart<'_>) {
        let guide = event.guide.map(|guide| guide.id());
        self.0.push(format!("set {} {guide:?} {} {}", event.ordinal, event.header.control_number, event.offset));
    }
    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        if keeps(segment) {
            self.0.push(format!("{segment:?} {node:?} {:?} {:?}", segment.bytes(), segment.line_end()));
        }
    }
    fn finding(&mut self, finding: &Finding) {
        self.0.push(format!("{finding:?}"));
    }
    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.0.push(format!("{event:?} {:?}", event.guide.map(|guide| guide.id())));
    }
    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.0.push(format!("{event:?}"));
    }
    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.0.push(format!("{event:?}"));
    }
}

fn threads(count: usize) -> Parallel {
    Parallel { keeps, ..Parallel::new(NonZeroUsize::new(count).unwrap()) }
}

/// Ways to work: sets one by one and together, sets too large to wait, little that may wait.
fn ways() -> [Parallel; 4] {
    [
        Parallel { chunk_bytes: 1, ..threads(2) },
        Parallel { chunk_bytes: 3000, waiting_bytes_max: 5000, ..threads(3) },
        Parallel { chunk_bytes: 1, set_bytes_max: 1200, waiting_bytes_max: 1, ..threads(2) },
        threads(1),
    ]
}

fn generated(revision: &str, set: &str, count: u64, items_per_set_max: u64) -> Vec<u8> {
    let purpose = Some("13").filter(|_| set == "278");
    let guide = Guides::built_in().find(revision, set, purpose).unwrap().clone();
    let bad_every = Some(3).filter(|_| set == "837");
    let options =
        GenerateOptions { count, seed: 5, items_per_set_max, bad_every, ..GenerateOptions::new(Arc::clone(&guide)) };
    Generator::new(options).flatten().collect()
}

#[test]
fn every_fixture_is_told_alike() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 100);
    for (name, file) in fixtures {
        let serial = Events::serial(&file);
        for (way, piece) in ways().into_iter().zip([1 << 20, 64, 700]) {
            Events::parallel(&file, piece, way).assert_same(&serial, &name);
        }
    }
}

#[test]
fn files_of_many_sets_are_told_alike() {
    for (revision, set) in
        [("005010X222A1", "837"), ("005010X221A1", "835"), ("005010X217", "278"), ("005010X279A1", "270")]
    {
        let file = generated(revision, set, 60, 2);
        let serial = Events::serial(&file);
        assert!(serial.0.iter().filter(|event| event.starts_with("SetEnd")).count() >= 10, "{set}");
        for way in ways() {
            Events::parallel(&file, 5000, way).assert_same(&serial, set);
        }
    }
}

/// What hangs on other sets: numbers that come twice, counts, a set that is cut, segments between sets, two groups.
#[test]
fn faults_between_sets_are_told_alike() {
    let file = String::from_utf8(generated("005010X222A1", "837", 12, 2)).unwrap();
    let group = &file[file.find("GS*").unwrap()..file.find("IEA*").unwrap()];
    let changes: [(&str, String); 7] = [
        ("a number twice", file.replace("ST*837*0004*", "ST*837*0002*")),
        ("no SE", file.replacen("SE*", "SV9*", 2)),
        ("no ST", file.replacen("ST*837*0003*", "SX*837*0003*", 1)),
        ("a stray segment", file.replacen("ST*837*0005*", "REF*XX~\nREF*YY~\nST*837*0005*", 1)),
        ("no GE", file.replace("GE*", "GX*")),
        ("two groups", file.replace("IEA*1*", &format!("{group}IEA*2*"))),
        ("another guide", file.replacen("*0004*005010X222A1", "*0004*005010X999", 1)),
    ];
    for (what, changed) in changes {
        assert_ne!(changed, file, "{what}");
        let serial = Events::serial(changed.as_bytes());
        assert!(serial != Events::serial(file.as_bytes()), "{what}");
        for way in ways() {
            Events::parallel(changed.as_bytes(), 999, way).assert_same(&serial, what);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_threads_and_sizes_tell_alike_of_changed_bytes(
        changes in prop::collection::vec((any::<prop::sample::Index>(), "[*~:^A-Z0-9\n]"), 0..6),
        count in 1usize..4,
        chunk_bytes in 1usize..9000,
        set_bytes_max in 500usize..20_000,
        waiting_bytes_max in 1usize..20_000,
        piece in 1usize..9000,
    ) {
        let mut file = generated("005010X222A1", "837", 16, 3);
        for (at, byte) in &changes {
            let at = at.index(file.len());
            file[at] = byte.as_bytes()[0];
        }
        let way = Parallel { chunk_bytes, set_bytes_max, waiting_bytes_max, ..threads(count) };
        Events::parallel(&file, piece, way).assert_same(&Events::serial(&file), "changed");
    }
}
