//! The four bytes that an ISA chooses for its interchange.

/// The delimiters of one interchange, as its ISA gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiters {
    /// Between elements: the byte after `ISA`.
    pub element: u8,
    /// Between the components of a composite: ISA16.
    pub component: u8,
    /// Between repetitions: ISA11 from version 00402 on, `None` before.
    pub repetition: Option<u8>,
    /// Ends a segment: the byte after ISA16.
    pub terminator: u8,
}

impl Default for Delimiters {
    /// `*`, `:`, `^` and `~`: what most of the trade writes.
    fn default() -> Self {
        Self { element: b'*', component: b':', repetition: Some(b'^'), terminator: b'~' }
    }
}

/// Which delimiter, in a message or a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DelimiterKind {
    /// The data element separator.
    Element,
    /// The component element separator.
    Component,
    /// The repetition separator.
    Repetition,
    /// The segment terminator.
    Terminator,
}

impl DelimiterKind {
    /// The word for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Element => "element separator",
            Self::Component => "component separator",
            Self::Repetition => "repetition separator",
            Self::Terminator => "segment terminator",
        }
    }
}

impl Delimiters {
    /// Whether the byte is one of the four.
    #[inline]
    pub fn contains(&self, byte: u8) -> bool {
        byte == self.element || byte == self.component || byte == self.terminator || self.repetition == Some(byte)
    }

    /// Whether the byte separates elements, components or repetitions.
    #[inline]
    pub fn splits(&self, byte: u8) -> bool {
        byte == self.element || byte == self.component || self.repetition == Some(byte)
    }

    /// The first delimiter that cannot serve: letters, digits, spaces and NUL cannot, nor can two be the same byte.
    pub fn fault(&self) -> Option<DelimiterKind> {
        let unfit = |b: u8| b.is_ascii_alphanumeric() || b == b' ' || b == 0;
        if unfit(self.element) {
            return Some(DelimiterKind::Element);
        }
        if unfit(self.terminator) || self.terminator == self.element {
            return Some(DelimiterKind::Terminator);
        }
        if unfit(self.component) || self.component == self.element || self.component == self.terminator {
            return Some(DelimiterKind::Component);
        }
        let repetition = self.repetition?;
        let taken = [self.element, self.component, self.terminator].contains(&repetition);
        (unfit(repetition) || taken).then_some(DelimiterKind::Repetition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_delimiter_that_cannot_serve() {
        let d = Delimiters::default();
        assert_eq!(d.fault(), None);
        assert_eq!(Delimiters { element: b'A', ..d }.fault(), Some(DelimiterKind::Element));
        assert_eq!(Delimiters { terminator: b'*', ..d }.fault(), Some(DelimiterKind::Terminator));
        assert_eq!(Delimiters { component: b'~', ..d }.fault(), Some(DelimiterKind::Component));
        assert_eq!(Delimiters { repetition: Some(b':'), ..d }.fault(), Some(DelimiterKind::Repetition));
        assert_eq!(Delimiters { repetition: None, terminator: b'\n', ..d }.fault(), None);
    }
}
