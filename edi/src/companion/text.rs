//! A companion guide's file: its head, the lines that tighten, its rules.

use super::Errors;
use super::expression::{Expression, Lines as RuleLines, is_expression};
use super::kind::is_taken;
use crate::finding::Snip;
use crate::guide::notation::{At, Line, line};
use crate::guide::{Guide, GuideId, Guides, ItemKind};
use crate::validate::rules::{DataRule, Lists, check_in, read_rule};
use std::sync::Arc;

/// A file, taken apart.
pub(super) struct Source<'t> {
    pub(super) name: String,
    pub(super) title: String,
    /// The guide that it names, and the line.
    guide: (usize, String),
    /// What stands under `loop` and `segment`, with these lines.
    pub(super) changes: Vec<Line<'t>>,
    rules: Vec<Rule<'t>>,
}

/// A rule: the comment above it and all that stands below.
struct Rule<'t> {
    /// The line before its first.
    before: usize,
    /// The line of `rule`.
    line: usize,
    lines: Vec<&'t str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Nothing,
    Head,
    Change,
    Rule,
}

/// Takes a file apart; `None` where its head is not there.
pub(super) fn source<'t>(text: &'t str, errors: &mut Errors<'_>) -> Option<Source<'t>> {
    let mut source = Source {
        name: String::new(),
        title: String::new(),
        guide: (0, String::new()),
        changes: Vec::new(),
        rules: Vec::new(),
    };
    let mut part = Part::Nothing;
    let mut comment: Vec<&str> = Vec::new();
    for (at, raw) in text.lines().enumerate() {
        let number = at + 1;
        if raw.starts_with('#') {
            comment.push(raw);
            continue;
        }
        let outermost = !raw.starts_with([' ', '\t']) && !raw.is_empty();
        let mut above = std::mem::take(&mut comment);
        if outermost {
            part = part_of(raw);
            if part == Part::Rule {
                let before = at - above.len();
                source.rules.push(Rule { before, line: number, lines: std::mem::take(&mut above) });
            }
        }
        match (part, source.rules.last_mut()) {
            (Part::Rule, Some(rule)) => {
                rule.lines.append(&mut above);
                rule.lines.push(raw);
            }
            (part, _) => {
                let read = line(At { file: errors.file, line: number }, raw);
                if let Some(line) = errors.ok(read).flatten() {
                    take(&mut source, part, line, errors);
                }
            }
        }
    }
    if source.name.is_empty() || source.guide.1.is_empty() || source.title.is_empty() {
        errors.add(0, "expected `companion NAME` with guide and name below it");
        return None;
    }
    Some(source)
}

fn part_of(raw: &str) -> Part {
    match raw.split(' ').next() {
        Some("companion") => Part::Head,
        Some("loop" | "segment") => Part::Change,
        Some("rule") => Part::Rule,
        _ => Part::Nothing,
    }
}

fn take<'t>(source: &mut Source<'t>, part: Part, line: Line<'t>, errors: &mut Errors<'_>) {
    match (part, line.words.as_slice()) {
        (Part::Change, _) => source.changes.push(line),
        (Part::Head, ["companion", name]) if kebab(name) && source.name.is_empty() => {
            source.name = (*name).to_owned();
        }
        (Part::Head, ["companion", ..]) => {
            errors.add(line.number, "expected `companion NAME` once, the name in kebab-case");
        }
        (Part::Head, ["guide", id]) => source.guide = (line.number, (*id).to_owned()),
        (Part::Head, ["name", words @ ..]) if !words.is_empty() => source.title = words.join(" "),
        (Part::Head, _) => errors.add(line.number, "expected `guide` or `name` with its words"),
        (Part::Nothing | Part::Rule, _) => {
            errors.add(line.number, "expected `companion`, `loop`, `segment` or `rule`");
        }
    }
}

fn kebab(name: &str) -> bool {
    let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(fit)
}

/// The guide that the head names.
pub(super) fn guide(source: &Source<'_>, guides: &Guides, errors: &mut Errors<'_>) -> Option<Arc<Guide>> {
    let (line, name) = &source.guide;
    if let Some(guide) = GuideId::parse(name).and_then(|id| guides.get(&id)) {
        return Some(Arc::clone(guide));
    }
    let found: Vec<&Arc<Guide>> = guides.of_revision(name).collect();
    match found.as_slice() {
        [only] => return Some(Arc::clone(only)),
        [] => errors.add(*line, format!("expected a guide that is known, found `{name}`")),
        several => {
            let ids: Vec<String> = several.iter().map(|guide| guide.id().to_string()).collect();
            errors.add(*line, format!("expected one of {}, found `{name}`", ids.join(", ")));
        }
    }
    None
}

/// Its rules, each read and held against the guide: those in the rule notation, and those that are expressions.
pub(super) fn rules(
    source: &Source<'_>,
    guide: &Arc<Guide>,
    errors: &mut Errors<'_>,
) -> (Vec<Arc<DataRule>>, Vec<Expression>) {
    let (mut rules, mut expressions) = (Vec::new(), Vec::new());
    let mut names: Vec<&str> = Vec::new();
    for text in &source.rules {
        let head = text.lines.iter().find(|line| line.starts_with("rule "));
        let name = head.and_then(|line| line.split_whitespace().nth(1)).unwrap_or_default();
        if !kebab(name) || is_taken(name) || names.contains(&name) {
            errors.add(text.line, "expected `rule NAME`, a name of its own in kebab-case");
            continue;
        }
        names.push(name);
        if is_expression(&text.lines) {
            let lines = RuleLines { companion: &source.name, before: text.before, lines: &text.lines };
            expressions.extend(lines.read(guide, errors));
        } else if let Some(rule) = rule(source, text, guide, errors) {
            rules.push(rule);
        }
    }
    (rules, expressions)
}

fn rule(source: &Source<'_>, text: &Rule<'_>, guide: &Guide, errors: &mut Errors<'_>) -> Option<Arc<DataRule>> {
    // What the companion says once, no rule says again; it stands behind the rule's own lines, whose numbers so stay.
    let purpose = guide.purpose.as_ref().map(|purpose| format!("-{purpose}")).unwrap_or_default();
    let sets = format!("  sets {}-{}{purpose}", guide.revision, guide.set);
    let own_snip = text.lines.iter().any(|line| line.trim_start().starts_with("snip "));
    let mut whole = text.lines.join("\n") + "\n" + &sets;
    if !own_snip {
        whole += "\n  snip 7";
    }
    let read = read_rule(errors.file, &whole, &source.name).map_err(|mut error| {
        let last = text.lines.len();
        error.line = if error.line <= 1 || error.line > last { text.line } else { text.before + error.line };
        error
    });
    let rule = errors.ok(read)?;
    if rule.info().snip != Snip::Partner {
        errors.add(text.line, "expected `snip 7` in a companion guide's rule, or no `snip`");
    }
    if guide.item_kind == (ItemKind::Loops { alone: true }) && !rule.has_claim_status() {
        errors.add(text.line, "expected `claim CATEGORY STATUS` in a rule about claims, found none");
    }
    let rule = Arc::new(rule);
    let (bound, problems) = check_in(&rule, &Lists::built_in(), guide);
    for (line, problem) in problems {
        errors.add(text.before + line, problem);
    }
    if bound == 0 {
        errors.add(text.line, "expected a rule about a loop or segment of the guide, found none of that name");
    }
    Some(rule)
}
