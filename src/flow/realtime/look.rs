//! Looks at an inquiry: its items, and the acknowledgments that it would get.

use tradewind_api::GatewayError;
use tradewind_compliance::PartnerId;
use tradewind_edi::ack::x277ca::Role;
use tradewind_edi::ack::{Format, x999};
use tradewind_edi::engine::{InterchangeHeader, InterchangeStart, SetStart};
use tradewind_edi::item::{Collected, Collector};
use tradewind_edi::{ControlNumber, Engine, Options, Visitor};

use crate::acknowledge::{Acknowledged, Acknowledger, Answering, counting};
use crate::flow::Flow;
use crate::flow::translate::stamp;

/// What an inquiry holds.
pub(super) struct Look {
    pub(super) header: InterchangeHeader,
    pub(super) set: String,
    pub(super) items: Collected,
    pub(super) acknowledged: Acknowledged,
    pub(super) format: Format,
}

/// What the message says of itself.
#[derive(Default)]
struct Head {
    header: Option<InterchangeHeader>,
    set: String,
    format: Format,
}

impl Visitor for Head {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.header.get_or_insert_with(|| event.header.clone());
        self.format = Format::with(event.delimiters);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.set.clone_from(&event.header.code);
    }
}

pub(super) fn look(flow: &Flow, partner: &PartnerId, x12: &[u8], reference: &str) -> Result<Look, GatewayError> {
    let settings = flow.settings();
    let identity = settings.config.gateway.identity.clone();
    let answering = Answering {
        role: Role::Clearinghouse,
        name: identity.id.clone(),
        id: Some(identity.id),
        at: stamp(flow),
        reference: reference.to_owned(),
        claim_numbers: None,
        x999: x999::Options::default(),
        claims: true,
        application_advice: false,
    };
    let (mut head, mut collector) = (Head::default(), Collector::new());
    let mut acknowledger = Acknowledger::new(answering, counting(ControlNumber::FIRST));
    let mut looking = (&mut head, &mut (&mut acknowledger, &mut collector));
    let companions = settings.companions(partner).to_vec();
    let mut engine = Engine::new(Options { rules: settings.rules(), companions, ..Options::default() });
    let read = engine.feed(x12, &mut looking).and_then(|()| engine.finish(&mut looking));
    let items = collector.take();
    let acknowledged = acknowledger.take().into_iter().next().unwrap_or_default();
    match (read, head.header) {
        (Ok(()), Some(header)) => Ok(Look { header, set: head.set, items, acknowledged, format: head.format }),
        (Err(refusal), _) => {
            let place = format!("byte {}", refusal.offset);
            let fault = tradewind_api::Fault { place, rule: "x12".into(), message: refusal.reason.to_string() };
            Err(GatewayError::Malformed(vec![fault]))
        }
        (Ok(()), None) => Err(GatewayError::Malformed(Vec::new())),
    }
}
