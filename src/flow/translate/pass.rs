//! One pass over a file's plaintext: what the engine tells becomes steps, which are then applied in order.

use std::sync::Arc;

use tradewind_compliance::keys::{SearchHasher, SearchKey, SearchKind, ValueSealer};
use tradewind_compliance::{ItemId, PartnerId};
use tradewind_edi::ack::x277ca::{Pieces, Role, Settings as Answering, Status};
use tradewind_edi::ack::{Format, Stamp, Ta1, x999};
use tradewind_edi::engine::{
    GroupEnd, GroupHeader, GroupStart, InterchangeEnd, InterchangeHeader, InterchangeStart, ItemEnd, SetEnd, SetStart,
    Verdict,
};
use tradewind_edi::finding::{InterchangeCode, Scope};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::item::{Collector, Item};
use tradewind_edi::{ControlNumber, Finding, Segment, Severity, Visitor};
use tradewind_ledger::{SealedValue, SearchHash};

use crate::acknowledge::ClaimAcknowledgments;
use crate::config::Usage;
use crate::flow::Flow;
use crate::flow::answer::Received;
use crate::flow::view::SealedItem;
use crate::settings::Settings;

/// Findings that are kept with a rejected item.
const FINDINGS_MAX: usize = 20;
/// ST01 of what is routed to partners. What else comes in is an answer to what we sent, or goes nowhere.
const ROUTED: [&str; 3] = ["837", "270", "276"];

/// What happened in the file, in its order.
pub(super) enum Step {
    /// An ISA.
    Begin { ordinal: u32, header: Box<InterchangeHeader>, format: Format },
    /// An ST.
    Set(SetBegun),
    /// Items of the set that is open, and their JSON back to back.
    Items { json: Vec<u8>, items: Vec<PassedItem> },
    /// Claims for the spool of the set's 277CA.
    Claims(Vec<u8>),
    /// An SE.
    SetEnd { accepted: bool, items: u32, pieces: Option<Box<Pieces>> },
    /// A GE, with the 277CAs of its sets.
    GroupEnd { rejected: bool, claims: Box<ClaimAcknowledgments> },
    /// What the 999 says next.
    X999(Vec<u8>),
    /// What a partner's acknowledgment says.
    Received(Received),
    /// An IEA.
    End(Box<Ended>),
}

/// A set that began.
pub(super) struct SetBegun {
    pub(super) guide: String,
    pub(super) group_control_number: u32,
}

/// An item on its way to the ledger.
pub(super) struct PassedItem {
    pub(super) id: ItemId,
    pub(super) ordinal: u32,
    pub(super) destination: Option<PartnerId>,
    pub(super) rejected: bool,
    pub(super) length: u32,
    pub(super) claim_hash: Option<SearchHash>,
    pub(super) member_hash: Option<SearchHash>,
    pub(super) sealed: Option<SealedValue>,
}

/// An interchange that ended.
pub(super) struct Ended {
    pub(super) header: InterchangeHeader,
    pub(super) group: Option<GroupHeader>,
    pub(super) verdict: Verdict,
    pub(super) code: InterchangeCode,
    pub(super) ta1: Option<Ta1>,
    pub(super) sets_rejected: u64,
    pub(super) digest: SearchHash,
    pub(super) unknown_payers: u64,
    /// The 999's writer, for its envelope; `None` where no group asks for a 999.
    pub(super) x999: Option<x999::Writer>,
}

/// What a pass needs of the sender.
pub(super) struct Sender {
    pub(super) search: Arc<SearchKey>,
    pub(super) sealer: ValueSealer,
    pub(super) settings: Arc<Settings>,
    pub(super) reference: String,
    pub(super) at: Stamp,
    pub(super) x999: x999::Options,
    /// Whether this is the partner's response to a call of ours: nothing in it is routed.
    pub(super) answers_us: bool,
}

/// The visitor.
pub(super) struct Pass<'a> {
    flow: &'a Flow,
    sender: Sender,
    steps: Vec<Step>,
    x999: x999::Writer,
    claims: Option<Box<ClaimAcknowledgments>>,
    items: Collector,
    answers: crate::flow::answer::Reader,
    interchange: u32,
    usage: Usage,
    format: Format,
    group: Option<GroupHeader>,
    group_control_number: u32,
    routed: bool,
    set_items: u32,
    findings: Vec<(String, String, String)>,
    digest: Option<SearchHasher>,
    unknown_payers: u64,
}

impl<'a> Pass<'a> {
    pub(super) fn new(flow: &'a Flow, sender: Sender) -> Self {
        Self {
            x999: x999::Writer::new(sender.x999),
            flow,
            sender,
            steps: Vec::new(),
            claims: None,
            items: Collector::new(),
            answers: crate::flow::answer::Reader::default(),
            interchange: 0,
            usage: Usage::Test,
            format: Format::default(),
            group: None,
            group_control_number: 0,
            routed: false,
            set_items: 0,
            findings: Vec::new(),
            digest: None,
            unknown_payers: 0,
        }
    }

