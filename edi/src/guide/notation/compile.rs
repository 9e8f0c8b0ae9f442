//! A guide's tree to its tables.

use super::check;
use super::dictionary::{Layout, Slot};
use super::header::{Header, header};
use super::intern::Runs;
use super::line::{At, NotationError, lines};
use super::outline::{ElementText, NodeText, nodes, resolve_likes};
use super::{BaseSet, Library, Source};
use crate::guide::tables::{
    Code, DataType, ElementUse, Guide, KeyElement, Node, NodeIx, NodeKind, Note, Period, SegmentId, Span, Text, Usage,
};
use std::collections::{BTreeMap, BTreeSet};

/// Compiles one guide. Every error names the file and the line.
pub(crate) fn compile(source: Source<'_>, library: &Library) -> Result<Guide, NotationError> {
    let (file, text) = source;
    let lines = lines(file, text)?;
    let [head, rest @ ..] = lines.as_slice() else {
        return At { file, line: 0 }.fail("expected `guide`, found nothing");
    };
    let below = rest.iter().take_while(|line| line.depth > 0).count();
    let (body, outline) = rest.split_at_checked(below).unwrap_or_default();
    let header = header(file, head, body)?;
    let mut tree = nodes(file, outline, 0)?;
    resolve_likes(file, &mut tree)?;
    let Some(base) = library.bases.get(&header.set) else {
        return At { file, line: head.number }.fail(format!("expected base/{}.txt, found none", header.set));
    };
    let mut compiler = Compiler::new(file, library, base, &header);
    compiler.root(&tree)?;
    check::siblings(file, &compiler.nodes, &compiler.lines, &compiler.keys.table, &compiler.codes.table)?;
    compiler.guide(&header)
}

/// The tables in the making.
pub(super) struct Compiler<'a> {
    pub(super) file: &'a str,
    library: &'a Library,
    pub(super) base: &'a BaseSet,
    revision: &'a str,
    set: &'a str,
    also: &'a [String],
    pub(super) nodes: Vec<Node>,
    /// The line of each node.
    lines: Vec<usize>,
    pub(super) elements: Runs<ElementUse>,
    pub(super) keys: Runs<KeyElement>,
    pub(super) required: Runs<NodeIx>,
    pub(super) codes: Runs<(Code, Period)>,
    pub(super) notes: Runs<Note>,
}

impl<'a> Compiler<'a> {
    fn new(file: &'a str, library: &'a Library, base: &'a BaseSet, header: &'a Header) -> Self {
        Self {
            file,
            library,
            base,
            revision: &header.revision,
            set: &header.set,
            also: &header.also,
            nodes: Vec::new(),
            lines: Vec::new(),
            elements: Runs::new(),
            keys: Runs::new(),
            required: Runs::new(),
            codes: Runs::new(),
            notes: Runs::new(),
        }
    }

