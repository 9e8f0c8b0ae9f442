//! What holds for every guide of `guides/`, and how the engine reads small guides that show one thing each.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use tradewind_edi::engine::{self, CharacterSet, ItemEnd, SetEnd, SetStart};
use tradewind_edi::finding::{RuleId, Snip};
use tradewind_edi::guide::{self, DataType, ElementUse, GuideId, ItemKind, NodeIx, NodeKind, SegmentId, Usage};
use tradewind_edi::{Finding, Guide, Guides, Options, Severity, Visitor};

#[test]
fn the_guides_are_found_by_what_a_file_says() {
    let guides = Guides::built_in();
    assert_eq!(guides.find("005010X222A1", "837", None).unwrap().group, "HC");
    assert_eq!(guides.find("005010X222", "837", Some("00")).unwrap().revision, "005010X222A1");
    assert_eq!(guides.get(&GuideId::parse("005010X279A1/271").unwrap()).unwrap().set, "271");
    let institutional = guides.find("005010X223A2", "837", None).unwrap();
    let dental = guides.find("005010X224A2", "837", None).unwrap();
    for addendum in ["", "A1", "A3"] {
        let of = |revision: &str| guides.find(&format!("{revision}{addendum}"), "837", None).unwrap().id();
        assert_eq!((of("005010X223"), of("005010X224")), (institutional.id(), dental.id()));
    }
    assert!(guides.find("005010X222A1", "270", None).is_none());
    assert_eq!(guides.of_revision("005010X279A1").count(), 2);
    let review = |purpose| guides.find("005010X217", "278", purpose).map(|guide| guide.name.to_string());
    assert_eq!(review(Some("13")).as_deref(), Some("Health Care Services Review: Request"));
    assert_eq!(review(Some("11")).as_deref(), Some("Health Care Services Review: Response"));
    assert_eq!(review(None), None);
}

#[test]
fn names_are_unique_among_siblings_and_elements() {
    for guide in Guides::built_in().iter() {
        for ix in guide.indexes() {
            let mut names = BTreeSet::new();
            for child in guide.children(ix) {
                assert!(names.insert(&guide.node(child).name), "{}: {}", guide.id(), guide.loop_path(child));
            }
            let elements = guide.elements_of(guide.node(ix));
            let mut names = BTreeSet::new();
            assert!(elements.iter().all(|used| names.insert(&used.name)), "{}: {:?}", guide.id(), guide.node(ix));
        }
    }
}

#[test]
fn every_loop_and_segment_can_be_reached_by_its_path() {
    for guide in Guides::built_in().iter() {
        for ix in guide.indexes().filter(|ix| guide.node(*ix).kind == NodeKind::Loop) {
            assert_eq!(guide.find(&guide.loop_path(ix)), Some(ix), "{}", guide.id());
            let opening = guide.node(ix).first_child;
            assert_eq!(guide.node(opening).kind, NodeKind::Segment);
            assert_eq!(guide.node(opening).segment, guide.node(ix).segment);
        }
        let reached = guide.indexes().filter(|ix| *ix == NodeIx::ROOT || guide.node(*ix).parent != NodeIx::NONE);
        assert_eq!(reached.count(), guide.nodes.len());
    }
}

#[test]
fn codes_are_sorted_and_fit_their_elements() {
    for guide in Guides::built_in().iter() {
        for used in guide.elements.iter() {
            let codes = guide.codes_of(used);
            assert!(codes.is_sorted() && codes.windows(2).all(|pair| pair[0] != pair[1]));
            let known = guide::known();
            for code in codes {
                assert!(known.codes.binary_search(&(used.element, *code)).is_ok());
                let length = code.as_bytes().len() as u32;
                assert!((used.min..=used.max).contains(&length), "{}: {code} of {}", guide.id(), used.name);
            }
        }
    }
}

