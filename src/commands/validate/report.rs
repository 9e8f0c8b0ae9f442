//! The report for people.

use std::fmt::Write as _;

use tradewind_edi::Finding;
use tradewind_edi::engine::Verdict;

use super::window::Shown;
use super::{Counts, Validated};
use crate::commands::mask::{caret_line, masked};

/// A segment is shown up to this many bytes around the place.
const SHOWN_BYTES_MAX: usize = 110;

/// What stands before a file's findings: what the file holds.
pub(super) fn heading(file: &Validated) -> String {
    let mut out = format!("{}\n", file.label);
    for line in &file.summary.interchanges {
        let verdict = match line.verdict {
            None => "not ended",
            Some(Verdict::Accepted) => "accepted",
            Some(Verdict::AcceptedWithErrors | Verdict::PartlyAccepted) => "accepted, errors noted",
            Some(Verdict::Rejected) => "rejected",
        };
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

/// What stands behind a file's findings.
pub(super) fn ending(file: &Validated) -> String {
    let mut out = String::from("\n");
    if let Some(fault) = &file.fault {
        let at = fault.byte.map(|byte| format!(" (byte {byte})")).unwrap_or_default();
        let _ = writeln!(out, "  cannot be read further: {}{at}", fault.message);
    }
    let Counts { errors, warnings, infos } = file.counts;
    let notes = if infos > 0 { format!(", {infos} note(s)") } else { String::new() };
    let _ = writeln!(out, "  {errors} error(s), {warnings} warning(s){notes}");
    out
}

/// One finding, the segment that it speaks of, and a caret under the element. Values are masked unless `show_values`.
pub(super) fn finding(out: &mut String, finding: &Finding, segment: Option<Shown<'_>>, show_values: bool) {
    let Finding { rule, snip, severity, message, place, .. } = finding;
    let mut at = format!("interchange {}", place.interchange);
    for (name, ordinal) in [("group", place.group), ("set", place.set), ("segment", place.segment)] {
        if ordinal > 0 {
            let _ = write!(at, ", {name} {ordinal}");
        }
    }
    if let Some(id) = place.segment_id {
        let _ = write!(at, ": {id}");
        for part in [place.element, place.component] {
            if part > 0 {
                let _ = write!(at, "-{part:02}");
            }
        }
    }
    if !place.loop_path.is_empty() {
        let _ = write!(at, " in {}", place.loop_path);
    }
    let _ = writeln!(out, "\n  {severity}: {message}\n    {at}   [{rule}, SNIP {}]", snip.number());
    if let Some(segment) = segment {
        caret(out, segment, finding, show_values);
    }
}

fn caret(out: &mut String, segment: Shown<'_>, finding: &Finding, show_values: bool) {
    let relative = |offset: u64| usize::try_from(offset.saturating_sub(segment.offset)).unwrap_or(usize::MAX);
    let length = segment.bytes.len();
    let start = relative(finding.place.bytes.start).min(length);
    let end = relative(finding.place.bytes.end).clamp(start, length.max(start));
    let first = if end > SHOWN_BYTES_MAX { start.saturating_sub(SHOWN_BYTES_MAX / 2) } else { 0 };
    let last = length.min(first + SHOWN_BYTES_MAX);
    let text = masked(segment.bytes.get(..last).unwrap_or_default(), first, show_values);
    let under = start - first..end.min(last).saturating_sub(first).max(start - first);
    let carets = caret_line(std::slice::from_ref(&under));
    let _ = writeln!(out, "    | {text}\n    | {carets}");
}
