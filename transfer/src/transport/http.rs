//! Sends X12 over HTTP: `POST /x12`, and `GET /status/<ISA13>`.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::stream::{self, Stream};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Body, Client, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{Mode, NotTaken, Outbound, Reply, SendError, StatusError, StatusQuery, StatusReply, Transport, Unknown};
use crate::tls::{TlsConfigError, TlsOptions, client_config};

const X12: &str = "application/edi-x12";
const CHUNK_BYTES: usize = 64 * 1024;

/// Where a partner listens, and what it gets.
#[derive(Debug, Clone)]
pub struct HttpTransportConfig {
    /// The partner's base address: `/x12` and `/status/…` stand behind it.
    pub base_url: String,
    /// Whom to trust, and who to be.
    pub tls: TlsOptions,
    /// A bearer token to send.
    pub bearer: Option<SecretString>,
    /// Whether `http://` may be used for other than loopback addresses. Payloads would travel in clear.
    pub allow_clear_http: bool,
    /// How long a connection may take, with TLS.
    pub connect_timeout: Duration,
    /// How long a batch may take, from the call to the last byte of the answer.
    pub batch_timeout: Duration,
    /// How long a status query may take.
    pub status_timeout: Duration,
    /// The largest answer, in bytes.
    pub reply_bytes_max: usize,
}

impl HttpTransportConfig {
    /// The defaults for this base address.
    #[must_use]
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            tls: TlsOptions::default(),
            bearer: None,
            allow_clear_http: false,
            connect_timeout: Duration::from_secs(10),
            batch_timeout: Duration::from_secs(300),
            status_timeout: Duration::from_secs(30),
            reply_bytes_max: 64 << 20,
        }
    }
}

/// What is wrong with a transport's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpConfigError {
    /// The address is none.
    #[error("expected an http:// or https:// address without user, query and fragment")]
    Url,
    /// The address would send payloads in clear over a network.
    #[error("expected https://, found http:// to an address that is not loopback")]
    ClearHttp,
    /// The token holds characters that no header may hold.
    #[error("expected a bearer token of visible ASCII")]
    Bearer,
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsConfigError),
    /// The HTTP library refused the combination.
    #[error("expected a usable HTTP configuration")]
    Unusable,
}

/// The HTTP transport to one partner.
pub struct HttpTransport {
    client: Client,
    base: String,
    authorization: Option<HeaderValue>,
    config: HttpTransportConfig,
}

/// The header and value by which a partner says that it never took the interchange that was asked for.
pub const NEVER_TAKEN: (&str, &str) = ("interchange-status", "never-taken");

fn says_never_taken(response: &Response) -> bool {
    let (name, value) = NEVER_TAKEN;
    response.headers().get(name).is_some_and(|said| said.as_bytes() == value.as_bytes())
}

impl HttpTransport {
    /// Makes a client with its own connections and TLS. It follows no redirects, uses no proxy, and repeats nothing by itself.
    ///
    /// # Errors
    /// [`HttpConfigError`].
    pub fn new(config: HttpTransportConfig) -> Result<Self, HttpConfigError> {
        let url = Url::parse(&config.base_url).map_err(|_| HttpConfigError::Url)?;
        let plain =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https") || !plain {
            return Err(HttpConfigError::Url);
        }
        if url.scheme() == "http" && !config.allow_clear_http && !is_loopback(&url) {
            return Err(HttpConfigError::ClearHttp);
        }
        let authorization = config.bearer.as_ref().map(bearer).transpose()?;
        let client = Client::builder()
            .tls_backend_preconfigured(client_config(&config.tls)?)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(config.connect_timeout)
            .user_agent("tradewind")
            .build()
            .map_err(|_| HttpConfigError::Unusable)?;
        Ok(Self { client, base: url.as_str().trim_end_matches('/').to_owned(), authorization, config })
    }

    fn request(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        }
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, outbound: Outbound) -> Result<Reply, SendError> {
        let timeout = match outbound.mode {
            Mode::Batch => self.config.batch_timeout,
            Mode::RealTime { deadline } => deadline,
        };
        let progress = Arc::new(Progress::default());
        let mut request = self
            .request(self.client.post(format!("{}/x12", self.base)))
            .timeout(timeout)
            .header(CONTENT_TYPE, X12)
            .header("idempotency-key", outbound.delivery.as_str());
        if let Some(bytes) = outbound.body_bytes {
            request = request.header(CONTENT_LENGTH, bytes);
        }
        let body = Body::wrap_stream(payload(outbound.body, outbound.body_bytes, Arc::clone(&progress)));
        match request.body(body).send().await {
            Ok(response) => self.reply(response).await,
            Err(error) => Err(failed(&error, &progress)),
        }
    }

    async fn status(&self, query: &StatusQuery) -> Result<StatusReply, StatusError> {
        let url = format!("{}/status/{:09}", self.base, query.interchange_control_number);
        let request = self.request(self.client.get(url)).timeout(self.config.status_timeout);
        let response = request.send().await.map_err(|_| StatusError::NoAnswer)?;
        match response.status() {
            StatusCode::OK => match limited(response, self.config.reply_bytes_max).await {
                Ok(body) => Ok(StatusReply::Taken(body)),
                Err(Body200::TooLarge) => Err(StatusError::ReplyTooLarge { limit_bytes: self.config.reply_bytes_max }),
                Err(Body200::Failed(_)) => Err(StatusError::NoAnswer),
            },
            // A 404 alone may come from a wrong address or a proxy; sending again on its word could send twice.
            StatusCode::NOT_FOUND if says_never_taken(&response) => Ok(StatusReply::NeverTaken),
            status => Err(StatusError::Failed { status: status.as_u16() }),
        }
    }
}

