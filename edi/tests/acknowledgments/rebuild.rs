//! A payer's 277CA, told again to the claim's original sender under the sender's own identifiers.

use crate::support::{answers_with, errors, joined, run, settings};
use tradewind_edi::ack::Format;
use tradewind_edi::ack::read::{ClaimAnswer, Fact, Reader};
use tradewind_edi::ack::x277ca::{Name, Role, Writer};
use tradewind_edi::ack::x999;
use tradewind_edi::{Delimiters, Options};

/// What the payer was sent: claim ids that are unique for it, and our own identifier in REF*D9.
fn sent_on() -> Vec<u8> {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/x12/005010X222A1/err/0511_place_of_service_of_one_claim.edi");
    let file = std::fs::read_to_string(path).expect(path);
    file.replace("CLM*CLAIM002*", "CLM*OURS2*").replace("SENDERREF2", "0123456789abcdefghij").into_bytes()
}

fn claims(acknowledgment: &str) -> Vec<ClaimAnswer> {
    let mut claims = Vec::new();
    let mut reader = Reader::new(|fact| {
        if let Fact::Claim(claim) = fact {
            claims.push(*claim);
        }
    });
    run(acknowledgment.as_bytes(), Options::default(), &mut reader);
    claims
}

#[test]
fn restores_the_senders_identifiers_and_keeps_the_payers_words() {
    let payers = answers_with(&sent_on(), x999::Options::default(), Role::Payer).remove(0).x277ca;
    let told = claims(&payers);
    let bad = told.iter().find(|claim| claim.rejected).expect("a rejected claim");
    assert_eq!(bad.mentions().next(), Some(&b"0123456789abcdefghij"[..]));

    let format = Format { delimiters: Delimiters::default(), ..Format::default() };
    let (mut writer, mut spool) = (Writer::new(settings(Role::Payer), format), Vec::new());
    let sender = Name { last: b"SYNTHETIC BILLING", id: b"SUBMIT01", ..Name::default() };
    writer.open(b"BATCH0001", &sender, "TW0001");
    writer.provider(&bad.provider_name(), b"", b"");
    writer.patient(&bad.patient_name());
    writer.claim(&bad.restored(b"CLAIM002", b"SENDERREF2"), &mut spool);
    let rebuilt = joined(writer, &spool);
    assert_eq!(errors(&rebuilt), Vec::<String>::new());

    let again = claims(&rebuilt);
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].id.as_slice(), again[0].batch.as_slice()), (&b"CLAIM002"[..], &b"BATCH0001"[..]));
    assert_eq!(again[0].intermediary_id(), Some(&b"SENDERREF2"[..]));
    assert_eq!((&again[0].statuses, &again[0].charge, again[0].service), (&bad.statuses, &bad.charge, bad.service));
    assert!(again[0].rejected && !rebuilt.contains("OURS2") && !rebuilt.contains("0123456789abcdefghij"));
}
