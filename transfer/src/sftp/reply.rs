//! Answers to SFTP requests.

use std::borrow::Cow;

use russh_sftp::protocol::{Attrs, FileAttributes, FileMode, Packet, Status, StatusCode};

use super::InboxError;

/// Why a request is not done: a status code, and words that name no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    code: Code,
    text: Cow<'static, str>,
}

/// The status codes that are used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    End,
    Missing,
    Denied,
    Failed,
    Malformed,
    Unsupported,
}

impl Refusal {
    pub(super) fn end() -> Self {
        Self { code: Code::End, text: "end of file".into() }
    }

    pub(super) fn missing() -> Self {
        Self { code: Code::Missing, text: "no such file".into() }
    }

    pub(super) fn denied(text: impl Into<Cow<'static, str>>) -> Self {
        Self { code: Code::Denied, text: text.into() }
    }

    pub(super) fn failed(text: impl Into<Cow<'static, str>>) -> Self {
        Self { code: Code::Failed, text: text.into() }
    }

    pub(super) fn malformed() -> Self {
        Self { code: Code::Malformed, text: "expected an SFTP version 3 request".into() }
    }

    pub(super) fn unsupported() -> Self {
        Self { code: Code::Unsupported, text: "not supported".into() }
    }

    pub(super) fn is_missing(&self) -> bool {
        self.code == Code::Missing
    }

    pub(super) fn into_packet(self, id: u32) -> Packet {
        let status_code = match self.code {
            Code::End => StatusCode::Eof,
            Code::Missing => StatusCode::NoSuchFile,
            Code::Denied => StatusCode::PermissionDenied,
            Code::Failed => StatusCode::Failure,
            Code::Malformed => StatusCode::BadMessage,
            Code::Unsupported => StatusCode::OpUnsupported,
        };
        status(id, status_code, self.text.into_owned())
    }
}

impl From<InboxError> for Refusal {
    fn from(error: InboxError) -> Self {
        match error {
            InboxError::NotFound => Self::missing(),
            InboxError::NotPermitted => Self::denied(error.to_string()),
            InboxError::NoSpace | InboxError::Unavailable => Self::failed(error.to_string()),
        }
    }
}

pub(super) fn ok(id: u32) -> Packet {
    status(id, StatusCode::Ok, "ok".to_owned())
}

pub(super) fn attributes(id: u32, attrs: FileAttributes) -> Packet {
    Packet::Attrs(Attrs { id, attrs })
}

fn status(id: u32, status_code: StatusCode, error_message: String) -> Packet {
    Packet::Status(Status { id, status_code, error_message, language_tag: "en".to_owned() })
}

pub(super) fn folder() -> FileAttributes {
    let permissions = Some(FileMode::DIR.bits() | 0o700);
    FileAttributes { size: Some(0), permissions, ..entry(0) }
}

pub(super) fn file(size: u64, unix_seconds: u64) -> FileAttributes {
    let permissions = Some(FileMode::REG.bits() | 0o600);
    FileAttributes { size: Some(size), permissions, ..entry(unix_seconds) }
}

fn entry(unix_seconds: u64) -> FileAttributes {
    let time = u32::try_from(unix_seconds).unwrap_or(u32::MAX);
    FileAttributes { uid: Some(0), gid: Some(0), atime: Some(time), mtime: Some(time), ..FileAttributes::empty() }
}
