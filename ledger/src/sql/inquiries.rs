//! Real-time inquiries: the same steps as a file's, in one commit before the call and one after.

use super::{Tx, answers, deliveries, effects, interchanges, items, receipts, settle};
use crate::{AnswerResult, Effects, InquiryEnd, NewInquiry, ReceiptEnd, Result, SetEnd, Wake};

pub(super) async fn open(tx: &mut Tx, inquiry: &NewInquiry) -> Result<()> {
    if deliveries::exists(tx, inquiry.delivery.id).await? {
        return Ok(());
    }
    let (at, none) = (inquiry.content.at, Effects::none());
    receipts::receive(tx, &inquiry.receipt, inquiry.content, &none).await?;
    interchanges::begin(tx, &inquiry.interchange).await?;
    items::stage_sets(tx, std::slice::from_ref(&inquiry.set)).await?;
    items::stage_items(tx, &inquiry.items).await?;
    let item_count = u32::try_from(inquiry.items.len()).unwrap_or(u32::MAX);
    items::finish_sets(tx, &[SetEnd { set: inquiry.set.id, accepted: true, item_count }]).await?;
    interchanges::accept(tx, inquiry.interchange.id, None, at, &none).await?;
    receipts::finish(tx, inquiry.receipt.id, &ReceiptEnd::Translated, at, &none).await?;
    deliveries::begin(tx, &inquiry.delivery, &inquiry.effects).await
}

pub(super) async fn close(tx: &mut Tx, end: &InquiryEnd) -> Result<Vec<AnswerResult>> {
    let none = Effects::none();
    if let Some((receipt, content)) = &end.response {
        receipts::receive(tx, receipt, *content, &none).await?;
        receipts::finish(tx, receipt.id, &ReceiptEnd::Translated, content.at, &none).await?;
    }
    settle::delivery(tx, end.delivery, &end.outcome, &end.cause, end.at, &none).await?;
    let results = answers::record(tx, &end.answers).await?;
    effects::apply(tx, &end.effects, end.at).await?;
    tx.wakes.add(Wake::Inquiry(end.delivery));
    Ok(results)
}
