//! A bucket that others put files into, and the queue that it tells.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::engines::engines;
use super::python::interpreter;
use super::wait::until;

/// The bucket, on the engines' AWS.
pub(crate) struct Bucket {
    aws: String,
    bucket: String,
    queue: String,
}

impl Bucket {
    pub(crate) fn make() -> Self {
        assert!(
            engines(),
            "TRADEWIND_TEST_ENGINES is not set: scripts/test-engines sets it and starts what this test needs"
        );
        let aws = std::env::var("TRADEWIND_TEST_AWS").expect("TRADEWIND_TEST_AWS, as `scripts/services env` names it");
        let made = ask(&aws, &["make"], b"");
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { bucket: text("bucket"), queue: text("queue"), aws }
    }

    /// The door's section: what comes under `clinic/in/` is the clinic's.
    pub(crate) fn toml(&self) -> String {
        self.toml_by(&self.aws)
    }

    /// The same, with SQS elsewhere.
    pub(crate) fn toml_by(&self, sqs: &str) -> String {
        let Self { aws, bucket, queue } = self;
        format!(
            "[events]\nqueue = \"{queue}\"\nbucket = \"{bucket}\"\npath-style = true\nvisibility-timeout-s = 2\nreceives-max = 8\n\
             connection = {{ endpoint = \"{sqs}\", read-timeout-ms = 4000 }}\ns3 = {{ endpoint = \"{aws}\" }}\n\
             [[events.folder]]\nprefix = \"clinic/in/\"\npartner = \"clinic\"\n"
        )
    }

    /// Puts a file, which the queue is told of.
    pub(crate) fn put(&self, key: &str, content: &[u8]) {
        ask(&self.aws, &["put", &self.bucket, key], content);
    }

    /// Tells the queue of a file once more.
    pub(crate) fn tell_again(&self, key: &str) {
        ask(&self.aws, &["tell", &self.queue, &self.bucket, key], b"");
    }

    /// Sends the queue a message.
    pub(crate) fn send(&self, message: &str) {
        ask(&self.aws, &["send", &self.queue], message.as_bytes());
    }

    /// Messages that wait, that are hidden, and that were given up.
    pub(crate) fn depth(&self) -> [u64; 3] {
        let told = ask(&self.aws, &["depth", &self.queue], b"");
        [0, 1, 2].map(|place| told[place].as_u64().unwrap())
    }

    /// Waits until nothing waits and nothing is worked on, and so many were given up.
    pub(crate) fn settled(&self, dead: u64) {
        until("the queue's end", || (self.depth() == [0, 0, dead]).then_some(()));
    }
}

fn ask(aws: &str, arguments: &[&str], input: &[u8]) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/events.py");
    let mut command = Command::new(interpreter());
    let keys =
        [("AWS_ACCESS_KEY_ID", "tests"), ("AWS_SECRET_ACCESS_KEY", "tests"), ("AWS_DEFAULT_REGION", "us-east-1")];
    command.arg(script).args(arguments).envs(keys).env("AWS_ENDPOINT_URL", aws);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
