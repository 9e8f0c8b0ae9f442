//! Carries an SFTP session over an SSH channel: frames requests, keeps what waits within bounds, sends answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use russh::ChannelId;
use russh::server::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::session::{PACKET_BYTES_MAX, Session};
use super::watchdog::Watchdog;

/// Bytes of requests that may wait. Clients ask far ahead; what waits must be read, or their window adjustments stand behind it.
const QUEUED_BYTES_MAX: usize = 4 << 20;
/// What a queued message costs beside its bytes.
const QUEUED_OVERHEAD_BYTES: usize = 64;

/// The connection's end of a channel: what the client sends goes in here.
pub(super) struct Inlet {
    queue: mpsc::UnboundedSender<(Bytes, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

impl Inlet {
    /// Waits for room. Once the session has ended, what comes is dropped.
    pub(super) async fn push(&self, data: &[u8]) {
        let cost = (data.len() + QUEUED_OVERHEAD_BYTES).min(QUEUED_BYTES_MAX);
        let Ok(permit) = Arc::clone(&self.room).acquire_many_owned(u32::try_from(cost).unwrap_or(u32::MAX)).await
        else {
            return;
        };
        let _ = self.queue.send((Bytes::copy_from_slice(data), permit));
    }
}

/// The session's end.
pub(super) struct Line {
    queue: mpsc::UnboundedReceiver<(Bytes, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
    received: BytesMut,
    connection: Handle,
    channel: ChannelId,
    write_timeout: Duration,
}

pub(super) fn open(connection: Handle, channel: ChannelId, write_timeout: Duration) -> (Inlet, Line) {
    let (sender, queue) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(QUEUED_BYTES_MAX));
    let inlet = Inlet { queue: sender, room: Arc::clone(&room) };
    (inlet, Line { queue, room, received: BytesMut::new(), connection, channel, write_timeout })
}

/// Runs the session until the client leaves, breaks the protocol, or the server drains and nothing is open.
///
/// A request that was begun is always answered to its end, whatever becomes of the connection meanwhile.
pub(super) async fn run(mut session: Session, mut line: Line, drain: CancellationToken, watchdog: Arc<Watchdog>) {
    loop {
        let request = tokio::select! {
            request = line.next() => request,
            () = drain.cancelled(), if session.idle() => None,
        };
        let Some(request) = request else { break };
        let busy = watchdog.busy();
        let answer = session.answer(request).await;
        let sent = match Bytes::try_from(answer) {
            Ok(bytes) => line.send(bytes).await,
            Err(_) => false,
        };
        drop(busy);
        if !sent {
            debug!("an SFTP client does not take its answers");
            break;
        }
    }
    session.finish().await;
    line.close().await;
}

impl Line {
    /// The next whole request, without its length; `None` at the end, or when a request is longer than allowed.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(mut header) = self.received.get(..4) {
                let length = usize::try_from(header.get_u32()).unwrap_or(usize::MAX);
                if length == 0 || length > PACKET_BYTES_MAX {
                    return None;
                }
                if self.received.len() >= 4 + length {
                    self.received.advance(4);
                    return Some(self.received.split_to(length).freeze());
                }
            }
            let (data, _room) = self.queue.recv().await?;
            self.received.extend_from_slice(&data);
        }
    }

    async fn send(&self, answer: Bytes) -> bool {
        matches!(tokio::time::timeout(self.write_timeout, self.connection.data(self.channel, answer)).await, Ok(Ok(())))
    }

    async fn close(mut self) {
        self.queue.close();
        self.room.close();
        let goodbye = async {
            let _ = self.connection.exit_status_request(self.channel, 0).await;
            let _ = self.connection.eof(self.channel).await;
            let _ = self.connection.close(self.channel).await;
        };
        let _ = tokio::time::timeout(self.write_timeout, goodbye).await;
    }
}
