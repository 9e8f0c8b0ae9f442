//! Who says it, and how.

use super::parts::Status;
use crate::ControlNumber;
use crate::ack::Stamp;

/// What we are to the submitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `AY`: we pass claims on, and say A1 at best.
    Clearinghouse,
    /// `PR`: we adjudicate claims, and say A2 at best.
    Payer,
}

impl Role {
    pub(super) const fn entity(self) -> &'static str {
        match self {
            Self::Clearinghouse => "AY",
            Self::Payer => "PR",
        }
    }

    /// How an accepted claim is reported.
    pub(super) const fn accepted(self) -> Status {
        match self {
            Self::Clearinghouse => Status::FORWARDING,
            Self::Payer => Status::ACCEPTED,
        }
    }
}

/// What all 277CAs of one answer have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What we are.
    pub role: Role,
    /// Our name, NM103 of 2100A.
    pub name: String,
    /// NM108 of 2100A: `46`, `FI`, `PI` or `XV`.
    pub id_qualifier: String,
    /// NM109 of 2100A.
    pub id: String,
    /// TRN02 of 2200A: our number of what we received.
    pub trace: String,
    /// When it was received: DTP*050.
    pub received: Stamp,
    /// When it was processed: DTP*009, STC02, BHT04 and BHT05.
    pub processed: Stamp,
    /// ST02 of the first set; each further one counts up.
    pub set_number: ControlNumber,
}