    /// What happened since the last call.
    pub(super) fn take(&mut self) -> Vec<Step> {
        self.take_x999();
        std::mem::take(&mut self.steps)
    }

    fn take_x999(&mut self) {
        if !self.x999.output().is_empty() {
            let bytes = std::mem::take(self.x999.output());
            self.steps.push(Step::X999(bytes));
        }
    }

    fn take_claims(&mut self) {
        let Some(claims) = &mut self.claims else { return };
        let spool = claims.spool();
        if spool.is_empty() {
            return;
        }
        match self.steps.last_mut() {
            Some(Step::Claims(bytes)) => bytes.append(spool),
            _ => self.steps.push(Step::Claims(std::mem::take(spool))),
        }
    }

    fn take_received(&mut self) {
        let steps = &mut self.steps;
        self.answers.take(&mut |received| steps.push(Step::Received(received)));
    }

    /// Adds what the content's digest covers: everything but what a re-send of the same content changes.
    fn digest(&mut self, bytes: &[u8]) {
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
            digest.update(b"\0");
        }
    }

    /// Where an item goes; a claim without a route is rejected before its 277CA is written.
    fn route(&mut self, item: &Item) -> Option<PartnerId> {
        let payer = item.keys.find("payer_id").unwrap_or_default();
        self.sender.settings.config.routes.partner(payer, &item.guide.revision, self.usage).cloned()
    }

    fn pass_item(&mut self, item: &Item, json: &[u8], rejected: bool, destination: Option<PartnerId>) {
        self.set_items = self.set_items.saturating_add(1);
        let id = self.flow.ids.item_id();
        let hash = |kind, name: &str| {
            item.keys.find(name).map(|value| SearchHash(self.sender.search.digest(kind, value.as_bytes())))
        };
        let mut kept = SealedItem::default();
        kept.keys.extend(item.keys.iter().map(|key| (key.name.to_string(), key.value.clone())));
        if rejected {
            kept.findings = std::mem::take(&mut self.findings);
        }
        let sealed = serde_json::to_vec(&kept).ok().and_then(|text| self.sender.sealer.seal(id.as_str(), &text).ok());
        let passed = PassedItem {
            id,
            ordinal: self.set_items,
            destination,
            rejected,
            length: u32::try_from(json.len()).unwrap_or(u32::MAX),
            claim_hash: hash(SearchKind::CLAIM_ID, "claim_id").or_else(|| hash(SearchKind::CLAIM_ID, "trace")),
            member_hash: hash(SearchKind::MEMBER_ID, "member_id"),
            sealed: sealed.map(SealedValue),
        };
        match self.steps.last_mut() {
            Some(Step::Items { json: all, items }) => {
                all.extend_from_slice(json);
                items.push(passed);
            }
            _ => self.steps.push(Step::Items { json: json.to_vec(), items: vec![passed] }),
        }
    }

    /// Takes the items that the collector has finished.
    fn take_items(&mut self) {
        let collected = self.items.take();
        for item in &collected.items {
            let json = collected.json_of(item);
            if !self.routed {
                let steps = &mut self.steps;
                self.answers.item(item, json, &mut |received| steps.push(Step::Received(received)));
                continue;
            }
            let destination = self.route(item);
            let unknown = destination.is_none();
            if unknown {
                self.unknown_payers += 1;
                self.findings.push((
                    "2010BB/NM109".to_owned(),
                    "unknown-payer".to_owned(),
                    "expected a payer id with a route, found another one".to_owned(),
                ));
                if let Some(claims) = &mut self.claims {
                    claims.reject(Status::UNKNOWN_PAYER);
                }
            }
            let rejected = item.rejected || unknown;
            self.pass_item(item, json, rejected, destination.filter(|_| !rejected));
        }
    }
}

