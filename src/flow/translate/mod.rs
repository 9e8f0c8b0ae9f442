//! TRANSLATE: what was received is opened, read once, acknowledged, and its items are released to their partners, or nothing of it is.

mod notice;
pub(super) mod open;
mod pass;
mod release;
mod stage;

use std::sync::Arc;

use tradewind_compliance::{PartnerId, ReceiptId};
use tradewind_edi::ack::Stamp;
use tradewind_edi::ack::x999::{Missing, Options as X999Options};
use tradewind_edi::engine::Limits;
use tradewind_edi::read::Refusal;
use tradewind_edi::{ControlNumber, Engine, Options, Snip};
use tradewind_ledger::{Effects, Receipt, ReceiptEnd, ReceiptState};

use super::receive::Door;
use super::workers::Done;
use super::{Flow, FlowError, objects};
use pass::{Pass, Sender};
use stage::Staging;

/// Why a file is kept and not processed, and what its sender is told. Neither tells anything secret.
pub(in crate::flow) struct Quarantine {
    reason: &'static str,
    told: String,
}

impl Quarantine {
    pub(super) fn new(reason: &'static str, told: &str) -> Self {
        Self { reason, told: told.to_owned() }
    }
}

/// A job of `translate`: one receipt. May be done again from the start at any time.
pub(super) async fn job(flow: Arc<Flow>, _partner: PartnerId, receipt: String) -> Result<Done, FlowError> {
    let id: ReceiptId = receipt.parse().map_err(|_| FlowError::Internal("a receipt's id"))?;
    let Some(receipt) = flow.ledger.receipt(id).await? else { return Err(FlowError::Internal("a receipt")) };
    if receipt.state != ReceiptState::Received {
        return Ok(Done::Yes);
    }
    flow.ledger.restart_translation(id).await?;
    let content = match open::open(&flow, &receipt).await? {
        Ok(content) => content,
        Err(quarantine) => {
            notice::quarantine(&flow, &receipt, &quarantine).await?;
            return Ok(Done::Yes);
        }
    };
    let ended = read(&flow, &receipt, &content).await?;
    if let Some(refusal) = ended {
        let quarantine = Quarantine::new("not-readable", &format!("the file cannot be read as X12: {refusal}"));
        notice::quarantine(&flow, &receipt, &quarantine).await?;
        return Ok(Done::Yes);
    }
    flow.ledger.finish_receipt(id, ReceiptEnd::Translated, flow.now(), Effects::none()).await?;
    Ok(Done::Yes)
}

/// Reads the content from its start to its end. Gives the refusal where nothing more could be framed; what stood before it is settled.
async fn read(flow: &Flow, receipt: &Receipt, content: &open::Content) -> Result<Option<Refusal>, FlowError> {
    let mut engine = Engine::new(options(flow, receipt));
    let mut pass = Pass::new(flow, sender(flow, receipt).await?);
    let mut staging = Staging::new(flow, receipt);
    let mut source = content.reader(flow, receipt).await?;
    let mut refusal = None;
    while let Some(bytes) = source.next().await? {
        refusal = engine.feed(&bytes, &mut pass).err();
        staging.apply(pass.take()).await?;
        if refusal.is_some() {
            break;
        }
    }
    if refusal.is_none() {
        refusal = engine.finish(&mut pass).err();
        staging.apply(pass.take()).await?;
    }
    Ok(refusal)
}

fn options(flow: &Flow, receipt: &Receipt) -> Options {
    let settings = flow.settings();
    let snip = settings.partner(&receipt.partner).and_then(|partner| Snip::from_number(partner.receive.snip));
    let limits = Limits { segment_bytes_max: settings.config.gateway.limits.segment_bytes_max, ..Limits::default() };
    let companions = settings.companions(&receipt.partner).to_vec();
    let (snip_max, rules) = (snip.unwrap_or(Snip::CodeSet), settings.rules());
    Options { snip_max, rules, companions, limits, ..Options::default() }
}

async fn sender(flow: &Flow, receipt: &Receipt) -> Result<Sender, FlowError> {
    let (keys, partner) = (flow.vault.keys(), receipt.partner.clone());
    let vault = tradewind_compliance::vault::VaultError::Keys;
    let settings = flow.settings();
    let base = settings.partner(&partner).is_some_and(|partner| partner.acknowledge.base_codes);
    let missing = if base { Missing::Base } else { Missing::Guide };
    Ok(Sender {
        search: keys.search_key(&partner).await.map_err(vault)?,
        sealer: keys.value_sealer(&partner, objects::ITEM_KEYS).await.map_err(vault)?,
        settings,
        reference: receipt.id.to_string(),
        at: stamp(flow),
        x999: X999Options { missing, set_number: ControlNumber::FIRST, ..X999Options::default() },
        answers_us: receipt.door.as_str() == Door::Response.as_str(),
    })
}

/// The time as X12 writes it, in UTC.
pub(super) fn stamp(flow: &Flow) -> Stamp {
    Stamp::from_unix(i64::try_from(flow.now().0 / 1_000).unwrap_or(i64::MAX))
}
