//! Work on a sync: how far it is is shown, Ctrl-C is heard, and what ends it is told.

use frappe_sync_connector::FrappeSite;
use frappe_sync_engine::{Cancel, EngineError, Parts, SystemClock};
use frappe_sync_store::SyncState;

use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::CliError;
use crate::progress::Bars;
use crate::wiring::OpenSync;
use crate::{failure, interrupt};

/// What the engine works with.
pub(crate) type SyncParts<'a> = Parts<'a, FrappeSite, SyncState, SystemClock>;

/// Does `work` with the sites of a sync and its memory.
pub(crate) async fn work_on<V>(
    context: &Context<'_>,
    sync: &SyncConfig,
    open: &OpenSync,
    store: &SyncState,
    work: impl AsyncFnOnce(&SyncParts<'_>) -> Result<V, EngineError>,
) -> Result<V, CliError> {
    let told = |error| failure::of_engine(error, sync, &context.config);
    if let Some(service) = &context.service {
        let parts = open.parts(store, &*service.progress, &service.cancel);
        return Box::pin(work(&parts)).await.map_err(told);
    }
    let cancel = Cancel::default();
    let bars = Bars::new(context.ui, sync.name.as_str());
    let parts = open.parts(store, &bars, &cancel);
    let work = async { work(&parts).await.map_err(told) };
    interrupt::listen(context.ui, &cancel, Box::pin(work)).await
}
