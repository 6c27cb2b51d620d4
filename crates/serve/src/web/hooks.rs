//! Hooks of sites: a hint each that something changed.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};

use super::office::Office;

/// The header that carries the signature (protocol 11).
const SIGNATURE: &str = "x-frappe-webhook-signature";

/// What became of a hook. Who asks learns no more than this: a stranger is not told what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookAnswer {
    /// It is taken.
    Taken,
    /// The signature is not right, or there is no such sync.
    NotOurs,
    /// It is signed, and cannot be understood.
    Unreadable,
}

pub(super) async fn take(
    State(office): State<Arc<dyn Office>>,
    Path((sync, site)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
    match office.hook(&sync, &site, &body, signature) {
        HookAnswer::Taken => StatusCode::ACCEPTED,
        HookAnswer::NotOurs => StatusCode::UNAUTHORIZED,
        HookAnswer::Unreadable => StatusCode::BAD_REQUEST,
    }
}
