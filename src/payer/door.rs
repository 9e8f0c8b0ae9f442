//! The HTTP door. The accept loop is ours, since a call that is cut must end without an answer.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::StreamExt as _;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tradewind_compliance::ReceiptId;
use tradewind_edi::ack::x277ca::Role;
use tradewind_edi::ack::{Stamp, x999};
use tradewind_transfer::transport::NEVER_TAKEN;

use super::Desk;
use super::fault::{Fault, Planned};
use super::record::Taken;
use super::take::Intake;
use crate::acknowledge::{Answering, Numbers};

/// The longest body that is taken.
pub const BODY_BYTES_MAX: u64 = 256 << 20;
/// The longest list of faults.
const FAULTS_BYTES_MAX: usize = 16 << 10;
/// A request's head must be in within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// After an accept that failed, the loop rests so long.
const ACCEPT_REST: Duration = Duration::from_millis(200);
/// What is no X12.
const GARBAGE: &str = "<html><body>It works!</body></html>\n";
const X12: &str = "application/edi-x12";

/// Marks an answer that must not go out: the connection is dropped instead.
#[derive(Clone, Copy)]
struct Cut;

/// Serves until `shutdown` is done.
pub(super) async fn serve(listener: TcpListener, desk: Arc<Desk>, shutdown: impl Future<Output = ()>) {
    let router = Router::new()
        .route("/x12", post(take))
        .route("/status/{interchange}", get(status))
        .route("/faults", post(plan).layer(DefaultBodyLimit::max(FAULTS_BYTES_MAX)))
        .with_state(desk);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(converse(stream, router.clone()))),
                Err(_) => tokio::time::sleep(ACCEPT_REST).await,
            },
        }
    }
    connections.shutdown().await;
}

async fn converse(stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true);
    let inner = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        let answer = inner.call(request);
        async move {
            let response: Result<Response, Infallible> = answer.await;
            match response {
                Ok(response) if response.extensions().get::<Cut>().is_some() => {
                    Err(std::io::ErrorKind::ConnectionAborted)
                }
                Ok(response) => Ok(response),
                Err(never) => match never {},
            }
            .map_err(std::io::Error::from)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    // Whoever went away is told nothing, and a cut was wanted.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

async fn take(State(desk): State<Arc<Desk>>, body: Body) -> Response {
    let fault = desk.faults.next();
    if fault == Some(Fault::Refuse) {
        return told(StatusCode::SERVICE_UNAVAILABLE, "refused, as was asked for");
    }
    let taken = match read(&desk, body).await {
        Ok(taken) => taken,
        Err(response) => return response,
    };
    let recording = Arc::clone(&desk);
    let recorded = tokio::task::spawn_blocking(move || recording.record.take(&taken).map(|()| taken)).await;
    let Ok(Ok(taken)) = recorded else {
        return told(StatusCode::SERVICE_UNAVAILABLE, "the record cannot be written, so nothing was taken");
    };
    let answer = x12(taken.into_iter().flat_map(|taken| taken.answer).collect());
    match fault {
        None | Some(Fault::Refuse) => answer,
        Some(Fault::Slow(pause)) => {
            tokio::time::sleep(pause).await;
            answer
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Cut) => {
            let mut nothing = Response::new(Body::empty());
            nothing.extensions_mut().insert(Cut);
            nothing
        }
        Some(Fault::Garbage) => ([(header::CONTENT_TYPE, "text/html")], GARBAGE).into_response(),
        Some(Fault::Late) => StatusCode::ACCEPTED.into_response(),
    }
}

/// Reads a body through the engine. Nothing of it is taken unless all of it came.
async fn read(desk: &Arc<Desk>, body: Body) -> Result<Vec<Taken>, Response> {
    let now = desk.clock.now_unix_ms();
    let numbered = Arc::clone(desk);
    let numbers = move || -> Numbers {
        let desk = Arc::clone(&numbered);
        Box::new(move || desk.record.next_number())
    };
    let reference = ReceiptId::new(now, rand::random()).to_string();
    let answering = Answering {
        role: Role::Payer,
        name: desk.name.clone(),
        id: desk.id.clone(),
        at: Stamp::from_unix(i64::try_from(now / 1000).unwrap_or(i64::MAX)),
        claim_numbers: Some(reference.clone()),
        reference,
        x999: x999::Options::default(),
        claims: true,
        application_advice: false,
    };
    let mut intake = Intake::new(answering, numbers);
    let (mut chunks, mut bytes) = (body.into_data_stream(), 0_u64);
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else { return Err(told(StatusCode::BAD_REQUEST, "the body was cut")) };
        bytes += chunk.len() as u64;
        if bytes > BODY_BYTES_MAX {
            return Err(told(StatusCode::PAYLOAD_TOO_LARGE, &format!("expected at most {BODY_BYTES_MAX} bytes")));
        }
        intake.feed(&chunk);
    }
    intake.finish().map_err(|error| told(StatusCode::BAD_REQUEST, &error.to_string()))
}

async fn status(State(desk): State<Arc<Desk>>, Path(interchange): Path<String>) -> Response {
    let Ok(number) = interchange.parse() else { return told(StatusCode::NOT_FOUND, "expected ISA13, a number") };
    match tokio::task::spawn_blocking(move || desk.record.answer(number)).await {
        Ok(Ok(Some(answer))) => x12(answer),
        Ok(Ok(None)) => ([NEVER_TAKEN], told(StatusCode::NOT_FOUND, "no such interchange was taken")).into_response(),
        _ => told(StatusCode::INTERNAL_SERVER_ERROR, "the record cannot be read"),
    }
}

async fn plan(State(desk): State<Arc<Desk>>, text: String) -> Response {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    match lines.map(str::parse::<Planned>).collect() {
        Ok(planned) => {
            desk.faults.set(planned);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => told(StatusCode::BAD_REQUEST, &format!("expected one fault a line: {error}")),
    }
}

fn x12(answer: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, X12)], answer).into_response()
}

fn told(status: StatusCode, text: &str) -> Response {
    (status, format!("{text}\n")).into_response()
}
