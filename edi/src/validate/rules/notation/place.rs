//! A place: loops, a segment with conditions, an element.

use super::At;
use super::condition::{Pattern, pattern};
use super::words::words;
use crate::guide::NotationError;

/// `2400/SV1[SV101-1=HC]/SV101-2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// From the top of the set: `/BHT06`.
    pub(crate) from_root: bool,
    /// Loop ids from the outside; the last may end in `*`.
    pub(crate) loops: Vec<String>,
    /// The segment; without one, the loop itself is meant, by the segment that opens it.
    pub(crate) segment: Option<String>,
    /// All must hold of one segment.
    pub(crate) conditions: Vec<Condition>,
    pub(crate) element: Option<ElementAt>,
    pub(crate) line: usize,
    /// As it was written.
    pub(crate) text: String,
}

/// `[REF01=F8 9F]`, `[NM109]`, `[!NM109]`, `[SV101-1!=HC]` or `[!SV101-1=HC]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) element: ElementAt,
    /// Empty: the element stands.
    pub(crate) codes: Vec<Pattern>,
    /// None of the codes; or nothing stands.
    pub(crate) not: bool,
}

/// `05-3`, `*-2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ElementAt {
    pub(crate) position: Position,
    /// From 1; 0 for the element as a whole.
    pub(crate) component: u8,
    pub(crate) part: Part,
}

/// Which element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Position {
    /// From 1.
    At(u8),
    /// Each in turn, the same in all of a segment's places.
    Each,
}

/// Of a range of dates, which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The first, or the only one.
    From,
    /// The last, or the only one.
    To,
}

/// Reads a place.
pub(super) fn place(at: At<'_>, text: &str) -> Result<Place, NotationError> {
    let wrong =
        |what: &str| at.error(format!("expected a place like 2400/SV1[SV101-1=HC]/SV101-2, found {what} in `{text}`"));
    let mut place = Place {
        from_root: text.starts_with('/'),
        loops: Vec::new(),
        segment: None,
        conditions: Vec::new(),
        element: None,
        line: at.line,
        text: text.to_owned(),
    };
    for part in split(text.strip_prefix('/').unwrap_or(text)) {
        let (name, brackets) = part.find('[').and_then(|open| part.split_at_checked(open)).unwrap_or((part, ""));
        if place.element.is_some() {
            return Err(wrong("something behind the element"));
        }
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            if place.segment.is_some() {
                return Err(wrong("a loop behind a segment"));
            }
            place.loops.push(name.to_owned());
        } else {
            let (segment, element) = segment(name).ok_or_else(|| wrong("no segment or element"))?;
            if place.segment.as_deref().is_some_and(|known| known != segment || element.is_none()) {
                return Err(wrong("another segment's element"));
            }
            (place.segment, place.element) = (Some(segment.to_owned()), element);
        }
        for inner in brackets.split('[').skip(1) {
            let inner = inner.strip_suffix(']').ok_or_else(|| wrong("an open bracket"))?;
            place.conditions.push(condition(at, inner, &mut place.segment)?);
        }
    }
    if place.loops.is_empty() && place.segment.is_none() {
        return Err(wrong("nothing"));
    }
    Ok(place)
}

/// Parts between slashes; those in brackets do not count.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'/' if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// `CLM05-3` is `CLM` and `05-3`; `CLM` is itself.
fn segment(name: &str) -> Option<(&str, Option<ElementAt>)> {
    let is_id = |id: &str| {
        let fit = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        matches!(id.len(), 2 | 3) && id.starts_with(|c: char| c.is_ascii_uppercase()) && id.chars().all(fit)
    };
    if is_id(name) {
        return Some((name, None));
    }
    let (name, part) = match (name.strip_suffix(".from"), name.strip_suffix(".to")) {
        (Some(name), _) => (name, Part::From),
        (_, Some(name)) => (name, Part::To),
        _ => (name, Part::From),
    };
    let (name, component) = match name.split_once('-') {
        Some((name, component)) => (name, component.parse().ok().filter(|component| *component > 0)?),
        None => (name, 0),
    };
    let (id, position) = match name.strip_suffix('*') {
        Some(id) => (id, Position::Each),
        None => {
            let (id, digits) = name.split_at_checked(name.len().checked_sub(2)?)?;
            (id, Position::At(digits.parse().ok().filter(|position| *position > 0)?))
        }
    };
    is_id(id).then_some((id, Some(ElementAt { position, component, part })))
}

/// What stands between brackets. A loop without a segment takes its condition's: that of the segment that opens it.
fn condition(at: At<'_>, text: &str, known: &mut Option<String>) -> Result<Condition, NotationError> {
    let wrong = || at.error(format!("expected a condition like [REF01=G1 9F], [NM109] or [!NM109], found `[{text}]`"));
    let (left, codes) = match text.split_once('=') {
        Some((left, codes)) => (left, Some(codes)),
        None => (text, None),
    };
    let (name, not) = match (codes, left.strip_suffix('!'), left.strip_prefix('!')) {
        (Some(_), Some(name), _) | (_, _, Some(name)) => (name, true),
        _ => (left, false),
    };
    let (segment, element) = segment(name.trim()).ok_or_else(wrong)?;
    let element = element.ok_or_else(wrong)?;
    if known.get_or_insert_with(|| segment.to_owned()) != segment {
        return at.fail(format!("expected a condition on the same segment, found `[{text}]`"));
    }
    let mut list = Vec::new();
    for word in words(at, codes.unwrap_or_default())? {
        list.push(pattern(word));
    }
    if codes.is_some() && list.is_empty() {
        return Err(wrong());
    }
    Ok(Condition { element, codes: list, not })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Place, NotationError> {
        place(At { file: "f", line: 7 }, text)
    }

    #[test]
    fn reads_loops_segments_conditions_elements() {
        let found = read("2400/SV1[SV101-1=HC N4][SV107]/SV101-2").unwrap();
        assert_eq!(found.loops, ["2400"]);
        assert_eq!(found.segment.as_deref(), Some("SV1"));
        assert_eq!(found.conditions.len(), 2);
        assert_eq!(found.conditions[0].codes.len(), 2);
        assert_eq!(found.element.unwrap().component, 2);
        assert_eq!(read("N401").unwrap().segment.as_deref(), Some("N4"));
        assert_eq!(read("HI*-2").unwrap().element.unwrap().position, Position::Each);
        assert_eq!(read("DTP[DTP01=472]/DTP03.to").unwrap().element.unwrap().part, Part::To);
        assert!(read("/BHT06").unwrap().from_root);
        assert_eq!(read("2310B").unwrap().segment, None);
        assert_eq!(read("2310B[NM108=XX]").unwrap().segment.as_deref(), Some("NM1"));
    }

    #[test]
    fn says_where_a_place_is_none() {
        for bad in [
            "",
            "/",
            "2300/",
            "REF[REF01=F8",
            "REF[NM101=F8]",
            "REF/NM101",
            "clm05",
            "CLM05-0",
            "REF[REF01=]",
            "CLM05/2300",
        ] {
            assert_eq!(read(bad).unwrap_err().line, 7, "{bad}");
        }
    }
}
