//! A small HTTP client: what goes over the wire is what the test wrote.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::wait::PATIENCE;

pub(crate) const X12: &str = "application/edi-x12";
pub(crate) const JSON: &str = "application/json";

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(name));
        self.head.lines().find(named).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// As `json`, when the status is this one.
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// The name of a problem document: `/problems/<name>`.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{} {}", self.status, self.text());
        self.json()["type"].as_str().unwrap().trim_start_matches("/problems/").to_owned()
    }
}

/// A caller of the REST door.
#[derive(Clone)]
pub(crate) struct Rest {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    /// Every body of an error that it was told.
    pub(crate) told: Arc<Mutex<Vec<u8>>>,
}

impl Rest {
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub(crate) fn post(&self, path: &str, content: &str, body: &[u8]) -> Answer {
        self.post_with(path, content, &[], body)
    }

    /// With more headers.
    pub(crate) fn post_with(&self, path: &str, content: &str, more: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send("POST", path, &[&[("content-type", content)], more].concat(), body)
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: tradewind\r\nconnection: close\r\n");
        head.push_str(&format!("authorization: Bearer {}\r\ncontent-length: {}\r\n", self.token, body.len()));
        head.extend(headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
        head.push_str("\r\n");
        self.exchange(head.as_bytes(), body)
    }

    /// Sends a head and a body as they stand, and reads to the end of the connection.
    fn exchange(&self, head: &[u8], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // A server that refuses early closes its side.
        let _ = stream.write_all(head).and_then(|()| stream.write_all(body));
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let body = answer.split_off(end + 4);
        let head = String::from_utf8(answer).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(!head.to_ascii_lowercase().contains("transfer-encoding"), "a body in chunks is not read here");
        if status >= 400 {
            self.told.lock().unwrap().extend_from_slice(&body);
        }
        Answer { status, head, body }
    }
}

/// Posts a body to an address without a token, as to the payer's `/faults`.
pub(crate) fn post_plain(address: SocketAddr, path: &str, body: &[u8]) -> Answer {
    let rest = Rest { address, token: String::new(), told: Arc::default() };
    rest.post(path, "text/plain", body)
}
