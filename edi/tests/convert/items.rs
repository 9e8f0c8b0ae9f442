//! Items: their keys, their place, and that each stands alone.

use serde_json::Value;

use crate::support::{findings, generated, guide, guides, items, to_json};
use tradewind_edi::ack::Format;
use tradewind_edi::engine::{Engine, Options};
use tradewind_edi::item::{Collected, Collector};
use tradewind_edi::json::{JsonError, item_to_x12, set_to_interchange};
use tradewind_edi::{ControlNumber, Delimiters, Guide, Guides};

/// An interchange around one set.
pub(crate) fn interchange(guide: &Guide, set: &[u8]) -> Vec<u8> {
    let isa =
        "ISA*00*          *00*          *ZZ*SYNTHSENDER    *ZZ*SYNTHRECEIVER  *260115*0800*^*00501*000000001*0*T*:~";
    let gs = format!("GS*{}*SYNTHSENDER*SYNTHRECEIVER*20260115*0800*1*X*{}~", guide.group, guide.revision);
    [isa.as_bytes(), gs.as_bytes(), set, b"GE*1*1~IEA*1*000000001~"].concat()
}

/// The JSON without the numbers of the hierarchy, which an item on its own has anew, and what a set has of its own.
pub(crate) fn without_numbers(mut value: Value) -> Value {
    fn clean(value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(clean),
            Value::Object(members) => {
                members.remove("hierarchical_level");
                members.remove("transaction_header");
                members.values_mut().for_each(clean);
            }
            _ => {}
        }
    }
    clean(&mut value);
    value
}

pub(crate) fn values(collected: &Collected) -> Vec<Value> {
    let json = |item| serde_json::from_slice(collected.json_of(item)).expect("JSON");
    collected.items.iter().map(json).collect()
}

#[test]
fn a_claim_has_its_keys_its_total_and_its_place() {
    let file = generated(&guide("005010X222A1", "837"), 30, 2);
    let text = String::from_utf8(file.clone()).expect("ASCII");
    let collected = items(&file);
    let claims: Vec<&str> = text.split('\n').filter(|line| line.starts_with("CLM*")).collect();
    assert_eq!(collected.items.len(), claims.len());
    for (ordinal, (item, claim)) in (1..).zip(collected.items.iter().zip(claims)) {
        let elements: Vec<&str> = claim.split('*').collect();
        assert_eq!(item.keys.find("claim_id"), Some(elements[1]));
        assert_eq!(item.total.as_deref(), Some(elements[2]));
        assert_eq!(item.keys.find("payer_id"), Some("SYNTHPAYER"));
        assert!(item.keys.find("member_id").is_some_and(|id| id.starts_with('W')));
        assert!(item.keys.find("billing_npi").is_some_and(|npi| npi.len() == 10));
        assert_eq!((item.interchange, item.group, item.set, item.ordinal), (1, 1, 1, ordinal));
        let bytes = &text[item.bytes.start as usize..item.bytes.end as usize];
        assert!(bytes.starts_with(claim));
        assert_eq!(bytes.matches("CLM*").count(), 1);
        assert!(!item.rejected);
    }
}

#[test]
fn an_items_keys_are_its_own_and_its_ancestors() {
    let file = generated(&guide("005010X279A1", "270"), 80, 2);
    let collected = items(&file);
    for (item, value) in collected.items.iter().zip(values(&collected)) {
        let subscriber = &value["information_source_level"][0]["information_receiver_level"][0]["subscriber_level"][0];
        let dependent = &subscriber["dependent_level"][0];
        let own = if dependent.is_null() { subscriber } else { dependent };
        assert_eq!(item.keys.find("trace"), own["trace"][0]["reference"].as_str());
        assert_eq!(item.keys.find("member_id"), subscriber["subscriber"]["name"]["identification_code"].as_str());
    }
    assert!(values(&collected).iter().any(|value| value.to_string().contains("dependent_level")));
}

