//! What operators and machines ask, without a token: health, metrics, and what the API says of itself.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::{App, OPENAPI};
use crate::gateway::Health;
use crate::metrics::render;
use crate::problem::{Kind, Problem};

/// Whoever asks for health or metrics gives up soon.
const PATIENCE: Duration = Duration::from_secs(5);

/// 200 while the program turns its wheels, else 503.
pub(super) async fn health(State(app): State<App>) -> Response {
    report(&app, |health| health.live).await
}

/// 200 while files can be taken in and kept, else 503.
pub(super) async fn ready(State(app): State<App>) -> Response {
    report(&app, |health| health.live && health.ready).await
}

async fn report(app: &App, good: fn(&Health) -> bool) -> Response {
    let health = tokio::time::timeout(PATIENCE, app.gateway.health()).await;
    let health = health.unwrap_or(Health { live: false, ready: false, parts: Vec::new() });
    let status = if good(&health) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}

pub(super) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let snapshot = tokio::time::timeout(PATIENCE, app.gateway.metrics()).await;
    let snapshot = snapshot.map_err(|_| Problem::new(Kind::Overloaded))?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render(&snapshot)).into_response())
}

pub(super) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

/// The page that a problem's `type` leads to.
pub(super) async fn problem(slug: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let kind = slug.ok().and_then(|Path(slug)| Kind::ALL.iter().find(|kind| kind.slug() == slug));
    let kind = kind.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let text = format!("{} ({})\n\n{}\n", kind.title(), kind.status().as_u16(), kind.advice());
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
