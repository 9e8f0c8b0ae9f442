//! JSON that submitters send, as an interchange of X12 under the submitter's own name.

use std::sync::Arc;

use tradewind_api::{Fault, GatewayError};
use tradewind_compliance::PartnerId;
use tradewind_edi::ack::{Address, Envelope, Format, Usage as IsaUsage};
use tradewind_edi::guide::Guide;
use tradewind_edi::item::{Batch, BatchError, BatchOptions};
use tradewind_edi::json::JsonError;
use tradewind_edi::{ControlNumber, Guides};
use tradewind_ledger::NumberKind;

use super::gateway::refuse;
use super::translate::stamp;
use super::{Flow, FlowError};
use crate::config::Usage;

/// The interchange of one item's JSON.
pub(super) async fn submitted(flow: &Flow, partner: &PartnerId, json: &[u8]) -> Result<Vec<u8>, GatewayError> {
    let guide = guide_of(json)?;
    let options = options(flow, partner, guide).await.map_err(refuse)?;
    let (mut batch, mut x12) = (Batch::new(options), Vec::new());
    batch.add(json, None, &mut x12).map_err(|error| fault(&error))?;
    batch.finish(&mut x12);
    Ok(x12)
}

/// The guide that `guide` and `set` of a JSON object name.
pub(super) fn guide_of(json: &[u8]) -> Result<Arc<Guide>, GatewayError> {
    #[derive(serde::Deserialize)]
    struct Named {
        guide: String,
        set: Option<String>,
        purpose: Option<String>,
    }
    let named: Named = serde_json::from_slice(json).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let message = "expected a JSON object whose \"guide\" names a guide, such as 005010X222A1".to_owned();
        GatewayError::Malformed(vec![Fault { place, rule: "json".into(), message }])
    })?;
    let guides = Guides::built_in();
    let found = match &named.set {
        Some(set) => guides.find(&named.guide, set, named.purpose.as_deref()),
        None => guides.of_revision(&named.guide).next(),
    };
    found.cloned().ok_or_else(|| {
        let message = "expected a guide that is known".to_owned();
        GatewayError::Invalid(vec![Fault { place: "/guide".to_owned(), rule: "unknown-guide".into(), message }])
    })
}

async fn options(flow: &Flow, partner: &PartnerId, guide: Arc<Guide>) -> Result<BatchOptions, FlowError> {
    let settings = flow.settings();
    let (us, them) = (&settings.config.gateway.identity, settings.partner(partner));
    let own =
        them.and_then(|partner| partner.identities.first()).ok_or_else(|| FlowError::ConfigPartner(partner.clone()))?;
    let wanted = [(NumberKind::Interchange, 1)];
    let reason = "given-to-a-json-submission".parse()?;
    let numbers = flow.ledger.reserve_numbers(partner, &wanted, reason, flow.now()).await?;
    let interchange = super::deliver::number(&numbers, NumberKind::Interchange)?;
    let usage = them.map_or(Usage::Test, |partner| partner.receive.json_usage);
    let group_id = us.application.clone().unwrap_or_else(|| us.id.clone());
    let receiver = Address { qualifier: us.qualifier.clone(), id: us.id.clone(), group_id };
    Ok(BatchOptions {
        guide,
        envelope: Envelope {
            sender: Address {
                qualifier: own.qualifier.clone(),
                id: own.id.clone(),
                group_id: own.application().to_owned(),
            },
            receiver,
            at: stamp(flow),
            interchange,
            group: interchange,
            usage: if usage == Usage::Production { IsaUsage::Production } else { IsaUsage::Test },
        },
        acknowledgment_requested: false,
        format: Format::default(),
        set_control: ControlNumber::FIRST,
        reference: format!("{interchange}"),
        items_per_set_max: 1,
        trace_originator: "9TRADEWIND".to_owned(),
    })
}

/// What the submitter learns of JSON that does not fit: the place, never the value.
pub(super) fn fault(error: &BatchError) -> GatewayError {
    let place = match error {
        BatchError::Json(json) => json.pointer().unwrap_or_default().to_owned(),
        BatchError::Guide { .. } => "/guide".to_owned(),
        BatchError::OurId => String::new(),
    };
    let fault = Fault { place, rule: "json".into(), message: error.to_string() };
    match error {
        BatchError::Json(JsonError::NotUtf8 { .. } | JsonError::Syntax { .. }) => GatewayError::Malformed(vec![fault]),
        _ => GatewayError::Invalid(vec![fault]),
    }
}
