//! Writes the elements of a segment, none behind the last that has a value.

use super::super::scene::{push_amount, push_number};

/// Writes elements one after the other.
pub(in super::super) struct Pen<'a> {
    out: &'a mut Vec<u8>,
    element: u8,
    component: u8,
    start: usize,
    first: bool,
}

impl<'a> Pen<'a> {
    pub(in super::super) fn new(out: &'a mut Vec<u8>, element: u8, component: u8) -> Self {
        let start = out.len();
        Self { out, element, component, start, first: true }
    }

    /// The next element.
    pub(in super::super) fn text(&mut self, text: &str) {
        self.next();
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn number(&mut self, number: u64) {
        self.next();
        push_number(self.out, number);
    }

    /// Cents, with their sign.
    pub(super) fn amount(&mut self, cents: i64) {
        self.next();
        if cents < 0 {
            self.out.push(b'-');
        }
        push_amount(self.out, cents.unsigned_abs());
    }

    /// A composite of these.
    pub(in super::super) fn components(&mut self, components: &[&str]) {
        self.next();
        for (at, component) in components.iter().enumerate() {
            if at > 0 {
                self.out.push(self.component);
            }
            self.out.extend_from_slice(component.as_bytes());
        }
    }

    /// A text made of an id's beginning and a number.
    pub(super) fn id(&mut self, run: &str, kind: u8, number: u64) {
        self.next();
        self.out.extend_from_slice(run.as_bytes());
        self.out.push(kind);
        push_number(self.out, number);
    }

    /// Two days, as RD8 wants them.
    pub(super) fn period(&mut self, from: u64, to: u64) {
        self.next();
        push_number(self.out, from);
        self.out.push(b'-');
        push_number(self.out, to);
    }

    /// So many elements without a value.
    pub(super) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn next(&mut self) {
        if !self.first {
            self.out.push(self.element);
        }
        self.first = false;
    }

    /// Takes away the separators behind the last value.
    pub(in super::super) fn finish(self) {
        while self.out.len() > self.start && self.out.last() == Some(&self.element) {
            self.out.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_below_zero_has_its_sign() {
        let mut out = Vec::new();
        Pen::new(&mut out, b'*', b':').amount(-5);
        assert_eq!(out, b"-0.05");
    }

    #[test]
    fn no_separator_stands_behind_the_last_value() {
        let mut out = b"INS*".to_vec();
        let mut pen = Pen::new(&mut out, b'*', b':');
        pen.text("Y");
        pen.skip(2);
        pen.components(&["A", "0"]);
        pen.skip(3);
        pen.finish();
        assert_eq!(out, b"INS*Y***A:0");
    }
}
