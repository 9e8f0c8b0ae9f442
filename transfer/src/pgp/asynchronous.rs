//! The same for async callers: the work runs on a blocking thread, with bounded buffers on both sides.

use std::io::{self, Read, Write};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use super::{
    DecryptPolicy, Encoding, EncryptError, PartnerCert, PgpError, SecretCert, Verified, decrypt, encrypt_sign,
};

const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that wait on each side of the blocking thread.
const CHUNKS_MAX: usize = 8;

/// [`super::decrypt`] for async callers. The sink is flushed, not shut down.
///
/// # Errors
/// [`PgpError`].
pub async fn decrypt_async(
    source: &mut (impl AsyncRead + Send + Unpin),
    policy: DecryptPolicy,
    keys: Vec<SecretCert>,
    signers: Vec<PartnerCert>,
    sink: &mut (impl AsyncWrite + Send + Unpin),
) -> Result<Verified, PgpError> {
    let work = move |from: PipeRead, mut to: PipeWrite| decrypt(from, &policy, &keys, &signers, &mut to);
    let (outcome, pumped) = beside(source, sink, work).await;
    match pumped {
        Some(PumpFault::Sink(kind)) => Err(PgpError::Sink(kind)),
        Some(PumpFault::Source(kind)) if outcome.is_ok() => Err(PgpError::Source(kind)),
        _ => outcome.unwrap_or(Err(PgpError::Source(io::ErrorKind::Interrupted))),
    }
}

/// [`super::encrypt_sign`] for async callers. The sink is flushed, not shut down.
///
/// # Errors
/// [`EncryptError`].
pub async fn encrypt_sign_async(
    source: &mut (impl AsyncRead + Send + Unpin),
    recipients: Vec<PartnerCert>,
    signer: SecretCert,
    sink: &mut (impl AsyncWrite + Send + Unpin),
    encoding: Encoding,
) -> Result<u64, EncryptError> {
    let work = move |mut from: PipeRead, to: PipeWrite| encrypt_sign(&mut from, &recipients, &signer, to, encoding);
    let (outcome, pumped) = beside(source, sink, work).await;
    match pumped {
        Some(PumpFault::Sink(kind)) => Err(EncryptError::Sink(kind)),
        Some(PumpFault::Source(kind)) if outcome.is_ok() => Err(EncryptError::Source(kind)),
        _ => outcome.unwrap_or(Err(EncryptError::Source(io::ErrorKind::Interrupted))),
    }
}

enum PumpFault {
    Source(io::ErrorKind),
    Sink(io::ErrorKind),
}

/// Runs `work` on a blocking thread and pumps both sides. `Err` in the first place means that the thread was lost (a shutdown).
async fn beside<T: Send + 'static>(
    source: &mut (impl AsyncRead + Send + Unpin),
    sink: &mut (impl AsyncWrite + Send + Unpin),
    work: impl FnOnce(PipeRead, PipeWrite) -> T + Send + 'static,
) -> (Result<T, ()>, Option<PumpFault>) {
    let (source_tx, source_rx) = mpsc::channel(CHUNKS_MAX);
    let (sink_tx, sink_rx) = mpsc::channel(CHUNKS_MAX);
    let thread = tokio::task::spawn_blocking(move || {
        work(PipeRead { from: source_rx, chunk: Bytes::new() }, PipeWrite(sink_tx))
    });
    let (read, written, outcome) = futures::join!(pump_in(source, source_tx), pump_out(sink, sink_rx), thread);
    (outcome.map_err(|_| ()), written.err().map(PumpFault::Sink).or(read.err().map(PumpFault::Source)))
}

async fn pump_in(
    source: &mut (impl AsyncRead + Send + Unpin),
    to: mpsc::Sender<Result<Bytes, io::ErrorKind>>,
) -> Result<(), io::ErrorKind> {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        // A closed channel means that the work has ended early: it says itself why.
        let read = tokio::select! {
            read = source.read_buf(&mut chunk) => read,
            () = to.closed() => return Ok(()),
        };
        match read {
            Ok(0) => return Ok(()),
            Ok(_) if to.send(Ok(Bytes::from(chunk))).await.is_err() => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                // Sent on, so that the work does not take a failed source for an end.
                let _ = to.send(Err(error.kind())).await;
                return Err(error.kind());
            }
        }
    }
}

async fn pump_out(
    sink: &mut (impl AsyncWrite + Send + Unpin),
    mut from: mpsc::Receiver<Bytes>,
) -> Result<(), io::ErrorKind> {
    while let Some(chunk) = from.recv().await {
        sink.write_all(&chunk).await.map_err(|error| error.kind())?;
    }
    sink.flush().await.map_err(|error| error.kind())
}

/// Reads from the async side; for a blocking thread.
struct PipeRead {
    from: mpsc::Receiver<Result<Bytes, io::ErrorKind>>,
    chunk: Bytes,
}

impl Read for PipeRead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.from.blocking_recv() {
                None => return Ok(0),
                Some(Err(kind)) => return Err(kind.into()),
                Some(Ok(chunk)) => self.chunk = chunk,
            }
        }
        let taken = self.chunk.split_to(into.len().min(self.chunk.len()));
        for (to, from) in into.iter_mut().zip(taken.iter()) {
            *to = *from;
        }
        Ok(taken.len())
    }
}

/// Writes to the async side; for a blocking thread.
struct PipeWrite(mpsc::Sender<Bytes>);

impl Write for PipeWrite {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.blocking_send(Bytes::copy_from_slice(bytes)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
