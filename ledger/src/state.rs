//! The state machines. A row's state only ever follows an arrow that is written here.

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident { $($(#[$state_doc:meta])* $state:ident = $text:literal => [$($next:ident),*]),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$state_doc])* $state),+
        }

        impl $name {
            /// Every state.
            pub const ALL: &'static [Self] = &[$(Self::$state),+];

            /// The state's word, as it is stored and shown.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$state => $text),+ }
            }

            /// The states that may follow this one.
            #[must_use]
            pub fn next(self) -> &'static [Self] {
                match self { $(Self::$state => &[$(Self::$next),*]),+ }
            }

            /// Whether `next` may follow this state. A state never follows itself.
            #[must_use]
            pub fn may_become(self, next: Self) -> bool {
                self.next().contains(&next)
            }

            /// The state of a word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$state),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+};
}

states! {
    /// What came in at a door.
    ReceiptState {
        /// Bytes are durable but not yet proved whole.
        Staged = "staged" => [Received],
        /// The door was answered; a job will translate it.
        Received = "received" => [Translated, Quarantined],
        /// Every interchange in it is settled.
        Translated = "translated" => [],
        /// Kept, with a reason, and never processed again by itself.
        Quarantined = "quarantined" => [Received],
    }

    /// An interchange of a receipt. Items are released by the arrow to `Accepted` and by nothing else.
    InterchangeState {
        /// Being read.
        Staged = "staged" => [Accepted, Rejected, Duplicate],
        /// IEA was read, counts and control numbers hold, and it is no duplicate.
        Accepted = "accepted" => [],
        /// Refused whole: nothing of it travels.
        Rejected = "rejected" => [],
        /// The same content was accepted before: it has no effect of its own.
        Duplicate = "duplicate" => [],
    }

    /// A transaction set's verdict by its own 999.
    SetState {
        /// SE was not read yet.
        Open = "open" => [Accepted, Rejected],
        /// The set travels once its interchange is accepted.
        Accepted = "accepted" => [],
        /// Nothing of it travels.
        Rejected = "rejected" => [],
    }

    /// An item as the world sees it: its own row, its set's, its interchange's and its delivery's taken together.
    ItemState {
        /// Its interchange is still being read.
        Staged = "staged" => [Accepted, Rejected],
        /// Ours to deliver.
        Accepted = "accepted" => [Sending, Acknowledged, Answered, Quarantined],
        /// Refused by us, with its set or alone.
        Rejected = "rejected" => [],
        /// A call that carries it is being made.
        Sending = "sending" => [Sent, Unknown, Accepted, Acknowledged, Answered, Quarantined],
        /// The partner took the call.
        Sent = "sent" => [Acknowledged, Answered, Unknown, Accepted, Quarantined],
        /// The call was cut after sending: it must be settled before the item may go again.
        Unknown = "unknown" => [Sent, Acknowledged, Answered, Accepted, Quarantined],
        /// The partner said that it has it.
        Acknowledged = "acknowledged" => [Answered, Quarantined],
        /// The partner answered it.
        Answered = "answered" => [],
        /// Out of attempts, or settled so by an operator.
        Quarantined = "quarantined" => [Accepted, Acknowledged, Answered],
    }

    /// One call to a partner.
    DeliveryState {
        /// The intent is durable; the call may or may not have begun.
        Sending = "sending" => [Sent, Unknown, Refused, Acknowledged],
        /// The partner took the call.
        Sent = "sent" => [Acknowledged, Unknown, Refused],
        /// The call was cut after sending.
        Unknown = "unknown" => [Sent, Acknowledged, Refused],
        /// The partner's TA1 or 999 accepted it.
        Acknowledged = "acknowledged" => [],
        /// Surely not taken: its items were released again or quarantined.
        Refused = "refused" => [],
    }

    /// A webhook that is owed.
    NotificationState {
        /// To be sent, at once or later.
        Queued = "queued" => [Delivered, Abandoned],
        /// The requestor took it.
        Delivered = "delivered" => [],
        /// Out of attempts, or the requestor said that it is gone.
        Abandoned = "abandoned" => [],
    }

    /// A job in the outbox. A job that is done has no row.
    JobState {
        /// Waiting for its time or for a worker.
        Ready = "ready" => [Quarantined],
        /// Out of attempts.
        Quarantined = "quarantined" => [Ready],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_turn_back_into_states() {
        for state in ItemState::ALL {
            assert_eq!(ItemState::from_word(state.as_str()), Some(*state));
        }
        assert_eq!(ItemState::from_word("lost"), None);
    }

    #[test]
    fn an_unknown_item_never_goes_straight_to_sending() {
        assert!(!ItemState::Unknown.may_become(ItemState::Sending));
        assert!(!ItemState::Answered.may_become(ItemState::Accepted));
        assert!(ItemState::ALL.iter().all(|state| !state.may_become(*state)));
    }
}
