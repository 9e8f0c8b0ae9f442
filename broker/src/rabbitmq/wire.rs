//! A message as RabbitMQ carries it: ids and words in properties and headers, the body as its publisher sealed it.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use crate::{Body, Message};

const VERSION: i64 = 1;
const QUEUE: &str = "tradewind-queue";
const PARTNER: &str = "tradewind-partner";
const ATTEMPT: &str = "tradewind-attempt";
const REFERENCE: &str = "tradewind-reference";
const REASON: &str = "tradewind-reason";
const FORMAT: &str = "tradewind-version";
/// What a sealed body's content type says; without a body there is none.
const SEALED: &str = "application/octet-stream";
/// Delivery mode 2: on disk.
const PERSISTENT: u8 = 2;

/// The properties and the body of a message. `reason` says why it goes to quarantine.
pub(super) fn encode<'m>(message: &'m Message, reason: Option<&str>) -> (BasicProperties, &'m [u8]) {
    let mut headers = FieldTable::default();
    let mut word = |name: &str, value: &str| {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    };
    word(QUEUE, message.queue.as_str());
    word(PARTNER, message.partner.as_str());
    word(REFERENCE, message.body.reference());
    if let Some(reason) = reason {
        word(REASON, reason);
    }
    headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(i64::from(message.attempt)));
    headers.insert(FORMAT.into(), AMQPValue::LongLongInt(VERSION));
    let properties = BasicProperties::default()
        .with_message_id(message.id.as_str().into())
        .with_type(message.kind.as_str().into())
        .with_app_id("tradewind".into())
        .with_delivery_mode(PERSISTENT)
        .with_headers(headers);
    match &message.body {
        Body::Reference(_) => (properties, &[]),
        Body::Sealed { bytes, .. } => (properties.with_content_type(SEALED.into()), bytes),
    }
}

/// The message, or `None` if it is none of ours.
pub(super) fn decode(properties: &BasicProperties, body: Vec<u8>) -> Option<Message> {
    let headers = properties.headers().as_ref()?;
    if number(headers, FORMAT)? != VERSION {
        return None;
    }
    let reference = word(headers, REFERENCE)?.to_owned();
    let sealed = properties.content_type().as_ref().is_some_and(|of| of.as_str() == SEALED);
    Some(Message {
        id: properties.message_id().as_ref()?.as_str().parse().ok()?,
        queue: word(headers, QUEUE)?.parse().ok()?,
        partner: word(headers, PARTNER)?.parse().ok()?,
        kind: properties.kind().as_ref()?.as_str().to_owned(),
        attempt: u32::try_from(number(headers, ATTEMPT)?).ok()?,
        body: if sealed { Body::Sealed { reference, bytes: body } } else { Body::Reference(reference) },
    })
}

fn word<'h>(headers: &'h FieldTable, name: &str) -> Option<&'h str> {
    match headers.inner().get(&ShortString::from(name))? {
        AMQPValue::LongString(value) => std::str::from_utf8(value.as_bytes()).ok(),
        _ => None,
    }
}

fn number(headers: &FieldTable, name: &str) -> Option<i64> {
    match headers.inner().get(&ShortString::from(name))? {
        AMQPValue::LongLongInt(value) => Some(*value),
        AMQPValue::LongInt(value) => Some(i64::from(*value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::message;

    #[test]
    fn what_is_written_is_read() {
        let plain = message("translate", "acme");
        let mut sealed = message("deliver.acme", "acme");
        sealed.attempt = u32::MAX;
        for bytes in [vec![], vec![0, 255]] {
            sealed.body = Body::Sealed { reference: "item".into(), bytes };
            for message in [&plain, &sealed] {
                let (properties, body) = encode(message, None);
                assert_eq!(decode(&properties, body.to_vec()).as_ref(), Some(message));
            }
        }
    }

    #[test]
    fn what_is_not_ours_is_none() {
        let message = message("translate", "acme");
        let (properties, body) = encode(&message, None);
        let body = body.to_vec();
        assert!(decode(&BasicProperties::default(), body.clone()).is_none());
        let mut newer = properties.headers().clone().unwrap();
        newer.insert(FORMAT.into(), AMQPValue::LongLongInt(VERSION + 1));
        assert!(decode(&properties.clone().with_headers(newer), body.clone()).is_none());
        assert!(decode(&properties.with_message_id("no id".into()), body).is_none());
    }
}
