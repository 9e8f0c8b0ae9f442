//! Writes segments: element by element, without trailing empty elements, and never a delimiter inside a value.

use crate::Delimiters;

/// How the segments of one interchange are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// Best those of the interchange that is acknowledged: then every value copied from it fits.
    pub delimiters: Delimiters,
    /// What stands behind each terminator.
    pub line_end: LineEnd,
}

/// What follows a segment terminator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnd {
    /// Nothing: one long line.
    #[default]
    None,
    /// A line feed.
    Lf,
    /// Carriage return and line feed.
    CrLf,
}

impl LineEnd {
    pub(crate) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
        }
    }
}

impl Format {
    /// With these delimiters where they can serve, else with the common ones. Without a repetition separator `^` is taken, as
    /// version 00501 has one.
    pub fn with(delimiters: Delimiters) -> Self {
        let repetition = delimiters.repetition.or(Some(b'^'));
        let delimiters = Delimiters { repetition, ..delimiters };
        let fit = delimiters.fault().is_none() && !delimiters.contains(b'.') && !delimiters.contains(b'-');
        Self { delimiters: if fit { delimiters } else { Delimiters::default() }, line_end: LineEnd::None }
    }

    /// Starts a segment behind what `out` holds.
    pub(crate) fn segment<'a>(&self, out: &'a mut Vec<u8>, id: &str) -> Pen<'a> {
        let start = out.len();
        push_clean(out, id.as_bytes(), &self.delimiters);
        Pen { out, style: *self, owed: 0, start }
    }

    /// Whether a value may stand in what is written as it is.
    pub(crate) fn is_clean(&self, value: &[u8]) -> bool {
        value.iter().all(|b| is_clean(*b, &self.delimiters))
    }
}

/// A segment under way.
pub(crate) struct Pen<'a> {
    out: &'a mut Vec<u8>,
    style: Format,
    /// Element separators that are written once a value follows.
    owed: usize,
    start: usize,
}

impl Pen<'_> {
    /// The next element; an empty value leaves it out.
    pub(crate) fn element(mut self, value: impl AsRef<[u8]>) -> Self {
        self.owed += 1;
        let value = trim(value.as_ref());
        if !value.is_empty() {
            self.settle();
            push_clean(self.out, value, &self.style.delimiters);
        }
        self
    }

    /// The next element, cut to the length that it may have.
    pub(crate) fn at_most(self, value: &[u8], length_max: usize) -> Self {
        let cut = value.get(..length_max).unwrap_or(value);
        self.element(cut)
    }

    /// The next element, filled up or cut to exactly this width, as ISA wants it.
    pub(crate) fn fixed(mut self, value: &[u8], width: usize) -> Self {
        self.owed += 1;
        self.settle();
        let cut = value.get(..width).unwrap_or(value);
        push_clean(self.out, cut, &self.style.delimiters);
        self.out.extend(std::iter::repeat_n(b' ', width - cut.len()));
        self
    }

    /// The next element as one raw byte: ISA11 and ISA16.
    pub(crate) fn raw(mut self, byte: u8) -> Self {
        self.owed += 1;
        self.settle();
        self.out.push(byte);
        self
    }

    /// Elements that stay empty.
    pub(crate) fn skip(mut self, elements: usize) -> Self {
        self.owed += elements;
        self
    }

    /// The next element as a composite; trailing empty components are left out.
    pub(crate) fn composite(mut self, components: &[&[u8]]) -> Self {
        self.owed += 1;
        let used = components.iter().rposition(|c| !trim(c).is_empty()).map_or(0, |last| last + 1);
        if used == 0 {
            return self;
        }
        self.settle();
        for (index, component) in components.iter().take(used).enumerate() {
            if index > 0 {
                self.out.push(self.style.delimiters.component);
            }
            push_clean(self.out, trim(component), &self.style.delimiters);
        }
        self
    }

    /// Ends the segment and returns how many bytes it took.
    pub(crate) fn end(self) -> usize {
        self.out.push(self.style.delimiters.terminator);
        self.out.extend_from_slice(self.style.line_end.bytes());
        self.out.len() - self.start
    }

    fn settle(&mut self) {
        self.out.extend(std::iter::repeat_n(self.style.delimiters.element, self.owed));
        self.owed = 0;
    }
}

/// A value without the spaces behind it, which X12 leaves out.
pub(crate) fn trim(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|b| *b != b' ').map_or(0, |last| last + 1);
    value.get(..end).unwrap_or(value)
}

fn is_clean(byte: u8, delimiters: &Delimiters) -> bool {
    (b' '..=b'~').contains(&byte) && !delimiters.contains(byte)
}

/// X12 has no escape: a byte that would break the segment is written as a question mark.
fn push_clean(out: &mut Vec<u8>, value: &[u8], delimiters: &Delimiters) {
    let stand_in = if delimiters.contains(b'?') { b'.' } else { b'?' };
    out.extend(value.iter().map(|b| if is_clean(*b, delimiters) { *b } else { stand_in }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(Pen<'_>) -> Pen<'_>) -> String {
        let mut out = Vec::new();
        write(Format::default().segment(&mut out, "AK9")).end();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn leaves_out_trailing_empty_elements_and_components() {
        assert_eq!(written(|p| p.element("A").element("").element("  ")), "AK9*A~");
        assert_eq!(written(|p| p.skip(2).element("B")), "AK9***B~");
        assert_eq!(written(|p| p.composite(&[b"2", b"", b""]).composite(&[b"", b""])), "AK9*2~");
        assert_eq!(written(|p| p.composite(&[b"2", b"", b"3"])), "AK9*2::3~");
    }

    #[test]
    fn keeps_delimiters_and_control_bytes_out_of_values() {
        assert_eq!(written(|p| p.element("a*b:c~d^e\u{1}")), "AK9*a?b?c?d?e?~");
        assert!(!Format::default().is_clean(b"a~"));
        assert!(Format::default().is_clean(b"a b"));
    }

    #[test]
    fn takes_the_common_delimiters_where_others_cannot_serve() {
        let common = Delimiters::default();
        assert_eq!(Format::with(Delimiters { element: b'A', ..common }).delimiters, common);
        assert_eq!(Format::with(Delimiters { component: b'.', ..common }).delimiters, common);
        assert_eq!(Format::with(Delimiters { repetition: None, ..common }).delimiters, common);
        let bars = Delimiters { element: b'|', ..common };
        assert_eq!(Format::with(bars).delimiters, bars);
    }

    #[test]
    fn fills_and_cuts_fixed_widths() {
        assert_eq!(written(|p| p.fixed(b"AB", 4).fixed(b"ABCDE", 4).raw(b':')), "AK9*AB  *ABCD*:~");
    }
}
