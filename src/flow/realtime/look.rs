//! Looks at an inquiry: its items, and the acknowledgments that it would get.

use tradewind_api::GatewayError;
use tradewind_compliance::PartnerId;
use tradewind_edi::ack::x277ca::Role;
use tradewind_edi::ack::{Format, x999};
use tradewind_edi::engine::{
    GroupEnd, GroupStart, InterchangeEnd, InterchangeHeader, InterchangeStart, ItemEnd, SetEnd, SetStart,
};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::item::{Collected, Collector};
use tradewind_edi::{ControlNumber, Engine, Finding, Options, Segment, Visitor};

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

/// Gathers items and acknowledgments of a message in memory.
struct Looking {
    header: Option<InterchangeHeader>,
    set: String,
    format: Format,
    acknowledger: Acknowledger,
    collector: Collector,
}

macro_rules! both {
    ($($name:ident($event:ty)),+ $(,)?) => {$(
        fn $name(&mut self, event: $event) {
            self.acknowledger.$name(event);
            self.collector.$name(event);
        }
    )+};
}

impl Visitor for Looking {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.header.get_or_insert_with(|| event.header.clone());
        self.format = Format::with(event.delimiters);
        self.acknowledger.interchange_start(event);
        self.collector.interchange_start(event);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.set.clone_from(&event.header.code);
        self.acknowledger.set_start(event);
        self.collector.set_start(event);
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.acknowledger.segment(segment, node);
        self.collector.segment(segment, node);
    }

    both!(
        group_start(&GroupStart<'_>),
        loop_open(NodeIx),
        item_open(NodeIx),
        finding(&Finding),
        item_close(&ItemEnd),
        loop_close(NodeIx),
        set_end(&SetEnd<'_>),
        group_end(&GroupEnd<'_>),
        interchange_end(&InterchangeEnd<'_>),
    );
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
    let mut looking = Looking {
        header: None,
        set: String::new(),
        format: Format::default(),
        acknowledger: Acknowledger::new(answering, counting(ControlNumber::FIRST)),
        collector: Collector::new(),
    };
    let companions = settings.companions(partner).to_vec();
    let mut engine = Engine::new(Options { rules: settings.rules(), companions, ..Options::default() });
    let read = engine.feed(x12, &mut looking).and_then(|()| engine.finish(&mut looking));
    let items = looking.collector.take();
    let acknowledged = looking.acknowledger.take().into_iter().next().unwrap_or_default();
    match (read, looking.header) {
        (Ok(()), Some(header)) => Ok(Look { header, set: looking.set, items, acknowledged, format: looking.format }),
        (Err(refusal), _) => {
            let place = format!("byte {}", refusal.offset);
            let fault = tradewind_api::Fault { place, rule: "x12".into(), message: refusal.reason.to_string() };
            Err(GatewayError::Malformed(vec![fault]))
        }
        (Ok(()), None) => Err(GatewayError::Malformed(Vec::new())),
    }
}
