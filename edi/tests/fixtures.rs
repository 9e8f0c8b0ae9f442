//! Every `.edi` under fixtures/x12 gives the findings and verdicts that stand beside it in `.findings.json`.
//! `UPDATE_EXPECT=1 cargo test -p tradewind-edi --test fixtures` blesses what it finds.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{fixtures, folder};
use serde_json::{Value, json};
use tradewind_edi::engine::{self, GroupEnd, InterchangeEnd, ItemEnd, SetEnd};
use tradewind_edi::finding::Fault;
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{Finding, Options, Segment, Severity, Visitor};

#[derive(Default)]
struct Collect {
    findings: Vec<Value>,
    verdicts: Vec<String>,
    errors: usize,
}

impl Visitor for Collect {
    fn finding(&mut self, finding: &Finding) {
        self.errors += usize::from(finding.severity == Severity::Error);
        let place = &finding.place;
        let mut found = json!({
            "rule": finding.rule.to_string(),
            "snip": finding.snip.number(),
            "severity": finding.severity.name(),
            "code": code(&finding.fault),
            "scope": format!("{:?}", finding.scope).split('(').next(),
            "message": finding.message,
            "bytes": [place.bytes.start, place.bytes.end],
        });
        let ordinals = [
            ("interchange", u64::from(place.interchange)),
            ("group", u64::from(place.group)),
            ("set", u64::from(place.set)),
            ("segment", u64::from(place.segment)),
            ("element", u64::from(place.element)),
            ("component", u64::from(place.component)),
            ("repetition", u64::from(place.repetition)),
        ];
        for (name, ordinal) in ordinals.into_iter().filter(|(_, ordinal)| *ordinal > 0) {
            found[name] = json!(ordinal);
        }
        if let Some(id) = place.segment_id {
            found["segment_id"] = json!(id.as_str());
        }
        if !place.loop_path.is_empty() {
            found["loop"] = json!(place.loop_path);
        }
        self.findings.push(found);
    }

    fn item_close(&mut self, item: &ItemEnd) {
        if item.own && item.rejected {
            self.verdicts.push(format!("item at bytes {}..{}: rejected", item.bytes.start, item.bytes.end));
        }
    }

    fn set_end(&mut self, set: &SetEnd<'_>) {
        let codes: Vec<_> = set.codes.iter().map(|code| code.code()).collect();
        self.verdicts.push(format!(
            "set {}: {} {codes:?}, {} segments, {} of {} items rejected{}",
            set.ordinal,
            set.verdict.code(),
            set.segments,
            set.items_rejected,
            set.items,
            if set.rejected { ", nothing travels" } else { "" }
        ));
    }

    fn group_end(&mut self, group: &GroupEnd<'_>) {
        let codes: Vec<_> = group.codes.iter().map(|code| code.code()).collect();
        self.verdicts.push(format!(
            "group {}: {} {codes:?}, {} of {} sets accepted",
            group.ordinal,
            group.verdict.code(),
            group.sets_accepted,
            group.sets
        ));
    }

    fn interchange_end(&mut self, interchange: &InterchangeEnd<'_>) {
        self.verdicts.push(format!(
            "interchange {}: {} {}, {} of {} sets and {} of {} items rejected",
            interchange.ordinal,
            interchange.verdict.code(),
            interchange.code.code(),
            interchange.sets_rejected,
            interchange.sets,
            interchange.items_rejected,
            interchange.items
        ));
    }
}

fn code(fault: &Fault) -> Value {
    match fault {
        Fault::Interchange(code) => json!(format!("TA105 {}", code.code())),
        Fault::Group(code) => json!(format!("AK905 {}", code.code())),
        Fault::Set(code) => json!(format!("IK502 {}", code.code())),
        Fault::Segment(code) => json!(format!("IK304 {}", code.code())),
        Fault::Element { code, reference } => json!(format!("IK403 {} of {reference}", code.code())),
        Fault::Business(code) => {
            let entity = code.entity.map(|entity| format!(":{entity}")).unwrap_or_default();
            json!(format!("STC01 {}:{}{entity}", code.category, code.status))
        }
        Fault::None => Value::Null,
    }
}

fn outcome(bytes: &[u8]) -> (Value, bool) {
    let mut collect = Collect::default();
    let refused = engine::run(bytes, Options::default(), &mut collect).err();
    let clean = refused.is_none() && collect.errors == 0;
    let refused = refused.map(|refusal| refusal.to_string());
    (json!({"refused": refused, "findings": collect.findings, "verdicts": collect.verdicts}), clean)
}

#[test]
fn every_fixture_gives_what_stands_beside_it() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let fixtures = fixtures();
    assert!(fixtures.len() > 100, "found {} fixtures", fixtures.len());
    let mut wrong = Vec::new();
    for (name, file) in fixtures {
        let (found, clean) = outcome(&file);
        if name.contains("/ok/") != clean {
            wrong.push(format!("{name}: in the wrong folder: {found:#}"));
        }
        let golden = folder().join(&name).with_extension("findings.json");
        if update {
            std::fs::write(&golden, format!("{found:#}\n")).unwrap();
        } else if std::fs::read(&golden).ok().and_then(|text| serde_json::from_slice(&text).ok()) != Some(found.clone())
        {
            wrong.push(format!("{name}: expected what stands in {}, found {found:#}", golden.display()));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Values of five letters and more, and what is said of the file.
#[derive(Default)]
struct Values {
    values: Vec<String>,
    messages: Vec<String>,
}

impl Visitor for Values {
    fn segment(&mut self, segment: &Segment<'_>, _: Option<NodeIx>) {
        let long = segment.elements().map(|e| String::from_utf8_lossy(e.bytes()).into_owned()).filter(|v| v.len() > 4);
        self.values.extend(long);
    }

    fn finding(&mut self, finding: &Finding) {
        self.messages.push(format!("{finding:?}"));
    }
}

#[test]
fn no_finding_holds_a_value() {
    let mut messages = 0;
    for (name, file) in fixtures() {
        let mut seen = Values::default();
        let _ = engine::run(&file, Options::default(), &mut seen);
        messages += seen.messages.len();
        for message in &seen.messages {
            let leaked = seen.values.iter().any(|value| message.contains(value));
            assert!(!leaked, "{name}: {message}");
        }
    }
    assert!(messages > 50);
}
