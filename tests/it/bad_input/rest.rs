//! JSON and requests that do not fit, at the REST door.

use serde_json::{Value, json};

use crate::support::canary;
use crate::support::gateway::{Gateway, Options};
use crate::support::ledger::value;
use crate::support::program::run_with;
use crate::support::rest::{JSON, Rest, X12};
use crate::support::wait::until;
use crate::support::x12::{claims, inquiries};

/// A claim as JSON that stands alone.
fn claim(gateway: &Gateway, seed: u64) -> Value {
    let lines = run_with(gateway.folder(), "convert - --to ndjson", claims(seed, 1).as_bytes());
    let item = lines.text().lines().find(|line| line.contains("\"guide\"")).expect("an item");
    serde_json::from_str(item).unwrap()
}

/// The first string of this value anywhere in a document.
fn find<'v>(value: &'v mut Value, text: &str) -> Option<&'v mut Value> {
    if value.as_str() == Some(text) {
        return Some(value);
    }
    match value {
        Value::Array(parts) => parts.iter_mut().find_map(|part| find(part, text)),
        Value::Object(parts) => parts.values_mut().find_map(|part| find(part, text)),
        _ => None,
    }
}

fn with(claim: &Value, old: &str, new: &str) -> Value {
    let mut changed = claim.clone();
    *find(&mut changed, old).expect("a value to change") = json!(new);
    changed
}

#[test]
fn json_that_does_not_fit_gets_a_problem_with_the_place_and_is_not_kept() {
    let gateway = Gateway::start();
    let clinic = gateway.rest("clinic");
    let claim = claim(&gateway, 91);
    let mut unknown = claim.clone();
    unknown["colour_of_the_sky"] = json!("CANARYCOLOUR77");
    let mut deep = json!("CANARYDEEP771");
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let cases = [
        ("no JSON", "{\"guide\": \"005010X222A1\", CANARYTEXT771".to_owned(), 400, "invalid-json", "line "),
        ("an array", "[\"CANARYARRAY77\"]".to_owned(), 400, "invalid-json", "line "),
        ("no guide", "{\"claim\": \"CANARYCLAIM77\"}".to_owned(), 400, "invalid-json", "line "),
        ("an unknown guide", json!({ "guide": "CANARYGUIDE77" }).to_string(), 422, "invalid-content", "/guide"),
        ("an unknown field", unknown.to_string(), 422, "invalid-content", "/"),
        (
            "nothing but its guide",
            json!({ "guide": "005010X222A1", "set": "837" }).to_string(),
            422,
            "invalid-content",
            "",
        ),
        (
            "a number where text stands",
            claim.to_string().replacen("\"*\"", "771", 1).replacen("\"MI\"", "771", 1),
            422,
            "invalid-content",
            "/",
        ),
        ("too deep", deep.to_string(), 400, "invalid-json", "byte "),
    ];
    for (name, body, status, problem, place) in &cases {
        for path in ["/v1/transactions", "/v1/eligibility"] {
            let answer = clinic.post(path, JSON, body.as_bytes());
            assert_eq!(
                (answer.status, answer.problem()),
                (*status, (*problem).to_owned()),
                "{path} {name}: {}",
                answer.text()
            );
            let errors = answer.json()["errors"].clone();
            let told = errors[0]["place"].as_str().unwrap_or_else(|| panic!("{path} {name}: {}", answer.text()));
            assert!(told.starts_with(place), "{path} {name}: {told}");
        }
    }
    assert_eq!(value(gateway.data(), "SELECT count(*) FROM receipt"), "0", "nothing was kept");
    let planted = ["COLOUR", "TEXT7", "ARRAY", "CLAIM", "GUIDE", "DEEP7"].map(|word| format!("CANARY{word}"));
    canary::assert_none(&gateway, &[canary::of(&claims(91, 1)), planted.to_vec()].concat());
}

