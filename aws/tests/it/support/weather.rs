//! A proxy that passes requests on to a server, or does to them what bad weather does.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::StreamExt;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::HeaderMap;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tradewind_aws::Connection;

/// What happens to a request.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The server does not see it; it is answered with this status, type and body.
    Answer(u16, &'static str),
    /// The connection breaks after so many bytes of the request's body.
    CutRequest(usize),
    /// The server does it, and the connection breaks before the answer.
    LoseAnswer,
    /// The server does it, and the connection breaks after so many bytes of the answer's body.
    CutAnswer(usize),
    /// The server does it, and the first byte of the answer's body is another one when it comes.
    SpoilAnswer,
    /// The server does it, and nothing more comes after so many bytes of the answer's body.
    StallAnswer(usize),
    /// Nobody answers.
    Silence,
}

/// A request that was seen.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) operation: String,
    pub(crate) headers: HeaderMap,
}

/// The proxy. It stops with the test's runtime.
pub(crate) struct Weather {
    address: SocketAddr,
    sky: Arc<Sky>,
}

/// What becomes of an operation's calls: of the first ones, and of those after.
type Plan = (String, VecDeque<Fault>, Option<Fault>);

struct Sky {
    server: String,
    planned: Mutex<Vec<Plan>>,
    seen: Mutex<Vec<Seen>>,
}

type Body = BoxBody<Bytes, io::Error>;

impl Weather {
    /// A proxy before the server at `endpoint`; fair until told otherwise.
    pub(crate) async fn before(endpoint: &str) -> Self {
        let server = endpoint.strip_prefix("http://").expect("an http endpoint").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sky = Arc::new(Sky { server, planned: Mutex::default(), seen: Mutex::default() });
        tokio::spawn(serve(listener, sky.clone()));
        Self { address, sky }
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection { endpoint: Some(format!("http://{}", self.address)), ..Connection::default() }
    }

    /// Waits that a test of silence has the patience for, and that a busy machine keeps.
    pub(crate) fn impatient_connection(&self) -> Connection {
        Connection { read_timeout_ms: 3_000, operation_timeout_ms: 9_000, ..self.connection() }
    }

    /// What happens to the next calls of an operation, one after the other.
    pub(crate) fn next(&self, operation: &str, faults: impl IntoIterator<Item = Fault>) {
        self.sky.planned.lock().unwrap().push((operation.to_owned(), faults.into_iter().collect(), None));
    }

    /// What happens to every call of an operation from now on.
    pub(crate) fn always(&self, operation: &str, fault: Fault) {
        self.sky.planned.lock().unwrap().push((operation.to_owned(), VecDeque::new(), Some(fault)));
    }

    pub(crate) fn clear(&self) {
        self.sky.planned.lock().unwrap().clear();
    }

    /// The calls of an operation that came until now.
    pub(crate) fn calls(&self, operation: &str) -> Vec<Seen> {
        let seen = self.sky.seen.lock().unwrap();
        seen.iter().filter(|seen| seen.operation == operation).cloned().collect()
    }
}

impl Sky {
    fn fault(&self, operation: &str) -> Option<Fault> {
        let mut planned = self.planned.lock().unwrap();
        let mut of_it = planned.iter_mut().filter(|(planned, _, _)| planned == operation);
        of_it.find_map(|(_, next, always)| next.pop_front().or_else(|| always.clone()))
    }
}

async fn serve(listener: TcpListener, sky: Arc<Sky>) {
    while let Ok((connection, _)) = listener.accept().await {
        let sky = sky.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(sky.clone(), request));
            // A connection that breaks is what this is for.
            let _ =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(connection), service).await;
        });
    }
}

