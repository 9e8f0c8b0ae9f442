//! The whole trip: a claim file from SFTP to a payer and back, and what REST tells of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::canary;
use crate::support::engines::engines;
use crate::support::gateway::{Gateway, Options};
use crate::support::gnupg::Gnupg;
use crate::support::ledger;
use crate::support::rest::{JSON, Rest, X12};
use crate::support::wait::until;
use crate::support::x12::{all, claims, claims_with, element, inquiries, isa13, with_element, with_isa};

/// Waits until every item of a file is in this state, and gives the file.
fn file_in(rest: &Rest, path: &str, state: &str) -> Value {
    until(state, || {
        let file = rest.get(path).expect(200);
        let items = file["items"].as_array().unwrap();
        (!items.is_empty() && items.iter().all(|item| item["state"] == state)).then_some(file)
    })
}

/// Takes the trip with a key of gpg's own making, of these algorithms.
fn takes_the_trip(signs: &str, encrypts: &str) {
    let gnupg = Gnupg::new(signs, encrypts);
    let mut gateway = Gateway::with(&Options { gnupg: Some(&gnupg), ..Options::default() });
    let ours = gnupg.import(&gateway.public_key());
    let file = claims_with(11, 10, Some(5));
    let sftp = gateway.sftp("clinic");
    sftp.put("claims.x12.pgp", &gnupg.seal(&ours, file.as_bytes()));
    let fetch = |prefix: &str| String::from_utf8(gnupg.open(&ours, &sftp.fetch(prefix))).unwrap();

    let x999 = fetch("999_");
    // The set is sound, two of its claims are not: accepted with errors, and the 277CA tells which.
    assert_eq!((all(&x999, "IK5", 1), all(&x999, "AK9", 1)), (vec!["E".into()], vec!["E".into()]), "{x999}");
    assert_eq!((element(&x999, "AK1", 1), element(&x999, "AK2", 1)), ("HC".into(), "837".into()));
    assert_eq!(element(&x999, "ISA", 8).trim(), "CLINIC");
    let x277ca = fetch("277CA_");
    let sent: BTreeSet<String> = all(&file, "CLM", 1).into_iter().collect();
    let claims_of = |x277ca: &str| -> BTreeSet<String> {
        all(x277ca, "TRN", 2).into_iter().filter(|value| sent.contains(value)).collect()
    };
    assert_eq!(claims_of(&x277ca), sent, "every claim is in our 277CA");
    assert_eq!((x277ca.matches("~STC*A1:20*").count(), x277ca.matches("*U*").count()), (8, 2), "{x277ca}");
    let payers = fetch("277CA-payer_");
    let good = claims_of(&payers);
    assert_eq!((good.len(), payers.matches("~REF*1K*").count()), (8, 8), "{payers}");
    assert!(!payers.contains("REF*D9"), "our own identifiers stay inside: {payers}");

    let hooks = gateway.receiver.wait_for(8);
    let told: BTreeSet<String> =
        hooks.iter().map(|hook| hook.body["data"]["keys"]["claim_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((hooks.len(), told), (8, good), "one webhook a claim");
    let ids: BTreeSet<&str> = hooks.iter().map(|hook| hook.id.as_str()).collect();
    assert_eq!(ids.len(), 8);
    for hook in &hooks {
        assert_eq!((&hook.body["type"], &hook.body["data"]["state"]), (&json!("item.accepted"), &json!("answered")));
    }
    let delivered: BTreeSet<String> = gateway.payer.claims().into_iter().collect();
    let items: BTreeSet<String> =
        hooks.iter().map(|hook| hook.body["data"]["item"].as_str().unwrap().to_owned()).collect();
    assert_eq!(delivered, items, "the payer took each claim once, under our identifier");

    let clinic = gateway.rest("clinic");
    let item = format!("/v1/transactions/{}", hooks[0].body["data"]["item"].as_str().unwrap());
    let shown = clinic.get(&item).expect(200);
    let events: Vec<&str> =
        shown["timeline"].as_array().unwrap().iter().map(|moment| moment["event"].as_str().unwrap()).collect();
    for event in
        ["receipt.received", "interchange.accepted", "delivery.sending", "delivery.acknowledged", "answer.answered"]
    {
        assert!(events.contains(&event), "{event} in {events:?}");
    }
    assert_eq!(shown["keys"]["claim_id"], hooks[0].body["data"]["keys"]["claim_id"]);
    assert!(shown["answers"].as_array().is_some_and(|answers| answers.len() == 1), "{shown}");
    let of_file = format!("/v1/files/{}", hooks[0].body["data"]["file"].as_str().unwrap());
    let shown = clinic.get(&of_file).expect(200);
    assert_eq!((&shown["state"], &shown["door"]), (&json!("translated"), &json!("sftp")));
    assert_eq!(shown["counts"], json!({ "answered": 8, "rejected": 2 }), "{shown}");
    assert!(!gateway.log().contains('\u{1b}'), "colours in a log that is a file");
    assert_eq!(shown["interchanges"][0]["control_number"], json!(isa13(&file)));
    let kinds: Vec<&str> =
        shown["acknowledgments"].as_array().unwrap().iter().map(|given| given["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["999", "277CA"]);
    for path in [&item, &of_file] {
        assert_eq!(gateway.rest("other").get(path).problem(), "not-found", "another partner's");
    }
    let metrics = clinic.get("/metrics").text();
    for line in ["tradewind_state_count{kind=\"item\",state=\"answered\"} 8", "tradewind_http_requests_total{"] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    canary::assert_none(&gateway, &canary::of(&file));
    gateway.stop();
    let line = ledger::conservation(gateway.data());
    assert!(line.holds() && (line.received, line.answered, line.rejected, line.in_flight) == (10, 8, 2, 0), "{line:?}");
}

#[test]
fn with_gpgs_elliptic_curve_key() {
    takes_the_trip("ed25519", "cv25519");
}

#[test]
fn with_gpgs_rsa_key() {
    takes_the_trip("rsa3072", "rsa3072");
}

/// Other files that come meanwhile do not use up the attempts of those that wait.
#[test]
fn a_payer_that_is_away_costs_no_claim_and_is_told() {
    let mut gateway = Gateway::with(&Options { gateway: "[limits]\nattempts-max = 2\n", ..Options::default() });
    gateway.payer.plan("refuse");
    let sftp = gateway.sftp("clinic");
    for seed in 40..46 {
        sftp.put(&format!("{seed}.x12"), claims(seed, 1).as_bytes());
    }
    let calls = || gateway.log().matches("the partner did not take the batch").count();
    until("calls", || (calls() >= 3).then_some(()));
    let open =
        "SELECT count(*) FROM alarm WHERE kind = 'partner-not-taking' AND subject = 'payer' AND cleared_at IS NULL";
    assert_eq!(ledger::value(gateway.data(), open), "1");
    gateway.payer.plan("");
    until("all claims", || (gateway.payer.claims().len() == 6).then_some(()));
    until("the alarm's end", || (ledger::value(gateway.data(), open) == "0").then_some(()));
    assert!(ledger::conservation(gateway.data()).holds());
    assert_eq!(ledger::value(gateway.data(), "SELECT count(*) FROM alarm WHERE kind = 'items-quarantined'"), "0");
    gateway.stop();
}

#[test]
fn a_sender_that_is_gone_keeps_no_other_from_its_277ca() {
    let mut gateway = Gateway::start();
    gateway.payer.plan("refuse");
    for sender in ["clinic", "other"] {
        gateway.sftp(sender).put("claims.x12", with_isa(&claims(60, 2), 6, &sender.to_uppercase()).as_bytes());
    }
    let waiting = "SELECT count(*) FROM item_now WHERE state = 'accepted'";
    until("both senders' claims", || (ledger::value(gateway.data(), waiting) == "4").then_some(()));
    gateway.stop();
    let (here, gone) = (gateway.home().join("partners/clinic.toml"), gateway.home().join("clinic.toml"));
    std::fs::rename(&here, &gone).unwrap();
    gateway.payer.plan("");
    gateway.run();
    let told = gateway.sftp("other").fetch_text("277CA-payer_");
    assert_eq!((all(&told, "REF", 1).iter().filter(|kind| *kind == "1K").count(), gateway.payer.taken().len()), (2, 1));
    std::fs::rename(&gone, &here).unwrap();
    until("clinic's return", || gateway.log().contains("the changed configuration is in force").then_some(()));
    assert!(gateway.sftp("clinic").fetch_text("277CA-payer_").contains("ISA*"), "once it is back");
    until("the end of all jobs", || {
        (ledger::value(gateway.data(), "SELECT count(*) FROM outbox WHERE queue = 'answer'") == "0").then_some(())
    });
    assert_eq!(
        gateway.sftp("other").names().iter().filter(|name| name.contains("-payer")).count(),
        0,
        "each has it once"
    );
    gateway.stop();
}

#[test]
fn a_restart_in_good_order_forgets_nothing_and_webhooks_are_tried_again() {
    let mut gateway = Gateway::start();
    gateway.payer.plan("refuse");
    gateway.receiver.fail(2);
    let file = claims(12, 3);
    gateway.sftp("clinic").put("claims.x12", file.as_bytes());
    if engines() {
        // A message of RabbitMQ that waits for another try stands in a delay, which belongs to no partner.
        until("a refused call", || gateway.log().contains("the partner did not take the batch").then_some(()));
    } else {
        let depth = "tradewind_queue_depth{queue=\"deliver.payer\"} 1";
        until(depth, || gateway.rest("clinic").get("/metrics").text().contains(depth).then_some(()));
    }
    gateway.stop();
    gateway.payer.plan("refuse:1");
    gateway.run();
    let hooks = gateway.receiver.wait_for(3);
    assert_eq!((hooks.len(), gateway.receiver.failed()), (3, 2));
    assert_eq!(gateway.payer.claims().len(), 3, "a refused call was made again, an answered one was not");
    let sftp = gateway.sftp("clinic");
    for prefix in ["999_", "277CA_", "277CA-payer_"] {
        assert!(sftp.fetch_text(prefix).contains("ISA*"));
    }
    assert_eq!(sftp.names(), Vec::<String>::new(), "each came once");
}

#[test]
fn rest_takes_x12_and_json_and_gives_what_became_of_them() {
    let gateway = Gateway::start();
    let clinic = gateway.rest("clinic");
    let file = claims(13, 2);
    let taken = clinic.post("/v1/transactions", X12, file.as_bytes());
    let path = taken.header("location").unwrap().to_owned();
    assert_eq!(taken.expect(202), json!({ "file": path.trim_start_matches("/v1/files/"), "duplicate": false }));
    let shown = file_in(&clinic, &path, "answered");
    assert_eq!((&shown["door"], &shown["counts"]), (&json!("api"), &json!({ "answered": 2 })));

    // An item as the webhook shows its guide, taken from the file's own JSON.
    let lines = crate::support::program::run_with(gateway.folder(), "convert - --to ndjson", claims(14, 1).as_bytes());
    assert_eq!(lines.code, 0, "{}", lines.stderr);
    let item = lines.text().lines().find(|line| line.contains("\"guide\"")).unwrap().to_owned();
    let key = [("idempotency-key", "json-14")];
    let first = clinic.post_with("/v1/transactions", JSON, &key, item.as_bytes());
    let path = first.header("location").unwrap().to_owned();
    first.expect(202);
    let shown = file_in(&clinic, &path, "answered");
    assert_eq!(shown["interchanges"][0]["test"], json!(true));
    let again = clinic.post_with("/v1/transactions", JSON, &key, item.as_bytes());
    assert_eq!((again.header("location").unwrap(), &again.expect(202)["duplicate"]), (path.as_str(), &json!(true)));
    let other = clinic.post_with("/v1/transactions", X12, &key, claims(15, 1).as_bytes());
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-key-reused"));
    assert_eq!(gateway.payer.claims().len(), 3);
    assert_eq!(gateway.receiver.wait_for(3).len(), 3);
    canary::assert_none(&gateway, &[canary::of(&file), canary::of(&claims(14, 1))].concat());
}

#[test]
fn rest_answers_an_inquiry_now_in_x12_and_in_json() {
    let gateway = Gateway::start();
    let clinic = gateway.rest("clinic");
    let inquiry = inquiries(21, 1);
    let answer = clinic.post("/v1/eligibility", X12, inquiry.as_bytes());
    let text = answer.text();
    assert_eq!((answer.status, answer.header("tradewind-answer")), (200, Some("271")), "{text}");
    assert_eq!((element(&text, "ST", 1), element(&text, "ISA", 8).trim().to_owned()), ("271".into(), "CLINIC".into()));
    assert_eq!(all(&text, "TRN", 2), all(&inquiry, "TRN", 2), "the sender's own trace: {text}");
    let validated = crate::support::program::run_with(gateway.folder(), "validate -", text.as_bytes());
    assert_eq!(validated.code, 0, "{}", validated.text());
    let path = answer.header("content-location").unwrap().to_owned();
    assert_eq!(clinic.get(&path).expect(200)["counts"], json!({ "answered": 1 }));

    let wishes = [("accept", JSON)];
    let answer = clinic.post_with("/v1/eligibility", X12, &wishes, inquiries(22, 1).as_bytes());
    assert_eq!(answer.expect(200)["guide"], json!("005010X279A1"));
    let lines =
        crate::support::program::run_with(gateway.folder(), "convert - --to ndjson", inquiries(23, 1).as_bytes());
    let item = lines.text().lines().find(|line| line.contains("\"guide\"")).unwrap().to_owned();
    let key = [("idempotency-key", "inquiry-23")];
    let first = clinic.post_with("/v1/eligibility", JSON, &key, item.as_bytes());
    assert_eq!((first.status, first.header("tradewind-answer")), (200, Some("271")), "{}", first.text());
    let again = clinic.post_with("/v1/eligibility", JSON, &key, item.as_bytes());
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("content-location"), first.header("content-location"));
    let inquiries_taken: u64 = gateway.payer.taken().iter().map(|entry| entry.inquiries).sum();
    assert_eq!(inquiries_taken, 3, "what the key stands for is not asked again");
    canary::assert_none(&gateway, &canary::of(&inquiry));
}

#[test]
fn an_inquiry_that_is_wrong_gets_one_999_and_a_payer_that_is_mute_a_problem() {
    let gateway =
        Gateway::with(&Options { gateway: "[api.limits]\neligibility-timeout-ms = 1500\n", ..Options::default() });
    let clinic = gateway.rest("clinic");
    let wrong = with_element(&inquiries(24, 1), "DMG", 2, "19999999");
    let answer = clinic.post("/v1/eligibility", X12, wrong.as_bytes());
    let text = answer.text();
    assert_eq!((answer.status, answer.header("tradewind-answer")), (200, Some("999")), "{text}");
    assert_eq!((all(&text, "IK5", 1), text.matches("ISA*").count()), (vec!["R".to_owned()], 1), "{text}");
    assert_eq!(gateway.payer.taken().len(), 0, "what is rejected does not travel");
    let unknown = inquiries(25, 1).replace("PAYER01", "NOSUCH9");
    let answer = clinic.post("/v1/eligibility", X12, unknown.as_bytes());
    assert_eq!((answer.status, answer.problem().as_str()), (422, "unknown-payer"));
    gateway.payer.plan("hang");
    let answer = clinic.post("/v1/eligibility", X12, inquiries(26, 1).as_bytes());
    assert_eq!((answer.status, answer.problem().as_str()), (504, "partner-timeout"));
    gateway.payer.plan("garbage");
    let answer = clinic.post("/v1/eligibility", X12, inquiries(27, 1).as_bytes());
    assert_eq!((answer.status, answer.problem().as_str()), (502, "partner-failed"));
}
