//! Finds where a JSON value ends while its bytes still come in.

/// Progress through one value. The bytes already seen are not looked at again.
#[derive(Default)]
pub(crate) struct ValueEnd {
    seen: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    in_scalar: bool,
}

impl ValueEnd {
    /// Whether some of the value was seen.
    pub(crate) fn begun(&self) -> bool {
        self.seen > 0
    }

    /// The length of the value that starts at `input[0]`, once its end is among the bytes. The same, longer `input` is given
    /// each time. Only nesting and strings are looked at; whether the value is good JSON is for the tree to say.
    pub(crate) fn find(&mut self, input: &[u8]) -> Option<usize> {
        while let Some(&byte) = input.get(self.seen) {
            if self.in_string {
                self.skip_string(input);
                if self.in_string {
                    return None;
                }
                if self.depth == 0 {
                    return Some(self.seen);
                }
                continue;
            }
            if self.in_scalar && matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n') {
                return Some(self.seen);
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                    _ if self.depth == 0 => self.in_scalar = true,
                    _ => {}
                }
            }
            self.seen += 1;
            if self.depth == 0 && !self.in_string && !self.in_scalar {
                return Some(self.seen);
            }
        }
        None
    }

    /// Goes on to behind the quote that ends the string, or to the end of the input.
    fn skip_string(&mut self, input: &[u8]) {
        if std::mem::take(&mut self.escaped) {
            self.seen += 1;
        }
        while let Some(at) = memchr::memchr2(b'"', b'\\', input.get(self.seen..).unwrap_or_default()) {
            self.seen += at + 1;
            if input.get(self.seen - 1) == Some(&b'"') {
                self.in_string = false;
                return;
            }
            if self.seen >= input.len() {
                self.escaped = true;
                return;
            }
            self.seen += 1;
        }
        self.seen = self.seen.max(input.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_wherever_the_input_is_cut() {
        for (value, rest) in [(r#"{"a":["}\"",{}]}"#, ",1"), (r#""x\\""#, "]"), ("12", "}"), ("true", " "), ("[]", "")]
        {
            let whole = format!("{value}{rest}");
            for cut in 0..whole.len() {
                let mut end = ValueEnd::default();
                let first = end.find(&whole.as_bytes()[..cut]);
                let length = first.or_else(|| end.find(whole.as_bytes()));
                assert_eq!(length, Some(value.len()), "cut at {cut}");
            }
        }
    }
}
