//! Rebuilds a payer's 277CA for the senders of its claims: under their own claim identifiers, one file a sender.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_compliance::{ItemId, PartnerId, ReceiptId};
use tradewind_edi::ack::read::{self, ClaimAnswer, Fact};
use tradewind_edi::ack::x277ca::{Name, Role, Settings, Writer};
use tradewind_edi::ack::{Format, Stamp};
use tradewind_edi::{ControlNumber, Engine, Options};
use tradewind_ledger::{Effects, Item, NumberKind, NumbersUsed, Receipt};

use super::reader::named;
use crate::flow::deliver::envelope;
use crate::flow::out::{self, OutKind};
use crate::flow::translate::open;
use crate::flow::view::sealed_parts;
use crate::flow::workers::Done;
use crate::flow::{Flow, FlowError};

/// Items that are looked up at once.
const ITEMS_AT_ONCE: usize = 1_000;

/// One claim's answer, and the item that it is about.
struct Told {
    item: Item,
    answer: Box<ClaimAnswer>,
}

/// What a rebuilt 277CA answers.
struct Of {
    /// The sender's file.
    receipt: ReceiptId,
    /// ISA15 = T.
    test: bool,
    /// The payer's answer.
    source: ReceiptId,
}

/// A job of `answer`: the receipt of a payer's 277CA.
pub(in crate::flow) async fn job(flow: Arc<Flow>, payer: PartnerId, source: String) -> Result<Done, FlowError> {
    let source: ReceiptId = source.parse().map_err(|_| FlowError::Internal("a receipt's id"))?;
    let Some(receipt) = flow.ledger.receipt(source).await? else {
        return Err(FlowError::Internal("the receipt of a 277CA"));
    };
    let claims = read_claims(&flow, &receipt).await?;
    let mut senders: BTreeMap<(PartnerId, ReceiptId, bool), Vec<Told>> = BTreeMap::new();
    let mut claims = claims.into_iter();
    loop {
        let page: Vec<(ItemId, Box<ClaimAnswer>)> = claims.by_ref().take(ITEMS_AT_ONCE).collect();
        if page.is_empty() {
            break;
        }
        let ids: Vec<ItemId> = page.iter().map(|(id, _)| *id).collect();
        let items: BTreeMap<ItemId, Item> =
            flow.ledger.items(&ids).await?.into_iter().map(|item| (item.id, item)).collect();
        for (id, answer) in page {
            let Some(item) = items.get(&id).filter(|item| item.destination.as_ref() == Some(&payer)).cloned() else {
                continue;
            };
            senders.entry((item.owner.clone(), item.receipt, item.test)).or_default().push(Told { item, answer });
        }
    }
    let mut ended = Ok(Done::Yes);
    for ((owner, receipt, test), told) in senders {
        // One sender that is gone keeps no other from its own. What was given is found by its name when this comes again.
        if let Err(error) = forward(&flow, &payer, &owner, Of { receipt, test, source }, told).await {
            ended = Err(error);
        }
    }
    ended
}

/// Every claim of a 277CA that names an item of ours.
async fn read_claims(flow: &Flow, receipt: &Receipt) -> Result<Vec<(ItemId, Box<ClaimAnswer>)>, FlowError> {
    let Ok(content) = open::open(flow, receipt).await? else { return Ok(Vec::new()) };
    let mut source = content.reader(flow, receipt).await?;
    let (mut engine, mut claims) = (Engine::new(Options::default()), Vec::new());
    let mut reader = read::Reader::new(|fact| {
        if let Fact::Claim(claim) = fact
            && let Some(item) = named(&claim)
        {
            claims.push((item, claim));
        }
    });
    // The file was translated before: what cannot be read of it was told then.
    while let Some(bytes) = source.next().await? {
        if engine.feed(&bytes, &mut reader).is_err() {
            break;
        }
    }
    let _ = engine.finish(&mut reader);
    drop(reader);
    Ok(claims)
}

