//! Generated files of every guide: valid to the last rule, of exactly as many items as were wanted, and of rich variety.
//!
//! `GENERATE_COUNT` and `GENERATE_SEEDS` ask for more than the everyday run does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use tradewind_edi::engine::{GroupStart, ItemEnd, run};
use tradewind_edi::generate::{GenerateOptions, Generator, Ta1s};
use tradewind_edi::guide::{Guide, NodeIx, NodeKind, Usage};
use tradewind_edi::{Finding, Guides, Options, Segment, Severity, Visitor};

/// What the engine sees of a file.
#[derive(Default)]
struct Seen {
    loops: BTreeSet<NodeIx>,
    segments: BTreeSet<NodeIx>,
    elements: BTreeSet<(NodeIx, usize)>,
    items: u64,
    units: u64,
    answers: u64,
    groups: u64,
    findings: BTreeMap<String, (usize, String)>,
}

impl Visitor for Seen {
    fn group_start(&mut self, _: &GroupStart<'_>) {
        self.groups += 1;
    }
    fn ta1(&mut self, _: &Segment<'_>) {
        self.answers += 1;
    }
    fn loop_open(&mut self, node: NodeIx) {
        self.loops.insert(node);
    }
    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        if let Some(node) = node {
            self.segments.insert(node);
            let filled = segment.elements().enumerate().filter(|(_, element)| !element.bytes().is_empty());
            self.elements.extend(filled.map(|(at, _)| (node, at + 1)));
        }
        self.units += u64::from(["CLP", "RMR", "AK1"].contains(&segment.id().as_str()));
    }
    fn finding(&mut self, finding: &Finding) {
        if finding.severity != Severity::Info {
            let place = &finding.place;
            let at = format!(
                "{} {:?} {:02}-{}: {}",
                place.loop_path, place.segment_id, place.element, place.component, finding.message
            );
            self.findings.entry(finding.rule.to_string()).or_insert((0, at)).0 += 1;
        }
    }
    fn item_close(&mut self, event: &ItemEnd) {
        self.items += u64::from(event.own);
    }
}

/// Items of a file where nobody asks for more.
const EVERYDAY_COUNT: u64 = 200;

fn asked(name: &str, everyday: u64) -> u64 {
    std::env::var(name).map_or(everyday, |asked| asked.parse().unwrap())
}

fn file(guide: &Arc<Guide>, count: u64, seed: u64) -> Vec<u8> {
    Generator::new(GenerateOptions { count, seed, ..GenerateOptions::new(Arc::clone(guide)) }).flatten().collect()
}

/// What is seen of each guide's files, one for each seed: looked at once for all tests.
fn looked_at() -> &'static [(Arc<Guide>, Vec<Seen>)] {
    static ALL: OnceLock<Vec<(Arc<Guide>, Vec<Seen>)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let count = asked("GENERATE_COUNT", EVERYDAY_COUNT);
        let look = |guide: &Arc<Guide>, seed| {
            let mut seen = Seen::default();
            run(&file(guide, count, seed), Options::default(), &mut seen).unwrap();
            seen
        };
        let of = |guide: &Arc<Guide>| (1..=asked("GENERATE_SEEDS", 2)).map(|seed| look(guide, seed)).collect();
        Guides::built_in().iter().map(|guide| (Arc::clone(guide), of(guide))).collect()
    })
}

