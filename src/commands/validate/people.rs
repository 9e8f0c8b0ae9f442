//! The report for people at a terminal.

use std::fmt::Write as _;

use tradewind_edi::Snip;

use super::Validated;
use super::groups::{At, Group, Groups};
use super::words::{grouped, snip_name, verdict_words};
use crate::commands::mask::caret_line;

/// Places of a group that are named.
pub(super) const PLACES_MAX: usize = 3;
/// A segment is shown up to this many characters around the place.
const SHOWN_MAX: usize = 110;

/// A file's part of the report.
pub(super) fn file(file: &Validated) -> String {
    let mut out = heading(file);
    if let Some(groups) = &file.groups {
        groups.in_order().into_iter().for_each(|found| group(&mut out, found));
        ungrouped(&mut out, groups);
    }
    out + &ending(file)
}

fn heading(file: &Validated) -> String {
    let mut out = format!("{}\n", file.label);
    for line in &file.summary.interchanges {
        let verdict = verdict_words(line.verdict);
        let _ = writeln!(
            out,
            "  interchange {}: {}, version {}, {} set(s), {} item(s), {} of them rejected; {verdict}",
            line.ordinal, line.usage, line.version, line.sets, line.items, line.items_rejected,
        );
    }
    for set in &file.summary.sets {
        let total = set.total.map(|total| format!(", charges {total}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "  {} {}: {} set(s), {} of them rejected; {} item(s), {} of them rejected{total}",
            set.code, set.guide, set.count, set.rejected, set.items, set.items_rejected
        );
    }
    out
}

/// What a group is, the segment of its first place, a caret under the element, the first places, how to mend it.
fn group(out: &mut String, group: &Group) {
    let times = if group.count > 1 { format!(", {} times", grouped(group.count)) } else { String::new() };
    let _ = writeln!(out, "\n  {}{times}: {}", group.severity, group.message);
    let code: String = group.answers.iter().map(|(code, _)| format!(", {code}")).collect();
    let _ = writeln!(out, "    {}[{}, SNIP {}{code}]", place_kind(group), group.rule, group.snip.number());
    if let Some(first) = group.places.first() {
        snippet(out, first);
    }
    let _ = writeln!(out, "    at {}", places(group));
    if !group.mend.is_empty() {
        let _ = writeln!(out, "    to mend: {}", group.mend);
    }
}

/// `NM109 identification code in 2000A/2000B/2010BA subscriber   `.
fn place_kind(group: &Group) -> String {
    let subject = group.subject.as_ref().map(|subject| format!(" ({subject})")).unwrap_or_default();
    let mut out = format!("{}{subject}", group.reference);
    if let Some((_, name)) = group.loops.last() {
        let path: Vec<&str> = group.loops.iter().map(|(id, _)| id.as_str()).collect();
        let _ = write!(out, " in {} ({name})", path.join("/"));
    }
    if out.is_empty() { out } else { out + "   " }
}

/// The first places; what a place shares with the one before is not said again.
fn places(group: &Group) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut last = (0, 0, 0);
    for at in group.places.iter().take(PLACES_MAX) {
        told.push(place(at, last));
        last = (at.interchange, at.group, at.set);
    }
    let shown = told.len() as u64;
    let more = match group.count - shown {
        0 => String::new(),
        more => format!("; and {} more", grouped(more)),
    };
    told.join("; ") + &more
}

fn place(at: &At, last: (u32, u32, u32)) -> String {
    let mut parts = Vec::new();
    let levels = [
        ("interchange", at.interchange, last.0 == at.interchange),
        ("group", at.group, (last.0, last.1) == (at.interchange, at.group)),
        ("set", at.set, last == (at.interchange, at.group, at.set)),
        ("segment", at.segment, false),
        ("repetition", at.repetition.into(), false),
    ];
    for (name, ordinal, _) in levels.iter().filter(|(_, ordinal, same)| *ordinal > 0 && !same) {
        parts.push(format!("{name} {ordinal}"));
    }
    if parts.is_empty() {
        parts.push(format!("byte {}", at.bytes.start));
    }
    parts.join(", ")
}

fn snippet(out: &mut String, at: &At) {
    let Some(snippet) = &at.snippet else { return };
    let mark = &snippet.mark;
    let first = if mark.end > SHOWN_MAX { mark.start.saturating_sub(SHOWN_MAX / 2) } else { 0 };
    let text: String = snippet.segment.chars().skip(first).take(SHOWN_MAX).collect();
    let under = mark.start - first..mark.end.saturating_sub(first).clamp(mark.start - first, SHOWN_MAX);
    let _ = writeln!(out, "    | {text}\n    | {}", caret_line(std::slice::from_ref(&under)));
}

fn ungrouped(out: &mut String, groups: &Groups) {
    for total in groups.rules().filter(|total| total.ungrouped > 0) {
        let (severity, count) = (total.severity, grouped(total.ungrouped));
        let _ = writeln!(
            out,
            "\n  {severity}, at further kinds of places: {count}   [{}, SNIP {}]",
            total.rule,
            total.snip.number()
        );
    }
}

/// Counts by SNIP type and in all.
fn ending(file: &Validated) -> String {
    let mut out = String::from("\n");
    if let Some(fault) = &file.fault {
        let at = fault.byte.map(|byte| format!(" (byte {byte})")).unwrap_or_default();
        let _ = writeln!(out, "  cannot be read further: {}{at}\n", fault.message);
    }
    let counts = file.summary.counts();
    if counts.all() > 0 {
        let _ = writeln!(out, "  {:<26}{:>12}{:>12}{:>12}", "SNIP type", "errors", "warnings", "notes");
    }
    for snip in Snip::ALL {
        let counts = file.summary.counts_of(snip);
        if counts.all() > 0 {
            let [errors, warnings, infos] = [counts.errors, counts.warnings, counts.infos].map(grouped);
            let name = format!("{} {}", snip.number(), snip_name(snip));
            let _ = writeln!(out, "  {name:<26}{errors:>12}{warnings:>12}{infos:>12}");
        }
    }
    let notes = if counts.infos > 0 { format!(", {} note(s)", grouped(counts.infos)) } else { String::new() };
    let _ = writeln!(out, "  {} error(s), {} warning(s){notes}", grouped(counts.errors), grouped(counts.warnings));
    out
}
