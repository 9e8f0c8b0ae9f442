//! The report for programs: `{"files":[…],"findings":[…],"counts":{…}}`. It holds no value of the file.

use serde_json::{Value, json};
use tradewind_edi::{Finding, Severity};

use super::Validated;

/// All files' report as one object.
pub(super) fn render(files: &[Validated]) -> String {
    let count = |severity| {
        let of = |file: &Validated| file.found.iter().filter(|found| found.finding.severity == severity).count();
        files.iter().map(of).sum::<usize>()
    };
    let findings: Vec<Value> = files.iter().flat_map(|file| file.found.iter().map(|found| finding(file, &found.finding))).collect();
    let report = json!({
        "files": files.iter().map(about).collect::<Vec<_>>(),
        "findings": findings,
        "counts": { "error": count(Severity::Error), "warning": count(Severity::Warning), "info": count(Severity::Info) },
    });
    format!("{report}\n")
}

fn about(file: &Validated) -> Value {
    json!({
        "file": file.label,
        "refused": file.refusal.map(|refusal| json!({ "message": refusal.reason.to_string(), "byte": refusal.offset })),
        "interchanges": file.summary.interchanges.iter().map(|line| json!({
            "usage": line.usage, "version": line.version, "sets": line.sets, "items": line.items,
            "items_rejected": line.items_rejected, "verdict": line.verdict.map(|verdict| verdict.code()),
        })).collect::<Vec<_>>(),
        "sets": file.summary.sets.iter().map(|line| json!({
            "guide": line.guide, "set": line.code, "count": line.count, "rejected": line.rejected, "items": line.items,
            "charges": line.total.map(|total| total.to_string()),
        })).collect::<Vec<_>>(),
    })
}

fn finding(file: &Validated, finding: &Finding) -> Value {
    let Finding { rule, snip, severity, message, place, .. } = finding;
    let ordinal = |number: u64| (number > 0).then_some(number);
    json!({
        "file": file.label, "rule": rule.0, "snip": snip.number(), "severity": severity.name(), "message": message,
        "interchange": ordinal(place.interchange.into()), "group": ordinal(place.group.into()), "set": ordinal(place.set.into()),
        "segment": place.segment_id.map(|id| id.as_str().to_owned()), "position": ordinal(place.segment.into()),
        "loop": (!place.loop_path.is_empty()).then_some(&place.loop_path),
        "element": ordinal(place.element.into()), "component": ordinal(place.component.into()),
        "repetition": ordinal(place.repetition.into()),
        "bytes": [place.bytes.start, place.bytes.end],
    })
}
