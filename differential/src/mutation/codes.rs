//! Codes that a guide does not list.

use super::element::{places, used, with};
use super::{At, Mutated};
use crate::fits::elsewhere;
use crate::outline::Outline;
use crate::random::Random;
use tradewind_edi::guide::{self, Usage};

/// Elements and components with a code list that hold a value.
pub fn coded(outline: &Outline) -> Vec<At> {
    places(outline, |used, value| used.codes.len > 0 && !value.is_empty() && used.usage != Usage::NotUsed)
}

/// A code that no guide lists.
pub fn unknown(outline: &Outline, at: At, random: &mut Random) -> Option<Mutated> {
    let used = used(outline, at)?;
    let length = used.min.max(1) as usize;
    let codes = outline.guide.codes_of(used);
    let known = &guide::known().codes;
    let listed = |code: &str| {
        codes.iter().any(|c| c.as_str() == code)
            || known.iter().any(|(id, c)| *id == used.element && c.as_str() == code)
    };
    let candidates = ["Q", "Z", "7", "J", "6", "5", "8", "K", "X", "4", "3"];
    let tried = (0..candidates.len()).map(|n| candidates[(n + random.below(3)) % candidates.len()].repeat(length));
    let code = tried.filter(|code| !listed(code)).collect::<Vec<_>>().into_iter().next()?;
    replaced(outline, at, &code)
}

/// A code that another guide lists for the same element.
pub fn foreign(outline: &Outline, at: At, random: &mut Random) -> Option<Mutated> {
    let used = used(outline, at)?;
    let codes = outline.guide.codes_of(used);
    let fits = |code: &str| (used.min as usize..=used.max as usize).contains(&code.len());
    let foreign: Vec<&str> = guide::known()
        .codes
        .iter()
        .filter(|(id, code)| *id == used.element && codes.binary_search(code).is_err())
        .map(|(_, code)| code.as_str())
        .filter(|code| fits(code))
        .collect();
    replaced(outline, at, foreign.get(random.below(foreign.len()))?)
}

fn replaced(outline: &Outline, at: At, code: &str) -> Option<Mutated> {
    let node = outline.nodes[at.segment]?;
    let text = with(&outline.segments[at.segment], at.element, at.component, code);
    // BHT02 tells the two sides of the 278 apart: with the other code it is read by the other guide.
    let other_side = outline.guide.purpose.is_some() && text.starts_with("BHT*") && at.element == 2;
    let forbidden = !other_side && !elsewhere(&outline.guide, node, node, &text);
    let mut segments = outline.segments.clone();
    segments[at.segment] = text;
    Some(Mutated { segments, at: at.segment, forbidden })
}
