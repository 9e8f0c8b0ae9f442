//! The end of an interchange: it is accepted and its items are released by one change, or it is rejected, or it is a repeat.

use tradewind_broker::QueueName;
use tradewind_compliance::{InterchangeId, ObjectKey, PartnerId};
use tradewind_edi::ack::{Envelope, Ta1};
use tradewind_edi::engine::Verdict;
use tradewind_edi::finding::InterchangeCode;
use tradewind_ledger::{
    DuplicateCheck, Effects, InterchangeVerdict, NewAcknowledgment, NewAlarm, NewOutFile, NumberKind, NumbersUsed,
};

use super::pass::Ended;
use super::stage::{Open, Stage};
use super::stamp;
use crate::flow::answer;
use crate::flow::deliver::number;
use crate::flow::out::{self, OutKind, Sealed};
use crate::flow::receive::Door;
use crate::flow::{Flow, FlowError, objects};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Settles an interchange.
pub(super) async fn end(stage: Stage<'_>, mut open: Open, ended: Ended) -> Result<(), FlowError> {
    let flow = stage.flow;
    let refused = open.refused.or((ended.verdict == Verdict::Rejected).then_some(ended.code));
    if let Some(code) = refused {
        return reject(stage, &open, &ended, code, None).await;
    }
    let days = flow.settings().config.gateway.limits.duplicate_window_days;
    let check = DuplicateCheck { digest: ended.digest, window_ms: u64::from(days) * DAY_MS };
    // A partner's answers may come again: they settle the same things once. Its own envelopes are checked all the same.
    let check = (stage.receipt.door.as_str() != Door::Response.as_str()).then_some(check);
    if let Some(check) = check {
        let verdict = flow.ledger.interchange_verdict(&stage.receipt.partner, &open.key, check, flow.now()).await?;
        if settle_repeat(stage, &open, &ended, verdict).await? {
            return Ok(());
        }
    }
    let said = std::mem::take(&mut open.said);
    let mut forward = None;
    if !said.is_empty() {
        // Before the change that makes a repeated translation skip this interchange.
        forward = answer::apply(flow, &stage.receipt.partner, stage.receipt.id, said).await?;
    }
    let mut effects = accepted(stage, &mut open, &ended).await?;
    effects.jobs.extend(forward);
    let verdict = flow.ledger.accept_interchange(open.id, check, flow.now(), effects).await?;
    settle_repeat(stage, &open, &ended, verdict).await?;
    Ok(())
}

/// Settles an interchange that was seen before; false where it is fresh.
async fn settle_repeat(
    stage: Stage<'_>,
    open: &Open,
    ended: &Ended,
    verdict: InterchangeVerdict,
) -> Result<bool, FlowError> {
    match verdict {
        InterchangeVerdict::Fresh => Ok(false),
        InterchangeVerdict::SameContent { original } => repeat(stage, open, original).await.map(|()| true),
        InterchangeVerdict::SameNumberOtherContent { original } => {
            reject(stage, open, ended, InterchangeCode::Duplicate, Some(original)).await.map(|()| true)
        }
    }
}

/// What follows from an acceptance: acknowledgments in `/out`, jobs for the partners, alarms.
async fn accepted(stage: Stage<'_>, open: &mut Open, ended: &Ended) -> Result<Effects, FlowError> {
    let (flow, partner) = (stage.flow, &stage.receipt.partner);
    let mut effects = Effects::none();
    for destination in &open.destinations {
        effects.jobs.push(flow.job(&QueueName::deliver(destination), destination, open.id)?);
    }
    if ended.sets_rejected > 0 {
        effects.alarms.push(alarm(flow, "sets-rejected", partner, "rejected-by-999")?);
    }
    if ended.unknown_payers > 0 {
        effects.alarms.push(alarm(flow, "unknown-payer", partner, "no-route")?);
    }
    if stage.receipt.door.as_str() == Door::Response.as_str() {
        return Ok(effects);
    }
    let mut given = Given { stage, open_id: open.id, effects, files: 0 };
    if let Some(ta1) = &ended.ta1 {
        given.ta1(open, ended, ta1).await?;
    }
    let x999 = std::mem::take(&mut open.x999).finish(partner).await?;
    if let Some(writer) = &ended.x999 {
        let envelope = given.envelope(ended).await?;
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        writer.head(&envelope, &mut head);
        writer.tail(&envelope, &mut tail);
        let sealed = out::seal(flow, partner, x999.framed(flow, &head, &tail).await?).await?;
        given.list(OutKind::X999, sealed)?;
    }
    x999.remove(flow).await?;
    for (claims, body) in std::mem::take(&mut open.claims) {
        let envelope = given.envelope(ended).await?;
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        claims.writer().head(&envelope, &mut head);
        claims.writer().tail(&envelope, &mut tail);
        let sealed = out::seal(flow, partner, body.framed(flow, &head, &tail).await?).await?;
        given.list(OutKind::X277ca, sealed)?;
        body.remove(flow).await?;
    }
    Ok(given.effects)
}

