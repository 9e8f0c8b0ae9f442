//! Applies a pass's steps in order: items are sealed and staged while the file is read, and nothing of them is released before the end of
//! their interchange.

use std::collections::BTreeSet;

use tradewind_compliance::store::PutMode;
use tradewind_compliance::vault::SealingWriter;
use tradewind_compliance::{InterchangeId, ObjectKey, PartnerId, SetId};
use tradewind_edi::ack::Format;
use tradewind_edi::ack::x277ca::{Piece, Pieces};
use tradewind_edi::engine::InterchangeHeader;
use tradewind_edi::finding::InterchangeCode;
use tradewind_ledger::{Begun, InterchangeKey, NewInterchange, NewItem, NewSet, Party, Receipt, SetEnd};

use super::pass::{PassedItem, SetBegun, Step};
use super::release;
use crate::acknowledge::ClaimAcknowledgments;
use crate::flow::answer::{AnswerPart, Received, Said, place};
use crate::flow::spool::{Spool, Spooled};
use crate::flow::{Flow, FlowError, measure, objects};

/// Items that are staged in one statement.
const ITEMS_AT_ONCE: usize = 1_000;

/// Which receipt is translated.
#[derive(Clone, Copy)]
pub(super) struct Stage<'a> {
    pub(super) flow: &'a Flow,
    pub(super) receipt: &'a Receipt,
}

/// A receipt's translation under way.
pub(super) struct Staging<'a> {
    stage: Stage<'a>,
    /// Answers of the receipt so far, those in interchanges that an earlier attempt settled among them: an attempt that is made again
    /// must count as the first one did, or what was recorded then would be recorded again.
    answers: u32,
    open: Option<Open>,
}

/// The interchange that is open.
pub(super) struct Open {
    pub(super) id: InterchangeId,
    /// An earlier attempt settled it: nothing of it is done again.
    pub(super) settled: bool,
    pub(super) key: InterchangeKey,
    /// What our own look at the envelope says.
    pub(super) refused: Option<InterchangeCode>,
    pub(super) format: Format,
    pub(super) destinations: BTreeSet<PartnerId>,
    pub(super) x999: Spool,
    /// The 277CAs of the groups that were not rejected.
    pub(super) claims: Vec<(Box<ClaimAcknowledgments>, Spooled)>,
    pub(super) said: Said,
    group_claims: Spool,
    sets: u32,
    /// Ends of the sets of the group that is open: its own verdict comes on top.
    ends: Vec<SetEnd>,
    set: Option<OpenSet>,
}

/// The set that is open.
struct OpenSet {
    id: SetId,
    object: ObjectKey,
    writer: Option<SealingWriter>,
    items: Vec<NewItem>,
    claims: Spool,
}

impl<'a> Staging<'a> {
    pub(super) fn new(flow: &'a Flow, receipt: &'a Receipt) -> Self {
        Self { stage: Stage { flow, receipt }, answers: 0, open: None }
    }

