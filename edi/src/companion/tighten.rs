//! The lines of a companion guide onto a copy of its guide's tables. Whatever would loosen them is a mistake.

use super::Errors;
use crate::guide::notation::{At, Line, lengths, maximum, repetition, usage};
use crate::guide::{Code, DataType, ElementUse, Guide, Node, NodeIx, NodeKind, Period, Span, Usage};

/// The guide with what the lines change. Nodes stay where they are; runs that change are new ones at the tables' ends.
pub(super) fn tighten(guide: &Guide, lines: &[Line<'_>], errors: &mut Errors<'_>) -> Guide {
    let own_from = guide.elements.len() as u32;
    let mut hand = Hand { guide: guide.clone(), own_from, errors };
    hand.level(lines, 0, &[NodeIx::ROOT]);
    hand.guide
}

struct Hand<'h, 'f> {
    guide: Guide,
    /// Where the copies of elements start.
    own_from: u32,
    errors: &'h mut Errors<'f>,
}

/// What a line says behind what it names.
#[derive(Default)]
struct Wish<'t> {
    line: usize,
    name: Option<&'t str>,
    usage: Option<Usage>,
    max: Option<u32>,
    lengths: Option<(u32, u32)>,
    repeat: Option<u16>,
    codes: Vec<&'t str>,
}