#[test]
fn debug_shows_no_value() {
    let file = generated(&guide("005010X222A1", "837"), 1, 2);
    let collected = items(&file);
    let shown = format!("{collected:?} {:?}", collected.items[0].keys);
    assert!(!shown.contains(collected.items[0].keys.find("claim_id").expect("a claim id")));
    assert!(!shown.contains("SYNTHPAYER"));
}

#[test]
fn items_are_the_same_however_the_file_is_cut() {
    let file = generated(&guide("005010X279A1", "270"), 40, 4);
    let whole = items(&file);
    for piece in [1, 13, 1000] {
        let (mut engine, mut collector) = (Engine::new(Options::default()), Collector::new());
        let mut json = Vec::new();
        for piece in file.chunks(piece) {
            engine.feed(piece, &mut collector).expect("a file that can be framed");
            json.extend(collector.take().json);
        }
        engine.finish(&mut collector).expect("a file that can be framed");
        json.extend(collector.take().json);
        assert_eq!(json, whole.json);
    }
}

#[test]
fn an_item_stands_alone() {
    for guide in guides().iter().filter(|guide| !guide.items.is_empty()) {
        let name = guide.id().to_string();
        let collected = items(&generated(guide, 40, 8));
        for item in &collected.items {
            let mut set = Vec::new();
            let number = ControlNumber::new(7).expect("a number");
            let json = collected.json_of(item);
            item_to_x12(json, &Guides::built_in(), Delimiters::default(), number, &mut set)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let file = interchange(guide, &set);
            // What an advice as a whole says, one of its items need not bear out.
            let mut found = findings(&file);
            found.retain(|finding| !finding.starts_with("rejecting-advice-refuses-something"));
            assert_eq!(found, Vec::<String>::new(), "{name}");
            let again = items(&file);
            assert_eq!(again.items.len(), 1, "{name}");
            let before: Value = serde_json::from_slice(json).expect("JSON");
            assert_eq!(without_numbers(values(&again).remove(0)), without_numbers(before), "{name}");
        }
    }
}

#[test]
fn a_subscriber_who_asks_and_whose_dependents_ask_is_an_item_of_its_own() {
    let set = "ST*270*0001*005010X279A1~BHT*0022*13*REF1*20260115*0800~HL*1**20*1~NM1*PR*2*PLAN*****PI*P1~\
        HL*2*1*21*1~NM1*1P*2*CLINIC*****XX*1234567893~\
        HL*3*2*22*1~TRN*1*OUTER*9000000001~NM1*IL*1*SAMPLE*ASH****MI*W1~EQ*30~\
        HL*4*3*23*0~TRN*1*INNER*9000000001~NM1*03*1*SAMPLE*SKY~EQ*30~SE*15*0001~";
    let file = interchange(&guide("005010X279A1", "270"), set.as_bytes());
    assert_eq!(findings(&file), Vec::<String>::new());
    let collected = items(&file);
    let [inner, outer] = collected.items.as_slice() else { panic!("{:?}", collected.items) };
    assert_eq!((inner.ordinal, outer.ordinal), (2, 1));
    assert_eq!((inner.keys.find("trace"), outer.keys.find("trace")), (Some("INNER"), Some("OUTER")));
    let json = values(&collected);
    let subscriber = |value: &Value| {
        value["information_source_level"][0]["information_receiver_level"][0]["subscriber_level"][0].clone()
    };
    assert!(
        subscriber(&json[0])["subscriber"].get("inquiry").is_none(),
        "the question of the ancestor is not repeated"
    );
    assert_eq!(
        subscriber(&json[0])["dependent_level"][0]["dependent"]["inquiry"][0]["inquiry"]["service_type"][0],
        "30"
    );
    assert!(subscriber(&json[1]).get("dependent_level").is_none());
    assert_eq!(subscriber(&json[1])["subscriber"]["inquiry"][0]["inquiry"]["service_type"][0], "30");
}

