//! What our queues are called.

use std::time::Duration;

use tradewind_compliance::PartnerId;

use crate::{Message, QueueName};

/// The longest delay: 2^17 s, a day and a half.
const DELAY_EXPONENT_MAX: u32 = 17;

/// A partner in a queue: a quorum queue of its own, so that no partner stands behind another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Lane {
    pub(super) queue: QueueName,
    pub(super) partner: PartnerId,
}

impl Lane {
    pub(super) fn of(message: &Message) -> Self {
        Self { queue: message.queue.clone(), partner: message.partner.clone() }
    }
}

/// The names of one installation.
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// `tradewind.translate.acme`; a queue that is a partner's alone, `deliver.payer`, does not name it twice.
    pub(super) fn lane(&self, lane: &Lane) -> String {
        let (prefix, queue, partner) = (&self.prefix, lane.queue.as_str(), lane.partner.as_str());
        let named = queue.rsplit_once('.').is_some_and(|(_, last)| last == partner);
        if named { format!("{prefix}.{queue}") } else { format!("{prefix}.{queue}.{partner}") }
    }

    pub(super) fn quarantine(&self) -> String {
        format!("{}.quarantine", self.prefix)
    }

    /// A queue that is there for a moment, with a name of its own each time.
    pub(super) fn seal(&self) -> String {
        format!("{}.seal.{:016x}", self.prefix, rand::random::<u64>())
    }

    /// Exchange and queue of a delay. A queue expires from its head alone, so delays of like length share one: a message waits for at most
    /// twice its time behind others.
    pub(super) fn delay(&self, wait: Duration) -> String {
        format!("{}.delay.{}s", self.prefix, 1_u32 << delay_exponent(wait))
    }
}

/// How long a message may stay in its delay, in milliseconds: within what [`Names::delay`] gives it.
pub(super) fn delay_ms(wait: Duration) -> u64 {
    let longest = 1_000 << DELAY_EXPONENT_MAX;
    u64::try_from(wait.as_millis()).unwrap_or(longest).clamp(1, longest)
}

fn delay_exponent(wait: Duration) -> u32 {
    delay_ms(wait).div_ceil(1_000).next_power_of_two().ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partners_own_queue_names_it_once() {
        let lane =
            |queue: &str, partner: &str| Lane { queue: queue.parse().unwrap(), partner: partner.parse().unwrap() };
        let names = Names::new("tw");
        assert_eq!(names.lane(&lane("translate", "acme")), "tw.translate.acme");
        assert_eq!(names.lane(&lane("deliver.acme", "acme")), "tw.deliver.acme");
        assert_eq!(names.lane(&lane("deliver.acme", "bravo")), "tw.deliver.acme.bravo");
    }

    #[test]
    fn delays_share_a_queue_with_those_of_up_to_twice_their_length() {
        let names = Names::new("tw");
        for (ms, name) in [
            (0, "1s"),
            (1_000, "1s"),
            (1_001, "2s"),
            (2_000, "2s"),
            (2_001, "4s"),
            (900_000, "1024s"),
            (u64::MAX, "131072s"),
        ] {
            assert_eq!(names.delay(Duration::from_millis(ms)), format!("tw.delay.{name}"), "{ms} ms");
        }
        assert_eq!(delay_ms(Duration::ZERO), 1);
        assert_eq!(delay_ms(Duration::MAX), 131_072_000);
    }
}
