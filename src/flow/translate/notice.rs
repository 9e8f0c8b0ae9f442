//! What a sender finds in `/out` when a file of its is kept and not processed.

use tradewind_ledger::{Effects, NewAlarm, Receipt, ReceiptEnd};

use super::Quarantine;
use crate::flow::out::{self, OutKind};
use crate::flow::receive::Door;
use crate::flow::{Flow, FlowError};

/// Keeps a receipt with its reason, alarms, and tells the sender.
pub(super) async fn quarantine(flow: &Flow, receipt: &Receipt, why: &Quarantine) -> Result<(), FlowError> {
    tracing::warn!(receipt = %receipt.id, partner = %receipt.partner, reason = why.reason, "a file is quarantined");
    let alarm = NewAlarm {
        kind: "file-quarantined".parse()?,
        subject: receipt.id.to_string(),
        reason: Some(why.reason.parse()?),
        at: flow.now(),
    };
    let mut effects = Effects { alarms: vec![alarm], ..Effects::none() };
    if receipt.door.as_str() != Door::Response.as_str() {
        let text = format!(
            "A file of yours was not processed.\n\nreceipt: {}\nreason:  {}\n\n{}.\n\nNothing of it was used. Send it again once this is mended.\n",
            receipt.id, why.reason, why.told
        );
        let sealed = out::seal(flow, &receipt.partner, text.as_bytes()).await?;
        effects.files.push(out::list(
            flow,
            &receipt.partner,
            OutKind::Notice,
            (receipt.id, receipt.id.as_str()),
            &sealed,
        )?);
    }
    let end = ReceiptEnd::Quarantined(why.reason.parse()?);
    Ok(flow.ledger.finish_receipt(receipt.id, end, flow.now(), effects).await?)
}
