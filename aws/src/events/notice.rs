//! What S3 says of an object that came: in a message of its own, through SNS, or as an event of EventBridge.

use serde::Deserialize;

/// Envelopes within each other that are opened at most.
const ENVELOPES_MAX: u32 = 2;
/// Longest key that S3 knows.
const KEY_BYTES_MAX: usize = 1024;

/// An object that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) version: Option<String>,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) sequencer: Option<String>,
}

/// The message is none of S3's, or says less than it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// The objects that a message says came, in its order; none if it says other things of S3.
pub(super) fn read(message: &str) -> Result<Vec<Notice>, Unreadable> {
    open(message, ENVELOPES_MAX)
}

fn open(message: &str, envelopes: u32) -> Result<Vec<Notice>, Unreadable> {
    match serde_json::from_str(message).map_err(|_| Unreadable)? {
        Message::Records { records } => records.into_iter().filter(Record::came).map(Record::notice).collect(),
        Message::Test { event } if event == "s3:TestEvent" => Ok(Vec::new()),
        Message::Topic { kind, message } if kind == "Notification" && envelopes > 0 => open(&message, envelopes - 1),
        Message::Bridge { source, kind, detail } if source == "aws.s3" => match kind.as_str() {
            "Object Created" => Ok(vec![detail.object.notice(detail.bucket, |key| Some(key.to_owned()))?]),
            _ => Ok(Vec::new()),
        },
        _ => Err(Unreadable),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Records {
        #[serde(rename = "Records")]
        records: Vec<Record>,
    },
    Bridge {
        source: String,
        #[serde(rename = "detail-type")]
        kind: String,
        detail: Place,
    },
    Topic {
        #[serde(rename = "Type")]
        kind: String,
        #[serde(rename = "Message")]
        message: String,
    },
    Test {
        #[serde(rename = "Event")]
        event: String,
    },
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventSource")]
    source: String,
    #[serde(rename = "eventName")]
    name: String,
    s3: Place,
}

#[derive(Deserialize)]
struct Place {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
    size: Option<u64>,
    #[serde(alias = "eTag")]
    etag: Option<String>,
    #[serde(rename = "versionId", alias = "version-id")]
    version: Option<String>,
    sequencer: Option<String>,
}

impl Record {
    fn came(&self) -> bool {
        self.source != "aws:s3" || self.name.trim_start_matches("s3:").starts_with("ObjectCreated:")
    }

    fn notice(self) -> Result<Notice, Unreadable> {
        if self.source != "aws:s3" {
            return Err(Unreadable);
        }
        self.s3.object.notice(self.s3.bucket, decoded)
    }
}

impl Object {
    fn notice(self, bucket: Bucket, key: impl Fn(&str) -> Option<String>) -> Result<Notice, Unreadable> {
        let etag = self.etag.map(|etag| etag.trim_matches('"').to_owned()).filter(|etag| !etag.is_empty());
        Ok(Notice {
            bucket: bucket.name,
            key: key(&self.key).filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len())).ok_or(Unreadable)?,
            // Objects that are older than their bucket's versions.
            version: self.version.filter(|version| !version.is_empty() && version != "null"),
            size: self.size.ok_or(Unreadable)?,
            etag: etag.ok_or(Unreadable)?,
            sequencer: self.sequencer,
        })
    }
}

/// A key as S3's own messages write it: as in a form, with `+` for a space.
fn decoded(key: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(key.len());
    let mut rest = key.bytes();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1",
        "eventName":"ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0","bucket":{"name":"in","arn":"arn:aws:s3:::in"},
        "object":{"key":"acme/a+b%2Bc%C3%A9.edi","size":1024,"eTag":"d41d8cd9","versionId":"v1","sequencer":"0A1B"}}}]}"#;

    fn notice() -> Notice {
        Notice {
            bucket: "in".to_owned(),
            key: "acme/a b+cé.edi".to_owned(),
            version: Some("v1".to_owned()),
            size: 1024,
            etag: "d41d8cd9".to_owned(),
            sequencer: Some("0A1B".to_owned()),
        }
    }

    #[test]
    fn reads_what_s3_writes_itself_and_through_sns() {
        assert_eq!(read(RECORD), Ok(vec![notice()]));
        let topic = |message: &str| serde_json::json!({"Type": "Notification", "Message": message}).to_string();
        assert_eq!(read(&topic(RECORD)), Ok(vec![notice()]));
        assert_eq!(read(&topic(&topic(&topic(RECORD)))), Err(Unreadable), "envelopes without end");
    }

    #[test]
    fn reads_events_of_eventbridge_whose_keys_are_as_they_are() {
        let event = r#"{"version":"0","id":"1","detail-type":"Object Created","source":"aws.s3","detail":{"version":"0",
            "bucket":{"name":"in"},"object":{"key":"acme/a b+cé.edi","size":1024,"etag":"d41d8cd9","version-id":"v1",
            "sequencer":"0A1B"},"reason":"PutObject"}}"#;
        assert_eq!(read(event), Ok(vec![notice()]));
        assert_eq!(read(&event.replace("Object Created", "Object Deleted")), Ok(Vec::new()));
        assert_eq!(read(&event.replace("aws.s3", "aws.ec2")), Err(Unreadable));
    }

    #[test]
    fn what_s3_says_else_is_nothing_that_came() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"in"}"#;
        let removed = r#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectRemoved:Delete",
            "s3":{"bucket":{"name":"in"},"object":{"key":"a","sequencer":"1"}}}]}"#;
        for message in [test, removed, r#"{"Records":[]}"#] {
            assert_eq!(read(message), Ok(Vec::new()), "{message}");
        }
    }

    #[test]
    fn what_says_too_little_is_unreadable() {
        for message in [
            "",
            "ISA*00*",
            "{}",
            "[]",
            &RECORD.replace("%C3", "%C"),
            &RECORD.replace("%C3%A9", "%C3"),
            &RECORD.replace("\"size\":1024,", ""),
            &RECORD.replace("d41d8cd9", ""),
            &RECORD.replace("aws:s3\"", "aws:sqs\""),
            &RECORD.replace("acme/a+b%2Bc%C3%A9.edi", ""),
            &RECORD.replace("acme/a+b%2Bc%C3%A9.edi", &"k".repeat(KEY_BYTES_MAX + 1)),
        ] {
            assert_eq!(read(message), Err(Unreadable), "{message}");
        }
    }
}
