//! The names of an item's JSON, as an expression may say them.

use crate::guide::{DataType, ElementUse, Guide, ItemKind, NodeIx, NodeKind, Usage};

/// What stands at a place of an item's JSON, as far as the guide tells.
#[derive(Clone, Copy, Debug)]
pub(super) enum Member<'g> {
    /// Anything: its members are not known here.
    Any,
    /// A loop or segment; several of them.
    Node(&'g Guide, NodeIx, Times),
    /// An element or component; several.
    Element(&'g Guide, &'g ElementUse, Times),
}

/// One, or a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    One,
    List,
}

/// The variables of a guide's items: the item itself, the whole set, and each loop that leads to an item. Where items or loops of one
/// name differ, what they hold is not known here.
pub(super) fn variables(guide: &Guide) -> Vec<(&str, Member<'_>)> {
    let mut variables = vec![("item", Member::Any), ("set", Member::Node(guide, NodeIx::ROOT, Times::One))];
    if guide.item_kind == ItemKind::Set {
        variables = vec![
            ("item", Member::Node(guide, NodeIx::ROOT, Times::One)),
            ("set", Member::Node(guide, NodeIx::ROOT, Times::One)),
        ];
    }
    let same = |a: NodeIx, b: NodeIx| guide.node(a).id == guide.node(b).id;
    if let Some(first) = guide.items.first().filter(|first| guide.items.iter().all(|item| same(item.node, first.node)))
        && let Some((_, item)) = variables.first_mut()
    {
        *item = Member::Node(guide, first.node, Times::One);
    }
    for item in guide.items.iter() {
        let mut at = guide.node(item.node).parent;
        while at != NodeIx::ROOT && at != NodeIx::NONE {
            let node = guide.node(at);
            let found = variables.iter_mut().find(|(name, _)| *name == node.name);
            match found {
                None => variables.push((&node.name, Member::Node(guide, at, Times::One))),
                Some((_, Member::Node(_, known, _))) if same(*known, at) => {}
                Some((_, member)) => *member = Member::Any,
            }
            at = node.parent;
        }
    }
    variables
}

impl<'g> Member<'g> {
    /// The member of that name, or what is wrong with naming it here.
    pub(super) fn member(self, name: &str) -> Result<Self, String> {
        match self {
            Self::Any => Ok(Self::Any),
            // What keeps what names alone would lose, and what an item's set says of itself.
            _ if name.starts_with('_') => Ok(Self::Any),
            Self::Node(_, NodeIx::ROOT, _) if ["guide", "set", "purpose"].contains(&name) => Ok(Self::Any),
            Self::Node(_, _, Times::List) | Self::Element(_, _, Times::List) => {
                Err(format!("expected an entry of the list, such as `[0].{name}`, or a macro over it, found `{name}`"))
            }
            Self::Node(guide, at, Times::One) if guide.node(at).kind == NodeKind::Segment => {
                element(guide, guide.elements_of(guide.node(at)), name)
            }
            Self::Node(guide, at, Times::One) => {
                let found = guide.children(at).find(|child| guide.node(*child).name == name);
                let found = found.ok_or_else(|| unknown(name))?;
                Ok(Self::Node(guide, found, times(repeats(guide, found))))
            }
            Self::Element(guide, used, Times::One) => element(guide, guide.components_of(used), name),
        }
    }

    /// An entry of the list that it is.
    pub(super) fn entry(self) -> Self {
        match self {
            Self::Node(guide, at, Times::List) => Self::Node(guide, at, Times::One),
            Self::Element(guide, used, Times::List) => Self::Element(guide, used, Times::One),
            _ => Self::Any,
        }
    }
}

fn element<'g>(guide: &'g Guide, uses: &'g [ElementUse], name: &str) -> Result<Member<'g>, String> {
    let used = uses.iter().find(|used| used.usage != Usage::NotUsed && used.name == name);
    let used = used.ok_or_else(|| unknown(name))?;
    match used.data_type {
        DataType::Composite => Ok(Member::Element(guide, used, times(used.repeat > 1))),
        _ if used.repeat > 1 => Ok(Member::Element(guide, used, Times::List)),
        _ => Ok(Member::Element(guide, used, Times::One)),
    }
}

/// Whether it is an array: it may stand more than once, or is an item's loop or leads to one.
fn repeats(guide: &Guide, node: NodeIx) -> bool {
    guide.node(node).max > 1 || guide.items.iter().any(|item| guide.within(item.node, node))
}

fn times(several: bool) -> Times {
    if several { Times::List } else { Times::One }
}

fn unknown(name: &str) -> String {
    format!("expected a member that the guide has here, found `{name}`")
}
