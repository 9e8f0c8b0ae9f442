//! The segments of a 277CA. What is required and did not come in is written as `UNKNOWN`, `0` or the day of receipt.

use super::parts::{Claim, Line, Name, Period, Status};
use super::settings::Settings;
use super::totals::Totals;
use crate::ack::Amount;
use crate::ack::pen::{Format, trim};
use crate::validate::rules::value_format;

/// From ST to the information receiver's TRN.
pub(super) const HEAD_SEGMENTS: u64 = 10;

const UNKNOWN: &[u8] = b"UNKNOWN";
/// Entities that STC01-3 may name in 2200D and 2220D.
const ENTITIES: [&str; 30] = [
    "03", "1P", "1Z", "40", "41", "71", "72", "73", "77", "82", "85", "87", "DK", "DN", "DQ", "FA", "GB", "HK", "IL",
    "LI", "MSC", "PR", "PRP", "QB", "QC", "QD", "SEP", "TL", "TTP", "TU",
];
const PROCEDURE_QUALIFIERS: [&[u8]; 7] = [b"AD", b"ER", b"HC", b"HP", b"IV", b"NU", b"WK"];
const SOURCE_QUALIFIERS: [&str; 4] = ["46", "FI", "PI", "XV"];
/// REF02 and TRN02 (127).
const REFERENCE_MAX: usize = 50;

/// ST to the second DTP of 2200A.
pub(super) fn head(settings: &Settings, format: &Format, number: &str, reference: &str, out: &mut Vec<u8>) {
    let (day, time) = (settings.processed.date8(), settings.processed.time4());
    format.segment(out, "ST").element("277").element(number).element(super::REVISION).end();
    format
        .segment(out, "BHT")
        .element("0085")
        .element("08")
        .at_most(or(reference.as_bytes(), b"0"), 30)
        .element(&day)
        .element(time)
        .element("TH")
        .end();
    level(format, ["1", "", "20", "1"], out);
    let qualifier = SOURCE_QUALIFIERS.into_iter().find(|q| *q == settings.id_qualifier).unwrap_or("46");
    format
        .segment(out, "NM1")
        .element(settings.role.entity())
        .element("2")
        .at_most(or(settings.name.as_bytes(), UNKNOWN), 60)
        .skip(4)
        .element(qualifier)
        .at_most(id_or_unknown(settings.id.as_bytes()), 80)
        .end();
    format.segment(out, "TRN").element("1").at_most(or(settings.trace.as_bytes(), b"0"), REFERENCE_MAX).end();
    date(format, "050", Period::day(&settings.received.date8()), out);
    date(format, "009", Period::day(&day), out);
}

/// NM1 of 2100B and TRN of 2200B.
pub(super) fn receiver(format: &Format, submitter: &Name<'_>, batch: &[u8], out: &mut Vec<u8>) {
    let submitter = Name { qualifier: b"46", prefix: b"", suffix: b"", ..*submitter };
    name(format, "41", &submitter, out);
    format.segment(out, "TRN").element("2").at_most(or(batch, b"0"), REFERENCE_MAX).end();
}

/// HL.
pub(super) fn level(format: &Format, [id, parent, code, child]: [&str; 4], out: &mut Vec<u8>) {
    format.segment(out, "HL").element(id).element(parent).element(code).element(child).end();
}

/// STC of 2200B.
pub(super) fn set_status(
    settings: &Settings,
    format: &Format,
    status: Status,
    totals: &Totals,
    rejected: bool,
    out: &mut Vec<u8>,
) {
    format
        .segment(out, "STC")
        .composite(&[status.category.as_bytes(), status.code.as_bytes(), status.entity.as_bytes()])
        .element(settings.processed.date8())
        .element(action(rejected))
        .element(totals.charge().to_string())
        .end();
}

/// STC of 2200C, which has no date.
pub(super) fn provider_status(format: &Format, status: Status, totals: &Totals, out: &mut Vec<u8>) {
    format
        .segment(out, "STC")
        .composite(&[status.category.as_bytes(), status.code.as_bytes(), status.entity.as_bytes()])
        .skip(1)
        .element(action(false))
        .element(totals.charge().to_string())
        .end();
}

/// NM1 and TRN of a billing provider. An identifier that fails its own check is not repeated: the tax identifier stands for it.
pub(super) fn provider(format: &Format, name_of: &Name<'_>, tax_id: &[u8], trace: &[u8]) -> Vec<u8> {
    let (qualifier, id): (&[u8], &[u8]) = match name_of.qualifier {
        b"XX" if is_npi(name_of.id) => (b"XX", name_of.id),
        b"FI" | b"SV" if name_of.id.len() > 1 => (name_of.qualifier, name_of.id),
        _ if trim(tax_id).len() > 1 => (b"FI", tax_id),
        _ => (b"SV", UNKNOWN),
    };
    let mut out = Vec::new();
    name(format, "85", &Name { qualifier, id, ..*name_of }, &mut out);
    format.segment(&mut out, "TRN").element("1").at_most(or(trace, b"0"), REFERENCE_MAX).end();
    out
}

/// NM1 of a patient.
pub(super) fn patient(format: &Format, name_of: &Name<'_>) -> Vec<u8> {
    let qualifier: &[u8] = if name_of.qualifier == b"II" { b"II" } else { b"MI" };
    let mut out = Vec::new();
    name(format, "QC", &Name { person: true, qualifier, ..*name_of }, &mut out);
    out
}

