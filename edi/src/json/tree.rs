//! A small JSON tree for what comes in: borrowed text, keys in the order in which they stand, no duplicate keys.

use std::borrow::Cow;

use super::JsonError;

/// How deep JSON may nest. A guide's deepest path needs under 30.
const DEPTH_MAX: usize = 64;

/// A JSON value. It holds payload, so it has no `Debug`.
pub(crate) enum Json<'a> {
    /// `null`, `true`, `false` or a number: nothing that our JSON ever holds.
    Other,
    String(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    /// What it is, for a message.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Json::Other => "a number, a boolean or null",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }
}

/// Reads one JSON value that fills the whole input.
pub(crate) fn parse(input: &[u8]) -> Result<Json<'_>, JsonError> {
    let text = std::str::from_utf8(input).map_err(|error| JsonError::NotUtf8 { byte: error.valid_up_to() as u64 })?;
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0 };
    let value = parser.value(0)?;
    parser.space();
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(parser.expected("the end of the value")),
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn expected(&self, what: &'static str) -> JsonError {
        JsonError::Syntax { expected: what, byte: self.at as u64 }
    }

    fn take(&mut self, byte: u8, what: &'static str) -> Result<(), JsonError> {
        self.space();
        if self.peek() != Some(byte) {
            return Err(self.expected(what));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        if depth > DEPTH_MAX {
            return Err(self.expected("less nesting"));
        }
        self.space();
        match self.peek() {
            Some(b'"') => self.string().map(Json::String),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.expected("a value")),
        }
    }

    fn word(&mut self, word: &'static str) -> Result<Json<'a>, JsonError> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err(self.expected("a value"));
        }
        self.at += word.len();
        Ok(Json::Other)
    }

    fn number(&mut self) -> Result<Json<'a>, JsonError> {
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(Json::Other)
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::Array(items));
                }
                _ => return Err(self.expected("`,` or `]`")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        self.at += 1;
        let mut members: Vec<(Cow<'a, str>, Json<'a>)> = Vec::with_capacity(8);
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.expected("a member name"));
            }
            let name = self.string()?;
            if members.iter().any(|(other, _)| *other == name) {
                return Err(self.expected("each member once"));
            }
            self.take(b':', "`:`")?;
            let value = self.value(depth + 1)?;
            members.push((name, value));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Json::Object(members));
                }
                _ => return Err(self.expected("`,` or `}`")),
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let text = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(Cow::Borrowed(text));
                }
                Some(b'\\') => return self.escaped(start).map(Cow::Owned),
                Some(0..0x20) | None => return Err(self.expected("the end of a string")),
                Some(_) => self.at += 1,
            }
        }
    }

    /// Reads on from the first backslash of a string.
    fn escaped(&mut self, start: usize) -> Result<String, JsonError> {
        let mut text = self.text.get(start..self.at).unwrap_or_default().to_owned();
        loop {
            let plain = self.at;
            while !matches!(self.peek(), Some(b'"' | b'\\' | 0..0x20) | None) {
                self.at += 1;
            }
            text.push_str(self.text.get(plain..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                _ => return Err(self.expected("the end of a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let byte = self.peek().ok_or_else(|| self.expected("an escape"))?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.expected("an escape")),
        })
    }

    fn unicode(&mut self) -> Result<char, JsonError> {
        let high = self.hex()?;
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high).ok_or_else(|| self.expected("a pair of surrogates"));
        }
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u")) {
            return Err(self.expected("a pair of surrogates"));
        }
        self.at += 2;
        let low = self.hex()?;
        if !(0xDC00..0xE000).contains(&low) {
            return Err(self.expected("a pair of surrogates"));
        }
        char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).ok_or_else(|| self.expected("a character"))
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.expected("four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(ours: &Json<'_>, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Json::String(a), serde_json::Value::String(b)) => a == b,
            (Json::Array(a), serde_json::Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Json::Object(a), serde_json::Value::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(key, a)| b.get(key.as_ref()).is_some_and(|b| same(a, b)))
            }
            (Json::Other, b) => !b.is_string() && !b.is_array() && !b.is_object(),
            _ => false,
        }
    }

    #[test]
    fn reads_what_serde_json_reads() {
        let text = r#" {"a":["x\u00e9\ud83d\ude00\n",{}, [ ] ,null,-1.5e3,true],"b":"","c\"":{"d":"é"}} "#;
        assert!(same(&parse(text.as_bytes()).unwrap(), &serde_json::from_str(text).unwrap()));
    }

    #[test]
    fn refuses_a_member_that_stands_twice() {
        let error = parse(br#"{"a":"1","a":"2"}"#).err().unwrap();
        assert_eq!(error.to_string(), "expected each member once at byte 12 of the JSON");
    }

    #[test]
    fn refuses_a_lone_surrogate_and_a_raw_control_byte() {
        assert!(parse(br#""\ud800""#).is_err());
        assert!(parse(br#""\ud800A""#).is_err());
        assert!(parse(b"\"\n\"").is_err());
    }

    #[test]
    fn refuses_nesting_past_its_limit() {
        let fits = [vec![b'['; DEPTH_MAX + 1], vec![b']'; DEPTH_MAX + 1]].concat();
        assert!(parse(&fits).is_ok());
        let deep = vec![b'['; 100_000];
        assert!(parse(&deep).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_agrees_with_serde_json(input in "[\\[\\]{}\":,\\\\ua0d8-f\n ]{0,40}") {
            // Numbers and duplicate members are where the two differ on purpose.
            if let (Ok(ours), Ok(theirs)) = (parse(input.as_bytes()), serde_json::from_str::<serde_json::Value>(&input)) {
                prop_assert!(same(&ours, &theirs));
            }
        }

        #[test]
        fn never_panics_on_any_bytes(input in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse(&input);
        }
    }
}
