//! Who may call `/v1`, and how many at once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;

use crate::gateway::Caller;
use crate::problem::{Kind, Problem};
use crate::routes::App;

/// A place among the requests that are worked on, held until the work ends, be the client still there or not.
pub(crate) type Place = Arc<OwnedSemaphorePermit>;

/// Everything under `/v1` needs a token, also what is not there.
pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path != "/v1" && !path.starts_with("/v1/") {
        return next.run(request).await;
    }
    let caller = match caller(&app, request.headers()) {
        Ok(caller) => caller,
        Err(problem) => {
            metrics::counter!("tradewind_http_unauthorized_total").increment(1);
            return problem.into_response();
        }
    };
    let partner = caller.partner.clone();
    let mut response = match Arc::clone(&app.requests).try_acquire_owned() {
        Err(_) => Problem::new(Kind::Overloaded).into_response(),
        Ok(place) => {
            let place: Place = Arc::new(place);
            request.extensions_mut().insert(caller);
            request.extensions_mut().insert(Arc::clone(&place));
            let response = next.run(request).await;
            drop(place);
            response
        }
    };
    response.extensions_mut().insert(partner);
    response
}

fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return Err(Problem::new(Kind::Unauthorized)) };
    let credentials = line.to_str().ok().and_then(|line| line.split_once(' '));
    let Some((scheme, token)) = credentials else { return Err(Problem::new(Kind::Unauthorized)) };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::new(Kind::Unauthorized));
    }
    app.gateway.authenticate(token.trim()).ok_or_else(Problem::wrong_token)
}
