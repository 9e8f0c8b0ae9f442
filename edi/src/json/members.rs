//! A loop's object taken apart into its loops and segments, in the order in which X12 wants them.

use std::borrow::Cow;

use super::error::{At, JsonError};
use super::shape::Shape;
use super::tree::Json;
use crate::guide::{NodeIx, Usage};

/// One loop or segment of an object.
pub(crate) struct Member<'j> {
    pub(crate) node: NodeIx,
    pub(crate) content: Content<'j>,
}

/// What a member is made of.
pub(crate) enum Content<'j> {
    /// A value of the JSON, and its index where the member is an array.
    Json { value: &'j Json<'j>, index: Option<usize> },
    /// A segment of ours, by its elements.
    Ours(&'j [&'j [u8]]),
}

/// Members that describe an object and are not part of its segments.
const REMARKS: [&str; 4] = ["guide", "set", "purpose", "_order"];

/// Takes apart the object of `parent`. Unknown members and wrong kinds are errors; what is missing, [`require`] tells.
pub(crate) fn members<'j>(
    shape: &Shape,
    parent: NodeIx,
    object: &'j Json<'j>,
    at: &At<'_>,
) -> Result<Vec<Member<'j>>, JsonError> {
    let Json::Object(entries) = object else { return Err(at.kind("an object", object.kind())) };
    let mut members = Vec::with_capacity(entries.len());
    let mut order = None;
    let mut next = shape.guide.node(parent).first_child;
    for (name, value) in entries {
        let at = at.name(name);
        if REMARKS.contains(&name.as_ref()) && (name == "_order" || parent == NodeIx::ROOT) {
            if name == "_order" {
                order = Some(value);
            }
            continue;
        }
        let node = find_child(shape, parent, next, name).ok_or_else(|| at.unknown())?;
        next = shape.guide.node(node).next_sibling;
        push_instances(&mut members, shape, node, value, &at)?;
    }
    members.sort_by_key(|member| shape.rank(member.node));
    match order {
        Some(order) => reorder(shape, parent, members, order, &at.name("_order")),
        None => Ok(members),
    }
}

/// Looks on from the sibling behind the last one that was found: names mostly come in order.
fn find_child(shape: &Shape, parent: NodeIx, from: NodeIx, name: &str) -> Option<NodeIx> {
    let guide = &shape.guide;
    let rest = std::iter::successors(from.some(), |at| guide.node(*at).next_sibling.some());
    rest.chain(guide.children(parent)).find(|child| guide.node(*child).name == name)
}

fn push_instances<'j>(
    members: &mut Vec<Member<'j>>,
    shape: &Shape,
    node: NodeIx,
    value: &'j Json<'j>,
    at: &At<'_>,
) -> Result<(), JsonError> {
    match value {
        Json::Array(values) if shape.repeats(node) => {
            let instance = |(index, value)| Member { node, content: Content::Json { value, index: Some(index) } };
            if values.len() as u64 > u64::from(shape.guide.node(node).max) {
                return Err(at.index(shape.guide.node(node).max as usize).unknown());
            }
            members.extend(values.iter().enumerate().map(instance));
            Ok(())
        }
        Json::Object(_) if !shape.repeats(node) => {
            members.push(Member { node, content: Content::Json { value, index: None } });
            Ok(())
        }
        other if shape.repeats(node) => Err(at.kind("an array", other.kind())),
        other => Err(at.kind("an object", other.kind())),
    }
}

/// Puts the members that `_order` lists first, in its order.
fn reorder<'j>(
    shape: &Shape,
    parent: NodeIx,
    members: Vec<Member<'j>>,
    order: &Json<'_>,
    at: &At<'_>,
) -> Result<Vec<Member<'j>>, JsonError> {
    let Json::Array(names) = order else { return Err(at.kind("an array", order.kind())) };
    let mut waiting: Vec<Option<Member<'j>>> = members.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    for (index, name) in names.iter().enumerate() {
        let at = at.index(index);
        let Json::String(name) = name else { return Err(at.kind("a string", name.kind())) };
        let node = find_child(shape, parent, NodeIx::NONE, name).ok_or_else(|| at.unknown())?;
        let first = waiting.iter_mut().find(|member| member.as_ref().is_some_and(|member| member.node == node));
        ordered.push(first.and_then(Option::take).ok_or_else(|| at.value("a member that stands in this object"))?);
    }
    ordered.extend(waiting.into_iter().flatten());
    Ok(ordered)
}

/// Adds a segment of ours where its position puts it.
pub(crate) fn insert<'j>(shape: &Shape, members: &mut Vec<Member<'j>>, ours: Member<'j>) {
    let group = shape.group(ours.node);
    let behind = |member: &Member<'_>| {
        shape.group(member.node) > group
            || (shape.group(member.node) == group && shape.rank(member.node) > shape.rank(ours.node))
    };
    let at = members.iter().position(behind).unwrap_or(members.len());
    members.insert(at, ours);
}

/// The first required child that is missing is an error, but for those that `except` names.
pub(crate) fn require(
    shape: &Shape,
    parent: NodeIx,
    members: &[Member<'_>],
    at: &At<'_>,
    except: impl Fn(NodeIx) -> bool,
) -> Result<(), JsonError> {
    for child in shape.guide.children(parent) {
        let node = shape.guide.node(child);
        let missing = node.usage == Usage::Required && !members.iter().any(|member| member.node == child);
        if missing && !except(child) {
            let name: &Cow<'_, str> = &node.name;
            return Err(at.name(name).missing());
        }
    }
    Ok(())
}
