//! What a 277CA needs of an 837, gathered while the engine reads it: one claim at a time.

use super::fault::status_of;
use super::parts::{Claim, Line, Name, Period, Status};
use crate::engine::{ItemEnd, SetStart, Visitor};
use crate::finding::{Finding, Scope, Severity};
use crate::guide::{Guide, NodeIx, NodeKind};
use crate::{OwnedSegment, Segment};
use std::sync::Arc;

/// Statuses of one claim, of one line, and of the levels around.
const STATUSES_MAX: usize = 10;
/// Rejected lines that are told of one claim.
const LINES_MAX: usize = 999;

/// A [`Visitor`] that keeps the current submitter, provider, patient and claim of an 837.
///
/// Drive it with every event. After [`Visitor::item_close`], [`Collector::claim`] is the claim that ended; a fault that only the
/// caller knows of (no payer by that identifier) is added by [`Collector::reject`] before.
#[derive(Debug, Default)]
pub struct Collector {
    guide: Option<Arc<Guide>>,
    /// What each node of the guide means here.
    roles: Vec<Role>,
    batch: Vec<u8>,
    submitter: Option<OwnedSegment>,
    provider: Option<OwnedSegment>,
    tax_id: Vec<u8>,
    provider_ordinal: u64,
    subscriber: Option<OwnedSegment>,
    dependent: Option<OwnedSegment>,
    patient_ordinal: u64,
    /// Faults of levels, for the claims below them.
    levels: Vec<(NodeIx, Status)>,
    facts: Facts,
    in_line: bool,
    line: Line,
}

/// What is known of the claim that is open, or that was closed last.
#[derive(Debug, Default)]
struct Facts {
    id: Vec<u8>,
    charge: Vec<u8>,
    intermediary_id: Vec<u8>,
    bill_type: Vec<u8>,
    /// 2300's statement dates, and the days of its lines.
    statement: Period,
    service: Period,
    statuses: Vec<Status>,
    lines: Vec<Line>,
    rejected: bool,
    closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    None,
    Batch,
    Submitter,
    ProviderLevel,
    Provider,
    ProviderReference,
    SubscriberLevel,
    Subscriber,
    PatientLevel,
    Patient,
    Claim,
    ClaimDate,
    ClaimReference,
    LineLevel,
    Service,
    LineDate,
    LineReference,
    DrugReference,
}

impl Role {
    fn of(guide: &Guide, node: NodeIx) -> Self {
        let (this, at) = (guide.node(node), guide.node(guide.loop_of(node)));
        if this.kind == NodeKind::Loop {
            return match this.id.as_ref() {
                "2000A" => Self::ProviderLevel,
                "2000B" => Self::SubscriberLevel,
                "2000C" => Self::PatientLevel,
                "2400" => Self::LineLevel,
                _ => Self::None,
            };
        }
        match (at.id.as_ref(), this.id.as_ref()) {
            (_, "BHT") => Self::Batch,
            ("1000A", "NM1") => Self::Submitter,
            ("2010AA", "NM1") => Self::Provider,
            ("2010AA", "REF") => Self::ProviderReference,
            ("2010BA", "NM1") => Self::Subscriber,
            ("2010CA", "NM1") => Self::Patient,
            ("2300", "CLM") => Self::Claim,
            ("2300", "DTP") => Self::ClaimDate,
            ("2300", "REF") => Self::ClaimReference,
            ("2400", "SV1" | "SV2" | "SV3") => Self::Service,
            ("2400", "DTP") => Self::LineDate,
            ("2400", "REF") => Self::LineReference,
            ("2410", "REF") => Self::DrugReference,
            _ => Self::None,
        }
    }
}

impl Collector {
    /// A collector that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// BHT03 of the set.
    pub fn batch(&self) -> &[u8] {
        &self.batch
    }

