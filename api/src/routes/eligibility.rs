//! `POST /v1/eligibility`

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderName;
use axum::http::header::{CONTENT_LOCATION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::{App, Call, detached};
use crate::body::{BodyLimits, collected, limited};
use crate::gateway::Inquiry;
use crate::headers;
use crate::problem::{Kind, Problem};

/// What the answer is: `271`, `999` or `TA1`.
const ANSWER: HeaderName = HeaderName::from_static("tradewind-answer");

/// Asks a payer now. A rejection is an answer too, 200 with a 999 or a TA1: the inquiry reached X12's own rules.
pub(super) async fn ask(State(app): State<App>, mut request: Request) -> Result<Response, Problem> {
    let deadline = Instant::now() + Duration::from_millis(app.limits.eligibility_timeout_ms);
    let Call { caller, place } = Call::of(&mut request)?;
    let content = headers::content(request.headers())?;
    let answer = headers::answer(request.headers(), content)?;
    let idempotency_key = headers::idempotency_key(request.headers())?;
    let limits = BodyLimits::new(&app.limits, content, app.limits.eligibility_bytes_max, deadline);
    let body = limited(request.into_body(), limits).map_err(Problem::of_body)?;
    let body = collected(body).await.map_err(Problem::of_body)?;
    let inquiry = Inquiry { content, body, idempotency_key, answer };
    let gateway = app.gateway.clone();
    let call = async move { gateway.eligibility(&caller, inquiry, deadline).await };
    let answer = detached(&app, place, content, (deadline, Kind::PartnerTimeout), call).await?;
    let headers = [
        (CONTENT_TYPE, answer.content.media_type().to_owned()),
        (CONTENT_LOCATION, format!("/v1/files/{}", answer.file)),
        (ANSWER, answer.kind.as_str().to_owned()),
    ];
    Ok((headers, answer.body).into_response())
}
