//! ANSWER: what partners say of what we sent is matched to deliveries and items, recorded, told to the requestor's webhook, and a
//! payer's 277CA is rebuilt for the senders of its claims. A payer's own TA1 and 999 stay inside.

mod apply;
mod forward;
mod reader;

pub(super) use apply::{Said, apply, place};
pub(super) use forward::job as forward_job;
pub(super) use reader::{AnswerPart, Reader, Received};
