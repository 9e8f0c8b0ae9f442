//! What is done to a value.

/// What is done to the values of a place; docs/deidentify.md tells each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Treatment {
    Number,
    Code,
    Date,
    Time,
    Period,
    Zip,
    First,
    Delimiter,
    Binary,
    #[default]
    Id,
}

impl Treatment {
    /// As `treatments.txt` names it.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "number" => Self::Number,
            "code" => Self::Code,
            "date" => Self::Date,
            "time" => Self::Time,
            "period" => Self::Period,
            "zip" => Self::Zip,
            "first" => Self::First,
            "delimiter" => Self::Delimiter,
            "binary" => Self::Binary,
            "id" => Self::Id,
            _ => return None,
        })
    }

    /// Whether separators within the element are none.
    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::Delimiter | Self::Binary)
    }
}