#[test]
fn a_value_that_holds_delimiters_is_refused_with_its_place() {
    let gateway = Gateway::start();
    let clinic = gateway.rest("clinic");
    let claim = claim(&gateway, 92);
    let name = crate::support::x12::all(&claims(92, 1), "NM1", 3).pop().unwrap();
    let every: String = (0x21..0x7f_u8).map(char::from).filter(|c| !c.is_ascii_alphanumeric()).collect();
    for value in [&every, "CANARY*NAME", "CANARY~NAME", "CANARY:NAME", "CANARY^NAME"] {
        let answer = clinic.post("/v1/transactions", JSON, with(&claim, &name, value).to_string().as_bytes());
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid-content"), "{value}");
        let place = answer.json()["errors"][0]["place"].as_str().unwrap().to_owned();
        assert!(place.starts_with('/') && place.ends_with("name"), "{value}: {place}");
    }
    assert_eq!(value(gateway.data(), "SELECT count(*) FROM receipt"), "0", "nothing was kept");
    canary::assert_none(&gateway, &["CANARY*NAME", "CANARY~NAME", "CANARY:NAME", "CANARY^NAME"].map(str::to_owned));
}

#[test]
fn x12_that_cannot_be_read_is_quarantined_or_refused_at_once_in_real_time() {
    let gateway = Gateway::start();
    let clinic = gateway.rest("clinic");
    let taken = clinic.post("/v1/transactions", X12, b"this is no X12");
    let path = taken.header("location").unwrap().to_owned();
    taken.expect(202);
    let file = until("its end", || Some(clinic.get(&path).expect(200)).filter(|file| file["state"] != "received"));
    assert_eq!((&file["state"], &file["reason"]), (&json!("quarantined"), &json!("not-readable")));
    assert!(gateway.sftp("clinic").fetch_text("notice_").contains("(byte 0)"));
    let answer = clinic.post("/v1/eligibility", X12, b"this is no X12");
    assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-x12"));
    assert_eq!(answer.json()["errors"][0]["place"], json!("byte 0"));
    let claims = clinic.post("/v1/eligibility", X12, claims(93, 1).as_bytes());
    assert_eq!((claims.status, claims.problem().as_str()), (403, "forbidden"), "claims are no inquiry");
    let others = gateway.rest("other").post("/v1/eligibility", X12, inquiries(94, 1).as_bytes());
    assert_eq!((others.status, others.problem().as_str()), (403, "forbidden"), "in another partner's name");
}

#[test]
fn a_wrong_token_and_a_body_over_the_limit_are_refused() {
    let limits = "[api.limits]\ntransaction-bytes-max = 4000\neligibility-bytes-max = 4000\n";
    let gateway = Gateway::with(&Options { gateway: limits, ..Options::default() });
    let clinic = gateway.rest("clinic");
    let file = claims(95, 1);
    for token in ["", "tw_wrong", &clinic.token[1..], &format!("{}x", clinic.token)] {
        let stranger = Rest { token: token.to_owned(), ..clinic.clone() };
        for path in ["/v1/transactions", "/v1/eligibility"] {
            let answer = stranger.post(path, X12, file.as_bytes());
            assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthorized"), "{path}");
        }
        assert_eq!(stranger.get("/v1/files/00000000000000000000").status, 401);
    }
    let padded = |bytes: usize| format!("{file}{}", "\n".repeat(bytes - file.len()));
    for path in ["/v1/transactions", "/v1/eligibility"] {
        let answer = clinic.post(path, X12, padded(4001).as_bytes());
        assert_eq!((answer.status, answer.problem().as_str()), (413, "body-too-large"), "{path}");
    }
    for (content, status) in [("text/plain", 415), ("application/edi-x12; charset=utf-16", 415), ("", 415)] {
        assert_eq!(clinic.post("/v1/transactions", content, file.as_bytes()).status, status, "{content}");
    }
    assert_eq!(value(gateway.data(), "SELECT count(*) FROM receipt"), "0", "nothing was kept");
    clinic.post("/v1/transactions", X12, padded(4000).as_bytes()).expect(202);
    canary::assert_none(&gateway, &canary::of(&file));
}