impl Visitor for Pass<'_> {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.interchange = event.ordinal;
        self.usage = if event.header.usage() == "P" { Usage::Production } else { Usage::Test };
        self.format = Format::with(event.delimiters);
        self.x999 = x999::Writer::new(self.sender.x999);
        self.x999.interchange_start(event);
        self.group = None;
        self.unknown_payers = 0;
        self.digest = Some(self.sender.search.hasher(SearchKind::new("interchange")));
        for field in [5, 6, 7, 8, 15] {
            self.digest(event.header.field(field).as_bytes());
        }
        let header = Box::new(event.header.clone());
        self.steps.push(Step::Begin { ordinal: event.ordinal, header, format: self.format });
    }

    fn ta1(&mut self, segment: &Segment<'_>) {
        self.answers.ta1(segment);
        self.take_received();
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.group.get_or_insert_with(|| event.header.clone());
        self.group_control_number = event.header.control_number.parse().unwrap_or(0);
        self.x999.group_start(event);
        self.answers.group_start(event);
        let reference = format!("{}{:02}{:02}", self.sender.reference, self.interchange, event.ordinal);
        let identity = &self.sender.settings.config.gateway.identity;
        let answering = Answering {
            role: Role::Clearinghouse,
            name: identity.id.clone(),
            id_qualifier: "46".to_owned(),
            id: identity.id.clone(),
            trace: reference.clone(),
            received: self.sender.at,
            processed: self.sender.at,
            set_number: ControlNumber::FIRST,
        };
        self.claims = Some(Box::new(ClaimAcknowledgments::new(answering, self.format, reference)));
        for part in [event.header.code.as_bytes(), event.header.version.as_bytes()] {
            self.digest(part);
        }
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.x999.set_start(event);
        self.items.set_start(event);
        self.answers.set_start(event);
        if let Some(claims) = &mut self.claims {
            claims.set_start(event);
        }
        self.routed = ROUTED.contains(&event.header.code.as_str()) && event.guide.is_some() && !self.sender.answers_us;
        self.set_items = 0;
        // As `generate` names guides: the revision tells 270 from 271 only with the set.
        let guide = event.guide.map_or(event.header.code.clone(), |guide| format!("{}/{}", guide.revision, guide.set));
        self.steps.push(Step::Set(SetBegun { guide, group_control_number: self.group_control_number }));
    }

    fn loop_open(&mut self, node: NodeIx) {
        self.x999.loop_open(node);
        self.items.loop_open(node);
        if let Some(claims) = &mut self.claims {
            claims.loop_open(node);
        }
    }

    fn item_open(&mut self, node: NodeIx) {
        self.findings.clear();
        self.items.item_open(node);
        if let Some(claims) = &mut self.claims {
            claims.item_open(node);
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.x999.segment(segment, node);
        self.items.segment(segment, node);
        self.answers.segment(segment, node);
        if let Some(claims) = &mut self.claims {
            claims.segment(segment, node);
        }
        match segment.id_bytes() {
            b"ST" => self.digest(segment.element(1).unwrap_or_default()),
            b"SE" => self.digest(segment.element(1).unwrap_or_default()),
            _ => self.digest(segment.bytes()),
        }
    }

    fn finding(&mut self, finding: &Finding) {
        self.x999.finding(finding);
        if let Some(claims) = &mut self.claims {
            claims.finding(finding);
        }
        let of_item = matches!(finding.scope, Scope::Item | Scope::Level(_));
        if of_item && finding.severity == Severity::Error && self.findings.len() < FINDINGS_MAX {
            self.findings.push((place(finding), finding.rule.to_string(), finding.message.clone()));
        }
    }

    fn item_close(&mut self, event: &ItemEnd) {
        self.items.item_close(event);
        if let Some(claims) = &mut self.claims {
            claims.item_close(event);
        }
    }

    fn loop_close(&mut self, node: NodeIx) {
        self.x999.loop_close(node);
        self.items.loop_close(node);
        self.take_items();
        self.take_received();
        if let Some(claims) = &mut self.claims {
            claims.loop_close(node);
        }
        self.take_claims();
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.x999.set_end(event);
        self.items.set_end(event);
        self.take_items();
        self.answers.set_end(event);
        self.take_received();
        self.take_claims();
        let pieces = self.claims.as_mut().and_then(|claims| claims.end(event)).map(Box::new);
        let items = if self.routed { self.set_items } else { 0 };
        // What is wrong with what the digest leaves out, such as SE02: mended, it is other content.
        self.digest(b"IK5");
        event.codes.iter().for_each(|code| self.digest(code.code().as_bytes()));
        self.steps.push(Step::SetEnd { accepted: !event.rejected, items, pieces });
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.x999.group_end(event);
        self.take_x999();
        self.digest(b"AK9");
        event.codes.iter().for_each(|code| self.digest(code.code().as_bytes()));
        if let Some(claims) = self.claims.take() {
            self.steps.push(Step::GroupEnd { rejected: event.verdict == Verdict::Rejected, claims });
        }
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.take_x999();
        let digest = self.digest.take().map_or([0; 32], SearchHasher::finish);
        let fresh = x999::Writer::new(self.sender.x999);
        let x999 = std::mem::replace(&mut self.x999, fresh);
        self.steps.push(Step::End(Box::new(Ended {
            header: event.header.clone(),
            group: self.group.take(),
            verdict: event.verdict,
            code: event.code,
            ta1: Ta1::owed(event),
            sets_rejected: event.sets_rejected,
            digest: SearchHash(digest),
            unknown_payers: self.unknown_payers,
            x999: (x999.sets() > 0).then_some(x999),
        })));
    }
}

/// A finding's place in words that hold no value: `2300/CLM02`.
fn place(finding: &Finding) -> String {
    let place = &finding.place;
    let segment = place.segment_id.map(|id| id.to_string()).unwrap_or_default();
    let element = if place.element > 0 { format!("{:02}", place.element) } else { String::new() };
    match place.loop_id() {
        Some(at) => format!("{at}/{segment}{element}"),
        None => format!("{segment}{element}"),
    }
}
