//! The report for people.

use std::fmt::Write as _;

use tradewind_edi::{Finding, Severity};

use super::{Found, Shown, Validated};

/// A segment is shown up to this many bytes around the place.
const SHOWN_BYTES_MAX: usize = 110;

/// One file's report. Values are masked unless `show_values`.
pub(super) fn render(file: &Validated, show_values: bool) -> String {
    let mut out = format!("{}\n", file.label);
    heading(&mut out, file);
    for found in &file.found {
        finding(&mut out, found, show_values);
    }
    if let Some(refusal) = &file.refusal {
        let _ = writeln!(out, "\n  cannot be read further: {refusal}");
    }
    let count = |severity| file.found.iter().filter(|found| found.finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let _ = writeln!(out, "\n  {errors} error(s), {warnings} warning(s)");
    out
}

fn heading(out: &mut String, file: &Validated) {
    for (interchange, number) in file.summary.interchanges.iter().zip(1..) {
        let verdict = interchange.verdict.map_or("not ended", |verdict| match verdict.code() {
            "A" => "accepted",
            "E" => "accepted, errors noted",
            _ => "rejected",
        });
        let _ = writeln!(
            out,
            "  interchange {number}: {}, version {}, {} set(s), {} item(s) of which {} rejected; {verdict}",
            interchange.usage, interchange.version, interchange.sets, interchange.items, interchange.items_rejected,
        );
    }
    for set in &file.summary.sets {
        let total = set.total.map(|total| format!(", charges {total}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "  {} {}: {} set(s) of which {} rejected, {} item(s){total}",
            set.code, set.guide, set.count, set.rejected, set.items
        );
    }
}

fn finding(out: &mut String, found: &Found, show_values: bool) {
    let Finding { rule, snip, severity, message, place, .. } = &found.finding;
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
    if let Some(segment) = &found.segment {
        caret(out, segment, &found.finding, show_values);
    }
}

/// The segment, and a caret under the element.
fn caret(out: &mut String, segment: &Shown, finding: &Finding, show_values: bool) {
    let relative = |offset: u64| usize::try_from(offset.saturating_sub(segment.offset)).unwrap_or(usize::MAX);
    let start = relative(finding.place.bytes.start).min(segment.bytes.len());
    let end = relative(finding.place.bytes.end).min(segment.bytes.len()).max(start);
    let first = if end > SHOWN_BYTES_MAX { start.saturating_sub(SHOWN_BYTES_MAX / 2) } else { 0 };
    let shown = segment.bytes.get(first..segment.bytes.len().min(first + SHOWN_BYTES_MAX)).unwrap_or_default();
    let id_end = segment.bytes.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(segment.bytes.len());
    let text: String = shown.iter().zip(first..).map(|(byte, at)| mask(*byte, at < id_end || show_values)).collect();
    let width = (end - start).clamp(1, (first + shown.len()).saturating_sub(start).max(1));
    let _ = writeln!(out, "    | {text}\n    | {}{}", " ".repeat(start - first), "^".repeat(width));
}

/// Letters become x and digits 9, so that the shape can be seen and the value cannot.
fn mask(byte: u8, clear: bool) -> char {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' if !clear => 'x',
        b'0'..=b'9' if !clear => '9',
        b' '..=b'~' => char::from(byte),
        _ => '.',
    }
}
