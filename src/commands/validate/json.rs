//! The report for programs: `{"files":[…],"findings":[…],"counts":{…}}`. It holds no value of the file.

use serde_json::{Value, json};
use tradewind_edi::Finding;

use super::Validated;
use super::summary::Counts;

/// What stands before the findings.
pub(super) fn head(files: &[Validated]) -> String {
    let about: Vec<Value> = files.iter().map(about).collect();
    format!("{{\"files\":{},\n\"findings\":[", json!(about))
}

/// What stands behind the findings.
pub(super) fn tail(files: &[Validated]) -> String {
    let sum = |of: fn(&Counts) -> u64| files.iter().map(|file| of(&file.summary.counts())).sum::<u64>();
    let counts = json!({
        "error": sum(|counts| counts.errors),
        "warning": sum(|counts| counts.warnings),
        "info": sum(|counts| counts.infos),
    });
    format!("],\n\"counts\":{counts}}}\n")
}

fn about(file: &Validated) -> Value {
    json!({
        "file": file.label,
        "refused": file.fault.as_ref().map(|fault| json!({ "message": fault.message, "byte": fault.byte })),
        "interchanges": file.summary.interchanges.iter().map(|line| json!({
            "usage": line.usage, "version": line.version, "sets": line.sets, "items": line.items,
            "items_rejected": line.items_rejected, "verdict": line.verdict.map(|verdict| verdict.code()),
        })).collect::<Vec<_>>(),
        "sets": file.summary.sets.iter().map(|line| json!({
            "guide": line.guide, "set": line.code, "count": line.count, "rejected": line.rejected, "items": line.items,
            "items_rejected": line.items_rejected, "charges": line.total.map(|total| total.to_string()),
        })).collect::<Vec<_>>(),
    })
}

/// One finding, on a line of its own.
pub(super) fn finding(out: &mut String, label: &str, finding: &Finding) {
    let Finding { rule, snip, severity, message, place, .. } = finding;
    let ordinal = |number: u64| (number > 0).then_some(number);
    let object = json!({
        "file": label, "rule": rule.0, "snip": snip.number(), "severity": severity.name(), "message": message,
        "interchange": ordinal(place.interchange.into()), "group": ordinal(place.group.into()),
        "set": ordinal(place.set.into()), "segment": place.segment_id.map(|id| id.as_str().to_owned()),
        "position": ordinal(place.segment.into()), "loop": (!place.loop_path.is_empty()).then_some(&place.loop_path),
        "element": ordinal(place.element.into()), "component": ordinal(place.component.into()),
        "repetition": ordinal(place.repetition.into()), "bytes": [place.bytes.start, place.bytes.end],
    });
    out.push('\n');
    out.push_str(&object.to_string());
}
