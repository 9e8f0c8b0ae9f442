//! Many items as one interchange.

use std::sync::Arc;

use crate::items::{values, without_numbers};
use crate::support::{findings, generated, guide, guides, items};
use tradewind_edi::ack::{Address, Envelope, Format, Stamp, Usage};
use tradewind_edi::item::{Batch, BatchError, BatchOptions, Collected};
use tradewind_edi::{ControlNumber, Guide};

fn number(number: u32) -> ControlNumber {
    ControlNumber::new(number).expect("a control number")
}

pub(crate) fn envelope() -> Envelope {
    Envelope {
        sender: Address::new("ZZ", "TRADEWIND"),
        receiver: Address::new("ZZ", "PAYER"),
        at: Stamp::new(2026, 3, 4, 5, 6).expect("a date"),
        interchange: number(41),
        group: number(42),
        usage: Usage::Test,
    }
}

fn options(guide: &Arc<Guide>) -> BatchOptions {
    BatchOptions {
        guide: Arc::clone(guide),
        envelope: envelope(),
        acknowledgment_requested: true,
        format: Format::default(),
        set_control: number(9),
        reference: "B".to_owned(),
        items_per_set_max: 1000,
        trace_originator: "9TRADEWIND".to_owned(),
    }
}

fn batch(options: BatchOptions, collected: &Collected) -> String {
    let (mut batch, mut out) = (Batch::new(options), Vec::new());
    for (at, item) in collected.items.iter().enumerate() {
        let our_id = format!("OURS{at}");
        batch.add(collected.json_of(item), Some(&our_id), &mut out).unwrap_or_else(|error| panic!("{error}"));
    }
    assert_eq!(batch.finish(&mut out).items, collected.items.len() as u64);
    String::from_utf8(out).expect("ASCII")
}

#[test]
fn a_batch_is_valid_and_holds_the_same_items() {
    for guide in guides().into_iter().filter(|guide| !guide.items.is_empty()) {
        let set = guide.id().to_string();
        let file = generated(&guide, 120, 3);
        let collected = items(&file);
        let (mut batch, mut out) = (Batch::new(options(&guide)), Vec::new());
        for item in &collected.items {
            batch.add(collected.json_of(item), None, &mut out).unwrap_or_else(|error| panic!("{set}: {error}"));
        }
        batch.finish(&mut out);
        assert_eq!(findings(&out), Vec::<String>::new(), "{set}");
        let again = items(&out);
        let clean = |collected: &Collected| values(collected).into_iter().map(without_numbers).collect::<Vec<_>>();
        assert_eq!(clean(&again), clean(&collected), "{set}");
    }
}

#[test]
fn equal_ancestors_are_shared_and_the_hierarchy_is_the_files_own() {
    let guide = guide("005010X222A1", "837");
    let file = generated(&guide, 200, 3);
    let out = batch(options(&guide), &items(&file));
    let levels = |text: &str| -> Vec<String> {
        let lines = text.split('~').map(|line| line.trim().to_owned());
        lines.filter(|line| line.starts_with("HL*")).collect()
    };
    // The generator numbers levels as they come and shares them too, and every level of its file has an item.
    assert_eq!(levels(&out), levels(&String::from_utf8(file).expect("ASCII")));
}

#[test]
fn envelopes_carry_what_the_options_say() {
    let guide = guide("005010X222A1", "837");
    let mut options = options(&guide);
    options.items_per_set_max = 10;
    let out = batch(options, &items(&generated(&guide, 25, 3)));
    assert_eq!(findings(out.as_bytes()), Vec::<String>::new());
    assert!(out.starts_with(
        "ISA*00*          *00*          *ZZ*TRADEWIND      *ZZ*PAYER          *260304*0506*^*00501*000000041*1*T*:~"
    ));
    assert!(out.contains("GS*HC*TRADEWIND*PAYER*20260304*0506*42*X*005010X222A1~"));
    let sets: Vec<&str> = out.split('~').filter(|segment| segment.starts_with("ST*")).collect();
    assert_eq!(sets, ["ST*837*0009*005010X222A1", "ST*837*0010*005010X222A1", "ST*837*0011*005010X222A1"]);
    let headers: Vec<&str> = out.split('~').filter(|segment| segment.starts_with("BHT*")).collect();
    assert_eq!(headers[1], "BHT*0019*00*B0010*20260304*0506*CH");
    assert!(out.ends_with("GE*3*42~IEA*1*000000041~"));
}

