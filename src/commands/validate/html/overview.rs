//! What a file holds and how it fared: interchanges, sets, counts by SNIP type and by rule.

use std::fmt::Write as _;

use tradewind_edi::Snip;
use tradewind_edi::engine::Verdict;
use tradewind_edi::explain::{CodeList, meaning};

use super::escape::Escaped;
use crate::commands::validate::Validated;
use crate::commands::validate::groups::Groups;
use crate::commands::validate::summary::{SetVerdict, Summary};
use crate::commands::validate::words::{grouped, snip_name, verdict_words};

pub(super) fn write(out: &mut String, file: &Validated, at: usize) {
    if let Some(fault) = &file.fault {
        let byte = fault.byte.map(|byte| format!(" (byte {byte})")).unwrap_or_default();
        let _ = writeln!(out, "<p class=\"fault\">Cannot be read further: {}{byte}.</p>", Escaped(&fault.message));
    }
    interchanges(out, &file.summary);
    if !file.summary.sets.is_empty() {
        kinds(out, &file.summary);
        sets(out, &file.summary);
    }
    if file.summary.counts().all() > 0 {
        out.push_str("<div class=\"two\">\n");
        by_type(out, &file.summary);
        if let Some(groups) = &file.groups {
            by_rule(out, groups, at);
        }
        out.push_str("</div>\n");
    } else if file.fault.is_none() {
        out.push_str("<p class=\"clean\">Nothing was found wrong.</p>\n");
    }
}

/// A table's beginning; columns whose name starts with `#` hold numbers.
fn table(out: &mut String, class: &str, caption: &str, columns: &[&str]) {
    let _ = write!(out, "<table class=\"{class}\"><caption>{caption}</caption><thead><tr>");
    for column in columns {
        let _ = match column.strip_prefix('#') {
            Some(name) => write!(out, "<th class=\"n\">{name}</th>"),
            None => write!(out, "<th>{column}</th>"),
        };
    }
    out.push_str("</tr></thead><tbody>\n");
}

fn cell(out: &mut String, text: impl std::fmt::Display) {
    let _ = write!(out, "<td>{}</td>", Escaped(text));
}

fn number(out: &mut String, count: u64) {
    let class = if count == 0 { "n zero" } else { "n" };
    let _ = write!(out, "<td class=\"{class}\">{}</td>", grouped(count));
}

fn pill(out: &mut String, verdict: Option<Verdict>) {
    let class = match verdict {
        Some(Verdict::Accepted) => "good",
        Some(Verdict::AcceptedWithErrors | Verdict::PartlyAccepted) => "warn",
        None | Some(Verdict::Rejected) => "bad",
    };
    let _ = write!(out, "<td><span class=\"pill {class}\">{}</span></td>", verdict_words(verdict));
}

fn interchanges(out: &mut String, summary: &Summary) {
    if summary.interchanges.is_empty() {
        return;
    }
    table(out, "wide", "Interchanges", &["#No.", "Usage", "Version", "#Sets", "#Items", "#Items rejected", "TA1"]);
    for line in &summary.interchanges {
        out.push_str("<tr>");
        number(out, line.ordinal.into());
        cell(out, line.usage);
        cell(out, &line.version);
        number(out, line.sets);
        number(out, line.items);
        number(out, line.items_rejected);
        pill(out, line.verdict);
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table>\n");
}

fn kinds(out: &mut String, summary: &Summary) {
    let columns = ["Set", "Guide", "#Sets", "#Sets rejected", "#Items", "#Items rejected", "#Charges"];
    table(out, "wide", "Transaction sets by kind", &columns);
    for line in &summary.sets {
        out.push_str("<tr>");
        cell(out, &line.code);
        cell(out, &line.guide);
        number(out, line.count);
        number(out, line.rejected);
        number(out, line.items);
        number(out, line.items_rejected);
        let total = line.total.map(|total| total.to_string()).unwrap_or_default();
        let _ = writeln!(out, "<td class=\"n\">{}</td></tr>", Escaped(total));
    }
    out.push_str("</tbody></table>\n");
}

fn sets(out: &mut String, summary: &Summary) {
    let open = if summary.each_set.len() <= 10 { " open" } else { "" };
    let shown = summary.each_set.len() as u64;
    let _ = writeln!(out, "<details{open}><summary>Verdicts of {} transaction set(s)</summary>", grouped(shown));
    let columns =
        ["Interchange · group · set", "Set", "Guide", "#Segments", "#Items", "#Items rejected", "999", "Codes"];
    table(out, "wide", "", &columns);
    summary.each_set.iter().for_each(|set| set_line(out, set));
    out.push_str("</tbody></table>\n");
    if summary.sets_left_out > 0 {
        let _ = writeln!(out, "<p class=\"more\">and {} more, not shown</p>", grouped(summary.sets_left_out));
    }
    out.push_str("</details>\n");
}

fn set_line(out: &mut String, set: &SetVerdict) {
    let (interchange, group, ordinal) = set.at;
    out.push_str("<tr>");
    cell(out, format_args!("{interchange} · {group} · {ordinal}"));
    cell(out, &set.code);
    cell(out, &set.guide);
    number(out, set.segments.into());
    number(out, set.items);
    number(out, set.items_rejected);
    // A rule above SNIP 2 may take a set down that the 999 accepts.
    pill(out, Some(if set.rejected { Verdict::Rejected } else { set.verdict }));
    let told = set.codes.iter().map(|code| match meaning(CodeList::Ik502, code) {
        Some(words) => format!("IK502 {code}: {words}"),
        None => format!("IK502 {code}"),
    });
    cell(out, told.collect::<Vec<_>>().join("; "));
    out.push_str("</tr>\n");
}

fn by_type(out: &mut String, summary: &Summary) {
    table(out, "", "By SNIP type", &["Type", "#Errors", "#Warnings", "#Notes"]);
    for snip in Snip::ALL {
        let counts = summary.counts_of(snip);
        let class = if counts.all() == 0 { " class=\"none\"" } else { "" };
        let _ = write!(out, "<tr{class}><td><b>{}</b> {}</td>", snip.number(), snip_name(snip));
        [counts.errors, counts.warnings, counts.infos].into_iter().for_each(|count| number(out, count));
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table>\n");
}

fn by_rule(out: &mut String, groups: &Groups, at: usize) {
    table(out, "", "By rule", &["Rule", "SNIP", "Severity", "#Findings"]);
    for total in groups.rules() {
        let (rule, severity) = (Escaped(total.rule), total.severity);
        let _ = write!(
            out,
            "<tr><td><a href=\"#f{at}-{rule}\">{rule}</a></td><td>{}</td><td><span class=\"dot {severity}\"></span>{severity}</td>",
            total.snip.number()
        );
        number(out, total.count);
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table>\n");
}