impl HttpTransport {
    async fn reply(&self, response: Response) -> Result<Reply, SendError> {
        let status = response.status();
        match status.as_u16() {
            200 => match limited(response, self.config.reply_bytes_max).await {
                Ok(body) if body.is_empty() => Ok(Reply::Accepted),
                Ok(body) => Ok(Reply::Answered(body)),
                Err(Body200::TooLarge) => {
                    Err(SendError::Unknown(Unknown::ReplyTooLarge { limit_bytes: self.config.reply_bytes_max }))
                }
                Err(Body200::Failed(error)) if error.is_timeout() => Err(SendError::Unknown(Unknown::TimedOut)),
                Err(Body200::Failed(_)) => Err(SendError::Unknown(Unknown::GarbledReply)),
            },
            201 | 202 | 204 => Ok(Reply::Accepted),
            // 302 and 303 may stand behind a request that was taken; 409 may mean that the first attempt is still being worked on.
            302 | 303 | 409 => Err(SendError::Unknown(Unknown::Failed { status: status.as_u16() })),
            300..=499 | 503 => Err(SendError::NotTaken(NotTaken::Refused {
                status: status.as_u16(),
                retry_after: retry_after(&response),
            })),
            _ => Err(SendError::Unknown(Unknown::Failed { status: status.as_u16() })),
        }
    }
}

/// How far a payload has gone.
#[derive(Default)]
struct Progress {
    /// Its first chunk was given to a connection.
    begun: AtomicBool,
    /// It could not be read.
    unreadable: AtomicBool,
}

/// Before the first byte of the payload went to a connection, nothing can have been taken; after it, anything can.
fn failed(error: &reqwest::Error, progress: &Progress) -> SendError {
    match (progress.begun.load(Ordering::SeqCst), error.is_timeout()) {
        (true, true) => SendError::Unknown(Unknown::TimedOut),
        (true, false) => SendError::Unknown(Unknown::Cut),
        (false, true) => SendError::NotTaken(NotTaken::TimedOut),
        (false, false) if error.is_builder() || progress.unreadable.load(Ordering::SeqCst) => {
            SendError::NotTaken(NotTaken::Unsendable)
        }
        (false, false) => SendError::NotTaken(NotTaken::NoConnection),
    }
}

/// The payload as a stream that notes its progress, and that fails if its length is not the declared one.
fn payload(
    body: Box<dyn AsyncRead + Send + Unpin>,
    declared: Option<u64>,
    progress: Arc<Progress>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::try_unfold((body, 0_u64), move |(mut body, before)| {
        let progress = Arc::clone(&progress);
        async move {
            let mut chunk = BytesMut::with_capacity(CHUNK_BYTES);
            let read = body.read_buf(&mut chunk).await;
            let sent = before + read.as_ref().map_or(0, |read| *read as u64);
            let ended = matches!(read, Ok(0));
            if read.is_err() || declared.is_some_and(|declared| sent > declared || (ended && sent < declared)) {
                progress.unreadable.store(true, Ordering::SeqCst);
                return Err(read.err().unwrap_or_else(|| io::ErrorKind::InvalidData.into()));
            }
            progress.begun.store(true, Ordering::SeqCst);
            Ok((!ended).then(|| (chunk.freeze(), (body, sent))))
        }
    })
}

enum Body200 {
    TooLarge,
    Failed(reqwest::Error),
}

async fn limited(mut response: Response, bytes_max: usize) -> Result<Bytes, Body200> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(Body200::Failed)? {
        if body.len() + chunk.len() > bytes_max {
            return Err(Body200::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Seconds alone; a date is not looked at.
pub(crate) fn retry_after(response: &Response) -> Option<Duration> {
    let seconds: u64 = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(24 * 60 * 60)))
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    literal.map_or(host == "localhost", |address| address.is_loopback())
}

fn bearer(token: &SecretString) -> Result<HeaderValue, HttpConfigError> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).map_err(|_| HttpConfigError::Bearer)?;
    value.set_sensitive(true);
    Ok(value)
}
