//! An answer that an idempotency key gives again.

use tradewind_api::{Answer, AnswerKind, Content};
use tradewind_compliance::PartnerId;
use tradewind_ledger::{Effects, SearchHash, StoredResponse};

use super::seal;
use crate::flow::{Flow, FlowError, objects};

/// Keeps an answer for its idempotency key.
pub(super) async fn keep(flow: &Flow, partner: &PartnerId, key: SearchHash, answer: &Answer) -> Result<(), FlowError> {
    let object = objects::response(answer.file).map_err(|_| FlowError::Internal("an object's key"))?;
    seal(flow, partner, &object, objects::RESPONSE, &answer.body).await?;
    let content = if answer.content == Content::Json { "json" } else { "x12" };
    let kind = format!("{}.{content}", answer.kind.as_str()).parse()?;
    let response = StoredResponse { status: 200, kind, body: Some(object) };
    Ok(flow.ledger.complete_key(partner, key, response, flow.now(), Effects::none()).await?)
}

/// The answer that an idempotency key stands for.
pub(super) async fn stored(flow: &Flow, partner: &PartnerId, response: &StoredResponse) -> Result<Answer, FlowError> {
    let wrong = || FlowError::Internal("a stored response");
    let object = response.body.as_ref().ok_or_else(wrong)?;
    let file = object.as_str().rsplit('/').next().and_then(|id| id.parse().ok()).ok_or_else(wrong)?;
    let mut reader = flow.vault.reader(partner, object, objects::RESPONSE).await?;
    let mut body = Vec::new();
    while let Some(bytes) = reader.next().await? {
        body.extend_from_slice(&bytes);
    }
    let (kind, content) = response.kind.as_str().split_once('.').ok_or_else(wrong)?;
    let kind = match kind {
        "271" => AnswerKind::Eligibility,
        "999" => AnswerKind::Implementation,
        _ => AnswerKind::Interchange,
    };
    let content = if content == "json" { Content::Json } else { Content::X12 };
    Ok(Answer { file, kind, content, body: body.into() })
}