/// Writes one sender's 277CA: a set for each batch of its own, a provider and a patient whenever they change.
async fn forward(flow: &Flow, payer: &PartnerId, owner: &PartnerId, of: Of, told: Vec<Told>) -> Result<(), FlowError> {
    let settings = flow.settings();
    let Some(partner) = settings.partner(owner) else { return Err(FlowError::ConfigPartner(owner.clone())) };
    let Some(identity) = partner.identities.first() else { return Err(FlowError::ConfigPartner(owner.clone())) };
    let unique = format!("{}_{}{}", of.source, of.receipt, if of.test { "T" } else { "P" });
    let name = out::name_for(flow, owner, OutKind::PayerX277ca, &unique)?;
    if flow.ledger.out_file_given(owner, &name).await? {
        // An earlier attempt gave it, and died before the job was settled, or failed with another sender's.
        return Ok(());
    }
    let at = Stamp::from_unix(i64::try_from(flow.now().0 / 1_000).unwrap_or(i64::MAX));
    let mut writer = Writer::new(answering(flow, payer, &of, at), Format::default());
    let submitter =
        Name { last: identity.id.as_bytes(), qualifier: b"46", id: identity.id.as_bytes(), ..Name::default() };
    let (mut body, mut spool, mut batch, mut around) = (Vec::new(), Vec::new(), None, None);
    for Told { item, answer } in &told {
        let keys = sealed_parts(flow, item).await?.0.0;
        let key = |name: &str| keys.get(name).map(String::as_bytes).unwrap_or_default();
        let own_batch = Some(key("batch_id").to_vec());
        if batch != own_batch {
            close(&mut writer, &mut spool, &mut body);
            let reference = format!("{}{:04}", flow.ids.job_id(), writer.sets() + 1);
            writer.open(key("batch_id"), &submitter, &reference);
            (batch, around) = (own_batch, None);
        }
        let here = (answer.provider.clone(), answer.patient.clone());
        if around.as_ref().map(|(provider, _)| provider) != Some(&here.0) {
            writer.provider(&answer.provider_name(), b"", b"0");
            around = None;
        }
        if around.as_ref() != Some(&here) {
            writer.patient(&answer.patient_name());
            around = Some(here);
        }
        writer.claim(&answer.restored(key("claim_id"), key("intermediary_claim_id")), &mut spool);
    }
    close(&mut writer, &mut spool, &mut body);
    let wanted = [(NumberKind::Interchange, 1), (NumberKind::Group, 1)];
    let numbers = flow.ledger.reserve_numbers(owner, &wanted, "acknowledgment-not-given".parse()?, flow.now()).await?;
    let envelope = envelope(flow, &settings, owner, of.test, &numbers)?;
    let mut file = Vec::new();
    writer.head(&envelope, &mut file);
    file.append(&mut body);
    writer.tail(&envelope, &mut file);
    let sealed = out::seal(flow, owner, file.as_slice()).await?;
    let listed = out::list(flow, owner, OutKind::PayerX277ca, (of.receipt, &unique), &sealed)?;
    let used = |numbers| NumbersUsed { partner: owner.clone(), numbers, by: of.source.to_string() };
    let numbers_used = numbers.into_iter().map(used).collect();
    flow.ledger.record(Effects { files: vec![listed], numbers_used, ..Effects::none() }).await?;
    tracing::info!(partner = %owner, %payer, claims = told.len(), "the payer's 277CA lies in the sender's /out");
    Ok(())
}

/// What a rebuilt 277CA says of its source: the payer, as it is known here.
fn answering(flow: &Flow, payer: &PartnerId, of: &Of, at: Stamp) -> Settings {
    let settings = flow.settings();
    let id = settings.partner(payer).and_then(|partner| partner.identities.first()).map(|own| own.id.clone());
    Settings {
        role: Role::Payer,
        name: payer.as_str().to_ascii_uppercase(),
        id_qualifier: "PI".to_owned(),
        id: id.unwrap_or_default(),
        trace: of.source.to_string(),
        received: at,
        processed: at,
        set_number: ControlNumber::FIRST,
    }
}

fn close(writer: &mut Writer, spool: &mut Vec<u8>, body: &mut Vec<u8>) {
    for piece in writer.close().into_iter().flatten() {
        piece.append(spool, body);
    }
    spool.clear();
}
