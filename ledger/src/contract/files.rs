//! Acknowledgments given and owed (L3, L8), the files in `/out`, and alarms.

use super::Harness;
use super::given::{NOW, World, cause, kind, object, partner};
use crate::{DeliveryOutcome, Effects, NewAcknowledgment, NewAlarm, NewOutFile, NewOwed, OutName};

fn name(text: &str) -> OutName {
    text.parse().unwrap()
}

pub async fn gives_original_acknowledgments_again(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.staged("acme", 1, "payer", 1).await;
    let given = |which: &str| NewAcknowledgment {
        object: object(which),
        partner: partner("acme"),
        interchange: file.interchange,
        kind: kind(which),
        out_name: Some(name(which)),
        at: NOW,
    };
    let effects = Effects { acknowledgments: vec![given("277CA"), given("999")], ..Effects::none() };
    world.ledger.accept_interchange(file.interchange, None, NOW, effects.clone()).await.unwrap();
    world.ledger.record(effects).await.unwrap();
    let kept = world.ledger.acknowledgments_given(file.interchange).await.unwrap();
    assert_eq!(kept.iter().map(|given| given.kind.as_str()).collect::<Vec<_>>(), ["277CA", "999"]);
    assert_eq!(kept[1].out_name, Some(name("999")));
}

pub async fn alarms_for_missing_acknowledgments(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 2).await;
    let delivery = world.sending("payer", &file.items[..1]).await;
    let owed = |which: &str, ms| NewOwed { delivery, kind: kind(which), due_at: NOW.plus(ms) };
    let effects = Effects { owed: vec![owed("999", 100), owed("277CA", 200)], ..Effects::none() };
    world.ledger.settle_delivery(delivery, DeliveryOutcome::Sent, cause("ok"), NOW, effects.clone()).await.unwrap();
    world.ledger.record(effects).await.unwrap();
    assert!(world.ledger.overdue_acknowledgments(NOW.plus(100), 10).await.unwrap().is_empty());
    let overdue = world.ledger.overdue_acknowledgments(NOW.plus(101), 10).await.unwrap();
    assert_eq!((overdue.len(), overdue[0].kind.as_str(), overdue[0].partner.as_str()), (1, "999", "payer"));
    assert!(world.ledger.acknowledgment_came(delivery, &kind("999"), NOW).await.unwrap());
    assert!(!world.ledger.acknowledgment_came(delivery, &kind("999"), NOW).await.unwrap());
    let overdue = world.ledger.overdue_acknowledgments(NOW.plus(1_000), 10).await.unwrap();
    assert_eq!(overdue.iter().map(|owed| owed.kind.as_str()).collect::<Vec<_>>(), ["277CA"]);
    assert_eq!(world.ledger.owed_for(delivery).await.unwrap().len(), 2);
    let refused = DeliveryOutcome::Refused { attempts_max: 3 };
    world.ledger.settle_delivery(delivery, refused, cause("no"), NOW, Effects::none()).await.unwrap();
    let overdue = world.ledger.overdue_acknowledgments(NOW.plus(1_000), 10).await.unwrap();
    assert!(overdue.is_empty(), "nobody acknowledges what was refused");
    let lost = NewOwed { delivery: super::given::delivery_id(), kind: kind("999"), due_at: NOW };
    let refused = world.ledger.record(Effects { owed: vec![lost], ..Effects::none() }).await;
    assert!(refused.is_err());
}

pub async fn lists_and_deletes_out_files_per_partner(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let receipt = world.received("acme").await;
    let file = |of: &str, text: &str| NewOutFile {
        partner: partner(of),
        name: name(text),
        object: object(&format!("{of}-{text}")),
        size: 10,
        kind: kind("999"),
        receipt: (of == "acme").then_some(receipt),
        at: NOW,
    };
    let files = vec![file("acme", "b.999"), file("acme", "a.999"), file("bravo", "c.999")];
    for _ in 0..2 {
        world.ledger.record(Effects { files: files.clone(), ..Effects::none() }).await.unwrap();
    }
    let (acme, bravo) = (partner("acme"), partner("bravo"));
    let listed = world.ledger.list_out(&acme, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a.999", "b.999"]);
    let rest = world.ledger.list_out(&acme, Some(&name("a.999")), 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(world.ledger.out_file(&bravo, &name("a.999")).await.unwrap(), None);
    assert!(!world.ledger.delete_out(&bravo, &name("a.999"), Effects::none()).await.unwrap());
    world.ledger.out_file_fetched(&acme, &name("a.999"), NOW).await.unwrap();
    world.ledger.out_file_fetched(&acme, &name("a.999"), NOW.plus(5)).await.unwrap();
    let fetched = world.ledger.out_file(&acme, &name("a.999")).await.unwrap().unwrap();
    assert_eq!((fetched.fetched_at, fetched.receipt), (Some(NOW), Some(receipt)));
    assert!(world.ledger.delete_out(&acme, &name("a.999"), Effects::none()).await.unwrap());
    assert!(!world.ledger.delete_out(&acme, &name("a.999"), Effects::none()).await.unwrap());
    world.ledger.record(Effects { files, ..Effects::none() }).await.unwrap();
    assert_eq!(
        world.ledger.list_out(&acme, None, 10).await.unwrap().len(),
        1,
        "what was taken away does not come again"
    );
    assert_eq!(world.ledger.out_file(&acme, &name("a.999")).await.unwrap(), None);
    for (text, given) in [("a.999", true), ("b.999", true), ("c.999", false)] {
        assert_eq!(world.ledger.out_file_given(&acme, &name(text)).await.unwrap(), given, "{text}");
    }
}

pub async fn opens_and_clears_an_alarm_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let alarm = NewAlarm { kind: kind("partner-down"), subject: "payer".into(), reason: None, at: NOW };
    assert!(world.ledger.open_alarm(alarm.clone()).await.unwrap());
    assert!(!world.ledger.open_alarm(alarm.clone()).await.unwrap());
    world.ledger.record(Effects { alarms: vec![alarm.clone()], ..Effects::none() }).await.unwrap();
    let open = world.ledger.open_alarms().await.unwrap();
    assert_eq!((open.len(), open[0].count), (1, 3));
    assert!(world.ledger.clear_alarm(&alarm.kind, "payer", NOW).await.unwrap());
    assert!(!world.ledger.clear_alarm(&alarm.kind, "payer", NOW).await.unwrap());
    assert!(world.ledger.open_alarms().await.unwrap().is_empty());
    assert!(world.ledger.open_alarm(alarm).await.unwrap(), "it may open again");
    assert_eq!(world.ledger.alarms(10).await.unwrap().len(), 2);
}
