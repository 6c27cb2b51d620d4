//! What watches over the process asks.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::office::Office;

/// The format of Prometheus and OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The process is there.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// What it does can be relied on.
pub(super) async fn ready(State(office): State<Arc<dyn Office>>) -> Response {
    let ready = tokio::task::spawn_blocking(move || office.ready()).await;
    match ready {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(why)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Figures, of which none names a document.
pub(super) async fn metrics(State(office): State<Arc<dyn Office>>) -> Response {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], office.metrics()).into_response()
}
