//! A body within its limits of size, time and nesting.

use std::time::Duration;

use axum::body::{Body as HttpBody, BodyDataStream, HttpBody as _};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::time::Instant;

use crate::gateway::{Body, BodyError, Content};
use crate::limits::Limits;

/// What one body may take.
pub(crate) struct BodyLimits {
    pub(crate) bytes_max: u64,
    /// When it must be in.
    pub(crate) deadline: Instant,
    pub(crate) pause_max: Duration,
    /// For JSON alone.
    pub(crate) depth_max: Option<usize>,
}

impl BodyLimits {
    pub(crate) fn new(limits: &Limits, content: Content, bytes_max: u64, deadline: Instant) -> Self {
        let pause_max = Duration::from_millis(limits.body_pause_ms_max);
        let depth_max = (content == Content::Json).then_some(limits.json_depth_max);
        Self { bytes_max, deadline, pause_max, depth_max }
    }
}

/// The body as a stream that ends after its first error. A length that is declared over the limit is refused at once.
pub(crate) fn limited(body: HttpBody, limits: BodyLimits) -> Result<Body, BodyError> {
    let declared = body.size_hint();
    if declared.lower() > limits.bytes_max {
        return Err(BodyError::TooLarge { limit: limits.bytes_max });
    }
    let depth = limits.depth_max.map(Depth::new);
    let reader = Reader { stream: body.into_data_stream(), limits, depth, declared: declared.lower(), taken: 0 };
    Ok(futures::stream::unfold(Some(reader), async |reader| reader?.next().await).boxed())
}

/// The whole body, which the limit keeps small.
pub(crate) async fn collected(body: Body) -> Result<Bytes, BodyError> {
    let whole = body.try_fold(BytesMut::new(), async |mut whole, chunk| {
        whole.extend_from_slice(&chunk);
        Ok(whole)
    });
    whole.await.map(BytesMut::freeze)
}

struct Reader {
    stream: BodyDataStream,
    limits: BodyLimits,
    depth: Option<Depth>,
    /// By `Content-Length`; zero without one.
    declared: u64,
    taken: u64,
}

impl Reader {
    /// The next chunk, and the reader as long as more may follow.
    async fn next(mut self) -> Option<(Result<Bytes, BodyError>, Option<Self>)> {
        let until = self.limits.deadline.min(Instant::now() + self.limits.pause_max);
        let chunk = match tokio::time::timeout_at(until, self.stream.next()).await {
            Err(_) => Err(BodyError::TooSlow),
            Ok(None) if self.taken < self.declared => Err(BodyError::Cut),
            Ok(None) => return None,
            Ok(Some(Err(_))) => Err(BodyError::Cut),
            Ok(Some(Ok(chunk))) => self.check(chunk),
        };
        let next = chunk.is_ok().then_some(self);
        Some((chunk, next))
    }

    fn check(&mut self, chunk: Bytes) -> Result<Bytes, BodyError> {
        self.taken = self.taken.saturating_add(chunk.len() as u64);
        if self.taken > self.limits.bytes_max {
            return Err(BodyError::TooLarge { limit: self.limits.bytes_max });
        }
        if let Some(depth) = &mut self.depth {
            depth.feed(&chunk)?;
        }
        Ok(chunk)
    }
}

/// Counts how deep JSON is nested, without reading it otherwise.
struct Depth {
    limit: usize,
    level: usize,
    offset: u64,
    string: bool,
    escaped: bool,
}

impl Depth {
    fn new(limit: usize) -> Self {
        Self { limit, level: 0, offset: 0, string: false, escaped: false }
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), BodyError> {
        for byte in bytes {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.string => self.escaped = true,
                b'"' => self.string = !self.string,
                b'{' | b'[' if !self.string => self.level += 1,
                b'}' | b']' if !self.string => self.level = self.level.saturating_sub(1),
                _ => {}
            }
            if self.level > self.limit {
                return Err(BodyError::TooDeep { limit: self.limit, offset: self.offset });
            }
            self.offset += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(limit: usize, text: &str) -> Result<(), BodyError> {
        let mut whole = Depth::new(limit);
        let mut bytewise = Depth::new(limit);
        let found = whole.feed(text.as_bytes());
        assert_eq!(
            text.as_bytes().chunks(1).try_for_each(|byte| bytewise.feed(byte)),
            found,
            "chunking changes nothing"
        );
        found
    }

    #[test]
    fn nesting_is_counted_outside_of_strings_alone() {
        assert_eq!(depth(2, r#"{"a":[1],"b":["[[[","\"[[[\\"],"c":[]}"#), Ok(()));
        assert_eq!(depth(2, r#"{"a":[[1]]}"#), Err(BodyError::TooDeep { limit: 2, offset: 6 }));
        assert_eq!(depth(2, "]]]][[["), Err(BodyError::TooDeep { limit: 2, offset: 6 }));
    }
}
