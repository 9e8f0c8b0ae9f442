//! A rule's file.

use super::condition::formula;
use super::example::{Edit, Example};
use super::place::{Position, place};
use super::words::{before_comment, words};
use super::{At, Claim, Code, Entity, Named, Rule, Scope};
use crate::guide::NotationError;

/// A directive: its line, its first word, what follows, and the lines below it.
struct Directive<'t> {
    line: usize,
    word: &'t str,
    rest: String,
    below: Vec<(usize, &'t str)>,
}

/// Reads a file: a comment, `rule NAME`, directives.
pub(super) fn read(file: &str, text: &str) -> Result<Rule, NotationError> {
    let (page, name, directives) = split(file, text)?;
    let top = At { file, line: 1 };
    let mut rule = Rule {
        name,
        page,
        snip: 0,
        is_error: true,
        since: "005010".to_owned(),
        sets: Vec::new(),
        needs: Vec::new(),
        scope: Scope::Loop(Vec::new()),
        when: Vec::new(),
        expect: Vec::new(),
        at: None,
        because: Vec::new(),
        message: String::new(),
        claim: None,
        code: Code::Element(String::new()),
        examples: Vec::new(),
    };
    let mut seen: Vec<&str> = Vec::new();
    for directive in &directives {
        let at = At { file, line: directive.line };
        let several = matches!(directive.word, "when" | "unless" | "expect" | "because" | "fails" | "passes");
        let slot = if directive.word == "each" { "loop" } else { directive.word };
        if !several && seen.contains(&slot) {
            return at.fail(format!("expected `{}` once, found it again", directive.word));
        }
        seen.push(slot);
        apply(&mut rule, at, directive)?;
    }
    for needed in ["snip", "sets", "loop", "expect", "message", "code"] {
        if !seen.contains(&needed) {
            return top.fail(format!("expected `{needed}` in rule {}, found none", rule.name));
        }
    }
    if rule.page.trim().is_empty() {
        return top.fail("expected a comment at the head of the file: the rule's page");
    }
    Ok(rule)
}

fn split<'t>(file: &str, text: &'t str) -> Result<(String, String, Vec<Directive<'t>>), NotationError> {
    let (mut page, mut name, mut directives) = (String::new(), None::<String>, Vec::<Directive<'t>>::new());
    for (index, raw) in text.lines().enumerate() {
        let at = At { file, line: index + 1 };
        if raw.contains('\t') {
            return at.fail("expected spaces, found a tab");
        }
        if let Some(comment) = raw.strip_prefix('#') {
            if name.is_none() {
                page.push_str(comment.strip_prefix(' ').unwrap_or(comment));
                page.push('\n');
            }
            continue;
        }
        let indent = raw.len() - raw.trim_start().len();
        if raw.trim().is_empty() {
            continue;
        }
        match (indent, &name) {
            (0, None) => {
                let rule = before_comment(raw).strip_prefix("rule ").map(str::trim);
                name = Some(
                    kebab(rule).ok_or_else(|| at.error("expected `rule NAME`, the name in kebab-case"))?.to_owned(),
                );
            }
            (2, Some(_)) => {
                let line = before_comment(raw).trim();
                let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
                directives.push(Directive { line: at.line, word, rest: rest.trim().to_owned(), below: Vec::new() });
            }
            (4.., Some(_)) => match directives.last_mut() {
                Some(example) if matches!(example.word, "fails" | "passes") => {
                    example.below.push((at.line, raw.trim()))
                }
                Some(directive) => {
                    directive.rest.push(' ');
                    directive.rest.push_str(before_comment(raw).trim());
                }
                None => return at.fail("expected a directive two spaces deep first"),
            },
            _ => return at.fail(format!("expected a directive two spaces deep, found {indent} spaces")),
        }
    }
    let name = name.ok_or_else(|| At { file, line: 0 }.error("expected `rule NAME`, found nothing"))?;
    Ok((page, name, directives))
}

fn kebab(name: Option<&str>) -> Option<&str> {
    let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(fit))
}

