//! Delimiters that no value holds: X12 has no escape.

use super::error::JsonError;
use super::text::push_bytes;
use super::tree::{Json, parse};
use crate::delimiters::Delimiters;

/// What may serve, the trade's usual ones first, then the control bytes that X12 sets aside for it.
const ELEMENT: [u8; 3] = [b'*', b'|', 0x1d];
const COMPONENT: [u8; 3] = [b':', b'>', 0x1f];
const REPETITION: [u8; 3] = [b'^', b'!', 0x1e];
const TERMINATOR: [u8; 3] = [b'~', b'\'', 0x1c];

/// Delimiters that no value of these items or sets holds; `None` where every one that may serve stands in a value.
pub fn free_delimiters<'a>(json: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Delimiters>, JsonError> {
    let mut used = Used([false; 256]);
    for one in json {
        used.mark(&parse(one)?);
    }
    Ok(used.free())
}

struct Used([bool; 256]);

impl Used {
    fn mark(&mut self, value: &Json<'_>) {
        match value {
            Json::Other => {}
            Json::String(text) => {
                let mut bytes = Vec::new();
                push_bytes(&mut bytes, text);
                for byte in bytes {
                    if let Some(used) = self.0.get_mut(usize::from(byte)) {
                        *used = true;
                    }
                }
            }
            Json::Array(values) => values.iter().for_each(|value| self.mark(value)),
            Json::Object(entries) => entries.iter().for_each(|(_, value)| self.mark(value)),
        }
    }

    fn free(&self) -> Option<Delimiters> {
        let first = |may: [u8; 3]| may.into_iter().find(|byte| self.0.get(usize::from(*byte)) == Some(&false));
        Some(Delimiters {
            element: first(ELEMENT)?,
            component: first(COMPONENT)?,
            repetition: Some(first(REPETITION)?),
            terminator: first(TERMINATOR)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_usual_ones_unless_a_value_holds_them() {
        let free = |json: &str| free_delimiters([json.as_bytes()]).unwrap();
        assert_eq!(free(r#"{"a:*":"plain"}"#), Some(Delimiters::default()));
        let other = Delimiters { element: b'|', terminator: 0x1c, ..Delimiters::default() };
        assert_eq!(free(r#"{"a":["x*y",{"b":"~'"}]}"#), Some(other));
        assert_eq!(free(r#"["^!\u001e"]"#), None);
    }
}
