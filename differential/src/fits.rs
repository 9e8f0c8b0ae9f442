//! Whether a segment's text could be read as another node than its own: then a mutation is not forbidden by construction.

use crate::outline::{COMPONENT, ELEMENT, REPETITION};
use tradewind_edi::Guide;
use tradewind_edi::guide::{NodeIx, NodeKind};

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

/// Whether any child of the loop, or of a loop around it, takes the text, other than `own`.
pub fn elsewhere(guide: &Guide, from: NodeIx, own: NodeIx, text: &str) -> bool {
    let mut at = guide.loop_of(from);
    loop {
        if guide.children(at).any(|child| child != own && opening(guide, child) != own && takes(guide, child, text)) {
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