/// Rejects an interchange whole: a TA1 and an alarm; nothing of it travels.
async fn reject(
    stage: Stage<'_>,
    open: &Open,
    ended: &Ended,
    code: InterchangeCode,
    clash: Option<InterchangeId>,
) -> Result<(), FlowError> {
    let (flow, partner) = (stage.flow, &stage.receipt.partner);
    let reason = format!("ta1-{}", code.code());
    let alarms = vec![alarm(flow, "interchange-rejected", partner, &reason)?];
    let effects = Effects { alarms, ..Effects::none() };
    let mut given = Given { stage, open_id: open.id, effects, files: 0 };
    if stage.receipt.door.as_str() != Door::Response.as_str() {
        given.ta1(open, ended, &Ta1::new(&ended.header, Verdict::Rejected, code)).await?;
    }
    tracing::warn!(%partner, receipt = %stage.receipt.id, code = code.code(), "an interchange is rejected");
    Ok(flow.ledger.reject_interchange(open.id, reason.parse()?, clash, flow.now(), given.effects).await?)
}

/// Gives a repeat the original's acknowledgments again, and nothing else.
async fn repeat(stage: Stage<'_>, open: &Open, original: InterchangeId) -> Result<(), FlowError> {
    let (flow, partner) = (stage.flow, &stage.receipt.partner);
    let mut effects = Effects::none();
    for (given, number) in flow.ledger.acknowledgments_given(original).await?.into_iter().zip(1..) {
        let Some(first) = &given.out_name else { continue };
        let (stem, ending) = first.as_str().split_once('.').unwrap_or((first.as_str(), "x12"));
        let kind = stem.split('_').next().unwrap_or_default();
        let name = format!("{kind}_{}_{number}.{ending}", open.id);
        effects.files.push(NewOutFile {
            partner: partner.clone(),
            name: name.parse()?,
            size: size(flow, partner, &given.object).await?,
            object: given.object,
            kind: given.kind,
            receipt: Some(stage.receipt.id),
            at: flow.now(),
        });
    }
    tracing::info!(%partner, receipt = %stage.receipt.id, "the same content came again; its acknowledgments are given again");
    Ok(flow.ledger.duplicate_interchange(open.id, original, flow.now(), effects).await?)
}

/// The plaintext length of a file in `/out`.
async fn size(flow: &Flow, partner: &PartnerId, object: &ObjectKey) -> Result<u64, FlowError> {
    let mut reader = flow.vault.reader(partner, object, objects::OUT).await?;
    let mut bytes = 0;
    while let Some(piece) = reader.next().await? {
        bytes += piece.len() as u64;
    }
    Ok(bytes)
}

fn alarm(flow: &Flow, kind: &str, partner: &PartnerId, reason: &str) -> Result<NewAlarm, FlowError> {
    Ok(NewAlarm { kind: kind.parse()?, subject: partner.to_string(), reason: Some(reason.parse()?), at: flow.now() })
}

/// Acknowledgments that are given with one change.
struct Given<'a> {
    stage: Stage<'a>,
    open_id: InterchangeId,
    effects: Effects,
    files: u32,
}

impl Given<'_> {
    /// An envelope with control numbers of its own, which this change marks as used.
    async fn envelope(&mut self, ended: &Ended) -> Result<Envelope, FlowError> {
        let (flow, partner) = (self.stage.flow, &self.stage.receipt.partner);
        let wanted = [(NumberKind::Interchange, 1), (NumberKind::Group, 1)];
        let numbers =
            flow.ledger.reserve_numbers(partner, &wanted, "acknowledgment-not-given".parse()?, flow.now()).await?;
        let (interchange, group) = (number(&numbers, NumberKind::Interchange)?, number(&numbers, NumberKind::Group)?);
        let by = self.open_id.to_string();
        let used = numbers.into_iter().map(|numbers| NumbersUsed { partner: partner.clone(), numbers, by: by.clone() });
        self.effects.numbers_used.extend(used);
        Ok(Envelope::answering(&ended.header, ended.group.as_ref(), stamp(flow), interchange, group))
    }

    async fn ta1(&mut self, open: &Open, ended: &Ended, ta1: &Ta1) -> Result<(), FlowError> {
        let envelope = self.envelope(ended).await?;
        let mut text = Vec::new();
        ta1.write(&envelope, &open.format, &mut text);
        let sealed = out::seal(self.stage.flow, &self.stage.receipt.partner, text.as_slice()).await?;
        self.list(OutKind::Ta1, sealed)
    }

    fn list(&mut self, kind: OutKind, sealed: Sealed) -> Result<(), FlowError> {
        let (flow, receipt) = (self.stage.flow, self.stage.receipt);
        self.files += 1;
        let unique = format!("{}_{}", self.open_id, self.files);
        let file = out::list(flow, &receipt.partner, kind, (receipt.id, &unique), &sealed)?;
        self.effects.acknowledgments.push(NewAcknowledgment {
            object: sealed.object,
            partner: receipt.partner.clone(),
            interchange: self.open_id,
            kind: kind.as_str().parse()?,
            out_name: Some(file.name.clone()),
            at: flow.now(),
        });
        self.effects.files.push(file);
        Ok(())
    }
}