#[test]
fn every_guide_s_files_are_valid_to_the_last_rule_and_have_the_items_that_were_wanted() {
    let count = asked("GENERATE_COUNT", EVERYDAY_COUNT);
    let mut wrong = Vec::new();
    for (guide, files) in looked_at() {
        for (seed, seen) in (1..).zip(files) {
            for (rule, (times, first)) in &seen.findings {
                wrong.push(format!("{} seed {seed}: {times} of {rule}, the first in {first}", guide.id()));
            }
            let items = if seen.units > 0 { seen.units } else { seen.items };
            if items != count {
                wrong.push(format!("{} seed {seed}: expected {count} items, found {items}", guide.id()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn interchanges_of_one_ta1_each_are_valid() {
    let guide = Arc::clone(Guides::built_in().find("005010X231A1", "999", None).unwrap());
    for seed in 1..=asked("GENERATE_SEEDS", 2) {
        let count = asked("GENERATE_COUNT", EVERYDAY_COUNT);
        let options = GenerateOptions { count, seed, ..GenerateOptions::new(Arc::clone(&guide)) };
        let mut seen = Seen::default();
        run(&Ta1s::new(&options).flatten().collect::<Vec<u8>>(), Options::default(), &mut seen).unwrap();
        assert!(seen.findings.is_empty(), "seed {seed}: {:?}", seen.findings);
        assert_eq!((seen.answers, seen.groups), (count, 0));
    }
}

/// Of the loops and segments of each guide, how many in a hundred the generator makes at least.
const FLOORS: &[(&str, usize)] = &[
    ("005010X186A1/824", 90),
    ("005010X212/276", 85),
    ("005010X212/277", 80),
    ("005010X214/277", 95),
    ("005010X217/278/13", 80),
    ("005010X217/278/11", 80),
    ("005010X218/820", 75),
    ("005010X220A1/834", 90),
    ("005010X221A1/835", 85),
    ("005010X222A1/837", 80),
    ("005010X223A2/837", 80),
    ("005010X224A2/837", 75),
    ("005010X231A1/999", 100),
    ("005010X279A1/270", 85),
    ("005010X279A1/271", 80),
];

#[test]
fn most_loops_and_segments_of_every_guide_are_made() {
    for (guide, files) in looked_at() {
        let loops: BTreeSet<NodeIx> = files.iter().flat_map(|seen| &seen.loops).copied().collect();
        let segments: BTreeSet<NodeIx> = files.iter().flat_map(|seen| &seen.segments).copied().collect();
        let filled: BTreeSet<(NodeIx, usize)> = files.iter().flat_map(|seen| &seen.elements).copied().collect();
        let made = |node: &NodeIx| loops.contains(node) || segments.contains(node);
        let name = |node: NodeIx| match guide.node(node).kind {
            NodeKind::Loop => guide.loop_path(node),
            NodeKind::Segment => format!("{}/{}", guide.loop_path(node), guide.node(node).name),
        };
        let all: Vec<NodeIx> = guide.indexes().filter(|node| *node != NodeIx::ROOT).collect();
        let never: Vec<String> = all.iter().filter(|node| !made(node)).map(|node| name(*node)).collect();
        let percent = 100 * (all.len() - never.len()) / all.len();
        let elements: Vec<(NodeIx, usize)> = all
            .iter()
            .flat_map(|node| guide.elements_of(guide.node(*node)).iter().map(|element| (*node, element)))
            .filter(|(node, element)| guide.node(*node).kind == NodeKind::Segment && element.usage != Usage::NotUsed)
            .map(|(node, element)| (node, usize::from(element.position)))
            .collect();
        let empty: Vec<String> = elements
            .iter()
            .filter(|place| !filled.contains(place))
            .map(|(node, at)| format!("{}{at:02}", name(*node)))
            .collect();
        let id = guide.id().to_string();
        println!("{id}: {} of {} ({percent} %), never {}", all.len() - never.len(), all.len(), never.join(" "));
        println!("  elements: {} of {}, never {}", elements.len() - empty.len(), elements.len(), empty.join(" "));
        let floor = FLOORS.iter().find(|(of, _)| *of == id).unwrap().1;
        assert!(percent >= floor, "{id}: expected {floor} in a hundred at least, made {percent}");
    }
}

/// The segments of each set of a guide's file, cut into elements.
fn sets(revision: &str, set: &str, purpose: Option<&str>) -> Vec<Vec<Vec<String>>> {
    let guide = Arc::clone(Guides::built_in().find(revision, set, purpose).unwrap());
    let options = GenerateOptions { count: 800, seed: 1, items_per_set_max: 10, ..GenerateOptions::new(guide) };
    let file: Vec<u8> = Generator::new(options).flatten().collect();
    let text = String::from_utf8(file).unwrap();
    let cut = |segment: &str| segment.split('*').map(str::to_owned).collect::<Vec<_>>();
    text.split("~\nST*").skip(1).map(|set| set.split("~\n").map(cut).collect()).collect()
}

#[test]
fn some_answers_end_with_their_source_which_says_why() {
    for (revision, set, purpose) in [("005010X279A1", "271", None), ("005010X217", "278", Some("11"))] {
        let sets = sets(revision, set, purpose);
        let refused = |set: &&Vec<Vec<String>>| set[3][0] == "AAA";
        let early: Vec<_> = sets.iter().filter(refused).collect();
        assert!(!early.is_empty() && early.len() * 10 < sets.len(), "{set}: {} of {}", early.len(), sets.len());
        for set in early {
            assert_eq!(set.iter().filter(|segment| segment[0] == "HL").count(), 1);
            assert_eq!(set[2][4], "0");
        }
    }
}

#[test]
fn claims_are_asked_after_in_every_state_and_the_paid_ones_say_what_was_paid() {
    let sets = sets("005010X212", "277", None);
    let statuses = || sets.iter().flatten().filter(|segment| segment[0] == "STC" && segment.len() > 4);
    let of = |category: &str| statuses().filter(|stc| stc[1].starts_with(category)).cloned().collect::<Vec<_>>();
    let is = |stc: &[String], at: usize| stc.get(at).is_some_and(|value| !value.is_empty());
    assert!(of("F1:").len() > 50 && of("F1:").iter().all(|stc| is(stc, 5) && is(stc, 6) && is(stc, 8) && is(stc, 9)));
    assert!(of("F2:").len() > 20 && of("F2:").iter().all(|stc| stc[5] == "0" && is(stc, 6) && !is(stc, 9)));
    assert!(of("P1:").len() > 20 && of("P1:").iter().all(|stc| !is(stc, 5) && !is(stc, 6)));
}

#[test]
fn what_leads_to_a_review_and_to_an_inquiry_is_told_with_what_it_needs() {
    for set in sets("005010X217", "278", Some("13")) {
        let caused =
            set.iter().any(|segment| segment[0] == "UM" && segment.get(5).is_some_and(|cause| !cause.is_empty()));
        assert_eq!(caused, set.iter().any(|segment| segment[0] == "DTP" && segment[1] == "439"));
    }
    let inquiries = sets("005010X279A1", "270", None);
    let pointed = inquiries.iter().flatten().filter(|segment| segment[0] == "EQ" && segment.len() > 5);
    assert!(pointed.count() > 20);
}
