//! Control numbers of what we send: ISA13, GS06 and ST02, unique per partner, every gap with a reason (L5).

use async_trait::async_trait;
use tradewind_compliance::PartnerId;

use crate::{Reason, Result, UnixMs};

/// The greatest control number: nine digits.
pub const CONTROL_NUMBER_MAX: u32 = 999_999_999;

/// Which control number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberKind {
    /// ISA13.
    Interchange,
    /// GS06.
    Group,
    /// ST02.
    Set,
}

impl NumberKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Interchange, Self::Group, Self::Set];

    /// The element's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interchange => "ISA13",
            Self::Group => "GS06",
            Self::Set => "ST02",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A run of control numbers of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// Which.
    pub kind: NumberKind,
    /// The first.
    pub first: u32,
    /// How many.
    pub count: u32,
}

impl Numbers {
    /// The last number of the run; `first` when it is empty.
    #[must_use]
    pub fn last(&self) -> u32 {
        self.first.saturating_add(self.count.saturating_sub(1))
    }

    /// Each number, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + use<> {
        (self.first..).take(self.count as usize)
    }
}

/// Numbers that nothing carries, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberGap {
    /// Which numbers.
    pub numbers: Numbers,
    /// Why.
    pub reason: Reason,
    /// When they were reserved.
    pub at: UnixMs,
}

/// Reserving and accounting for control numbers.
#[async_trait]
pub trait ControlNumbers: Send + Sync {
    /// Takes the next `count` numbers of each kind asked for, in the order asked. They are durable as reserved, with the reason that
    /// explains them for as long as nothing uses them; [`crate::Effects::numbers_used`] marks them used. A number is never given twice.
    async fn reserve_numbers(
        &self,
        partner: &PartnerId,
        wanted: &[(NumberKind, u32)],
        reason: Reason,
        at: UnixMs,
    ) -> Result<Vec<Numbers>>;

    /// Gives reserved numbers that will not be used a better reason.
    async fn explain_numbers(&self, partner: &PartnerId, numbers: Numbers, reason: Reason) -> Result<()>;

    /// Every gap of a partner, by kind and number.
    async fn number_gaps(&self, partner: &PartnerId) -> Result<Vec<NumberGap>>;

    /// Checks L5 for a partner: the runs of each kind, used or reserved, tile 1 to the next number without overlap. Gives the next
    /// number of each kind.
    async fn check_numbers(&self, partner: &PartnerId) -> Result<Vec<(NumberKind, u32)>>;
}