/// The lines of a file of the notation: their words, without remarks.
fn words(file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(format!("{}/guides/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn elements_and_their_lengths_are_those_of_the_dictionary() {
    let elements: BTreeMap<_, _> = words("elements.txt")
        .into_iter()
        .filter(|words| !words.is_empty())
        .map(|words| {
            let (min, max) = words[2].split_once('/').unwrap();
            (words[0].clone(), (min.parse::<u32>().unwrap(), max.parse::<u32>().unwrap()))
        })
        .collect();
    let mut segments: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut last = String::new();
    for words in words("segments.txt").into_iter().filter(|words| words.len() > 1) {
        match words[0].as_str() {
            "segment" | "composite" => last.clone_from(&words[1]),
            "note" => {}
            _ => segments.entry(last.clone()).or_default().push(words[1].clone()),
        }
    }
    for guide in Guides::built_in().iter() {
        let fits = |uses: &[ElementUse], of: &str| {
            for (used, id) in uses.iter().zip(&segments[of]) {
                assert_eq!(used.element.as_str(), id, "{}: {of}", guide.id());
                if let Some((min, max)) = elements.get(id) {
                    let within = used.min >= *min && used.max <= *max && used.min <= used.max;
                    assert!(within, "{}: {} of {of}", guide.id(), used.name);
                }
            }
            assert!(uses.len() <= segments[of].len());
        };
        for ix in guide.indexes().filter(|ix| guide.node(*ix).kind == NodeKind::Segment) {
            let node = guide.node(ix);
            fits(guide.elements_of(node), node.segment.as_str());
            for used in guide.elements_of(node).iter().filter(|used| used.data_type == DataType::Composite) {
                fits(guide.components_of(used), used.element.as_str());
            }
        }
    }
}

#[test]
fn positions_are_without_gaps_and_composites_have_components() {
    for guide in Guides::built_in().iter() {
        for ix in guide.indexes() {
            for (at, used) in guide.elements_of(guide.node(ix)).iter().enumerate() {
                assert_eq!(usize::from(used.position), at + 1);
                let composite = used.data_type == DataType::Composite && used.usage != Usage::NotUsed;
                assert!(!composite || !guide.components_of(used).is_empty());
            }
        }
    }
}

#[test]
fn every_guide_has_its_envelope_and_its_base() {
    for guide in Guides::built_in().iter() {
        let children: Vec<_> =
            guide.children(NodeIx::ROOT).map(|ix| guide.node(ix).segment.as_str().to_owned()).collect();
        assert_eq!(children.first().map(String::as_str), Some("ST"));
        assert_eq!(children.last().map(String::as_str), Some("SE"));
        assert!(guide.base_segments.is_sorted() && guide.base_segments.contains(&SegmentId::lit("ST")));
        let known = |ix: NodeIx| guide::known().segments.contains(&guide.node(ix).segment);
        assert!(guide.indexes().skip(1).all(known));
        if let ItemKind::Loops { .. } = guide.item_kind {
            assert!(!guide.items.is_empty() && !guide.keys.is_empty(), "{}", guide.id());
        }
    }
}

#[test]
fn a_place_belongs_to_the_business_unit_of_its_innermost_loop() {
    let guides = Guides::built_in();
    let guide = guides.find("005010X222A1", "837", None).unwrap();
    let line = guide.find("2000A/2000B/2300/2400/SV1").unwrap();
    assert_eq!(guide.context_of(line).unwrap().value.name, "CLM01");
    assert!(guide.context_of(guide.find("BHT").unwrap()).is_none());
}

/// A set in which nothing is but ST, BHT, an HL level with nested levels, and SE.
const LEVELS: &str = "guide TESTX1
  set 837
  group HC
  name Levels
  item 2000A/2010AA 2000B

segment 0050 ST R 1 header
  01 R code = 837
  02 R control_number
  03 S convention = TESTX1
segment 0100 BHT R 1 beginning
  01 R structure
  02 R purpose
loop 0010 2000A R >1 outer
  segment 0010 HL R 1 level
    01 R number
    02 S parent
    03! R code = 20
    04 S child = 0 1
  loop 0150 2010AA S 1 name
    segment 0150 NM1 R 1 name
      01! R entity = 85
      02 R kind
  loop 0010 2000B S >1 inner
    segment 0010 HL R 1 level
      01 R number
      02 R parent
      03! R code = 22
      04 S child = 0 1
segment 5550 SE R 1 trailer
  01 R count
  02 R control_number
";

fn guide(text: &str) -> Guide {
    guide::read("test.txt", text).unwrap_or_else(|error| panic!("{error}"))
}

#[derive(Default)]
struct Seen {
    guides: Vec<String>,
    items: Vec<(String, bool, bool)>,
    rules: Vec<&'static str>,
    verdicts: Vec<&'static str>,
    names: Vec<String>,
}

impl Visitor for Seen {
    fn set_start(&mut self, event: &SetStart<'_>) {
        self.guides.extend(event.guide.map(|guide| guide.name.to_string()));
        self.names = event.guide.map(|g| g.nodes.iter().map(|n| n.id.to_string()).collect()).unwrap_or_default();
    }
    fn item_close(&mut self, event: &ItemEnd) {
        self.items.push((self.names[usize::from(event.node.0)].clone(), event.own, event.rejected));
    }
    fn finding(&mut self, finding: &Finding) {
        self.rules.push(finding.rule.0);
    }
    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.verdicts.push(event.verdict.code());
    }
}

fn read(guides: Vec<Guide>, body: &[&str]) -> Seen {
    let mut file = String::from(
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~\
         GS*HC*S*R*20260101*1200*1*X*TESTX1~ST*837*0001*TESTX1~",
    );
    body.iter().for_each(|segment| file.push_str(&format!("{segment}~")));
    file.push_str(&format!("SE*{}*0001~GE*1*1~IEA*1*000000001~", body.len() + 2));
    let mut seen = Seen::default();
    let options = Options { guides: Guides::new(guides), ..Options::default() };
    engine::run(file.as_bytes(), options, &mut seen).unwrap();
    seen
}

fn item(id: &str, own: bool) -> (String, bool, bool) {
    (id.to_owned(), own, false)
}

#[test]
fn an_item_that_encloses_items_is_one_only_with_its_own_inner_loop() {
    let seen = read(vec![guide(LEVELS)], &["BHT*0019*00", "HL*1**20*1", "HL*2*1*22", "HL*3*1*22", "HL*4**20*0"]);
    assert_eq!(seen.rules, [""; 0]);
    assert_eq!(seen.items, [item("2000A", false), item("2000B", true), item("2000B", true), item("2000A", true)]);
    let seen = read(vec![guide(LEVELS)], &["BHT*0019*00", "HL*1**20*1", "NM1*85*2", "HL*2*1*22"]);
    assert_eq!(seen.items, [item("2000A", true), item("2000B", true)]);
}

#[test]
fn where_items_do_not_stand_alone_an_error_in_one_rejects_the_set() {
    let seen = read(vec![guide(LEVELS)], &["BHT*0019*00", "HL*1**20*1", "HL*2*1*22*9"]);
    assert_eq!((seen.rules, seen.verdicts), (vec!["code"], vec!["R"]));
    let alone = LEVELS.replace("2000A/2010AA 2000B", "2000B alone");
    let seen = read(vec![guide(&alone)], &["BHT*0019*00", "HL*1**20*1", "HL*2*1*22*9", "HL*3*1*22*0"]);
    assert_eq!(seen.items, [("2000B".to_owned(), true, true), item("2000B", true)]);
    assert_eq!(seen.verdicts, ["E"]);
}

#[test]
fn a_whole_set_may_be_the_item() {
    let seen = read(vec![guide(&LEVELS.replace("2000A/2010AA 2000B", "set"))], &["BHT*0019*00", "HL*1**20"]);
    assert_eq!(seen.items, [item("837", true)]);
}

#[test]
fn bht02_tells_two_guides_apart() {
    let of =
        |name: &str, purpose: &str| guide(&LEVELS.replace("name Levels", &format!("name {name}\n  purpose {purpose}")));
    let both = || vec![of("Request", "13"), of("Response", "11")];
    assert_eq!(read(both(), &["BHT*0007*13", "HL*1**20"]).guides, ["Request"]);
    let seen = read(both(), &["BHT*0007*11", "HL*1**20"]);
    assert_eq!((seen.guides, seen.rules), (vec!["Response".to_owned()], vec![]));
    // Neither fits: the first reads it.
    assert_eq!(read(both(), &["HL*1**20"]).guides, ["Request"]);
}

#[test]
fn a_level_is_found_again_after_its_children() {
    let levels = ["BHT*0019*00", "HL*1**20*1", "HL*2*1*22*0", "HL*3**20*1", "HL*4*3*22*0", "HL*5*3*22*0"];
    assert_eq!(read(vec![guide(LEVELS)], &levels).rules, [""; 0]);
    let wrong = ["BHT*0019*00", "HL*1**20*1", "HL*2*1*22*0", "HL*3**20*1", "HL*4*1*22*0"];
    assert_eq!(read(vec![guide(LEVELS)], &wrong).rules, ["hl-parent"]);
    let childless = ["BHT*0019*00", "HL*1**20*0", "HL*2*1*22*0"];
    assert_eq!(read(vec![guide(LEVELS)], &childless).rules, ["hl-child"]);
}

#[test]
fn rules_run_up_to_the_type_that_is_asked_for() {
    let file = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../fixtures/x12/005010X222A1/err/0033_one_bad_claim_of_three.edi"
    ))
    .unwrap();
    let rules = |snip_max: Snip| {
        let mut seen = Seen::default();
        engine::run(&file, Options { snip_max, ..Options::default() }, &mut seen).unwrap();
        seen.rules
    };
    assert_eq!(rules(Snip::Syntax), [""; 0]);
    assert_eq!(rules(Snip::Guide), ["code"]);
    assert_eq!(rules(Snip::Balance), ["claim-charge-total", "code"]);
}