    /// 1000A.
    pub fn submitter(&self) -> Name<'_> {
        name(self.submitter.as_ref())
    }

    /// The billing provider of the claim, 2010AA.
    pub fn provider(&self) -> Name<'_> {
        name(self.provider.as_ref())
    }

    /// The provider's tax identifier, its REF*EI or REF*SY.
    pub fn tax_id(&self) -> &[u8] {
        &self.tax_id
    }

    /// Counts the 2000A loops of the set: another number, another provider.
    pub fn provider_ordinal(&self) -> u64 {
        self.provider_ordinal
    }

    /// The patient: 2010CA, or 2010BA where the subscriber is the patient. The identifier is the subscriber's.
    pub fn patient(&self) -> Name<'_> {
        let subscriber = name(self.subscriber.as_ref());
        let patient = self.dependent.as_ref().map_or(subscriber, |dependent| name(Some(dependent)));
        Name { qualifier: subscriber.qualifier, id: subscriber.id, ..patient }
    }

    /// Counts the patients of the set: another number, another patient.
    pub fn patient_ordinal(&self) -> u64 {
        self.patient_ordinal
    }

    /// Rejects the claim that just closed, for a reason that is not the engine's.
    pub fn reject(&mut self, status: Status) {
        self.facts.rejected = true;
        push(&mut self.facts.statuses, status);
    }

    /// The claim that closed last.
    pub fn claim(&self) -> Option<Claim<'_>> {
        let facts = &self.facts;
        facts.closed.then(|| Claim {
            id: &facts.id,
            charge: &facts.charge,
            payer_control_number: &[],
            intermediary_id: &facts.intermediary_id,
            bill_type: &facts.bill_type,
            service: if facts.statement.is_empty() { facts.service } else { facts.statement },
            rejected: facts.rejected,
            statuses: if facts.rejected { &facts.statuses } else { &[] },
            message: &[],
            lines: &facts.lines,
        })
    }

    fn role(&self, node: NodeIx) -> Role {
        self.roles.get(usize::from(node.0)).copied().unwrap_or(Role::None)
    }

    fn close_line(&mut self) {
        if std::mem::take(&mut self.in_line) && !self.line.statuses.is_empty() && self.facts.lines.len() < LINES_MAX {
            self.facts.lines.push(std::mem::take(&mut self.line));
        }
    }
}

impl Visitor for Collector {
    fn set_start(&mut self, event: &SetStart<'_>) {
        let same = self.guide.as_ref().zip(event.guide).is_some_and(|(a, b)| Arc::ptr_eq(a, b));
        let roles = if same { std::mem::take(&mut self.roles) } else { Vec::new() };
        *self = Self { guide: event.guide.cloned(), roles, ..Self::default() };
        if let Some(guide) = event.guide.filter(|_| !same) {
            self.roles = guide.indexes().map(|node| Role::of(guide, node)).collect();
        }
    }

    fn loop_open(&mut self, node: NodeIx) {
        match self.role(node) {
            Role::ProviderLevel => {
                self.provider = None;
                self.tax_id.clear();
                self.provider_ordinal += 1;
            }
            Role::SubscriberLevel => {
                self.subscriber = None;
                self.dependent = None;
                self.patient_ordinal += 1;
            }
            Role::PatientLevel => {
                self.dependent = None;
                self.patient_ordinal += 1;
            }
            Role::LineLevel => {
                self.close_line();
                self.line = Line::default();
                self.in_line = true;
            }
            _ => {}
        }
    }

    fn loop_close(&mut self, node: NodeIx) {
        self.levels.retain(|(level, _)| *level != node);
        if self.role(node) == Role::LineLevel {
            self.close_line();
        }
        if self.role(node) == Role::PatientLevel {
            self.dependent = None;
        }
    }

