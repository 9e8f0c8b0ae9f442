//! Single mutations: a kind, a place, and whether the standard forbids the outcome by construction.

mod codes;
mod element;
mod envelope;
mod structure;

use crate::outline::Outline;
use crate::random::Random;
use std::collections::BTreeMap;

/// Where a mutation may go.
#[derive(Clone, Copy, Debug, Default)]
pub struct At {
    /// Index into the file's segments.
    pub segment: usize,
    /// Element from 1; 0 where the segment is meant.
    pub element: u8,
    /// Component from 1; 0 where the element is meant.
    pub component: u8,
    /// Which loop instance, syntax note or other thing of the kind's own.
    pub other: usize,
}

/// A file with one mutation.
pub struct Mutated {
    pub segments: Vec<String>,
    /// Index of the segment that a judge should name.
    pub at: usize,
    /// The standard forbids it: whoever accepts it is wrong.
    pub forbidden: bool,
}

/// What a kind of mutation may do: its places in a file, and how it is done at one of them.
pub struct Kind {
    pub name: &'static str,
    pub places: fn(&Outline) -> Vec<At>,
    pub apply: fn(&Outline, At, &mut Random) -> Option<Mutated>,
}

/// Every kind.
pub const KINDS: &[Kind] = &[
    Kind { name: "drop-segment", places: structure::segments, apply: structure::drop_segment },
    Kind { name: "drop-loop", places: structure::loops, apply: structure::drop_loop },
    Kind { name: "duplicate-segment", places: structure::segments, apply: structure::duplicate_segment },
    Kind { name: "extra-loop", places: structure::loops, apply: structure::extra_loop },
    Kind { name: "over-max", places: structure::bounded, apply: structure::over_max },
    Kind { name: "swap-segments", places: structure::pairs, apply: structure::swap },
    Kind { name: "move-segment", places: structure::segments, apply: structure::move_far },
    Kind { name: "unknown-segment", places: structure::body, apply: structure::unknown_segment },
    Kind { name: "foreign-segment", places: structure::body, apply: structure::foreign_segment },
    Kind { name: "drop-element", places: element::present, apply: element::drop },
    Kind { name: "code-unknown", places: codes::coded, apply: codes::unknown },
    Kind { name: "code-of-another-guide", places: codes::coded, apply: codes::foreign },
    Kind { name: "too-long", places: element::free, apply: element::too_long },
    Kind { name: "too-short", places: element::shortable, apply: element::too_short },
    Kind { name: "wrong-type", places: element::typed, apply: element::wrong_type },
    Kind { name: "bad-character", places: element::free, apply: element::bad_character },
    Kind { name: "bad-dated-text", places: element::dated, apply: element::bad_dated },
    Kind { name: "not-used", places: element::not_used, apply: element::fill },
    Kind { name: "too-many-elements", places: structure::body, apply: element::too_many_elements },
    Kind { name: "too-many-components", places: element::present_elements, apply: element::too_many_components },
    Kind { name: "too-many-repetitions", places: element::present_elements, apply: element::too_many_repetitions },
    Kind { name: "trailing-separator", places: structure::body, apply: element::trailing },
    Kind { name: "syntax-note", places: element::noted, apply: element::break_note },
    Kind { name: "hierarchy", places: envelope::levels, apply: envelope::hierarchy },
    Kind { name: "control", places: envelope::controls, apply: envelope::control },
    Kind { name: "amount", places: element::amounts, apply: element::amount },
];

/// Kinds that have the most places: they come three times where others come once.
const WIDE: [&str; 6] =
    ["drop-segment", "drop-element", "code-unknown", "code-of-another-guide", "too-long", "not-used"];

/// In which order kinds come, over and over.
pub fn order() -> Vec<usize> {
    let wide = |kind: &usize| KINDS.get(*kind).is_some_and(|kind| WIDE.contains(&kind.name));
    let all = || 0..KINDS.len();
    all().chain(all().filter(wide)).chain(all().filter(wide)).collect()
}

/// Chooses, within a kind, a place that came least so far.
#[derive(Default)]
pub struct Chooser {
    used: BTreeMap<(usize, String), u32>,
}

/// A mutation that was done.
pub struct Done {
    pub kind: &'static str,
    pub at: At,
    pub path: String,
    pub mutated: Mutated,
}

impl Chooser {
    /// The next mutation of this kind in this file; `None` where the file has no place for it.
    pub fn choose(&mut self, kind: usize, outline: &Outline, random: &mut Random) -> Option<Done> {
        let Kind { name, places, apply } = KINDS.get(kind)?;
        let mut places: Vec<(u32, u64, At, String)> = places(outline)
            .into_iter()
            .map(|at| {
                let path = format!("{}/{}/{}/{}", outline.path(at.segment), at.element, at.component, cell(name, at));
                let used = self.used.get(&(kind, path.clone())).copied().unwrap_or_default();
                (used, random.next(), at, path)
            })
            .collect();
        places.sort_by_key(|(used, tie, _, _)| (*used, *tie));
        places.into_iter().take(40).find_map(|(_, _, at, path)| {
            let mutated = apply(outline, at, random)?;
            *self.used.entry((kind, path)).or_default() += 1;
            Some(Done { kind: name, at, path: outline.path(at.segment), mutated })
        })
    }
}

/// What else tells places of a kind apart; a loop's instance does not.
fn cell(kind: &str, at: At) -> usize {
    if matches!(kind, "syntax-note" | "hierarchy" | "control") { at.other } else { 0 }
}

/// SE01 again the number of segments, where a mutation added or took some.
pub fn recount(segments: &mut [String]) {
    let mut count = 0;
    for segment in segments {
        count = if segment.starts_with("ST*") { 1 } else { count + 1 };
        if segment.starts_with("SE*") {
            let number = segment.split('*').nth(2).unwrap_or_default();
            *segment = format!("SE*{count}*{number}");
        }
    }
}