#[test]
fn a_severity_in_place_of_error_lets_through() {
    let mut options = Options { guides: Guides::built_in(), ..Options::default() };
    options.severities[2] = Some(Severity::Warning);
    options.severities[1] = Some(Severity::Info);
    let file = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../fixtures/x12/005010X222A1/err/0033_one_bad_claim_of_three.edi"
    ))
    .unwrap();
    let mut seen = Seen::default();
    engine::run(&file, options, &mut seen).unwrap();
    assert_eq!(seen.rules, ["claim-charge-total", "code"]);
    assert!(seen.items.iter().all(|(_, own, rejected)| *own && !rejected));
    assert_eq!(seen.verdicts, ["A"]);
}

#[test]
fn a_rule_has_a_severity_of_its_own_by_name() {
    let file = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../fixtures/x12/005010X222A1/err/0033_one_bad_claim_of_three.edi"
    ))
    .unwrap();
    let severities = |rule_severities: Vec<(&'static str, Severity)>| {
        let rule_severities = rule_severities.into_iter().map(|(rule, severity)| (RuleId(rule), severity)).collect();
        let mut options = Options { rule_severities, ..Options::default() };
        options.severities[2] = Some(Severity::Info);
        let mut seen = Severities::default();
        engine::run(&file, options, &mut seen).unwrap();
        seen.0
    };
    // The rule's name goes before its type, here 3.
    let found = severities(vec![("claim-charge-total", Severity::Warning)]);
    assert_eq!(found, [("claim-charge-total", Severity::Warning), ("code", Severity::Error)]);
    let found = severities(vec![("code", Severity::Info)]);
    assert_eq!(found, [("claim-charge-total", Severity::Info), ("code", Severity::Info)]);
}

