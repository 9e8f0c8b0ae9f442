//! `GET /v1/transactions/{id}` and `GET /v1/files/{id}`

use std::future::Future;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use serde::Deserialize;
use tradewind_compliance::ItemId;

use super::App;
use crate::gateway::{Caller, Content, GatewayError, Page};
use crate::problem::{Kind, Problem};
use crate::views::{FileView, TransactionView};

type Id = Result<Path<String>, PathRejection>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    after: Option<String>,
    limit: Option<u32>,
}

pub(super) async fn transaction(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    id: Id,
) -> Result<Json<TransactionView>, Problem> {
    let id = parse(id)?;
    found(&app, app.gateway.item(&caller, id)).await
}

pub(super) async fn file(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    id: Id,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<FileView>, Problem> {
    let id = parse(id)?;
    let page = page(query).ok_or_else(|| Problem::new(Kind::InvalidQuery))?;
    found(&app, app.gateway.file(&caller, id, page)).await
}

/// What is no id names nothing, just as an id that is not the caller's.
fn parse<T: std::str::FromStr>(id: Id) -> Result<T, Problem> {
    id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(|| Problem::new(Kind::NotFound))
}

fn page(query: Result<Query<PageQuery>, QueryRejection>) -> Option<Page> {
    let Query(query) = query.ok()?;
    let after: Option<ItemId> = query.after.map(|after| after.parse()).transpose().ok()?;
    let limit = query.limit.unwrap_or(Page::LIMIT_DEFAULT);
    (1..=Page::LIMIT_MAX).contains(&limit).then_some(Page { after, limit })
}

async fn found<T>(app: &App, look: impl Future<Output = Result<Option<T>, GatewayError>>) -> Result<Json<T>, Problem> {
    let found = tokio::time::timeout(app.limits.request(), look).await;
    let found = found.map_err(|_| Problem::new(Kind::Overloaded))?;
    let found = found.map_err(|error| Problem::of(error, Content::Json))?;
    found.map(Json).ok_or_else(|| Problem::new(Kind::NotFound))
}
