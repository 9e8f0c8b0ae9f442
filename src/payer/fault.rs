//! Faults that the simulated payer shows on request.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Answers after a while.
    Slow(Duration),
    /// Says 503 and takes nothing.
    Refuse,
    /// Takes everything and never answers.
    Hang,
    /// Takes everything and cuts the connection instead of answering.
    Cut,
    /// Takes everything and answers with what is no X12.
    Garbage,
    /// Takes everything, answers 202, and tells what it thinks of it when it is asked.
    Late,
}

/// A text is no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected slow[=MS], refuse, hang, cut, garbage or late, with :COUNT behind it for the first COUNT calls")]
pub struct NoFault;

/// A fault for the next calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// The fault.
    pub fault: Fault,
    /// How many calls it hits; `None` hits all.
    pub calls: Option<u32>,
}

impl FromStr for Planned {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Self, NoFault> {
        let (name, calls) = match text.split_once(':') {
            Some((name, count)) => (name, Some(count.parse().map_err(|_| NoFault)?)),
            None => (text, None),
        };
        let (name, argument) = name.split_once('=').map_or((name, None), |(name, argument)| (name, Some(argument)));
        let fault = match (name, argument) {
            ("slow", ms) => Fault::Slow(Duration::from_millis(ms.unwrap_or("2000").parse().map_err(|_| NoFault)?)),
            ("refuse", None) => Fault::Refuse,
            ("hang", None) => Fault::Hang,
            ("cut", None) => Fault::Cut,
            ("garbage", None) => Fault::Garbage,
            ("late", None) => Fault::Late,
            _ => return Err(NoFault),
        };
        Ok(Self { fault, calls })
    }
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.fault)?;
        self.calls.map_or(Ok(()), |calls| write!(f, " for {calls} call(s)"))
    }
}

/// The faults that are planned, in order.
#[derive(Debug, Default)]
pub(super) struct Plan(Mutex<Vec<Planned>>);

impl Plan {
    pub(super) fn new(planned: Vec<Planned>) -> Self {
        Self(Mutex::new(planned))
    }

    /// Replaces the plan.
    pub(super) fn set(&self, planned: Vec<Planned>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = planned;
    }

    /// The fault of the next call.
    pub(super) fn next(&self) -> Option<Fault> {
        let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plan.retain(|planned| planned.calls != Some(0));
        let planned = plan.first_mut()?;
        if let Some(calls) = &mut planned.calls {
            *calls -= 1;
        }
        Some(planned.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_hits_as_many_calls_as_it_says_and_then_the_next() {
        let plan = Plan::new(vec!["cut:2".parse().unwrap(), "refuse:1".parse().unwrap()]);
        assert_eq!(
            [plan.next(), plan.next(), plan.next(), plan.next()],
            [Some(Fault::Cut), Some(Fault::Cut), Some(Fault::Refuse), None]
        );
    }

    #[test]
    fn refuses_what_is_no_fault() {
        for text in ["", "slow=x", "cut:", "explode", "cut=3"] {
            assert_eq!(text.parse::<Planned>(), Err(NoFault), "{text}");
        }
        assert_eq!("slow=5".parse(), Ok(Planned { fault: Fault::Slow(Duration::from_millis(5)), calls: None }));
    }
}
