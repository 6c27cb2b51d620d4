//! The web page, what it asks for, and what others ask: health, metrics, hooks.
//!
//! Reading needs no token where only this machine can ask, and one where others can; whatever changes something
//! always needs it. The token travels in a header of its own, which no other page can send; where the browser tells
//! that another page asks, it is refused all the same. Nothing on the page comes from elsewhere.

mod api;
mod guard;
mod hooks;
mod office;
mod page;
mod probes;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

pub use guard::{Door, Host};
pub use hooks::HookAnswer;
pub use office::{Answer, Office, OfficeFuture, Order, Question, Refusal, Take};

/// The largest body that a hook may have, in bytes: ours are below 1 KiB.
const HOOK_BYTES: usize = 64 * 1024;

/// The largest body that an order may have, in bytes: it may hold a value that a person wrote.
const ORDER_BYTES: usize = 1024 * 1024;

/// Returns everything that is served, with who may ask for it.
pub fn router(office: Arc<dyn Office>, door: Door) -> Router {
    let door = Arc::new(door);
    let orders = Router::new()
        .route("/api/syncs/{sync}/run", post(api::run))
        .route("/api/syncs/{sync}/verify", post(api::verify))
        .route("/api/syncs/{sync}/pause", post(api::pause))
        .route("/api/syncs/{sync}/resume", post(api::resume))
        .route("/api/syncs/{sync}/plan", post(api::plan))
        .route("/api/syncs/{sync}/parked/retry", post(api::retry))
        .route("/api/syncs/{sync}/conflicts/resolve", post(api::resolve))
        .layer(from_fn_with_state(Arc::clone(&door), guard::with_token))
        .layer(DefaultBodyLimit::max(ORDER_BYTES));
    let questions = Router::new()
        .route("/api/syncs", get(api::syncs))
        .route("/api/syncs/{sync}", get(api::status))
        .route("/api/syncs/{sync}/history", get(api::history))
        .route("/api/syncs/{sync}/runs/{run}", get(api::past_run))
        .route("/api/syncs/{sync}/parked", get(api::parked))
        .route("/api/syncs/{sync}/conflicts", get(api::conflicts))
        .route("/api/syncs/{sync}/conflicts/{number}", get(api::conflict))
        .route("/api/syncs/{sync}/why", get(api::why))
        .route("/metrics", get(probes::metrics))
        .layer(from_fn_with_state(Arc::clone(&door), guard::to_read));
    let page = Router::new()
        .route("/", get(page::index))
        .route("/app.css", get(page::style))
        .route("/app.js", get(page::script))
        .route("/plans/{ticket}", get(api::plan_page));
    let hooks = Router::new()
        .route("/hooks/{sync}/{site}", post(hooks::take))
        .layer(DefaultBodyLimit::max(HOOK_BYTES));
    let guarded = page
        .merge(questions)
        .merge(orders)
        .layer(from_fn(guard::headers))
        .layer(from_fn_with_state(door, guard::host));
    // Who watches over the process asks by whatever name it has there, and hooks come through a proxy.
    guarded
        .merge(hooks)
        .route("/healthz", get(probes::health))
        .route("/readyz", get(probes::ready))
        .with_state(office)
}

/// Serves until `stop` ends, then takes nothing new and lets what is under way end.
///
/// # Errors
///
/// Where connections cannot be taken.
pub async fn serve(
    listener: tokio::net::TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}

#[cfg(test)]
mod tests;