    fn item_open(&mut self, _node: NodeIx) {
        self.facts = Facts::default();
        self.in_line = false;
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        let Some(node) = node else { return };
        let value = |position| segment.element(position).unwrap_or_default().to_vec();
        let dates = || Period::of(segment.element(2).unwrap_or_default(), segment.element(3).unwrap_or_default());
        match self.role(node) {
            Role::Batch => self.batch = value(3),
            Role::Submitter => self.submitter = Some(segment.to_owned()),
            Role::Provider => self.provider = Some(segment.to_owned()),
            Role::ProviderReference if matches!(segment.element(1), Some(b"EI" | b"SY")) => self.tax_id = value(2),
            Role::Subscriber => self.subscriber = Some(segment.to_owned()),
            Role::Patient => self.dependent = Some(segment.to_owned()),
            Role::Claim => self.facts.claim(segment),
            Role::ClaimDate => match segment.element(1) {
                Some(b"434") => self.facts.statement = dates(),
                Some(b"472") => self.facts.service.add(dates()),
                _ => {}
            },
            Role::ClaimReference if segment.element(1) == Some(b"D9") => self.facts.intermediary_id = value(2),
            Role::Service => self.line.service(segment),
            Role::LineDate if segment.element(1) == Some(b"472") => {
                self.line.service.add(dates());
                self.facts.service.add(dates());
            }
            Role::LineReference if segment.element(1) == Some(b"6R") => self.line.control_number = value(2),
            Role::DrugReference if segment.element(1) == Some(b"XZ") => self.line.prescription = value(2),
            _ => {}
        }
    }

    fn finding(&mut self, finding: &Finding) {
        if finding.severity != Severity::Error {
            return;
        }
        let status = status_of(finding, self.guide.as_deref());
        match finding.scope {
            Scope::Item if self.in_line => push(&mut self.line.statuses, status),
            Scope::Item => push(&mut self.facts.statuses, status),
            Scope::Level(node) if self.levels.len() < STATUSES_MAX => self.levels.push((node, status)),
            Scope::Level(_) | Scope::Set | Scope::Group | Scope::Interchange | Scope::File => {}
        }
    }

    fn item_close(&mut self, event: &ItemEnd) {
        self.close_line();
        let facts = &mut self.facts;
        facts.closed = true;
        facts.rejected = event.rejected;
        if event.rejected {
            for (_, status) in &self.levels {
                push(&mut facts.statuses, *status);
            }
            if facts.statuses.is_empty() && !facts.lines.is_empty() {
                facts.statuses.push(Status::LINE);
            }
        }
    }
}

impl Facts {
    fn claim(&mut self, clm: &Segment<'_>) {
        let value = |position| clm.element(position).unwrap_or_default().to_vec();
        (self.id, self.charge) = (value(1), value(2));
        if clm.component(5, 2) == Some(b"A") {
            let parts = [clm.component(5, 1), clm.component(5, 3)];
            self.bill_type = parts.iter().flatten().flat_map(|part| part.iter().copied()).collect();
        }
    }
}

impl Line {
    /// From SV1, SV2 or SV3.
    fn service(&mut self, segment: &Segment<'_>) {
        let value = |position| segment.element(position).unwrap_or_default().to_vec();
        let (procedure, charge, revenue, quantity) = match segment.id().as_bytes() {
            b"SV2" => (2, 3, Some(1), 5),
            b"SV3" => (1, 2, None, 6),
            _ => (1, 2, None, 4),
        };
        let parts = segment.elements().nth(procedure - 1);
        self.procedure =
            parts.into_iter().flat_map(|e| e.components()).take(6).map(|part| part.bytes().to_vec()).collect();
        self.charge = value(charge);
        self.revenue = revenue.map(value).unwrap_or_default();
        self.quantity = value(quantity);
    }
}

fn name(segment: Option<&OwnedSegment>) -> Name<'_> {
    segment.map(|segment| Name::of(&segment.view())).unwrap_or_default()
}

fn push(statuses: &mut Vec<Status>, status: Status) {
    if statuses.len() < STATUSES_MAX && !statuses.contains(&status) {
        statuses.push(status);
    }
}
