//! A guide as a page in Markdown: what it is, its loops, and a table a loop with segments, elements, usage, repeats and codes.

use super::tables::{Code, ElementUse, Guide, ItemKind, Node, NodeIx, NodeKind, Note, NoteKind, Usage, ValueAt};
use crate::finding::RuleInfo;
use std::fmt::Write as _;

/// Codes that stand with their element; longer lists stand once, at the page's end.
const CODES_MAX: usize = 24;
/// Codes of such a list that stand with the element none the less.
const CODES_SHOWN: usize = 3;

/// The whole page; `rules` are those that apply beyond the tables.
pub fn page(guide: &Guide, rules: &[&RuleInfo]) -> String {
    let mut out = format!("# {}: {}\n\n", guide.id(), guide.name);
    about(&mut out, guide);
    out.push_str("\n## Loops\n\n");
    outline(&mut out, guide, NodeIx::ROOT, 0);
    out.push_str(
        "\n## Segments\n\nUsage: R required, S situational, N not used. Elements that are not listed are not used. What tells a segment \
         from its siblings of the same id is marked with `!`. Lengths of numbers count digits.\n",
    );
    let mut lists = Lists::default();
    section(&mut out, guide, NodeIx::ROOT, &mut lists);
    lists.write(&mut out);
    if !rules.is_empty() {
        out.push_str(
            "\n## Rules beyond the tables\n\n| rule | SNIP | severity | what must hold |\n|---|---|---|---|\n",
        );
        for rule in rules {
            let (snip, what) = (rule.snip.number(), rule.title());
            let _ = writeln!(out, "| {} | {snip} | {} | {} |", rule.id, rule.severity, cell(&what));
        }
    }
    out
}

/// One loop and the loops within it.
pub fn page_of_loop(guide: &Guide, node: NodeIx) -> String {
    let (mut out, mut lists) = (String::new(), Lists::default());
    section(&mut out, guide, guide.loop_of(node), &mut lists);
    lists.write(&mut out);
    out.trim_start().to_owned()
}

/// Long lists of codes, each once, in the order in which elements use them.
#[derive(Default)]
struct Lists<'g>(Vec<&'g [Code]>);

impl<'g> Lists<'g> {
    /// The codes as a cell holds them.
    fn cell(&mut self, codes: &'g [Code]) -> String {
        if codes.len() <= CODES_MAX {
            return listed(codes);
        }
        let known = self.0.iter().position(|list| *list == codes);
        let at = known.unwrap_or_else(|| {
            self.0.push(codes);
            self.0.len() - 1
        });
        let first = codes.get(..CODES_SHOWN).unwrap_or_default();
        format!("{} … [{} codes](#list-{})", listed(first), codes.len(), at + 1)
    }

    fn write(&self, out: &mut String) {
        if !self.0.is_empty() {
            out.push_str("\n## Lists of codes\n");
        }
        for (at, codes) in self.0.iter().enumerate() {
            let _ = write!(out, "\n### List {}\n\n{}\n", at + 1, listed(codes));
        }
    }
}

fn about(out: &mut String, guide: &Guide) {
    out.push_str("| | |\n|---|---|\n");
    let mut row = |name: &str, text: String| {
        let _ = writeln!(out, "| {name} | {text} |");
    };
    row("transaction set", format!("ST01 `{}`", guide.set));
    row("group", format!("GS01 `{}`, GS08 `{}`", guide.group, guide.revision));
    if let Some(purpose) = &guide.purpose {
        row("told apart by", format!("BHT02 `{purpose}`"));
    }
    if !guide.also.is_empty() {
        row(
            "also read as this guide",
            guide.also.iter().map(|also| format!("`{also}`")).collect::<Vec<_>>().join(", "),
        );
    }
    let loops = || guide.items.iter().map(|item| guide.loop_path(item.node)).collect::<Vec<_>>().join(", ");
    match guide.item_kind {
        ItemKind::None => {}
        ItemKind::Set => row("item", "the whole set".to_owned()),
        ItemKind::Loops { alone: true } => row("item", format!("each {}, rejected alone", loops())),
        ItemKind::Loops { alone: false } => row("item", format!("each {}", loops())),
    }
    if !guide.keys.is_empty() {
        let keys = guide.keys.iter().map(|key| format!("{} ({})", key.name, value_at(guide, key)));
        row("keys", keys.collect::<Vec<_>>().join(", "));
    }
    let children = |kind: NodeKind| guide.indexes().filter(|node| guide.node(*node).kind == kind).count();
    row("size", format!("{} loops, {} segments", children(NodeKind::Loop) - 1, children(NodeKind::Segment)));
}