async fn answer(sky: Arc<Sky>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let operation = operation(&request);
    sky.seen.lock().unwrap().push(Seen { operation: operation.clone(), headers: request.headers().clone() });
    match sky.fault(&operation) {
        None => pass(&sky.server, request).await,
        Some(Fault::Answer(status, body)) => {
            read(request.into_body(), usize::MAX).await?;
            Ok(Response::builder().status(status).body(full(Bytes::from_static(body.as_bytes()))).unwrap())
        }
        Some(Fault::CutRequest(after)) => {
            read(request.into_body(), after).await?;
            Err(broken())
        }
        Some(Fault::LoseAnswer) => {
            pass(&sky.server, request).await?.into_body().collect().await?;
            Err(broken())
        }
        Some(Fault::CutAnswer(after)) => {
            let cut = futures::stream::once(async {
                // What was sent until now is sent for good before the end comes.
                tokio::task::yield_now().await;
                Err(broken())
            });
            begin(pass(&sky.server, request).await?, after, cut).await
        }
        Some(Fault::SpoilAnswer) => {
            let (head, body) = pass(&sky.server, request).await?.into_parts();
            let mut body = body.collect().await?.to_bytes().to_vec();
            body[0] ^= 1;
            Ok(Response::from_parts(head, full(body.into())))
        }
        Some(Fault::StallAnswer(after)) => {
            begin(pass(&sky.server, request).await?, after, futures::stream::pending()).await
        }
        Some(Fault::Silence) => std::future::pending().await,
    }
}

/// An answer of which so many bytes come, and then something else.
async fn begin(
    answer: Response<Body>,
    bytes: usize,
    then: impl futures::Stream<Item = io::Result<Frame<Bytes>>> + Send + Sync + 'static,
) -> io::Result<Response<Body>> {
    let (head, body) = answer.into_parts();
    let body = body.collect().await?.to_bytes();
    let some = Frame::data(body.slice(..bytes.min(body.len())));
    let pieces = futures::stream::once(async { Ok(some) }).chain(then);
    Ok(Response::from_parts(head, BodyExt::boxed(StreamBody::new(Box::pin(pieces)))))
}

/// What an S3 or a KMS request asks for.
fn operation(request: &Request<Incoming>) -> String {
    if let Some(target) = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()) {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let query = request.uri().query().unwrap_or_default();
    let asks = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let of_an_object = request.uri().path().trim_matches('/').contains('/');
    match *request.method() {
        Method::POST if asks("uploads") => "CreateMultipartUpload",
        Method::POST if asks("uploadId") => "CompleteMultipartUpload",
        Method::PUT if asks("uploadId") => "UploadPart",
        Method::DELETE if asks("uploadId") => "AbortMultipartUpload",
        Method::PUT => "PutObject",
        Method::DELETE => "DeleteObject",
        Method::HEAD if of_an_object => "HeadObject",
        Method::HEAD => "HeadBucket",
        Method::GET if asks("list-type") => "ListObjectsV2",
        Method::GET if asks("uploads") => "ListMultipartUploads",
        _ => "GetObject",
    }
    .to_owned()
}

/// Asks the server the same; the host's name stays as it was signed.
async fn pass(server: &str, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = Full::new(body.collect().await.map_err(io::Error::other)?.to_bytes());
    let connection = TcpStream::connect(server).await?;
    let (mut send, driver) =
        hyper::client::conn::http1::handshake(TokioIo::new(connection)).await.map_err(io::Error::other)?;
    tokio::spawn(driver);
    let answer = send.send_request(Request::from_parts(head, body)).await.map_err(io::Error::other)?;
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    Ok(Response::from_parts(head, full(body)))
}

/// Reads a body up to some length.
async fn read(body: Incoming, bytes_max: usize) -> io::Result<()> {
    let mut pieces = body.into_data_stream();
    let mut bytes = 0;
    while bytes < bytes_max {
        match pieces.next().await {
            Some(piece) => bytes += piece.map_err(io::Error::other)?.len(),
            None => break,
        }
    }
    Ok(())
}

fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

fn broken() -> io::Error {
    io::Error::other("bad weather")
}
