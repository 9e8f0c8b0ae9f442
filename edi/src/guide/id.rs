//! What a guide is called.

use std::fmt;

/// A guide's identity: revision (GS08, ST03), transaction set (ST01) and, where only it tells two guides apart, BHT02.
/// Displays as `005010X279A1/271`, `005010X217/278/13`; parses from that, or from the revision alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GuideId {
    /// `005010X222A1`.
    pub revision: String,
    /// `837`.
    pub set: String,
    /// BHT02.
    pub purpose: Option<String>,
}

impl fmt::Display for GuideId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.revision, self.set)?;
        self.purpose.as_ref().map_or(Ok(()), |purpose| write!(f, "/{purpose}"))
    }
}

impl GuideId {
    /// Takes `REVISION/SET` or `REVISION/SET/PURPOSE` apart; `None` where a part is missing or empty.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/').map(str::to_owned);
        let id = Self { revision: parts.next()?, set: parts.next()?, purpose: parts.next() };
        let whole = !id.revision.is_empty() && !id.set.is_empty() && id.purpose.as_deref() != Some("");
        (whole && parts.next().is_none()).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_and_parses() {
        for text in ["005010X279A1/271", "005010X217/278/13"] {
            assert_eq!(GuideId::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "005010X279A1", "005010X279A1/", "/271", "a/b/c/d", "a/b/"] {
            assert_eq!(GuideId::parse(text), None, "{text}");
        }
    }
}
