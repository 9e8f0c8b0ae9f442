//! The routes, and what is around all of them.

mod eligibility;
mod operations;
mod transactions;
mod views;

use std::any::Any;
use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

use crate::auth::Place;
use crate::gateway::{Caller, Content, Gateway, GatewayError};
use crate::limits::Limits;
use crate::problem::{Kind, Problem};
use crate::{access, auth};

/// What the API says of itself (OpenAPI 3.1). A test holds it to what the server does.
pub const OPENAPI: &str = include_str!("../../openapi.json");

/// Every path that the server knows.
pub const PATHS: &[&str] = &[
    "/v1/transactions",
    "/v1/transactions/{id}",
    "/v1/eligibility",
    "/v1/files/{id}",
    "/health",
    "/health/ready",
    "/metrics",
    "/openapi.json",
    "/problems/{kind}",
];

/// What a process without this door tells.
pub(crate) const OPERATIONS: &[&str] = &["/health", "/health/ready", "/metrics"];

/// What every request may use.
pub(crate) type App = Arc<Shared>;

pub(crate) struct Shared {
    pub(crate) gateway: Arc<dyn Gateway>,
    pub(crate) limits: Limits,
    /// Places for requests that are worked on.
    pub(crate) requests: Arc<Semaphore>,
    /// Calls to the gateway that outlive their client.
    pub(crate) tasks: TaskTracker,
}

/// The service, or a part of it.
pub(crate) fn router(app: &App, paths: &[&str]) -> Router {
    let mut router = Router::new();
    for path in paths {
        router = router.route(path, methods(path));
    }
    router
        .fallback(async || Problem::new(Kind::NotFound))
        .method_not_allowed_fallback(async || Problem::new(Kind::MethodNotAllowed))
        .layer(from_fn_with_state(Arc::clone(app), auth::guard))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(access::observe))
        .with_state(Arc::clone(app))
}

fn methods(path: &str) -> MethodRouter<App> {
    match path {
        "/v1/transactions" => post(transactions::submit),
        "/v1/transactions/{id}" => get(views::transaction),
        "/v1/eligibility" => post(eligibility::ask),
        "/v1/files/{id}" => get(views::file),
        "/health" => get(operations::health),
        "/health/ready" => get(operations::ready),
        "/metrics" => get(operations::metrics),
        "/openapi.json" => get(operations::openapi),
        "/problems/{kind}" => get(operations::problem),
        _ => MethodRouter::new(),
    }
}

/// The panic's message may hold a value: it is not repeated.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("request panicked");
    Problem::new(Kind::Internal).into_response()
}

/// What the guard put beside a request under `/v1`.
pub(crate) struct Call {
    caller: Caller,
    place: Place,
}

impl Call {
    fn of(request: &mut Request) -> Result<Self, Problem> {
        let found = (request.extensions_mut().remove(), request.extensions_mut().remove());
        let (Some(caller), Some(place)) = found else { return Err(Problem::new(Kind::Unauthorized)) };
        Ok(Self { caller, place })
    }
}

/// Runs a call to the gateway to its end, whether or not the client stays. The client is told `late` at the deadline.
async fn detached<T: Send + 'static>(
    app: &App,
    place: Place,
    content: Content,
    (deadline, late): (Instant, Kind),
    call: impl Future<Output = Result<T, GatewayError>> + Send + 'static,
) -> Result<T, Problem> {
    let span = tracing::Span::current();
    let call = async move {
        let result = call.await;
        drop(place);
        result
    };
    let task = app.tasks.spawn(tracing::Instrument::instrument(call, span));
    match tokio::time::timeout_at(deadline, task).await {
        Ok(Ok(result)) => result.map_err(|error| Problem::of(error, content)),
        Ok(Err(_)) => {
            tracing::error!("request panicked");
            Err(Problem::new(Kind::Internal))
        }
        Err(_) => Err(Problem::new(late)),
    }
}