    pub(super) async fn apply(&mut self, steps: Vec<Step>) -> Result<(), FlowError> {
        for step in steps {
            match step {
                Step::Begin { ordinal, header, format } => {
                    self.open = Some(self.stage.begin(ordinal, &header, format).await?)
                }
                Step::End(ended) => {
                    if let Some(open) = self.open.take().filter(|open| !open.settled) {
                        release::end(self.stage, open, *ended).await?;
                    }
                }
                step => {
                    self.answers += u32::from(matches!(step, Step::Received(Received::Answer(_))));
                    if let Some(mut open) = self.open.take() {
                        if !open.settled {
                            self.stage.within(&mut open, step, self.answers).await?;
                        }
                        self.open = Some(open);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Stage<'_> {
    async fn begin(&self, ordinal: u32, header: &InterchangeHeader, format: Format) -> Result<Open, FlowError> {
        let party =
            |qualifier: &str, id: &str| format!("{qualifier}:{id}").parse().or_else(|_| "??:?".parse::<Party>());
        let sender = party(header.sender_qualifier(), header.sender())?;
        let receiver = party(header.receiver_qualifier(), header.receiver())?;
        let control_number = header.control_number().trim().parse().unwrap_or(0);
        let (id, test) = (self.flow.ids.interchange_id(), header.usage() != "P");
        let new = NewInterchange {
            id,
            receipt: self.receipt.id,
            ordinal,
            sender: sender.clone(),
            receiver: receiver.clone(),
            control_number,
            test,
            at: self.flow.now(),
        };
        let (id, settled) = match self.flow.ledger.begin_interchange(new).await? {
            Begun::Staged => (id, false),
            Begun::Settled { id, .. } => (id, true),
        };
        Ok(Open {
            id,
            settled,
            key: InterchangeKey { sender, receiver, control_number },
            refused: self.known(header),
            format,
            destinations: BTreeSet::new(),
            x999: Spool::default(),
            claims: Vec::new(),
            said: Said::default(),
            group_claims: Spool::default(),
            sets: 0,
            ends: Vec::new(),
            set: None,
        })
    }

    /// Whether the sender is who came in by the door, and the receiver is us.
    fn known(&self, header: &InterchangeHeader) -> Option<InterchangeCode> {
        let settings = self.flow.settings();
        let owner = settings.config.partner_of(header.sender_qualifier(), header.sender());
        if owner.is_none_or(|(partner, _)| *partner != self.receipt.partner) {
            return Some(InterchangeCode::Sender);
        }
        let us = &settings.config.gateway.identity;
        let to_us = header.receiver_qualifier() == us.qualifier && header.receiver() == us.id;
        (!to_us).then_some(InterchangeCode::UnknownReceiver)
    }

    async fn within(&self, open: &mut Open, step: Step, answers: u32) -> Result<(), FlowError> {
        let partner = &self.receipt.partner;
        match step {
            Step::Set(begun) => open.set = Some(self.set(open, begun).await?),
            Step::Items { json, items } => self.items(open, &json, items).await?,
            Step::Claims(mut bytes) => {
                if let Some(set) = &mut open.set {
                    set.claims.take(self.flow, partner, &mut bytes).await?;
                }
            }
            Step::SetEnd { accepted, items, pieces } => self.set_end(open, accepted, items, pieces).await?,
            Step::GroupEnd { rejected, claims } => self.group_end(open, rejected, claims).await?,
            Step::X999(mut bytes) => open.x999.take(self.flow, partner, &mut bytes).await?,
            Step::Received(Received::Fact(fact)) => open.said.facts.push(fact),
            Step::Received(Received::Answer(part)) => self.answer(open, part, answers).await?,
            Step::Begin { .. } | Step::End(_) => {}
        }
        Ok(())
    }

    async fn set(&self, open: &mut Open, begun: SetBegun) -> Result<OpenSet, FlowError> {
        open.sets += 1;
        let id = self.flow.ids.set_id();
        let object = objects::items(id).map_err(|_| FlowError::Internal("an object's key"))?;
        let guide = begun.guide.parse().or_else(|_| "unknown".parse())?;
        let new = NewSet {
            id,
            interchange: open.id,
            ordinal: open.sets,
            group_control_number: begun.group_control_number,
            guide,
            object: object.clone(),
        };
        self.flow.ledger.stage_sets(vec![new]).await?;
        Ok(OpenSet { id, object, writer: None, items: Vec::new(), claims: Spool::default() })
    }

    /// The writer of a set's object, which begins with its first item.
    async fn writer<'s>(&self, set: &'s mut OpenSet) -> Result<&'s mut SealingWriter, FlowError> {
        if set.writer.is_none() {
            let partner = &self.receipt.partner;
            set.writer = Some(self.flow.vault.writer(partner, &set.object, objects::ITEMS, PutMode::IfAbsent).await?);
        }
        set.writer.as_mut().ok_or(FlowError::Internal("a writer"))
    }

    async fn items(&self, open: &mut Open, json: &[u8], items: Vec<PassedItem>) -> Result<(), FlowError> {
        let Some(set) = &mut open.set else { return Err(FlowError::Internal("an open set")) };
        let mut offset = self.writer(set).await?.bytes();
        self.writer(set).await?.write(json).await?;
        for item in items {
            open.destinations.extend(item.destination.clone());
            set.items.push(NewItem {
                id: item.id,
                set: set.id,
                ordinal: item.ordinal,
                destination: item.destination,
                rejected: item.rejected,
                offset,
                length: item.length,
                claim_hash: item.claim_hash,
                member_hash: item.member_hash,
                sealed: item.sealed,
            });
            offset += u64::from(item.length);
            if set.items.len() >= ITEMS_AT_ONCE {
                self.flow.ledger.stage_items(std::mem::take(&mut set.items)).await?;
            }
        }
        Ok(())
    }

    async fn answer(&self, open: &mut Open, part: AnswerPart, ordinal: u32) -> Result<(), FlowError> {
        let Some(set) = &mut open.set else { return Err(FlowError::Internal("an open set")) };
        let writer = self.writer(set).await?;
        let offset = writer.bytes();
        writer.write(&part.json).await?;
        let place = place(&set.object, offset, &part.json);
        open.said.answers.push((part.without_json(), place, ordinal));
        Ok(())
    }

    async fn set_end(
        &self,
        open: &mut Open,
        accepted: bool,
        item_count: u32,
        pieces: Option<Box<Pieces>>,
    ) -> Result<(), FlowError> {
        let Some(mut set) = open.set.take() else { return Err(FlowError::Internal("an open set")) };
        if !set.items.is_empty() {
            self.flow.ledger.stage_items(std::mem::take(&mut set.items)).await?;
        }
        if let Some(writer) = set.writer.take() {
            writer.finish().await?;
        }
        let verdict = if accepted { "accepted" } else { "rejected" };
        measure::items(&self.receipt.partner, verdict, item_count.into());
        open.ends.push(SetEnd { set: set.id, accepted, item_count });
        let spool = set.claims.finish(&self.receipt.partner).await?;
        for piece in pieces.into_iter().flatten() {
            self.piece(&mut open.group_claims, &spool, piece).await?;
        }
        spool.remove(self.flow).await
    }

    async fn piece(&self, to: &mut Spool, from: &Spooled, piece: Piece) -> Result<(), FlowError> {
        let partner = &self.receipt.partner;
        match piece {
            Piece::Bytes(mut bytes) => to.take(self.flow, partner, &mut bytes).await,
            Piece::Spool(range) => from.copy(self.flow, range, partner, to).await,
        }
    }

    async fn group_end(
        &self,
        open: &mut Open,
        rejected: bool,
        claims: Box<ClaimAcknowledgments>,
    ) -> Result<(), FlowError> {
        let ends = std::mem::take(&mut open.ends);
        let judged = ends.into_iter().map(|end| SetEnd { accepted: end.accepted && !rejected, ..end }).collect();
        self.flow.ledger.finish_sets(judged).await?;
        let spool = std::mem::take(&mut open.group_claims).finish(&self.receipt.partner).await?;
        if rejected || claims.writer().sets() == 0 {
            return spool.remove(self.flow).await;
        }
        open.claims.push((claims, spool));
        Ok(())
    }
}
