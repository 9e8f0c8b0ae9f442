//! A guide's text as a tree, before it is compiled.

use super::dictionary::repetition;
use super::line::{At, Line, NotationError, lengths, maximum, name};
use crate::guide::tables::{NodeKind, Usage};

/// A `loop` or `segment` line with what stands below it.
#[derive(Clone, Debug)]
pub(super) struct NodeText {
    pub(super) line: usize,
    pub(super) kind: NodeKind,
    pub(super) position: u16,
    pub(super) id: String,
    pub(super) usage: Usage,
    pub(super) max: u32,
    pub(super) name: String,
    pub(super) like: Option<String>,
    pub(super) children: Vec<NodeText>,
    pub(super) elements: Vec<ElementText>,
}

/// An element or component line.
#[derive(Clone, Debug)]
pub(super) struct ElementText {
    pub(super) line: usize,
    pub(super) position: u8,
    pub(super) key: bool,
    pub(super) usage: Usage,
    pub(super) name: String,
    pub(super) lengths: Option<(u32, u32)>,
    pub(super) repeat: Option<u16>,
    pub(super) codes: Vec<String>,
    pub(super) components: Vec<ElementText>,
}

/// The nodes of one level.
pub(super) fn nodes(file: &str, lines: &[Line<'_>], depth: usize) -> Result<Vec<NodeText>, NotationError> {
    split(file, lines, depth)?.into_iter().map(|(head, body)| node(file, head, body)).collect()
}

/// Each line of this depth with the deeper ones that follow it.
pub(super) fn split<'l, 'a>(
    file: &str,
    lines: &'l [Line<'a>],
    depth: usize,
) -> Result<Vec<(&'l Line<'a>, &'l [Line<'a>])>, NotationError> {
    let mut parts = Vec::new();
    let mut rest = lines;
    while let [head, tail @ ..] = rest {
        if head.depth != depth {
            return At { file, line: head.number }.fail("expected one level below the line that it belongs to");
        }
        let below = tail.iter().take_while(|line| line.depth > depth).count();
        let (body, after) = tail.split_at_checked(below).unwrap_or((tail, &[]));
        parts.push((head, body));
        rest = after;
    }
    Ok(parts)
}

fn node(file: &str, head: &Line<'_>, body: &[Line<'_>]) -> Result<NodeText, NotationError> {
    let at = At { file, line: head.number };
    let form = "expected `segment|loop POSITION ID USAGE MAX NAME`";
    let [kind, position, id, usage, max, called, more @ ..] = head.words.as_slice() else { return at.fail(form) };
    let kind = match *kind {
        "segment" => NodeKind::Segment,
        "loop" => NodeKind::Loop,
        _ => return at.fail(form),
    };
    let like = match (kind, more) {
        (_, []) => None,
        (NodeKind::Loop, ["like", path]) => Some((*path).to_owned()),
        _ => return at.fail(form),
    };
    let (children, elements) = match kind {
        NodeKind::Loop => (nodes(file, body, head.depth + 1)?, Vec::new()),
        NodeKind::Segment => (Vec::new(), elements(file, body, head.depth + 1)?),
    };
    Ok(NodeText {
        line: head.number,
        kind,
        position: position.parse().map_err(|_| at.error(format!("expected a position, found `{position}`")))?,
        id: (*id).to_owned(),
        usage: match self::usage(at, usage)? {
            Usage::NotUsed => return at.fail("expected R or S: leave out what is not used"),
            used => used,
        },
        max: maximum(at, max)?,
        name: name(at, called)?,
        like,
        children,
        elements,
    })
}

fn elements(file: &str, lines: &[Line<'_>], depth: usize) -> Result<Vec<ElementText>, NotationError> {
    split(file, lines, depth)?.into_iter().map(|(head, body)| element(file, head, body, depth)).collect()
}

fn element(file: &str, head: &Line<'_>, body: &[Line<'_>], depth: usize) -> Result<ElementText, NotationError> {
    let at = At { file, line: head.number };
    let form = "expected `NN[!] R|S|N NAME [min/max] [xN] [= CODE… | = @list…]`";
    let (words, codes) = match head.words.iter().position(|word| *word == "=") {
        Some(sign) => head.words.split_at_checked(sign).unwrap_or_default(),
        None => (head.words.as_slice(), [].as_slice()),
    };
    let [position, usage, called, more @ ..] = words else { return at.fail(form) };
    let (digits, key) = match position.strip_suffix('!') {
        Some(digits) => (digits, true),
        None => (*position, false),
    };
    let mut text = ElementText {
        line: head.number,
        position: digits.parse().map_err(|_| at.error(form))?,
        key,
        usage: self::usage(at, usage)?,
        name: name(at, called)?,
        lengths: None,
        repeat: None,
        codes: codes.iter().skip(1).map(|code| (*code).to_owned()).collect(),
        components: elements(file, body, depth + 1)?,
    };
    for word in more {
        if word.contains('/') {
            text.lengths = Some(lengths(at, word)?);
        } else {
            text.repeat = Some(repetition(at, word)?);
        }
    }
    if codes.len() == 1 {
        return at.fail("expected codes after `=`, found none");
    }
    Ok(text)
}

/// `R`, `S` or `N`.
pub(crate) fn usage(at: At<'_>, word: &str) -> Result<Usage, NotationError> {
    match word {
        "R" => Ok(Usage::Required),
        "S" => Ok(Usage::Situational),
        "N" => Ok(Usage::NotUsed),
        _ => at.fail(format!("expected R, S or N, found `{word}`")),
    }
}

/// Replaces each `like` by what it names: a loop that was written before, by the end of its path.
pub(super) fn resolve_likes(file: &str, nodes: &mut [NodeText]) -> Result<(), NotationError> {
    let mut seen: Vec<(String, Vec<NodeText>)> = Vec::new();
    nodes.iter_mut().try_for_each(|node| resolve(file, node, "", &mut seen))
}

fn resolve(
    file: &str,
    node: &mut NodeText,
    above: &str,
    seen: &mut Vec<(String, Vec<NodeText>)>,
) -> Result<(), NotationError> {
    if node.kind == NodeKind::Segment {
        return Ok(());
    }
    let at = At { file, line: node.line };
    let path = format!("{above}/{}", node.id);
    if let Some(like) = &node.like {
        let end = format!("/{like}");
        let Some((_, children)) = seen.iter().find(|(path, _)| path.ends_with(&end)) else {
            return at.fail(format!("expected a loop that stands before, found `like {like}`"));
        };
        if !node.children.is_empty() {
            return at.fail("expected nothing below a loop that is like another");
        }
        node.children = children.clone();
    } else {
        node.children.iter_mut().try_for_each(|child| resolve(file, child, &path, seen))?;
    }
    seen.push((path, node.children.clone()));
    Ok(())
}
