//! Counts, control numbers, versions, and the numbers of a hierarchy.

use super::element::with;
use super::{At, Mutated};
use crate::fits::value;
use crate::outline::Outline;
use crate::random::Random;

/// Segment, element, and the value to put there; an empty one counts up what stands there.
const CONTROLS: [(&str, u8, &str); 12] = [
    ("SE", 1, ""),
    ("SE", 2, ""),
    ("GE", 1, ""),
    ("GE", 2, ""),
    ("IEA", 1, ""),
    ("IEA", 2, "999999999"),
    ("GS", 8, "005010X999"),
    ("GS", 1, "PO"),
    ("ST", 1, "850"),
    ("ST", 3, "005010X999"),
    ("GE", 0, ""),
    ("SE", 0, ""),
];

pub fn controls(outline: &Outline) -> Vec<At> {
    let find = |(other, (id, element, _)): (usize, &(&str, u8, &str))| {
        let segment = outline.segments.iter().position(|segment| segment.split('*').next() == Some(id))?;
        Some(At { segment, element: *element, component: 0, other })
    };
    CONTROLS.iter().enumerate().filter_map(find).collect()
}

pub fn control(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let (_, element, new) = CONTROLS.get(at.other)?;
    let mut segments = outline.segments.clone();
    if *element == 0 {
        segments.remove(at.segment);
        return Some(Mutated { segments, at: at.segment, forbidden: true });
    }
    let old = value(&segments[at.segment], *element, 0).to_owned();
    if old.is_empty() {
        return None;
    }
    let up = format!("{:0width$}", old.parse::<u64>().ok()? + 1, width = old.len());
    segments[at.segment] = with(&segments[at.segment], *element, 0, if new.is_empty() { &up } else { new });
    Some(Mutated { segments, at: at.segment, forbidden: true })
}

/// HL01, HL02 and HL04 of every level.
pub fn levels(outline: &Outline) -> Vec<At> {
    let levels = (0..outline.segments.len()).filter(|at| outline.segments[*at].starts_with("HL*"));
    levels
        .flat_map(|segment| [1, 2, 4].map(|n| At { segment, element: n, component: 0, other: usize::from(n) }))
        .collect()
}

pub fn hierarchy(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let old = value(&outline.segments[at.segment], at.element, 0);
    let new = match (at.element, old) {
        (1, old) => (old.parse::<u64>().ok()? + 7).to_string(),
        (2, "") => return None,
        (2, old) => (old.parse::<u64>().ok()? + 90).to_string(),
        (4, "0") => "1".to_owned(),
        (4, "1") => "0".to_owned(),
        _ => return None,
    };
    let mut segments = outline.segments.clone();
    segments[at.segment] = with(&segments[at.segment], at.element, 0, &new);
    // HL04 = 1 without children is no fault: a child is said to be possible, not to be there.
    Some(Mutated { segments, at: at.segment, forbidden: !(at.element == 4 && old == "0") })
}
