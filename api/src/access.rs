//! A request's id, its line in the log, its counters, and the headers of every answer.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use tradewind_compliance::PartnerId;
use uuid::Uuid;

use crate::metrics::request_done;
use crate::problem::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is logged of a request that its client did not wait for, as nginx has it.
const GONE: u16 = 499;

/// The outermost layer. What it logs of a request is its method, its route's pattern, its status, its time and its
/// partner: nothing that the client chose freely.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let id = Uuid::now_v7();
    let span = tracing::info_span!("request", %id);
    let matched = request.extensions().get().cloned();
    let mut line =
        Line { method: method(request.method()), matched, started: Instant::now(), status: GONE, partner: None, span };
    let mut response = next.run(request).instrument(line.span.clone()).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        *response.body_mut() = Body::from(problem.document(id));
    }
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    line.status = response.status().as_u16();
    line.partner = response.extensions().get().cloned();
    response
}

/// A request's line in the log. It is written when it is dropped, since a client that goes away drops the request.
struct Line {
    method: &'static str,
    matched: Option<MatchedPath>,
    started: Instant,
    status: u16,
    partner: Option<PartnerId>,
    span: tracing::Span,
}

impl Drop for Line {
    fn drop(&mut self) {
        let Self { method, status, .. } = *self;
        let elapsed = self.started.elapsed();
        let route = self.matched.as_ref().map_or("unmatched", MatchedPath::as_str);
        request_done(method, route, status, elapsed);
        let partner = self.partner.as_ref().map_or("", PartnerId::as_str);
        let ms = elapsed.as_secs_f64() * 1e3;
        self.span.in_scope(|| tracing::info!(method, route, status, ms, partner, "answered"));
    }
}

/// A client may send any word as a method.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