#[derive(Default)]
struct Severities(Vec<(&'static str, Severity)>);

impl Visitor for Severities {
    fn finding(&mut self, finding: &Finding) {
        self.0.push((finding.rule.0, finding.severity));
    }
}

#[test]
fn faults_of_the_notation_name_file_and_line() {
    let fault = |from: &str, to: &str| {
        assert!(LEVELS.contains(from), "{from}");
        guide::read("test.txt", &LEVELS.replacen(from, to, 1)).unwrap_err().to_string()
    };
    let line = |text: &str| LEVELS.lines().position(|line| line.contains(text)).unwrap() + 1;
    let starts = |error: String, at: usize, says: &str| {
        assert!(error.starts_with(&format!("test.txt:{at}: ")) && error.contains(says), "{error}");
    };
    starts(fault("HL R 1 level", "HX R 1 level"), line("HL R 1 level"), "segments.txt");
    starts(fault("04 S child", "09 S child"), line("04 S child"), "position");
    starts(fault("loop 0010 2000A", "loop 0020 2000A"), line("2000A R >1"), "position of its first segment");
    starts(fault("01! R entity = 85", "01! R entity"), line("01! R entity"), "codes at a key");
    starts(fault("R entity = 85", "R entity = 85 85"), line("R entity = 85"), "once");
    starts(fault("R entity = 85", "R entity = 8500"), line("R entity = 85"), "letters");
    starts(fault("R entity = 85", "R entity = @nowhere"), line("R entity = 85"), "codes/");
    starts(fault("02 R kind", "02 R entity"), line("02 R kind"), "name of its own");
    starts(fault("02 R kind", "02 Q kind"), line("02 R kind"), "R, S or N");
    starts(fault("set 837", "set 999999"), 1, "base/");
    starts(fault("item 2000A/2010AA 2000B", "item 2000Z"), line("item"), "loop of this guide");
}

#[test]
fn siblings_that_cannot_be_told_apart_are_refused() {
    let twice = LEVELS.replace(
        "  loop 0010 2000B S >1 inner",
        "  loop 0150 2010AB S 1 other\n    segment 0150 NM1 R 1 name\n      01! R entity = 87 85\n      02 R kind\n  loop 0010 2000B S >1 inner",
    );
    let error = guide::read("test.txt", &twice).unwrap_err().to_string();
    assert!(error.contains("tell it from name"), "{error}");
    assert!(guide::read("test.txt", &twice.replace("87 85", "87")).is_ok());
}

fn one_claim() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/x12/005010X222A1/ok/0001_one_claim.edi");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_code_before_its_time_is_a_warning() {
    let telehealth = one_claim().replace("11:B:1", "02:B:1");
    let seen = |file: &str| {
        let mut seen = Seen::default();
        engine::run(file.as_bytes(), Options::default(), &mut seen).unwrap();
        (seen.rules, seen.verdicts)
    };
    assert_eq!(seen(&telehealth), (vec![], vec!["A"]));
    let before = telehealth.replace("TRADEWIND*20260301*", "TRADEWIND*20160301*");
    assert_eq!(seen(&before), (vec!["code-out-of-date"], vec!["A"]));
}

#[test]
fn the_basic_character_set_knows_no_lower_case() {
    let lower = one_claim().replace("ALEX", "Alex").replace("SYNTHETIC CLINIC", "SYNTHETIC #1");
    let rules = |character_set: CharacterSet| {
        let mut seen = Seen::default();
        engine::run(lower.as_bytes(), Options { character_set, ..Options::default() }, &mut seen).unwrap();
        seen.rules
    };
    assert_eq!(rules(CharacterSet::Extended), [""; 0]);
    assert_eq!(rules(CharacterSet::Basic), ["character", "character"]);
}

#[test]
fn a_nul_behind_a_code_makes_it_another_value() {
    let mut seen = Seen::default();
    engine::run(one_claim().replace("11:B:1", "11:B\0:1").as_bytes(), Options::default(), &mut seen).unwrap();
    assert_eq!(seen.rules, ["character", "code"]);
}