    pub(super) fn at(&self, line: usize) -> At<'a> {
        At { file: self.file, line }
    }

    fn root(&mut self, tree: &[NodeText]) -> Result<(), NotationError> {
        let ends = (tree.first().map(|n| n.id.as_str()), tree.last().map(|n| n.id.as_str()));
        if ends != (Some("ST"), Some("SE")) {
            return self.at(0).fail("expected a set from segment ST to segment SE");
        }
        let root = NodeText {
            line: 0,
            kind: NodeKind::Loop,
            position: 0,
            id: self.set.to_owned(),
            usage: Usage::Required,
            max: 1,
            name: "transaction_set".to_owned(),
            like: None,
            children: tree.to_vec(),
            elements: Vec::new(),
        };
        self.node(&root, NodeIx::NONE, "").map(|_| ())
    }

    /// Adds a node and all below it; gives its index.
    fn node(&mut self, text: &NodeText, parent: NodeIx, loop_id: &str) -> Result<NodeIx, NotationError> {
        let at = self.at(text.line);
        let ix = match u16::try_from(self.nodes.len()) {
            Ok(ix) if ix < u16::MAX => NodeIx(ix),
            _ => return at.fail("expected fewer than 65,535 loops and segments"),
        };
        let opening = self.opening(text)?;
        let segment = SegmentId::lit(&opening.id);
        let base = match text.kind {
            NodeKind::Loop => self.base.of_loop(&text.id),
            NodeKind::Segment => self.base.of_segment(loop_id, segment),
        };
        self.lines.push(text.line);
        self.nodes.push(Node {
            kind: text.kind,
            id: Text::Owned(text.id.clone()),
            name: Text::Owned(text.name.clone()),
            segment,
            position: text.position,
            usage: text.usage,
            max: text.max,
            base,
            parent,
            first_child: NodeIx::NONE,
            next_sibling: NodeIx::NONE,
            end: NodeIx::NONE,
            elements: Span::default(),
            notes: Span::default(),
            keys: Span::default(),
            required: Span::default(),
        });
        match text.kind {
            NodeKind::Segment => self.segment(text, ix)?,
            NodeKind::Loop => self.children(text, ix)?,
        }
        let end = NodeIx(self.nodes.len() as u16);
        self.change(ix, |node| node.end = end);
        Ok(ix)
    }

    /// The segment that opens a loop; a segment is its own.
    fn opening<'t>(&self, text: &'t NodeText) -> Result<&'t NodeText, NotationError> {
        if text.kind == NodeKind::Segment {
            return Ok(text);
        }
        match text.children.first() {
            Some(first) if first.kind == NodeKind::Segment => {
                if text.line != 0 && first.position != text.position {
                    return self.at(text.line).fail("expected a loop at the position of its first segment");
                }
                if first.max != 1 {
                    return self.at(first.line).fail("expected a maximum of 1 at the segment that opens a loop");
                }
                Ok(first)
            }
            _ => self.at(text.line).fail("expected a loop that a segment opens"),
        }
    }

    fn children(&mut self, text: &NodeText, ix: NodeIx) -> Result<(), NotationError> {
        check::unique(self.file, text.children.iter().map(|child| (child.line, child.name.as_str())))?;
        // At the top, base loops have no enclosing loop.
        let loop_id = if ix == NodeIx::ROOT { "" } else { text.id.as_str() };
        let mut previous: Option<NodeIx> = None;
        let mut required = Vec::new();
        for child in &text.children {
            let added = self.node(child, ix, loop_id)?;
            match previous {
                None => {
                    let keys = self.nodes.get(usize::from(added.0)).map(|n| n.keys).unwrap_or_default();
                    self.change(ix, |node| (node.first_child, node.keys) = (added, keys));
                }
                Some(previous) => self.change(previous, |node| node.next_sibling = added),
            }
            if child.usage == Usage::Required {
                required.push(added);
            }
            previous = Some(added);
        }
        let required = self.required.add(required);
        self.change(ix, |node| node.required = required);
        Ok(())
    }

    fn segment(&mut self, text: &NodeText, ix: NodeIx) -> Result<(), NotationError> {
        let at = self.at(text.line);
        let library = self.library;
        let Some(layout) = library.dictionary.segment(SegmentId::lit(&text.id)) else {
            return at.fail(format!("expected a segment of segments.txt, found `{}`", text.id));
        };
        let mut keys = Vec::new();
        let elements = self.layout(text.line, layout, &text.elements, Some((&mut keys, 0)))?;
        let elements = self.elements.add(elements);
        let notes = self.notes.add(layout.notes.clone());
        let keys = self.keys.add(keys);
        self.change(ix, |node| (node.elements, node.notes, node.keys) = (elements, notes, keys));
        Ok(())
    }

    /// Every position of a layout as the guide uses it. `keys` takes the key elements; with the element that a composite's
    /// components stand in, or 0.
    fn layout(
        &mut self,
        line: usize,
        layout: &Layout,
        texts: &[ElementText],
        keys: Option<(&mut Vec<KeyElement>, u8)>,
    ) -> Result<Vec<ElementUse>, NotationError> {
        check::unique(self.file, texts.iter().map(|text| (text.line, text.name.as_str())))?;
        let mut by_position: BTreeMap<u8, &ElementText> = BTreeMap::new();
        for text in texts {
            if usize::from(text.position) > layout.slots.len() || text.position == 0 {
                let problem =
                    format!("expected a position up to {:02}, found {:02}", layout.slots.len(), text.position);
                return self.at(text.line).fail(problem);
            }
            if by_position.insert(text.position, text).is_some() {
                return self.at(text.line).fail("expected each position once, found one twice");
            }
        }
        let mut uses = Vec::with_capacity(layout.slots.len());
        let mut keys = keys;
        for (index, slot) in layout.slots.iter().enumerate() {
            let position = index as u8 + 1;
            let text = by_position.get(&position).copied();
            let below = keys.as_mut().map(|(keys, outer)| (&mut **keys, *outer));
            uses.push(self.element(line, position, slot, text, below)?);
        }
        name_apart(&mut uses, texts);
        Ok(uses)
    }

    fn element(
        &mut self,
        line: usize,
        position: u8,
        slot: &Slot,
        text: Option<&ElementText>,
        keys: Option<(&mut Vec<KeyElement>, u8)>,
    ) -> Result<ElementUse, NotationError> {
        let at = self.at(text.map_or(line, |text| text.line));
        let library = self.library;
        let mut used = ElementUse {
            name: Text::Owned(text.map_or_else(|| format!("element_{position:02}"), |text| text.name.clone())),
            position,
            usage: text.map_or(Usage::NotUsed, |text| text.usage),
            base: slot.requirement,
            data_type: DataType::Composite,
            min: 0,
            max: u32::MAX,
            repeat: text.and_then(|text| text.repeat).unwrap_or(slot.repeat),
            key: text.is_some_and(|text| text.key),
            element: slot.element,
            codes: Span::default(),
            dated: false,
            components: Span::default(),
            notes: Span::default(),
        };
        if let Some(element) = library.dictionary.element(slot.element) {
            (used.data_type, used.min, used.max) = (element.data_type, element.min, element.max);
            if text.is_none() {
                used.name = Text::Owned(element.name.clone());
            }
            if let Some((min, max)) = text.and_then(|text| text.lengths) {
                if min < element.min || max > element.max {
                    let problem = format!("expected lengths within {}/{}, found {min}/{max}", element.min, element.max);
                    return at.fail(problem);
                }
                (used.min, used.max) = (min, max);
            }
            if text.is_some_and(|text| !text.components.is_empty()) {
                return at.fail("expected components only below a composite");
            }
            self.codes(at, text, &mut used)?;
            return key(at, used, keys);
        }
        let Some(layout) = library.dictionary.composite(slot.element) else {
            return at.fail(format!("expected a known element, found `{}`", slot.element));
        };
        if text.is_some_and(|text| text.lengths.is_some() || !text.codes.is_empty() || text.key) {
            return at.fail("expected lengths, codes and keys at a composite's components");
        }
        let components = text.map_or(&[][..], |text| &text.components);
        if used.usage != Usage::NotUsed && components.is_empty() {
            return at.fail("expected components below a composite");
        }
        let below = keys.map(|(keys, _)| (keys, position));
        let components = self.layout(at.line, layout, components, below)?;
        used.components = self.elements.add(components);
        used.notes = self.notes.add(layout.notes.clone());
        Ok(used)
    }

    fn codes(&mut self, at: At<'_>, text: Option<&ElementText>, used: &mut ElementUse) -> Result<(), NotationError> {
        let Some(text) = text.filter(|text| !text.codes.is_empty()) else { return Ok(()) };
        let always = Period { from: 0, to: u32::MAX };
        let mut codes: BTreeMap<Code, Period> = BTreeMap::new();
        for word in &text.codes {
            if let Some(list) = word.strip_prefix('@') {
                let Some(list) = self.library.lists.get(list) else {
                    return at.fail(format!("expected a list of codes/, found `{word}`"));
                };
                codes.extend(list.iter().map(|(code, period)| (*code, *period)));
                continue;
            }
            let length = word.len() as u32;
            if length < used.min || length > used.max {
                return at.fail(format!("expected a code of {} to {} letters, found `{word}`", used.min, used.max));
            }
            let code = Code::new(word).ok_or_else(|| at.error("expected a code of at most 24 letters"))?;
            if codes.insert(code, always).is_some() {
                return at.fail(format!("expected each code once, found `{word}` again"));
            }
        }
        if codes.contains_key(&Code::lit(self.revision)) {
            codes.extend(self.also.iter().map(|also| (Code::lit(also), always)));
        }
        used.dated = codes.values().any(|period| *period != always);
        used.codes = self.codes.add(codes.into_iter().collect());
        Ok(())
    }

    fn change(&mut self, ix: NodeIx, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.get_mut(usize::from(ix.0)) {
            change(node);
        }
    }
}

/// Elements that the guide does not use keep the dictionary's name; where another has that name too, their position goes with it.
fn name_apart(uses: &mut [ElementUse], texts: &[ElementText]) {
    let mut names: BTreeSet<String> = texts.iter().map(|text| text.name.clone()).collect();
    for used in uses.iter_mut().filter(|used| texts.iter().all(|text| text.position != used.position)) {
        if !names.insert(used.name.to_string()) {
            used.name = Text::Owned(format!("{}_{:02}", used.name, used.position));
        }
    }
}

fn key(at: At<'_>, used: ElementUse, keys: Option<(&mut Vec<KeyElement>, u8)>) -> Result<ElementUse, NotationError> {
    if !used.key {
        return Ok(used);
    }
    if used.codes.len == 0 {
        return at.fail("expected codes at a key element, found none");
    }
    if let Some((keys, outer)) = keys {
        keys.push(match outer {
            0 => KeyElement { element: used.position, component: 0, codes: used.codes },
            outer => KeyElement { element: outer, component: used.position, codes: used.codes },
        });
    }
    Ok(used)
}