fn name(format: &Format, entity: &str, name: &Name<'_>, out: &mut Vec<u8>) {
    format
        .segment(out, "NM1")
        .element(entity)
        .element(if name.person { "1" } else { "2" })
        .at_most(or(name.last, UNKNOWN), 60)
        .at_most(name.first, 35)
        .at_most(name.middle, 25)
        .at_most(name.prefix, 10)
        .at_most(name.suffix, 10)
        .element(name.qualifier)
        .at_most(id_or_unknown(name.id), 80)
        .end();
}

/// 2200D and its lines; returns how many segments that took.
pub(super) fn claim(settings: &Settings, format: &Format, claim: &Claim<'_>, out: &mut Vec<u8>) -> u64 {
    let usual = [if claim.rejected { Status::UNPROCESSABLE } else { settings.role.accepted() }];
    let statuses = if claim.statuses.is_empty() { &usual } else { claim.statuses };
    let charge = amount(claim.charge);
    let day = settings.processed.date8();
    format.segment(out, "TRN").element("2").at_most(or(claim.id, b"0"), REFERENCE_MAX).end();
    for (index, status) in statuses.iter().enumerate() {
        let message = if index == 0 { claim.message } else { b"" };
        status_element(format, *status, out)
            .element(&day)
            .element(action(claim.rejected))
            .element(&charge)
            .skip(7)
            .at_most(message, 264)
            .end();
    }
    let mut segments = 1 + statuses.len() as u64;
    segments += reference(format, "1K", claim.payer_control_number, out);
    segments += reference(format, "D9", claim.intermediary_id, out);
    segments += reference(format, "BLT", claim.bill_type, out);
    let unknown = Period::day(&settings.received.date8());
    date(format, "472", if claim.service.is_empty() { unknown } else { claim.service }, out);
    segments += 1;
    if claim.rejected {
        segments += claim.lines.iter().map(|l| line(format, l, &day, out)).sum::<u64>();
    }
    segments
}

fn line(format: &Format, line: &Line, day: &str, out: &mut Vec<u8>) -> u64 {
    let part = |n: usize| line.procedure.get(n).map_or(&[][..], Vec::as_slice);
    let modifier = |n: usize| if part(n).len() == 2 { part(n) } else { &[] };
    let revenue_only = trim(part(1)).is_empty() && !line.revenue.is_empty();
    let known = PROCEDURE_QUALIFIERS.into_iter().find(|q| *q == part(0));
    let (qualifier, code, revenue): (&[u8], &[u8], &[u8]) = if revenue_only {
        (b"NU", &line.revenue, b"")
    } else {
        (known.unwrap_or(b"HC"), or(part(1), UNKNOWN), &line.revenue)
    };
    let quantity = if Amount::parse(&line.quantity).is_some() { line.quantity.as_slice() } else { b"" };
    let modifiers = [modifier(2), modifier(3), modifier(4), modifier(5)];
    let [a, b, c, d] = modifiers;
    format
        .segment(out, "SVC")
        .composite(&[qualifier, code.get(..48).unwrap_or(code), a, b, c, d])
        .element(amount(&line.charge))
        .skip(1)
        .at_most(revenue, 48)
        .skip(2)
        .at_most(quantity, 15)
        .end();
    let usual = [Status::UNPROCESSABLE];
    let statuses = if line.statuses.is_empty() { &usual[..] } else { &line.statuses };
    for status in statuses {
        status_element(format, *status, out).element(day).element(action(true)).end();
    }
    let mut segments = 1 + statuses.len() as u64;
    segments += reference(format, "FJ", &line.control_number, out);
    segments += reference(format, "XZ", &line.prescription, out);
    if !line.service.is_empty() {
        date(format, "472", line.service, out);
        segments += 1;
    }
    segments
}

/// STC with its first element.
fn status_element<'a>(format: &Format, status: Status, out: &'a mut Vec<u8>) -> crate::ack::pen::Pen<'a> {
    let entity = if ENTITIES.contains(&status.entity.as_str()) { status.entity.as_bytes() } else { b"" };
    let (category, code) = (or(status.category.as_bytes(), b"A3"), or(status.code.as_bytes(), b"481"));
    format.segment(out, "STC").composite(&[category, code, entity])
}

fn reference(format: &Format, qualifier: &str, value: &[u8], out: &mut Vec<u8>) -> u64 {
    if trim(value).is_empty() {
        return 0;
    }
    format.segment(out, "REF").element(qualifier).at_most(value, REFERENCE_MAX).end();
    1
}

fn date(format: &Format, qualifier: &str, period: Period, out: &mut Vec<u8>) {
    let (kind, value) = period.text();
    format.segment(out, "DTP").element(qualifier).element(kind).element(value).end();
}

const fn action(rejected: bool) -> &'static str {
    if rejected { "U" } else { "WQ" }
}

/// An amount as it stood, if it is one; else 0.
fn amount(value: &[u8]) -> String {
    let plain = value.first().is_some_and(u8::is_ascii_digit) && value.last().is_some_and(u8::is_ascii_digit);
    match Amount::parse(value) {
        Some(_) if plain => String::from_utf8_lossy(value).into_owned(),
        Some(amount) => amount.to_string(),
        None => "0".to_owned(),
    }
}

fn is_npi(value: &[u8]) -> bool {
    value_format("npi").is_some_and(|npi| (npi.fits)(value))
}

fn or<'a>(value: &'a [u8], stand_in: &'a [u8]) -> &'a [u8] {
    if trim(value).is_empty() { stand_in } else { value }
}

/// NM109 wants two characters at least.
fn id_or_unknown(value: &[u8]) -> &[u8] {
    if trim(value).len() < 2 { UNKNOWN } else { value }
}