fn value_at(guide: &Guide, value: &ValueAt) -> String {
    let path = guide.loop_path(value.node);
    let gap = if path.is_empty() { "" } else { "/" };
    let component = if value.component > 0 { format!("-{}", value.component) } else { String::new() };
    let segment = guide.node(value.node).segment;
    let condition = value.condition.map(|(at, code)| format!(" where {segment}{at:02} is {code}")).unwrap_or_default();
    format!("{path}{gap}{segment}{:02}{component}{condition}", value.element)
}

fn outline(out: &mut String, guide: &Guide, at: NodeIx, depth: usize) {
    for child in guide.children(at).filter(|child| guide.node(*child).kind == NodeKind::Loop) {
        let node = guide.node(child);
        let indent = "  ".repeat(depth);
        let twin = twin(guide, child);
        let anchor = anchor(guide, twin.unwrap_or(child));
        let like = twin.map(|twin| format!(", as {}", guide.loop_path(twin))).unwrap_or_default();
        let _ = writeln!(out, "{indent}- [{}](#{anchor}) {}: {}{like}", node.id, words(&node.name), used(node));
        if twin.is_none() {
            outline(out, guide, child, depth + 1);
        }
    }
}

/// A loop that stands before and has the same content; it is written once.
fn twin(guide: &Guide, at: NodeIx) -> Option<NodeIx> {
    let size = |node: NodeIx| guide.node(node).end.0 - node.0;
    guide.indexes().take_while(|other| *other < at).find(|other| {
        let (a, b) = (guide.node(*other), guide.node(at));
        a.kind == NodeKind::Loop && a.id == b.id && size(*other) == size(at) && size(at) > 2 && same(guide, *other, at)
    })
}

/// Whether two nodes and all below them ask for the same.
fn same(guide: &Guide, a: NodeIx, b: NodeIx) -> bool {
    let pairs = (a.0..guide.node(a).end.0).zip(b.0..guide.node(b).end.0);
    pairs.map(|(a, b)| (guide.node(NodeIx(a)), guide.node(NodeIx(b)))).enumerate().all(|(at, (x, y))| {
        // How often the loop itself may stand is its parents' affair.
        let itself = at == 0 || (x.usage, x.max) == (y.usage, y.max);
        let (ours, theirs) = (guide.elements_of(x), guide.elements_of(y));
        itself
            && (x.kind, &x.id, &x.name, x.segment) == (y.kind, &y.id, &y.name, y.segment)
            && ours.len() == theirs.len()
            && ours.iter().zip(theirs).all(|(x, y)| same_element(guide, x, y))
    })
}

fn same_element(guide: &Guide, a: &ElementUse, b: &ElementUse) -> bool {
    let (ours, theirs) = (guide.components_of(a), guide.components_of(b));
    (&a.name, a.usage, a.min, a.max, a.repeat, a.element) == (&b.name, b.usage, b.min, b.max, b.repeat, b.element)
        && guide.codes_of(a) == guide.codes_of(b)
        && ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(a, b)| same_element(guide, a, b))
}

fn section<'g>(out: &mut String, guide: &'g Guide, at: NodeIx, lists: &mut Lists<'g>) {
    let node = guide.node(at);
    let _ = write!(out, "\n### {}\n\n", heading(guide, at));
    if at != NodeIx::ROOT {
        let _ = writeln!(out, "{}.\n", used(node));
    }
    out.push_str("| place | name | usage | type | codes and notes |\n|---|---|---|---|---|\n");
    for child in guide.children(at) {
        match guide.node(child).kind {
            NodeKind::Segment => segment(out, guide, child, lists),
            NodeKind::Loop => {
                let inner = guide.node(child);
                let (link, name) = (anchor(guide, twin(guide, child).unwrap_or(child)), words(&inner.name));
                let _ = writeln!(out, "| **[{}](#{link})** | {name} | {} | loop | |", inner.id, used(inner));
            }
        }
    }
    for child in guide.children(at).filter(|child| guide.node(*child).kind == NodeKind::Loop) {
        if twin(guide, child).is_none() {
            section(out, guide, child, lists);
        }
    }
}

fn heading(guide: &Guide, at: NodeIx) -> String {
    match at {
        NodeIx::ROOT => "The set".to_owned(),
        _ => format!("{} {}", guide.loop_path(at), words(&guide.node(at).name)),
    }
}

