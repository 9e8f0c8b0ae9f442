//! Whether a segment's text could be read as another node than its own: then a mutation is not forbidden by construction.

use crate::outline::{COMPONENT, ELEMENT, REPETITION};
use tradewind_edi::Guide;
use tradewind_edi::guide::{DataType, ElementUse, NodeIx, NodeKind, Usage};

/// The value at an element and component (0: the whole element), in its first repetition.
pub fn value(text: &str, element: u8, component: u8) -> &str {
    let element = text.split(ELEMENT).nth(usize::from(element)).unwrap_or_default();
    match component {
        0 => element,
        n => element
            .split(REPETITION)
            .next()
            .unwrap_or_default()
            .split(COMPONENT)
            .nth(usize::from(n) - 1)
            .unwrap_or_default(),
    }
}

/// Whether the keys of a node (of the segment that opens it, if a loop) take the text.
pub fn takes(guide: &Guide, node: NodeIx, text: &str) -> bool {
    let node = guide.node(node);
    let id = text.split(ELEMENT).next().unwrap_or_default();
    let key_fits = |key: &tradewind_edi::guide::KeyElement| {
        let found = value(text, key.element, key.component);
        key.codes.of(&guide.codes).iter().any(|code| code.as_str() == found)
    };
    node.segment.as_str() == id && node.keys.of(&guide.key_elements).iter().all(key_fits)
}

/// Whether the text could stand at a node without an error in its simple elements.
fn clean(guide: &Guide, node: NodeIx, text: &str) -> bool {
    let elements = guide.elements_of(guide.node(opening(guide, node)));
    let sound = |used: &ElementUse| {
        let found = value(text, used.position, 0);
        let composite = used.data_type == DataType::Composite || found.contains([COMPONENT, REPETITION]);
        let length = found.len() as u32;
        let codes = guide.codes_of(used);
        match used.usage {
            _ if found.contains(|c: char| c.is_ascii_control()) => false,
            Usage::Required if found.is_empty() => false,
            Usage::NotUsed => found.is_empty(),
            _ if found.is_empty() => true,
            _ if composite => used.data_type == DataType::Composite || used.repeat > 1,
            _ if !codes.is_empty() => codes.iter().any(|code| code.as_str() == found),
            _ => (used.min..=used.max).contains(&length),
        }
    };
    text.split(ELEMENT).count() <= elements.len() + 1 && elements.iter().all(sound)
}

/// Whether any child of the loop, or of a loop around it, takes the text without an error, other than `own`.
pub fn elsewhere(guide: &Guide, from: NodeIx, own: NodeIx, text: &str) -> bool {
    let mut at = guide.loop_of(from);
    loop {
        if guide.children(at).any(|child| {
            child != own && opening(guide, child) != own && takes(guide, child, text) && clean(guide, child, text)
        }) {
            return true;
        }
        match guide.node(at).parent.some() {
            Some(parent) => at = parent,
            None => return false,
        }
    }
}

/// The segment itself, or the one that opens the loop.
fn opening(guide: &Guide, node: NodeIx) -> NodeIx {
    if guide.node(node).kind == NodeKind::Loop { guide.node(node).first_child } else { node }
}