fn apply(rule: &mut Rule, at: At<'_>, directive: &Directive<'_>) -> Result<(), NotationError> {
    let rest = directive.rest.as_str();
    let plain: Vec<&str> = rest.split_whitespace().collect();
    match (directive.word, plain.as_slice()) {
        ("snip", [number]) => {
            let snip = number.parse().ok().filter(|snip| (2..=7).contains(snip));
            rule.snip = snip.ok_or_else(|| at.error("expected a SNIP type from 2 to 7"))?;
        }
        ("severity", ["error"]) => rule.is_error = true,
        ("severity", ["warning"]) => rule.is_error = false,
        ("since", [since]) => rule.since = (*since).to_owned(),
        ("sets", [_, ..]) => rule.sets = plain.iter().map(|set| (*set).to_owned()).collect(),
        ("needs", [_, ..]) => {
            let name = |word: &&str| word.strip_prefix('@').map(str::to_owned);
            let names = plain.iter().map(name).collect::<Option<Vec<String>>>();
            rule.needs = names.ok_or_else(|| at.error("expected code lists like @carc"))?;
        }
        ("loop", [path]) => rule.scope = Scope::Loop(loops(at, path)?),
        ("each", [_, ..]) => rule.scope = each(at, rest)?,
        ("when", [_, ..]) => rule.when.push(formula(at, rest)?),
        ("unless", [_, ..]) => rule.when.push(super::Formula::Not(Box::new(formula(at, rest)?))),
        ("expect", [_, ..]) => rule.expect.push(formula(at, rest)?),
        ("at", ["expected"]) => rule.at = Some(Named::Expected),
        ("at", [_, ..]) => rule.at = Some(Named::Place(place(at, rest)?)),
        ("because", [_, ..]) => rule.because.push(place(at, rest)?),
        ("message", _) => match words(at, rest)?.as_slice() {
            [message] if message.text.starts_with("expected ") => rule.message = message.text.to_owned(),
            _ => return at.fail("expected one text in quotes, `\"expected …, found …\"`"),
        },
        ("claim", [category, status]) => rule.claim = Some(claim(category, status, Entity::None)),
        ("claim", [category, status, "NM101"]) => rule.claim = Some(claim(category, status, Entity::OfName)),
        ("claim", [category, status, entity]) => {
            rule.claim = Some(claim(category, status, Entity::Is((*entity).to_owned())));
        }
        ("code", ["element", code]) => rule.code = Code::Element((*code).to_owned()),
        ("code", ["segment", code]) => rule.code = Code::Segment((*code).to_owned(), None),
        ("code", ["segment", code, segment]) => {
            rule.code = Code::Segment((*code).to_owned(), Some((*segment).to_owned()));
        }
        ("fails" | "passes", [fixture]) => {
            let mut edits = Vec::new();
            for (line, text) in &directive.below {
                let problem = |problem| At { line: *line, ..at }.error(problem);
                edits.push(Edit::read(text).map_err(problem)?);
            }
            let fails = directive.word == "fails";
            rule.examples.push(Example { fails, fixture: (*fixture).to_owned(), edits, line: directive.line });
        }
        (word, _) => return at.fail(format!("expected a directive of docs/rule-notation.md, found `{word} {rest}`")),
    }
    Ok(())
}

fn claim(category: &str, status: &str, entity: Entity) -> Claim {
    Claim { category: category.to_owned(), status: status.to_owned(), entity }
}

/// `2300`, `2000C/2300`, `2310*`, `set`.
fn loops(at: At<'_>, path: &str) -> Result<Vec<String>, NotationError> {
    if path == "set" {
        return Ok(Vec::new());
    }
    let found = place(at, path)?;
    match (found.segment, found.from_root) {
        (None, false) => Ok(found.loops),
        _ => at.fail(format!("expected a loop like 2300 or 2000C/2300, or `set`, found `{path}`")),
    }
}

fn each(at: At<'_>, path: &str) -> Result<Scope, NotationError> {
    let found = place(at, path)?;
    let plain = found.element.is_none_or(|element| element.position == Position::Each && element.component == 0);
    if found.segment.is_none() || !plain {
        return at.fail(format!("expected a segment like REF, 2400/SV1 or HI*, found `{path}`"));
    }
    Ok(Scope::Each(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "\
# A replacement names the original.
#
# More.
rule replacement-names-the-original
  snip 4
  severity error                # a comment
  since 005010
  sets 837
  loop 2300
  when CLM05-3 = 7 8
  expect REF[REF01=F8]
    or REF[REF01=D9]
  at CLM05-3
  message \"expected the payer's number, found none\"
  claim A7 562 NM101
  code element I9
  fails 005010X222A1/ok/0001.edi
    CLM[1] 05-3 = 7
  passes 005010X222A1/ok/0001.edi
    CLM[1] + REF*F8*12345
";

    #[test]
    fn reads_a_rule() {
        let rule = read("f.txt", RULE).unwrap();
        assert_eq!(rule.name, "replacement-names-the-original");
        assert!(rule.page.starts_with("A replacement names the original.\n\nMore."));
        assert_eq!((rule.snip, rule.is_error, rule.sets.len()), (4, true, 1));
        assert!(matches!(&rule.scope, Scope::Loop(path) if path == &["2300"]));
        assert!(matches!(&rule.expect[0], super::super::Formula::Any(_)));
        assert_eq!(rule.claim.unwrap().entity, Entity::OfName);
        assert_eq!(rule.examples.len(), 2);
        assert_eq!(rule.examples[0].edits.len(), 1);
    }

    #[test]
    fn names_the_line_of_what_is_wrong() {
        let line = |from: &str, to: &str| read("f.txt", &RULE.replace(from, to)).unwrap_err().line;
        assert_eq!(line("snip 4", "snip 9"), 5);
        assert_eq!(line("  since 005010", "   since 005010"), 7);
        assert_eq!(line("when CLM05-3 =", "when CLM05-3 +"), 10);
        assert_eq!(line("expected the payer", "the payer"), 14);
        assert_eq!(line("CLM[1] 05-3 = 7", "CLM 05-3"), 18);
        assert_eq!(line("rule r", "rule R"), 4);
        assert_eq!(line("  at CLM05-3", "  sets 835"), 13);
        assert_eq!(line("  code element I9\n", ""), 1);
    }
}
