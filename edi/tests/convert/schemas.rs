//! Our JSON fulfils the schema that we publish.

use serde_json::Value;

use crate::items::values;
use crate::support::{generated, guide, guides, items, to_json};
use tradewind_edi::json::schema;

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
