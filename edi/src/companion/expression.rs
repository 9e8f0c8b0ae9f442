//! Rules as expressions: what a file says of one.

use super::Errors;
use super::cel;
use super::members::variables;
use crate::finding::{BusinessCode, RuleId, RuleInfo, SegmentCode, Severity, Snip};
use crate::guide::{Guide, ItemKind, Packed};
use crate::validate::rules::{kept, kept_info};

/// A rule that an expression over the item tells.
pub(crate) struct Expression {
    pub(crate) info: &'static RuleInfo,
    pub(crate) message: &'static str,
    pub(crate) business: BusinessCode,
    /// What a 999 says where a set is rejected as a whole.
    pub(crate) code: SegmentCode,
    pub(super) compiled: cel::Expression,
}

/// A rule's lines, as the file has them.
pub(super) struct Lines<'t> {
    /// Whose rule it is.
    pub(super) companion: &'t str,
    /// The line before its first.
    pub(super) before: usize,
    pub(super) lines: &'t [&'t str],
}

/// Whether these lines hold an expression rather than conditions.
pub(super) fn is_expression(lines: &[&str]) -> bool {
    lines.iter().any(|line| line.starts_with("  expression"))
}

/// A directive: its line, its first word, what follows, and the text with the lines below it.
struct Directive<'t> {
    line: usize,
    word: &'t str,
    rest: &'t str,
    below: Vec<&'t str>,
}

impl Lines<'_> {
    /// Reads the rule; every mistake with its line.
    pub(super) fn read(&self, guide: &Guide, errors: &mut Errors<'_>) -> Option<Expression> {
        let head = self.lines.iter().position(|line| line.starts_with("rule "))?;
        let (page, rule) = self.lines.split_at_checked(head)?;
        let line = self.before + head + 1;
        let name = rule.first()?.strip_prefix("rule ")?.trim();
        if page.is_empty() {
            errors.add(line, "expected a comment above the rule: its page");
        }
        if guide.item_kind == ItemKind::None {
            errors.add(line, "expected a guide that has items, found one without");
        }
        let known = errors.found.len();
        let mut read = Read { severity: Severity::Error, message: None, business: None, code: None, compiled: None };
        for directive in self.directives(rule, line, errors) {
            read.take(&directive, guide, errors);
        }
        for (missing, what) in [
            (read.compiled.is_none(), "expression"),
            (read.message.is_none(), "message"),
            (read.code.is_none(), "code"),
            (read.business.is_none() && guide.item_kind == (ItemKind::Loops { alone: true }), "claim"),
        ] {
            if missing && errors.found.len() == known {
                errors.add(line, format!("expected `{what}` in rule {name}, found none"));
            }
        }
        let text = page.iter().map(|line| line.trim_start_matches('#').trim_start()).collect::<Vec<_>>().join("\n");
        let info = RuleInfo {
            id: RuleId(kept(&format!("{}/{name}", self.companion))),
            snip: Snip::Partner,
            severity: read.severity,
            source: kept(&text),
        };
        Some(Expression {
            info: kept_info(info),
            message: kept(read.message?),
            business: read.business.unwrap_or(BusinessCode { category: "A7", status: "21", entity: None }),
            code: read.code?,
            compiled: read.compiled?,
        })
    }

    fn directives<'t>(&'t self, rule: &'t [&'t str], line: usize, errors: &mut Errors<'_>) -> Vec<Directive<'t>> {
        let mut directives: Vec<Directive<'t>> = Vec::new();
        for (at, raw) in rule.iter().enumerate().skip(1).filter(|(_, raw)| !raw.trim().is_empty()) {
            let line = line + at;
            let indent = raw.len() - raw.trim_start_matches(' ').len();
            match (indent, directives.last_mut()) {
                (0, _) if raw.starts_with('#') => {}
                (2, _) => {
                    let (word, rest) = raw.trim().split_once(' ').unwrap_or((raw.trim(), ""));
                    directives.push(Directive { line, word, rest: rest.trim(), below: Vec::new() });
                }
                (4.., Some(last)) => {
                    // Lines that hold nothing count for what is below them.
                    while last.line + last.below.len() + 1 < line {
                        last.below.push("");
                    }
                    last.below.push(raw);
                }
                _ => errors.add(line, format!("expected a directive two spaces deep, found {indent} spaces")),
            }
        }
        directives
    }
}

struct Read<'t> {
    severity: Severity,
    message: Option<&'t str>,
    business: Option<BusinessCode>,
    code: Option<SegmentCode>,
    compiled: Option<cel::Expression>,
}

impl<'t> Read<'t> {
    fn take(&mut self, directive: &Directive<'t>, guide: &Guide, errors: &mut Errors<'_>) {
        let words: Vec<&str> = directive.rest.split_whitespace().collect();
        let quoted = directive.rest.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        match (directive.word, words.as_slice()) {
            ("severity", ["error"]) => self.severity = Severity::Error,
            ("severity", ["warning"]) => self.severity = Severity::Warning,
            ("message", _) if quoted.is_some_and(|text| text.starts_with("expected ")) => self.message = quoted,
            ("claim", [category, status]) => self.business = Some(business(category, status, None)),
            ("claim", [category, status, entity]) => self.business = Some(business(category, status, Some(entity))),
            ("code", ["segment", code]) if SegmentCode::from_code(code).is_some() => {
                self.code = SegmentCode::from_code(code);
            }
            ("expression", _) => self.expression(directive, guide, errors),
            ("snip", ["7"]) => {}
            (word, _) => {
                let form = "severity, message \"expected …, found …\", claim, code segment or expression";
                errors.add(directive.line, format!("expected {form}, found `{word}`"));
            }
        }
    }

    fn expression(&mut self, directive: &Directive<'_>, guide: &Guide, errors: &mut Errors<'_>) {
        let text = [&[directive.rest], directive.below.as_slice()].concat().join("\n");
        // What stands on the directive's own line starts behind its word.
        let indent = "  expression ".len();
        match cel::Expression::compile(&text, &variables(guide)) {
            Ok(compiled) => self.compiled = Some(compiled),
            Err(mistakes) => {
                for mistake in mistakes {
                    let column = mistake.column + if mistake.line == 1 { indent } else { 0 };
                    let place = if mistake.line == 0 { String::new() } else { format!(" at column {column}") };
                    let problem = mistake.problem.replacen("expected", &format!("expected{place}"), 1);
                    errors.add(directive.line + mistake.line.saturating_sub(1), problem);
                }
            }
        }
    }
}

fn business(category: &str, status: &str, entity: Option<&str>) -> BusinessCode {
    BusinessCode {
        category: kept(category),
        status: kept(status),
        entity: entity.map(|entity| Packed::pack(entity.as_bytes())),
    }
}
