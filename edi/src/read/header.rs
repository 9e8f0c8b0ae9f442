//! The fields of an ISA.

use std::fmt;

/// ISA01 to ISA16 without padding, as text; bytes that are not ASCII read as `?`. `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct InterchangeHeader {
    fields: [String; 16],
}

impl InterchangeHeader {
    /// From the fields of an ISA, in order.
    pub(crate) fn new<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut header = Self::default();
        for (slot, field) in header.fields.iter_mut().zip(fields) {
            *slot = text(field);
            slot.truncate(slot.trim_end().len());
        }
        header
    }

    /// ISA`n`, from 1 to 16; empty for any other.
    pub fn field(&self, n: usize) -> &str {
        n.checked_sub(1).and_then(|at| self.fields.get(at)).map_or("", String::as_str)
    }

    /// ISA05: the sender's qualifier.
    pub fn sender_qualifier(&self) -> &str {
        self.field(5)
    }

    /// ISA06: the sender.
    pub fn sender(&self) -> &str {
        self.field(6)
    }

    /// ISA07: the receiver's qualifier.
    pub fn receiver_qualifier(&self) -> &str {
        self.field(7)
    }

    /// ISA08: the receiver.
    pub fn receiver(&self) -> &str {
        self.field(8)
    }

    /// ISA09: YYMMDD.
    pub fn date(&self) -> &str {
        self.field(9)
    }

    /// ISA10: HHMM.
    pub fn time(&self) -> &str {
        self.field(10)
    }

    /// ISA12: the envelope's version.
    pub fn version(&self) -> &str {
        self.field(12)
    }

    /// ISA13 as it stood.
    pub fn control_number(&self) -> &str {
        self.field(13)
    }

    /// ISA14 = 1: a TA1 is asked for.
    pub fn acknowledgment_requested(&self) -> bool {
        self.field(14) == "1"
    }

    /// ISA15: `P`, `T` or `I`.
    pub fn usage(&self) -> &str {
        self.field(15)
    }
}

impl fmt::Debug for InterchangeHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InterchangeHeader")
    }
}

/// Bytes as text; what is not ASCII reads as `?`.
pub(crate) fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|b| if b.is_ascii() { *b as char } else { '?' }).collect()
}
