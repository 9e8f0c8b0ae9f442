//! Our JSON fulfils the schema that we publish.

use serde_json::Value;

use crate::items::values;
use crate::support::{generated, guide, guides, items, to_json, valid_fixtures};
use tradewind_edi::Guides;
use tradewind_edi::json::{file_schema, schema};

fn validator(guide: &std::sync::Arc<tradewind_edi::Guide>) -> jsonschema::Validator {
    let text: Value = serde_json::from_str(&schema(guide)).expect("JSON");
    jsonschema::draft202012::meta::validate(&text).unwrap_or_else(|error| panic!("{}: {error}", guide.id()));
    jsonschema::validator_for(&text).expect("a schema")
}

#[test]
fn sets_and_items_of_every_guide_fulfil_it() {
    for guide in guides() {
        let validator = validator(&guide);
        let file = generated(&guide, 20, 6);
        let document: Value = serde_json::from_slice(&to_json(&file, 1000)).expect("JSON");
        let sets = document["interchanges"][0]["groups"][0]["sets"].as_array().expect("sets").clone();
        assert!(!sets.is_empty());
        for value in sets.iter().chain(&values(&items(&file))) {
            let faults: Vec<String> =
                validator.iter_errors(value).map(|e| format!("{}: {}", e.instance_path(), e)).collect();
            assert!(faults.is_empty(), "{}: {faults:#?}", guide.id());
        }
    }
}

fn file_validator() -> jsonschema::Validator {
    let text: Value = serde_json::from_str(&file_schema(&Guides::built_in())).expect("JSON");
    jsonschema::draft202012::meta::validate(&text).unwrap_or_else(|error| panic!("{error}"));
    jsonschema::validator_for(&text).expect("a schema")
}

/// The item's guide, as its JSON names it.
fn guide_of(value: &Value) -> String {
    let name = |key: &str| value[key].as_str().map(|text| format!("/{text}")).unwrap_or_default();
    format!("{}{}{}", value["guide"].as_str().unwrap_or_default(), name("set"), name("purpose"))
}

#[test]
fn every_valid_fixture_fulfils_it_as_a_file_and_item_by_item() {
    let file_validator = file_validator();
    let by_guide: std::collections::HashMap<String, _> =
        guides().iter().map(|guide| (guide.id().to_string(), validator(guide))).collect();
    let (mut files, mut seen) = (0, 0);
    for (name, file) in valid_fixtures() {
        let faults = |validator: &jsonschema::Validator, value: &Value| {
            let faults: Vec<String> =
                validator.iter_errors(value).map(|e| format!("{}: {}", e.instance_path(), e)).collect();
            assert!(faults.is_empty(), "{name}: {faults:#?}");
        };
        faults(&file_validator, &serde_json::from_slice(&to_json(&file, 1000)).expect("JSON"));
        files += 1;
        for item in values(&items(&file)) {
            faults(&by_guide[&guide_of(&item)], &item);
            seen += 1;
        }
    }
    assert!(files > 70 && seen > 100, "{files} {seen}");
}

#[test]
fn a_file_with_another_envelope_or_set_fails_it() {
    let validator = file_validator();
    let json = String::from_utf8(to_json(&generated(&guide("005010X279A1", "271"), 2, 6), 1000)).expect("UTF-8");
    let valid = |json: &str| validator.is_valid(&serde_json::from_str(json).expect("JSON"));
    assert!(valid(&json));
    assert!(!valid(&json.replace("\"interchange_header\"", "\"header\"")));
    assert!(!valid(&json.replace("\"benefit\"", "\"benefits\"")));
    assert!(!valid(&json.replace("\"usage_indicator\":\"T\"", "\"usage_indicator\":1")));
}

#[test]
fn what_does_not_fit_fails_it() {
    let guide = guide("005010X222A1", "837");
    let validator = validator(&guide);
    let collected = items(&generated(&guide, 1, 6));
    let json = std::str::from_utf8(&collected.json).expect("UTF-8");
    let valid = |json: &str| validator.is_valid(&serde_json::from_str(json).expect("JSON"));
    assert!(valid(json));
    assert!(!valid(&json.replace("\"claim_id\"", "\"claim_number\"")));
    assert!(!valid(&json.replace("\"assignment\":\"A\"", "\"assignment\":\"Q\"")));
    assert!(!valid(&json.replace("\"charge_amount\":\"", "\"charge_amount\":\"x")));
}