impl Hand<'_, '_> {
    /// The loops and segments of one level, within each of these loops.
    fn level(&mut self, lines: &[Line<'_>], depth: usize, within: &[NodeIx]) {
        for (head, body) in self.split(lines, depth) {
            let Some((wish, id)) = self.wish(head) else { continue };
            let kind = if head.words.first() == Some(&"loop") { NodeKind::Loop } else { NodeKind::Segment };
            let found = match kind {
                NodeKind::Loop if depth == 0 => self.loops(&wish, id),
                _ => self.children(within, kind, &wish, id),
            };
            for node in &found {
                self.node(*node, &wish);
            }
            match kind {
                NodeKind::Loop => self.level(body, depth + 1, &found),
                NodeKind::Segment => self.segment(body, depth + 1, &found),
            }
        }
    }

    /// Each line of this depth with the deeper ones that follow it.
    fn split<'l, 't>(&mut self, lines: &'l [Line<'t>], depth: usize) -> Vec<(&'l Line<'t>, &'l [Line<'t>])> {
        let mut parts = Vec::new();
        let mut rest = lines;
        while let [head, tail @ ..] = rest {
            let below = tail.iter().take_while(|line| line.depth > depth).count();
            let (body, after) = tail.split_at_checked(below).unwrap_or((tail, &[]));
            if head.depth == depth {
                parts.push((head, body));
            } else {
                self.errors.add(head.number, "expected one level below the line that it belongs to");
            }
            rest = after;
        }
        parts
    }

    /// The id of a loop or segment, and what its line says of it.
    fn wish<'t>(&mut self, line: &Line<'t>) -> Option<(Wish<'t>, &'t str)> {
        let at = At { file: self.errors.file, line: line.number };
        let (id, rest) = match line.words.as_slice() {
            ["loop" | "segment", id, rest @ ..] => (*id, rest),
            _ => {
                self.errors.add(line.number, "expected `loop ID [NAME] [USAGE] [MAX]` or `segment ID …`");
                return None;
            }
        };
        let mut wish = Wish { line: line.number, ..Wish::default() };
        for word in rest {
            let read = match *word {
                "R" | "S" | "N" => usage(at, word).map(|usage| wish.usage = Some(usage)),
                _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '>') => {
                    maximum(at, word).map(|max| wish.max = Some(max))
                }
                name => {
                    wish.name = Some(name);
                    Ok(())
                }
            };
            self.errors.ok(read)?;
        }
        if wish.usage == Some(Usage::NotUsed) && wish.max.is_some() {
            self.errors.add(line.number, "expected no maximum where the usage is N");
            wish.max = None;
        }
        Some((wish, id))
    }

    /// Every loop whose path ends so.
    fn loops(&mut self, wish: &Wish<'_>, path: &str) -> Vec<NodeIx> {
        let end = format!("/{path}");
        let mut found: Vec<NodeIx> = self.guide.indexes().skip(1).collect();
        found.retain(|ix| {
            self.guide.node(*ix).kind == NodeKind::Loop
                && format!("/{}", self.guide.loop_path(*ix)).ends_with(&end)
                && wish.name.is_none_or(|name| self.guide.node(*ix).name == name)
        });
        self.only(wish, path, found)
    }

    /// The children of these loops that are of that id, and of that name where one is given.
    fn children(&mut self, within: &[NodeIx], kind: NodeKind, wish: &Wish<'_>, id: &str) -> Vec<NodeIx> {
        let guide = &self.guide;
        let named = |node: &Node| wish.name.is_none_or(|name| node.name == name);
        let fits = |node: &Node| node.kind == kind && node.id == id && named(node);
        let all = within.iter().flat_map(|parent| guide.children(*parent));
        let found = all.filter(|child| fits(guide.node(*child))).collect();
        if within.is_empty() { Vec::new() } else { self.only(wish, id, found) }
    }

    /// What was found, unless it is nothing, or several of one loop.
    fn only(&mut self, wish: &Wish<'_>, id: &str, found: Vec<NodeIx>) -> Vec<NodeIx> {
        let parent = |ix: &NodeIx| self.guide.node(*ix).parent;
        let several = found.windows(2).any(|pair| matches!(pair, [a, b] if parent(a) == parent(b)));
        if several {
            let mut names: Vec<&str> = Vec::new();
            for name in found.iter().map(|ix| self.guide.node(*ix).name.as_ref()) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let problem = format!("expected the name of one of them behind `{id}`: {}", names.join(", "));
            self.errors.add(wish.line, problem);
            return Vec::new();
        }
        if found.is_empty() {
            let named = wish.name.map(|name| format!(" {name}")).unwrap_or_default();
            self.errors.add(wish.line, format!("expected what the guide has here, found `{id}{named}`"));
        }
        found
    }

    fn node(&mut self, ix: NodeIx, wish: &Wish<'_>) {
        let node = self.guide.node(ix);
        let opens = node.kind == NodeKind::Segment && self.guide.node(node.parent).first_child == ix;
        if let Some(usage) = wish.usage.filter(|usage| *usage != node.usage) {
            match (node.usage, usage) {
                (_, Usage::NotUsed) if opens => {
                    return self.errors.add(wish.line, "expected N at the loop, not at the segment that opens it");
                }
                (Usage::Situational, Usage::NotUsed) => self.change(ix, |node| (node.usage, node.max) = (usage, 0)),
                (Usage::Situational, _) => self.change(ix, |node| node.usage = usage),
                (is, _) => self.errors.add(wish.line, loosens("usage", letter(is), letter(usage))),
            }
        }
        let node = self.guide.node(ix);
        match wish.max {
            Some(max) if max > node.max => {
                self.errors.add(wish.line, loosens("maximum", &times(node.max), &times(max)));
            }
            Some(max) => self.change(ix, |node| node.max = max),
            None => {}
        }
    }

    /// The elements of these segments.
    fn segment(&mut self, lines: &[Line<'_>], depth: usize, nodes: &[NodeIx]) {
        for (head, body) in self.split(lines, depth) {
            let Some((wish, position)) = self.element_wish(head) else { continue };
            for node in nodes {
                let run = self.own(self.guide.node(*node).elements);
                self.change(*node, |node| node.elements = run);
                let Some(index) = self.position(run, position, &wish) else { continue };
                self.element(index, &wish);
                self.components(index, body, depth + 1);
            }
        }
    }

    fn components(&mut self, composite: u32, lines: &[Line<'_>], depth: usize) {
        let Some(used) = self.guide.elements.get(composite as usize).cloned() else { return };
        for (head, body) in self.split(lines, depth) {
            let Some((wish, position)) = self.element_wish(head) else { continue };
            if used.data_type != DataType::Composite || !body.is_empty() {
                self.errors.add(head.number, "expected components below a composite, and nothing below them");
                continue;
            }
            let run = self.own(self.guide.elements.get(composite as usize).map_or(used.components, |u| u.components));
            if let Some(used) = self.guide.elements.to_mut().get_mut(composite as usize) {
                used.components = run;
            }
            if let Some(index) = self.position(run, position, &wish) {
                self.element(index, &wish);
            }
        }
    }

    /// `NN [NAME] [USAGE] [MIN/MAX] [xN] [= CODE…]`.
    fn element_wish<'t>(&mut self, line: &Line<'t>) -> Option<(Wish<'t>, u32)> {
        let at = At { file: self.errors.file, line: line.number };
        let sign = line.words.iter().position(|word| *word == "=");
        let (words, codes) = line.words.split_at_checked(sign.unwrap_or(line.words.len()))?;
        let mut wish =
            Wish { line: line.number, codes: codes.get(1..).unwrap_or_default().to_vec(), ..Wish::default() };
        let position = words.first().and_then(|word| word.parse().ok()).filter(|position| *position > 0);
        let (Some(position), true) = (position, codes.len() != 1) else {
            self.errors.add(line.number, "expected `NN [NAME] [USAGE] [MIN/MAX] [xN] [= CODE…]`");
            return None;
        };
        for word in words.iter().skip(1) {
            let times = word.strip_prefix('x').is_some_and(|x| x.starts_with(|c: char| c.is_ascii_digit() || c == '>'));
            let read = match *word {
                "R" | "S" | "N" => usage(at, word).map(|usage| wish.usage = Some(usage)),
                _ if word.contains('/') => lengths(at, word).map(|lengths| wish.lengths = Some(lengths)),
                _ if times => repetition(at, word).map(|repeat| wish.repeat = Some(repeat)),
                name => {
                    wish.name = Some(name);
                    Ok(())
                }
            };
            self.errors.ok(read)?;
        }
        Some((wish, position))
    }

    /// The index of the element at a position of a run, if it is used and of that name.
    fn position(&mut self, run: Span, position: u32, wish: &Wish<'_>) -> Option<u32> {
        let found = run.of(&self.guide.elements).get(position as usize - 1);
        match found {
            Some(used) if used.usage != Usage::NotUsed && wish.name.is_none_or(|name| used.name == name) => {
                Some(run.start + position - 1)
            }
            Some(used) if used.usage != Usage::NotUsed => {
                let (is, name) = (&used.name, wish.name.unwrap_or_default());
                self.errors.add(wish.line, format!("expected the guide's name `{is}`, found `{name}`"));
                None
            }
            _ => {
                self.errors.add(wish.line, format!("expected a position that the guide uses, found {position:02}"));
                None
            }
        }
    }

    fn element(&mut self, index: u32, wish: &Wish<'_>) {
        let Some(mut used) = self.guide.elements.get(index as usize).cloned() else { return };
        match (used.usage, wish.usage) {
            (_, None) | (Usage::Situational, _) => used.usage = wish.usage.unwrap_or(used.usage),
            (is, Some(usage)) if is == usage => {}
            (is, Some(usage)) => self.errors.add(wish.line, loosens("usage", letter(is), letter(usage))),
        }
        if used.data_type == DataType::Composite && (wish.lengths.is_some() || !wish.codes.is_empty()) {
            self.errors.add(wish.line, "expected lengths and codes at a composite's components");
            return;
        }
        if let Some((min, max)) = wish.lengths {
            if min < used.min || max > used.max {
                let (is, found) = (format!("{}/{}", used.min, used.max), format!("{min}/{max}"));
                self.errors.add(wish.line, format!("expected lengths within {is}, found {found}"));
            }
            (used.min, used.max) = (min, max);
        }
        if let Some(repeat) = wish.repeat {
            if repeat > used.repeat {
                let (is, found) = (times(used.repeat.into()), times(repeat.into()));
                self.errors.add(wish.line, loosens("repetitions", &is, &found));
            }
            used.repeat = repeat;
        }
        self.codes(&mut used, wish);
        if let Some(slot) = self.guide.elements.to_mut().get_mut(index as usize) {
            *slot = used;
        }
    }

    fn codes(&mut self, used: &mut ElementUse, wish: &Wish<'_>) {
        if wish.codes.is_empty() {
            return;
        }
        let mut codes: Vec<Code> = Vec::new();
        for word in &wish.codes {
            let fits = (used.min..=used.max).contains(&(word.len() as u32));
            match Code::new(word).filter(|_| fits) {
                Some(code) => codes.push(code),
                None => self.errors.add(
                    wish.line,
                    format!("expected a code of {} to {} letters, at most 24, found `{word}`", used.min, used.max),
                ),
            }
        }
        codes.sort_unstable();
        let listed = used.codes.of(&self.guide.codes);
        let foreign = |code: &&Code| !listed.is_empty() && listed.binary_search(code).is_err();
        if let Some(code) = codes.iter().find(foreign) {
            let problem = format!("expected codes that the guide takes, found `{code}`");
            return self.errors.add(wish.line, problem);
        }
        if codes.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return self.errors.add(wish.line, "expected each code once, found one again");
        }
        let dated = used.codes.of(&self.guide.periods).to_vec();
        let start = self.guide.codes.len();
        if !self.guide.periods.is_empty() {
            let always = Period { from: 0, to: u32::MAX };
            let own = codes.iter().map(|code| listed.binary_search(code).ok().and_then(|at| dated.get(at)).copied());
            let own: Vec<Period> = own.map(|period| period.unwrap_or(always)).collect();
            self.guide.periods.to_mut().extend(own);
        }
        self.guide.codes.to_mut().extend(&codes);
        used.codes = Span { start: start as u32, len: codes.len() as u32 };
    }

    /// A run of elements that is the companion's own: this one, or a copy of it.
    fn own(&mut self, run: Span) -> Span {
        if run.start >= self.own_from || run.len == 0 {
            return run;
        }
        let copy = run.of(&self.guide.elements).to_vec();
        let start = self.guide.elements.len() as u32;
        self.guide.elements.to_mut().extend(copy);
        Span { start, len: run.len }
    }

    fn change(&mut self, ix: NodeIx, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.guide.nodes.to_mut().get_mut(usize::from(ix.0)) {
            change(node);
        }
    }
}

fn loosens(what: &str, is: &str, found: &str) -> String {
    format!("expected nothing that the guide does not allow: its {what} is {is}, found {found}")
}

fn letter(usage: Usage) -> &'static str {
    match usage {
        Usage::Required => "R",
        Usage::Situational => "S",
        Usage::NotUsed => "N",
    }
}

fn times(max: u32) -> String {
    if max == u32::MAX || max == u32::from(u16::MAX) { ">1".to_owned() } else { max.to_string() }
}
