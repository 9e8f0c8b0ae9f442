//! A sentence on how to mend what a finding tells of, with what the guide asks for at its place. It holds no value of the file.

mod words;

use self::words::WORDS;
use super::names::{element, reference, words};
use crate::finding::{Finding, Place, RuleInfo};
use crate::guide::{Code, DataType, ElementUse, Guide, NodeIx, NodeKind, Note, NoteKind};
use crate::validate::rules::rule;

/// Codes that a sentence lists one by one; of longer lists it tells the first of them.
const CODES_SHOWN_MAX: usize = 12;
/// Segments of one id that a sentence lists by their qualifiers.
const KINDS_SHOWN_MAX: usize = 8;

/// How to mend a finding: the table's words for its rule, else the rule's page. Empty where nothing needs mending.
pub fn mend(guide: Option<&Guide>, finding: &Finding) -> String {
    let Some((_, template)) = WORDS.iter().find(|(id, _)| *id == finding.rule.0) else {
        return rule(finding.rule.0).map(of_rule).unwrap_or_default();
    };
    fill(template, guide, &finding.place)
}

/// What a rule's page says of mending: its paragraph `Mend: …`, else its title, which says what must hold.
fn of_rule(info: &RuleInfo) -> String {
    let page = info.page();
    let mend = page.split("\n\n").find_map(|paragraph| paragraph.trim().strip_prefix("Mend: "));
    mend.map_or_else(|| format!("{}.", info.title()), |mend| mend.replace('\n', " "))
}

/// Puts the guide's facts into a template's braces.
fn fill(template: &str, guide: Option<&Guide>, place: &Place) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, behind) = behind.split_once('}').unwrap_or((behind, ""));
        out.push_str(before);
        out.push_str(&fact(name, guide, place));
        rest = behind;
    }
    out + rest
}

fn fact(name: &str, guide: Option<&Guide>, place: &Place) -> String {
    let used = guide.and_then(|guide| element(guide, place));
    let node = guide.zip(place.node).map(|(guide, node)| guide.node(node));
    match name {
        "place" => reference(place),
        "segment" => place.segment_id.map_or_else(|| "the segment".to_owned(), |id| id.as_str().to_owned()),
        "kind" => used.map(|used| format!(", {}", kind(used))).unwrap_or_default(),
        "form" => used.map_or_else(|| "what the guide asks for".to_owned(), form),
        "max" => used.map_or_else(|| "the guide's limit".to_owned(), |used| counted(used.max, used)),
        "min" => used.map_or_else(|| "the guide's least length".to_owned(), |used| counted(used.min, used)),
        "repeat" => used.map_or_else(|| "as often as the guide lets it".to_owned(), |used| times(used.repeat.into())),
        "times" => node.map_or_else(|| "as often as the guide lets it".to_owned(), |node| times(node.max)),
        "loop" => guide.zip(place.node).map_or_else(|| "the loop".to_owned(), |(guide, node)| loop_words(guide, node)),
        "parent" => {
            guide.zip(node).map_or_else(|| "the set".to_owned(), |(guide, node)| loop_words(guide, node.parent))
        }
        "codes" => guide.zip(used).map(|(guide, used)| codes(guide.codes_of(used))).unwrap_or_default(),
        "kinds" => guide.map(|guide| kinds(guide, place)).unwrap_or_default(),
        "notes" => guide.map(|guide| notes(guide, place)).unwrap_or_default(),
        _ => String::new(),
    }
}

fn loop_words(guide: &Guide, node: NodeIx) -> String {
    match guide.node(guide.loop_of(node)) {
        top if top.parent == NodeIx::NONE => "the set".to_owned(),
        found => format!("loop {} ({})", found.id, words(&found.name)),
    }
}

fn times(max: u32) -> String {
    match max {
        u32::MAX => "any number of times".to_owned(),
        1 => "once".to_owned(),
        max => format!("at most {max} times"),
    }
}

fn counted(length: u32, used: &ElementUse) -> String {
    let digits = matches!(used.data_type, DataType::N(_) | DataType::R);
    let unit = if digits { "digit" } else { "character" };
    format!("{length} {unit}{}", if length == 1 { "" } else { "s" })
}

/// `identification code: text of 2 to 80 characters`.
fn kind(used: &ElementUse) -> String {
    format!("{}: {}", words(&used.name), form(used))
}

fn form(used: &ElementUse) -> String {
    let what = match used.data_type {
        DataType::An => "text",
        DataType::Id => "a code",
        DataType::Dt => return "a date, CCYYMMDD".to_owned(),
        DataType::Tm => return "a time, HHMM or HHMMSS".to_owned(),
        DataType::R => "a number",
        DataType::N(0) => "a whole number",
        DataType::N(places) => return format!("a number with {places} implied decimals"),
        DataType::B => "bytes",
        DataType::Composite => return "components as the guide lists them".to_owned(),
    };
    match used.min == used.max {
        true => format!("{what} of {}", counted(used.max, used)),
        false => format!("{what} of {} to {}", used.min, counted(used.max, used)),
    }
}

/// `, one of A, B and C`; of a long list its beginning.
fn codes(codes: &[Code]) -> String {
    let shown: Vec<&str> = codes.iter().take(CODES_SHOWN_MAX).map(Code::as_str).collect();
    match (codes.len(), shown.as_slice()) {
        (0, _) => String::new(),
        (1, [only]) => format!(": {only}"),
        (2..=CODES_SHOWN_MAX, [first @ .., last]) => format!(": {} or {last}", first.join(", ")),
        (all, _) => format!(": {} or another of {all}", shown.join(", ")),
    }
}