/// The anchor that Markdown's readers make of a heading.
fn anchor(guide: &Guide, at: NodeIx) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-');
    heading(guide, at).to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn segment<'g>(out: &mut String, guide: &'g Guide, at: NodeIx, lists: &mut Lists<'g>) {
    let node = guide.node(at);
    let notes: Vec<String> = guide.notes_of(node).iter().map(note).collect();
    let _ = writeln!(out, "| **{}** | **{}** | {} | | {} |", node.id, words(&node.name), used(node), notes.join(" "));
    for element in guide.elements_of(node).iter().filter(|element| element.usage != Usage::NotUsed) {
        let place = format!("{}{:02}", node.id, element.position);
        row(out, element, &place, &lists.cell(guide.codes_of(element)));
        for part in guide.components_of(element).iter().filter(|part| part.usage != Usage::NotUsed) {
            row(out, part, &format!("{place}-{}", part.position), &lists.cell(guide.codes_of(part)));
        }
    }
}

fn row(out: &mut String, element: &ElementUse, place: &str, codes: &str) {
    let key = if element.key { "!" } else { "" };
    let repeat = if element.repeat > 1 { format!(" ×{}", element.repeat) } else { String::new() };
    let kind = match element.components.len {
        0 => format!("{} {}/{}", element.data_type, element.min, element.max),
        _ => "composite".to_owned(),
    };
    let name = words(&element.name);
    let _ = writeln!(out, "| {place}{key} | {name} | {}{repeat} | {kind} | {codes} |", letter(element.usage));
}

fn listed(codes: &[Code]) -> String {
    codes.iter().map(|code| format!("`{}`", cell(code.as_str()))).collect::<Vec<_>>().join(" ")
}

fn used(node: &Node) -> String {
    match node.max {
        u32::MAX => format!("{}, any number of times", letter(node.usage)),
        1 => format!("{}, once", letter(node.usage)),
        max => format!("{}, at most {max}", letter(node.usage)),
    }
}

fn letter(usage: Usage) -> &'static str {
    match usage {
        Usage::Required => "R",
        Usage::Situational => "S",
        Usage::NotUsed => "N",
    }
}

fn note(note: &Note) -> String {
    let letter = match note.kind {
        NoteKind::Paired => 'P',
        NoteKind::Required => 'R',
        NoteKind::Exclusion => 'E',
        NoteKind::Conditional => 'C',
        NoteKind::ListConditional => 'L',
    };
    let positions = |bits: u32| (1..=32).filter(move |n| bits & (1 << (n - 1)) != 0);
    let all = positions(note.first).chain(positions(note.all & !note.first));
    all.fold(letter.to_string(), |text, position| text + &format!("{position:02}"))
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::Guides;

    #[test]
    fn every_guide_has_a_page_with_each_of_its_loops() {
        for guide in Guides::built_in().iter() {
            let page = page(guide, &[]);
            for node in guide.indexes().skip(1).filter(|node| guide.node(*node).kind == NodeKind::Loop) {
                // A loop within one that is written elsewhere stands there.
                let within_twin = std::iter::successors(Some(node), |at| guide.node(*at).parent.some())
                    .any(|at| at != NodeIx::ROOT && twin(guide, at).is_some());
                let heading = format!("\n### {}\n", heading(guide, node));
                assert_eq!(page.matches(&heading).count(), usize::from(!within_twin), "{}: {heading}", guide.id());
            }
        }
    }

    #[test]
    fn links_lead_to_headings() {
        for guide in Guides::built_in().iter() {
            let page = page(guide, &[]);
            let lists = (1..100)
                .map(|list| format!("list-{list}"))
                .filter(|list| page.contains(&list.replace("list-", "### List ")));
            let anchors: Vec<String> = guide.indexes().map(|node| anchor(guide, node)).chain(lists).collect();
            for link in page.split("](#").skip(1).map(|rest| rest.split(')').next().unwrap()) {
                assert!(anchors.iter().any(|anchor| anchor == link), "{}: {link}", guide.id());
            }
        }
    }

    #[test]
    fn shows_elements_components_codes_and_notes() {
        let guides = Guides::built_in();
        let guide = guides.find("005010X222A1", "837", None).unwrap();
        let page = page_of_loop(guide, guide.find("2000A/2000B/2300/2400").unwrap());
        assert!(page.starts_with("### 2000A/2000B/2300/2400 "), "{page}");
        assert!(page.contains("| SV101-1 | qualifier | R | ID 2/2 | `ER` `HC` `IV` `WK` |"), "{page}");
        let page = page_of_loop(guide, guide.find("1000A").unwrap());
        assert!(page.contains("| **NM1** | **name** | R, once | | P0809 C1110 C1203 |"), "{page}");
        assert!(page.contains("| NM101! | entity identifier code | R | ID 2/3 | `41` |"), "{page}");
    }
}
