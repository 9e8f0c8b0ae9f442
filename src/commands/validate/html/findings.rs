//! The findings of a file: by rule, then by kind of place, the most frequent first, each with its first places in context.

use std::fmt::Write as _;

use tradewind_edi::Severity;
use tradewind_edi::explain::names::words;
use tradewind_edi::validate::rules::rule;

use super::escape::Escaped;
use crate::commands::validate::Validated;
use crate::commands::validate::groups::{At, Group, RuleTotal};
use crate::commands::validate::snippet::Snippet;
use crate::commands::validate::words::{grouped, snip_name};

pub(super) fn write(out: &mut String, file: &Validated, at: usize) {
    let Some(groups) = file.groups.as_ref().filter(|groups| groups.rules().next().is_some()) else { return };
    out.push_str("<h3>Findings</h3>\n");
    let mut totals: Vec<&RuleTotal> = groups.rules().collect();
    totals.sort_by_key(|total| std::cmp::Reverse(total.severity));
    let mut all = groups.in_order();
    all.sort_by_key(|group| std::cmp::Reverse(group.count));
    let mut last = None;
    for total in totals {
        // A rule may have errors and warnings: its anchor is given once.
        let id =
            if last == Some(total.rule) { String::new() } else { format!(" id=\"f{at}-{}\"", Escaped(total.rule)) };
        last = Some(total.rule);
        let of_rule = all.iter().filter(|group| group.rule == total.rule && group.severity == total.severity);
        section(out, total, &id, of_rule.copied());
    }
}

fn section<'a>(out: &mut String, total: &RuleTotal, id: &str, groups: impl Iterator<Item = &'a Group>) {
    let times = if total.count == 1 { "time" } else { "times" };
    let _ = write!(
        out,
        "<section class=\"rule {0}\"{id}>\n<h4><span class=\"pill {0}\">{0}</span> {1} <span class=\"snip\">SNIP {2}, {3}</span>\
         <span class=\"count\">{4} {times}</span></h4>\n",
        total.severity,
        Escaped(total.rule),
        total.snip.number(),
        snip_name(total.snip),
        grouped(total.count),
    );
    if let Some(info) = rule(total.rule.0) {
        let page = info.page();
        let first = page.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        let _ = writeln!(out, "<p class=\"what\">{}</p>", Escaped(first));
    }
    groups.for_each(|found| group(out, found));
    if total.ungrouped > 0 {
        let _ = writeln!(out, "<p class=\"more\">at further kinds of places: {}</p>", grouped(total.ungrouped));
    }
    out.push_str("</section>\n");
}

fn group(out: &mut String, group: &Group) {
    out.push_str("<article>\n<h5>");
    let _ = write!(out, "<code>{}</code>", Escaped(if group.reference.is_empty() { "—" } else { &group.reference }));
    if let Some(subject) = &group.subject {
        let _ = write!(out, " {}", Escaped(subject));
    }
    if group.count > 1 {
        let _ = write!(out, "<span class=\"count\">{} times</span>", grouped(group.count));
    }
    out.push_str("</h5>\n");
    if !group.loops.is_empty() {
        out.push_str("<p class=\"path\">");
        for (at, (id, name)) in group.loops.iter().enumerate() {
            let arrow = if at > 0 { " <i>›</i> " } else { "" };
            let _ = write!(out, "{arrow}<b>{}</b> {}", Escaped(id), Escaped(name));
        }
        out.push_str("</p>\n");
    }
    out.push_str("<dl>");
    line(out, "Found", without_name(group));
    line(out, "To mend", &group.mend);
    for (code, meaning) in &group.answers {
        // What is no error is let through, and nobody is told.
        let name = if group.severity == Severity::Error { "Answered with" } else { "If an error" };
        let meaning = meaning.as_ref().map(|words| format!(": {words}")).unwrap_or_default();
        line(out, name, &format!("{code}{meaning}"));
    }
    out.push_str("</dl>\n");
    places(out, group);
    out.push_str("</article>\n");
}

/// The message without the name that stands above it.
fn without_name(group: &Group) -> &str {
    let subject = group.subject.as_deref().unwrap_or_default();
    match group.message.split_once(": ") {
        Some((name, rest)) if !name.is_empty() && subject.ends_with(&words(name)) => rest,
        _ => &group.message,
    }
}

fn line(out: &mut String, name: &str, text: &str) {
    if !text.is_empty() {
        let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", Escaped(text));
    }
}

fn places(out: &mut String, group: &Group) {
    let mut places = group.places.iter();
    if let Some(first) = places.next() {
        place(out, first);
    }
    let others = places.len();
    if others > 0 {
        let _ = writeln!(out, "<details><summary>{others} more place(s)</summary>");
        places.for_each(|at| place(out, at));
        out.push_str("</details>\n");
    }
    let left = group.count.saturating_sub(group.places.len() as u64);
    if left > 0 {
        let _ = writeln!(out, "<p class=\"more\">and {} more, not shown</p>", grouped(left));
    }
}

fn place(out: &mut String, at: &At) {
    out.push_str("<figure><figcaption>");
    let levels = [
        ("interchange", u64::from(at.interchange)),
        ("group", at.group.into()),
        ("set", at.set.into()),
        ("segment", at.segment.into()),
        ("repetition", at.repetition.into()),
    ];
    for (name, ordinal) in levels.into_iter().filter(|(_, ordinal)| *ordinal > 0) {
        let _ = write!(out, "{name} {} · ", grouped(ordinal));
    }
    let _ = write!(out, "byte {}</figcaption>", grouped(at.bytes.start));
    if let Some(snippet) = &at.snippet {
        context(out, snippet);
    }
    out.push_str("</figure>\n");
}

fn context(out: &mut String, snippet: &Snippet) {
    out.push_str("<pre>");
    let neighbour = |out: &mut String, text: &String| {
        let _ = writeln!(out, "<span class=\"c\">{}</span>", Escaped(text));
    };
    snippet.before.iter().for_each(|text| neighbour(out, text));
    let part = |from: usize, to: usize| -> String {
        snippet.segment.chars().skip(from).take(to.saturating_sub(from)).collect()
    };
    let mark = &snippet.mark;
    let _ = writeln!(
        out,
        "<span class=\"s\">{}<mark>{}</mark>{}</span>",
        Escaped(part(0, mark.start)),
        Escaped(part(mark.start, mark.end)),
        Escaped(part(mark.end, usize::MAX))
    );
    snippet.after.iter().for_each(|text| neighbour(out, text));
    out.push_str("</pre>");
}
