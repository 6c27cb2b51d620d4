//! What the page reads and orders, as JSON.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::office::{Answer, Office, Order, Question, Refusal, Take};

type Desk = State<Arc<dyn Office>>;

/// The most past runs that are listed.
const MOST_RUNS: usize = 500;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}

#[derive(Deserialize)]
pub(super) struct HistoryQuery {
    limit: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct ConflictsQuery {
    #[serde(default)]
    decided: bool,
}

#[derive(Deserialize)]
pub(super) struct WhyQuery {
    doctype: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunOrder {
    #[serde(default)]
    sweep: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetryOrder {
    doctype: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResolveOrder {
    conflicts: BTreeSet<i64>,
    take: Take,
}

pub(super) async fn syncs(State(office): Desk) -> Json<Value> {
    Json(office.syncs())
}

pub(super) async fn status(desk: Desk, Path(sync): Path<String>) -> Result<Json<Value>, Refusal> {
    read(desk, sync, Question::Status).await
}

pub(super) async fn history(
    desk: Desk,
    Path(sync): Path<String>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<Value>, Refusal> {
    let limit = query.limit.unwrap_or(50).min(MOST_RUNS);
    read(desk, sync, Question::History(limit)).await
}

pub(super) async fn past_run(
    desk: Desk,
    Path((sync, run)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    read(desk, sync, Question::Run(run)).await
}

pub(super) async fn parked(desk: Desk, Path(sync): Path<String>) -> Result<Json<Value>, Refusal> {
    read(desk, sync, Question::Parked).await
}

pub(super) async fn conflicts(
    desk: Desk,
    Path(sync): Path<String>,
    Query(query): Query<ConflictsQuery>,
) -> Result<Json<Value>, Refusal> {
    let decided = query.decided;
    read(desk, sync, Question::Conflicts { decided }).await
}

pub(super) async fn conflict(
    desk: Desk,
    Path((sync, number)): Path<(String, i64)>,
) -> Result<Response, Refusal> {
    order(desk, sync, Order::Conflict(number)).await
}

pub(super) async fn why(
    desk: Desk,
    Path(sync): Path<String>,
    Query(query): Query<WhyQuery>,
) -> Result<Response, Refusal> {
    let WhyQuery { doctype, name } = query;
    order(desk, sync, Order::Why { doctype, name }).await
}

pub(super) async fn run(
    desk: Desk,
    Path(sync): Path<String>,
    Json(RunOrder { sweep }): Json<RunOrder>,
) -> Result<Response, Refusal> {
    order(desk, sync, Order::Run { sweep }).await
}

pub(super) async fn verify(desk: Desk, Path(sync): Path<String>) -> Result<Response, Refusal> {
    order(desk, sync, Order::Verify).await
}

pub(super) async fn pause(desk: Desk, Path(sync): Path<String>) -> Result<Response, Refusal> {
    order(desk, sync, Order::Pause).await
}

pub(super) async fn resume(desk: Desk, Path(sync): Path<String>) -> Result<Response, Refusal> {
    order(desk, sync, Order::Resume).await
}

pub(super) async fn plan(desk: Desk, Path(sync): Path<String>) -> Result<Response, Refusal> {
    order(desk, sync, Order::Plan).await
}

pub(super) async fn retry(
    desk: Desk,
    Path(sync): Path<String>,
    Json(wanted): Json<RetryOrder>,
) -> Result<Response, Refusal> {
    let one = match (wanted.doctype, wanted.name) {
        (Some(doctype), Some(name)) => Some((doctype, name)),
        (None, None) => None,
        _ => {
            return Err(Refusal {
                status: 400,
                message: "one document has a DocType and a name".to_owned(),
                remedy: vec!["give both, or none for all that is parked".to_owned()],
            });
        }
    };
    order(desk, sync, Order::Retry(one)).await
}

pub(super) async fn resolve(
    desk: Desk,
    Path(sync): Path<String>,
    Json(wanted): Json<ResolveOrder>,
) -> Result<Response, Refusal> {
    let ResolveOrder { conflicts, take } = wanted;
    if matches!(take, Take::Value(_)) && conflicts.len() > 1 {
        return Err(Refusal {
            status: 400,
            message: "a value that a person wrote is for one conflict".to_owned(),
            remedy: vec!["decide many of them for `a` or for `b`".to_owned()],
        });
    }
    order(desk, sync, Order::Resolve { conflicts, take }).await
}

/// Shows a plan. Its address is told to who ordered it, and nobody can guess it: so a frame can show it, which sends no
/// token.
pub(super) async fn plan_page(State(office): Desk, Path(ticket): Path<String>) -> Response {
    let Some(page) = office.page(&ticket) else {
        return Refusal::unknown("this plan is not kept any more").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        // The page itself says which script is its own.
        (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'self'"),
    ];
    (headers, page.to_string()).into_response()
}

async fn read(
    State(office): Desk,
    sync: String,
    question: Question,
) -> Result<Json<Value>, Refusal> {
    let read = tokio::task::spawn_blocking(move || office.read(&sync, &question));
    let value = read.await.map_err(|_| Refusal {
        status: 500,
        message: "the state could not be read".to_owned(),
        remedy: vec!["the log of frappe-sync says why".to_owned()],
    })??;
    Ok(Json(value))
}

async fn order(State(office): Desk, sync: String, order: Order) -> Result<Response, Refusal> {
    Ok(match office.order(&sync, order).await? {
        Answer::Taken => (StatusCode::ACCEPTED, Json(json!({ "taken": true }))).into_response(),
        Answer::Told(value) => Json(value).into_response(),
        Answer::Page(ticket) => Json(json!({ "page": format!("/plans/{ticket}") })).into_response(),
    })
}
