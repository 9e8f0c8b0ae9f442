//! `POST /v1/transactions`

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::time::Instant;
use tradewind_compliance::ReceiptId;

use super::{App, Call, detached};
use crate::body::{BodyLimits, limited};
use crate::gateway::Submission;
use crate::headers;
use crate::problem::{Kind, Problem};

#[derive(Serialize)]
struct Accepted {
    file: ReceiptId,
    duplicate: bool,
}

/// Takes a file in: 202 once it is durable, with where to look for what becomes of it.
pub(super) async fn submit(State(app): State<App>, mut request: Request) -> Result<Response, Problem> {
    let Call { caller, place } = Call::of(&mut request)?;
    let content = headers::content(request.headers())?;
    let idempotency_key = headers::idempotency_key(request.headers())?;
    let now = Instant::now();
    let body_deadline = now + Duration::from_millis(app.limits.body_timeout_ms);
    let limits = BodyLimits::new(&app.limits, content, app.limits.transaction_bytes_max, body_deadline);
    let body = limited(request.into_body(), limits).map_err(Problem::of_body)?;
    let submission = Submission { content, body, idempotency_key };
    let deadline = now + app.limits.submission();
    let gateway = app.gateway.clone();
    let call = async move { gateway.submit(&caller, submission).await };
    let submitted = detached(&app, place, content, (deadline, Kind::StillWorking), call).await?;
    let location = [(LOCATION, format!("/v1/files/{}", submitted.file))];
    let accepted = Accepted { file: submitted.file, duplicate: submitted.duplicate };
    Ok((StatusCode::ACCEPTED, location, Json(accepted)).into_response())
}
