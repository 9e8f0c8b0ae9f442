//! The notation of `guides/`: text to tables. The page is docs/guide-notation.md.
//!
//! This module is compiled twice: into the build script, which turns the guides into statics, and into the library, which
//! reads guides at run time. It uses nothing but [`super::tables`] and std.

mod base;
mod check;
mod code_graph;
mod code_list;
mod compile;
mod dictionary;
mod header;
mod intern;
mod line;
mod outline;
mod places;

pub(crate) use base::BaseSet;
pub(crate) use code_graph::CodeGraph;
pub(crate) use code_list::code_list;
pub(crate) use compile::compile;
pub(crate) use dictionary::{Dictionary, repetition};
pub use line::NotationError;
pub(crate) use line::{At, Line, lengths, line, maximum};
pub(crate) use outline::usage;

use super::tables::{Code, ElementId, Guide, Known, Period, SegmentId};
use std::collections::{BTreeMap, BTreeSet};

/// A shared code list: codes in order, each with the days on which it is valid.
pub(crate) type CodeList = BTreeMap<Code, Period>;

/// All that guides are compiled against: dictionary, base sets and shared code lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Library {
    /// `elements.txt` and `segments.txt`.
    pub(crate) dictionary: Dictionary,
    /// `base/*.txt` by set.
    pub(crate) bases: BTreeMap<String, BaseSet>,
    /// `codes/*.txt` by name.
    pub(crate) lists: BTreeMap<String, CodeList>,
}

/// A file of the notation: its path within `guides/`, and its text.
pub(crate) type Source<'a> = (&'a str, &'a str);

impl Library {
    /// Reads the shared files among `sources`; guides are passed over.
    pub(crate) fn read(sources: &[Source<'_>]) -> Result<Self, NotationError> {
        let text = |name: &str| sources.iter().find(|(file, _)| *file == name).map_or("", |(_, text)| *text);
        let mut library = Self {
            dictionary: Dictionary::read(
                ("elements.txt", text("elements.txt")),
                ("segments.txt", text("segments.txt")),
            )?,
            ..Self::default()
        };
        for (file, text) in sources {
            if file.starts_with("base/") {
                let base = BaseSet::read((file, text), &library.dictionary)?;
                library.bases.insert(base.set.clone(), base);
            } else if let Some(name) = file.strip_prefix("codes/").and_then(|file| file.strip_suffix(".txt")) {
                library.lists.insert(name.to_owned(), code_list((file, text))?);
            }
        }
        Ok(library)
    }
}

/// Whether a path within `guides/` names a guide rather than a shared file.
#[allow(dead_code, reason = "used by the build script alone")]
pub(crate) fn is_guide(file: &str) -> bool {
    file.ends_with(".txt") && !file.contains('/') && file != "elements.txt" && file != "segments.txt"
}

/// What is known across all guides.
#[allow(dead_code, reason = "used by the build script alone")]
pub(crate) fn known(library: &Library, guides: &[Guide]) -> Known {
    let segments: BTreeSet<SegmentId> = library.dictionary.segment_ids().collect();
    let mut codes: BTreeSet<(ElementId, Code)> = BTreeSet::new();
    for guide in guides {
        for used in guide.elements.iter() {
            codes.extend(used.codes.of(&guide.codes).iter().map(|code| (used.element, *code)));
        }
    }
    Known { segments: segments.into_iter().collect(), codes: codes.into_iter().collect() }
}