#[test]
fn our_claim_number_goes_into_each_claim_and_the_senders_comes_back() {
    let guide = guide("005010X222A1", "837");
    let file = String::from_utf8(generated(&guide, 2, 3)).expect("ASCII");
    let out = batch(options(&guide), &items(file.as_bytes()));
    assert_eq!(findings(out.as_bytes()), Vec::<String>::new());
    assert!(out.contains("~REF*D9*OURS0~") && out.contains("~REF*D9*OURS1~"));
    let theirs = items(out.as_bytes());
    let (mut second, mut out) = (Batch::new(options(&guide)), Vec::new());
    let added = second.add(theirs.json_of(&theirs.items[1]), Some("AGAIN"), &mut out).expect("an item");
    assert_eq!(added.replaced.as_ref().map(|replaced| replaced.value.as_str()), Some("OURS1"));
    assert!(!format!("{added:?}").contains("OURS1"));
    second.finish(&mut out);
    let out = String::from_utf8(out).expect("ASCII");
    assert!(out.contains("~REF*D9*AGAIN~") && !out.contains("OURS1"));
    assert_eq!(findings(out.as_bytes()), Vec::<String>::new());
}

#[test]
fn our_claim_number_stands_among_shuffled_references() {
    let guide = guide("005010X222A1", "837");
    let file = String::from_utf8(generated(&guide, 1, 3)).expect("ASCII");
    let claim = file.find("HI*").expect("a diagnosis");
    let (head, tail) = file.split_at(claim);
    let head: String = head
        .split_inclusive('\n')
        .filter(|line| !["REF*EA", "REF*G1", "REF*9F"].iter().any(|r| line.starts_with(r)))
        .collect();
    let file = format!("{head}REF*EA*1~\nREF*G1*2~\n{tail}");
    let out = batch(options(&guide), &items(file.as_bytes()));
    let claim = &out[out.find("CLM*").expect("CLM")..out.find("~HI*").expect("HI")];
    assert!(claim.ends_with("REF*D9*OURS0~REF*EA*1~REF*G1*2"), "the sender's order is kept");
    assert_eq!(findings(out.as_bytes()), Vec::<String>::new());
}

#[test]
fn our_trace_goes_beside_the_senders_in_an_inquiry() {
    let guide = guide("005010X279A1", "270");
    let out = batch(options(&guide), &items(&generated(&guide, 30, 3)));
    assert_eq!(findings(out.as_bytes()), Vec::<String>::new());
    for item in items(out.as_bytes()).items {
        let traces: Vec<&str> =
            item.keys.iter().filter(|key| key.name == "trace").map(|key| key.value.as_str()).collect();
        assert!(traces.iter().any(|trace| trace.starts_with("OURS")));
        assert!(traces.iter().any(|trace| trace.starts_with("SYN")));
    }
}

#[test]
fn our_trace_takes_the_senders_place_where_there_is_room_for_one() {
    let guide = guide("005010X212", "276");
    let collected = items(&generated(&guide, 10, 3));
    let (mut batch, mut out) = (Batch::new(options(&guide)), Vec::new());
    for item in &collected.items {
        let added = batch.add(collected.json_of(item), Some("OURS"), &mut out).expect("an item");
        let theirs = added.replaced.expect("the sender's trace").value;
        assert!(theirs.starts_with("SYN"));
    }
    batch.finish(&mut out);
    assert_eq!(findings(&out), Vec::<String>::new());
    assert_eq!(String::from_utf8(out).expect("ASCII").matches("TRN*1*OURS~").count(), 10);
}

#[test]
fn an_item_that_is_refused_leaves_nothing_behind() {
    let guide = guide("005010X222A1", "837");
    let collected = items(&generated(&guide, 2, 3));
    let (mut batch, mut out) = (Batch::new(options(&guide)), Vec::new());
    batch.add(collected.json_of(&collected.items[0]), Some("A1"), &mut out).expect("an item");
    let before = out.clone();
    let text = std::str::from_utf8(collected.json_of(&collected.items[1])).expect("UTF-8");
    for bad in
        [text.replace("\"charge_amount\":\"", "\"charge_amount\":\"~"), text.replace("837", "270"), "{}".to_owned()]
    {
        assert!(batch.add(bad.as_bytes(), Some("A2"), &mut out).is_err());
        assert_eq!(out, before);
    }
    for id in ["", "A*B", "A~"] {
        assert_eq!(batch.add(text.as_bytes(), Some(id), &mut out), Err(BatchError::OurId));
    }
    assert_eq!(out, before);
    batch.add(text.as_bytes(), Some("A2"), &mut out).expect("an item");
    assert_eq!(batch.finish(&mut out).items, 2);
    assert_eq!(findings(&out), Vec::<String>::new());
}

#[test]
fn a_batch_without_items_writes_nothing() {
    let mut out = Vec::new();
    let end = Batch::new(options(&guide("005010X222A1", "837"))).finish(&mut out);
    assert_eq!((end.sets, end.items, out.len()), (0, 0, 0));
}
