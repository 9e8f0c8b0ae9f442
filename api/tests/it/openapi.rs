//! The OpenAPI document says what the server does: no more, no less.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;
use tradewind_api::{Fault, Health, HealthPart, OPENAPI, PATHS};

use crate::support::{ACME, Server, full_file, full_transaction, request};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(OPENAPI).unwrap());

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "options", "head"];

fn template(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap();
    let parts: Vec<_> = path.split('/').collect();
    PATHS.iter().copied().find(|template| {
        let wanted: Vec<_> = template.split('/').collect();
        wanted.len() == parts.len()
            && wanted.iter().zip(&parts).all(|(want, part)| want.starts_with('{') || want == part)
    })
}

/// Fails when the document does not know that this method may be answered so. Every request of these tests comes by.
pub(crate) fn documented(method: &str, path: &str, status: u16) {
    let Some(path) = template(path) else { return };
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
    let operation = &DOCUMENT["paths"][path][&method];
    // What works nowhere is 405 everywhere, and an unknown caller does not even learn that.
    if operation.is_null() {
        assert!(status == 405 || status == 401, "{method} {path} is not documented");
        return;
    }
    assert!(!operation["responses"][status.to_string()].is_null(), "{method} {path} → {status} is not documented");
}

/// Fails unless the value has just the properties of the schema; those of `optional` may be left out.
pub(crate) fn fits_exactly(schema: &str, value: &Value, optional: &[&str]) {
    fits(&DOCUMENT["components"]["schemas"][schema], value, optional, schema);
}

fn fits(schema: &Value, value: &Value, optional: &[&str], place: &str) {
    assert!(schema.is_object(), "{place}: no schema");
    let referred = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    if let Some(name) = referred.and_then(|reference| reference.strip_prefix("#/components/schemas/")) {
        return fits(&DOCUMENT["components"]["schemas"][name], value, optional, &format!("{place} {name}"));
    }
    match schema["type"].as_str() {
        Some("object") if schema["properties"].is_object() => {
            let known: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().collect();
            let given: BTreeSet<_> = value.as_object().expect(place).keys().collect();
            assert!(given.is_subset(&known), "{place}: {given:?} of {known:?}");
            assert!(
                known.difference(&given).all(|name| optional.contains(&name.as_str())),
                "{place}: {given:?} of {known:?}"
            );
            let required = schema["required"].as_array().unwrap();
            assert!(
                required.iter().all(|name| given.contains(&name.as_str().unwrap().to_owned())),
                "{place}: {required:?}"
            );
            for (name, value) in value.as_object().unwrap() {
                fits(&schema["properties"][name], value, optional, &format!("{place}.{name}"));
            }
        }
        Some("object") => assert!(value.is_object(), "{place}"),
        Some("array") => {
            value.as_array().expect(place).iter().for_each(|each| fits(&schema["items"], each, optional, place))
        }
        Some("string") => {
            assert!(value.is_string(), "{place}");
            if let Some(words) = schema["enum"].as_array() {
                assert!(words.contains(value), "{place}: {value}");
            }
        }
        Some("integer") => assert!(value.is_u64(), "{place}"),
        Some("boolean") => assert!(value.is_boolean(), "{place}"),
        other => assert!(other.is_none(), "{place}: {other:?}"),
    }
}

#[tokio::test]
async fn the_document_has_every_route_and_method_and_no_other() {
    let server = Server::start().await;
    let documented: BTreeSet<_> = DOCUMENT["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(documented, PATHS.iter().copied().collect());
    let token = format!("Bearer {ACME}");
    for path in PATHS {
        let concrete = path.replace("{id}", "nothing").replace("{kind}", "nothing");
        let reply = server.raw(&request("BREW", &concrete, &[("authorization", &token)], b"")).await;
        reply.problem(405, "method-not-allowed");
        let allowed: BTreeSet<_> = reply.header("allow").unwrap().split(',').map(str::to_lowercase).collect();
        let operations =
            DOCUMENT["paths"][path].as_object().unwrap().keys().filter(|key| METHODS.contains(&key.as_str()));
        let mut documented: BTreeSet<_> = operations.cloned().collect();
        if documented.contains("get") {
            documented.insert("head".to_owned());
        }
        assert_eq!(allowed, documented, "{path}");
    }
}

#[tokio::test]
async fn the_document_is_served_as_it_stands_and_has_the_crates_version() {
    let reply = Server::start().await.call("GET", "/openapi.json", &[], b"").await;
    assert_eq!((reply.header("content-type"), reply.text()), (Some("application/json"), OPENAPI));
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
    assert_eq!(DOCUMENT["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_documents_schemas_are_those_of_the_views() {
    fits_exactly("Transaction", &serde_json::to_value(full_transaction()).unwrap(), &[]);
    fits_exactly("File", &serde_json::to_value(full_file()).unwrap(), &[]);
    let parts = vec![HealthPart { name: "ledger".into(), ok: true }];
    fits_exactly("Health", &serde_json::to_value(Health { live: true, ready: true, parts }).unwrap(), &[]);
    let fault = Fault { place: String::new(), rule: "x".into(), message: String::new() };
    fits_exactly("Fault", &serde_json::to_value(fault).unwrap(), &[]);
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    let schemas = &DOCUMENT["components"]["schemas"];
    let references = OPENAPI.match_indices("#/components/schemas/").map(|(at, prefix)| &OPENAPI[at + prefix.len()..]);
    for name in references.map(|rest| rest.split('"').next().unwrap()) {
        assert!(schemas[name].is_object(), "{name}");
    }
}

#[tokio::test]
async fn every_documented_problem_has_its_page_and_its_status() {
    let server = Server::start().await;
    let mut seen = BTreeSet::new();
    for operation in DOCUMENT["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        for (status, response) in operation["responses"].as_object().unwrap() {
            for slug in response["x-problems"].as_array().into_iter().flatten() {
                seen.insert((status.clone(), slug.as_str().unwrap().to_owned()));
            }
        }
    }
    assert!(seen.len() > 15, "{seen:?}");
    for (status, slug) in seen {
        let page = server.call("GET", &format!("/problems/{slug}"), &[], b"").await;
        assert!(page.status == 200 && page.text().contains(&format!("({status})\n")), "{slug}: {page:?}");
    }
}