#[test]
fn what_does_not_fit_the_guide_is_refused_with_its_place() {
    let collected = items(&generated(&guide("005010X222A1", "837"), 1, 2));
    let json = String::from_utf8(collected.json.clone()).expect("UTF-8");
    let error = |json: &str| {
        let mut out = Vec::new();
        let number = ControlNumber::FIRST;
        let refused = item_to_x12(json.as_bytes(), &Guides::built_in(), Delimiters::default(), number, &mut out);
        assert!(out.is_empty());
        refused.err().unwrap_or_else(|| panic!("not refused: {json}"))
    };
    let claim = "/billing_provider_level/0/subscriber_level/0/claim/0";
    let pointer = |json: &str| error(json).pointer().expect("a pointer").replace(claim, "CLAIM");
    let place = "\"claim_information\":{";
    assert_eq!(
        pointer(&json.replace(place, "\"claim_information\":{\"colour\":\"red\",")),
        "CLAIM/claim_information/colour"
    );
    assert_eq!(pointer(&json.replace("\"claim_id\":\"", "\"claim_id\":\"A*")), "CLAIM/claim_information/claim_id");
    assert_eq!(pointer(&json.replace("\"claim_id\":\"", "\"claim_id\":1,\"x\":\"")), "CLAIM/claim_information/x");
    assert_eq!(
        pointer(&json.replace("\"assignment\":\"A\"", "\"assignment\":\"Q\"")),
        "CLAIM/claim_information/assignment"
    );
    assert_eq!(pointer(&json.replace("\"assignment\":\"A\",", "")), "CLAIM/claim_information/assignment");
    assert_eq!(
        pointer(&json.replace("\"charge_amount\":\"", "\"charge_amount\":\"x")),
        "CLAIM/claim_information/charge_amount"
    );
    assert_eq!(pointer(&json.replace("\"guide\":\"0", "\"guide\":\"9")), "/guide");
    assert!(matches!(error(&json.replace("\"claim\":[", "\"claim\":\"\",\"y\":[")), JsonError::Kind { .. }));
    assert!(matches!(error(&json.replace(place, "\"claim_information\":[{")), JsonError::Syntax { .. }));
    assert!(!error(&json.replace("\"claim_id\":\"", "\"claim_id\":\"SECRET*")).to_string().contains("SECRET"));
}

#[test]
fn a_line_end_cannot_slip_in_a_segment() {
    let collected = items(&generated(&guide("005010X222A1", "837"), 1, 2));
    let json = String::from_utf8(collected.json.clone()).expect("UTF-8");
    let json = json.replace("\"claim_information\":{", "\"claim_information\":{\"_line_end\":\"~REF*G1*1\",");
    let refused =
        item_to_x12(json.as_bytes(), &Guides::built_in(), Delimiters::default(), ControlNumber::FIRST, &mut Vec::new());
    assert!(refused.is_err());
}

#[test]
fn a_sets_json_makes_an_interchange_of_its_own() {
    for (revision, set) in [("005010X222A1", "837"), ("005010X279A1", "271"), ("005010X214", "277")] {
        let guide = guide(revision, set);
        let document: Value = serde_json::from_slice(&to_json(&generated(&guide, 7, 5), 1000)).expect("JSON");
        // Written anew by another program: members in alphabetical order.
        let json = document["interchanges"][0]["groups"][0]["sets"][0].to_string();
        let mut file = Vec::new();
        let made = set_to_interchange(
            json.as_bytes(),
            &Guides::built_in(),
            &crate::batches::envelope(),
            &Format::default(),
            ControlNumber::FIRST,
            &mut file,
        );
        assert_eq!(made.unwrap_or_else(|error| panic!("{set}: {error}")).set, set);
        assert_eq!(findings(&file), Vec::<String>::new());
        assert_eq!(items(&file).items.len(), 7);
    }
}

#[test]
fn one_item_is_one_line() {
    let collected = items(&generated(&guide("005010X222A1", "837"), 5, 5));
    let mut lines = Vec::new();
    collected.push_lines(&mut lines);
    let lines = String::from_utf8(lines).expect("UTF-8");
    assert_eq!(lines.lines().count(), 5);
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}