/// The segments of this id that the guide has in the open loop, by their qualifiers.
fn kinds(guide: &Guide, place: &Place) -> String {
    let (Some(at), Some(id)) = (place.node, place.segment_id) else { return String::new() };
    let children = guide.children(guide.loop_of(at)).filter(|child| guide.node(*child).segment == id);
    let keys = |child: NodeIx| {
        let key = guide.node(child).keys.of(&guide.key_elements).first()?;
        let codes: Vec<&str> = key.codes.of(&guide.codes).iter().take(CODES_SHOWN_MAX).map(Code::as_str).collect();
        Some(format!("{id}{:02} = {} ({})", key.element, codes.join("/"), words(&guide.node(child).name)))
    };
    let found: Vec<String> = children.filter_map(keys).take(KINDS_SHOWN_MAX).collect();
    match found.is_empty() {
        true => String::new(),
        false => format!(". {} takes {}", capitalized(&loop_words(guide, at)), found.join(", ")),
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The syntax notes that name the place's element.
fn notes(guide: &Guide, place: &Place) -> String {
    let Some(node) = place.node.map(|node| guide.node(node)).filter(|node| node.kind == NodeKind::Segment) else {
        return String::new();
    };
    let whole = Place { component: 0, ..place.clone() };
    let (notes, at, prefix) = match (place.component, element(guide, &whole)) {
        (0, _) | (_, None) => (guide.notes_of(node), place.element, reference(&Place { element: 0, ..whole })),
        (component, Some(used)) => (used.notes.of(&guide.notes), component, format!("{}-", reference(&whole))),
    };
    let bit = 1u32.checked_shl(u32::from(at).saturating_sub(1)).unwrap_or(0);
    let named: Vec<String> =
        notes.iter().filter(|note| note.all & bit != 0).map(|note| note_words(note, &prefix)).collect();
    if named.is_empty() { String::new() } else { format!(": {}", named.join("; ")) }
}

/// A syntax note in words.
pub(crate) fn note_words(note: &Note, prefix: &str) -> String {
    let dash = prefix.ends_with('-');
    let named = |position: u32| if dash { format!("{prefix}{position}") } else { format!("{prefix}{position:02}") };
    let positions = |bits: u32| (1..=32u32).filter(move |n| bits & (1 << (n - 1)) != 0).map(named).collect::<Vec<_>>();
    let first = positions(note.first).join("");
    let all = positions(note.all);
    let others = positions(note.all & !note.first);
    match note.kind {
        NoteKind::Paired => format!("{} stand together or not at all", all.join(", ")),
        NoteKind::Required => format!("at least one of {} stands", all.join(", ")),
        NoteKind::Exclusion => format!("at most one of {} stands", all.join(", ")),
        NoteKind::Conditional => format!("where {first} stands, so does {}", others.join(" and ")),
        NoteKind::ListConditional => format!("where {first} stands, so does one of {}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{SetStart, Visitor, run};
    use crate::validate::rules::rules;
    use std::sync::Arc;

    #[derive(Default)]
    struct Mends(Option<Arc<Guide>>, Vec<(&'static str, String)>);

    impl Visitor for Mends {
        fn set_start(&mut self, event: &SetStart<'_>) {
            self.0 = event.guide.cloned();
        }

        fn finding(&mut self, finding: &Finding) {
            self.1.push((finding.rule.0, mend(self.0.as_deref(), finding)));
        }
    }

    fn of_fixture(name: &str) -> Vec<(&'static str, String)> {
        let path = format!("{}/../fixtures/x12/005010X222A1/err/{name}.edi", env!("CARGO_MANIFEST_DIR"));
        let mut mends = Mends::default();
        run(&std::fs::read(path).unwrap(), crate::Options::default(), &mut mends).unwrap();
        mends.1
    }

    #[test]
    fn says_what_the_guide_asks_for_at_the_place() {
        for (fixture, expected) in [
            (
                "0006_code_of_no_guide",
                ("code", "Send one of the guide's codes in SBR01: A, B, C, D, E, F, G, H, P, S, T or U."),
            ),
            ("0023_segment_over_its_maximum", ("segment-over-max", "Send SBR once in loop 2000B (subscriber level).")),
        ] {
            let found = of_fixture(fixture);
            assert!(found.contains(&(expected.0, expected.1.to_owned())), "{fixture}: {found:?}");
        }
    }

    #[test]
    fn every_rule_has_a_sentence_and_every_sentence_a_rule() {
        for info in rules().filter(|info| info.severity > crate::Severity::Info) {
            let words = WORDS.iter().find(|(id, _)| *id == info.id.0).map(|(_, words)| (*words).to_owned());
            let sentence = words.unwrap_or_else(|| of_rule(info));
            assert!(sentence.len() > 20, "{}: {sentence}", info.id);
        }
        for (id, words) in WORDS {
            assert!(rule(id).is_some(), "{id} is no rule");
            assert!(!fill(words, None, &Place::default()).contains(['{', '}']), "{words}");
        }
    }

    #[test]
    fn a_note_reads_as_words() {
        let note = Note { kind: NoteKind::Conditional, first: 1 << 10, all: 1 << 10 | 1 << 9 };
        assert_eq!(note_words(&note, "NM1"), "where NM111 stands, so does NM110");
        let note = Note { kind: NoteKind::Paired, first: 1, all: 0b11 };
        assert_eq!(note_words(&note, "HI01-"), "HI01-1, HI01-2 stand together or not at all");
    }
}
