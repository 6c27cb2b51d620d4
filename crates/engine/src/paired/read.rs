//! Pairs whose document is queued: both bodies are read.

use frappe_sync_model::{Pair, PerSide, Side, Site, StateStore};

use super::parted::{Parted, follow};
use super::write::decide_and_write;
use crate::Clock;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::session::Session;
use crate::work::{Pass, Worked};

/// Works on pairs whose document on `side` is queued.
pub(crate) async fn work<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    pairs: Vec<Pair>,
    pass: Pass,
) -> Result<Worked, EngineError> {
    let (a, b) = futures::future::join(
        session.documents_of(mapping, Side::A, &pairs),
        session.documents_of(mapping, Side::B, &pairs),
    )
    .await;
    let mut documents = PerSide { a: a?, b: b? };
    let mut both = Vec::new();
    let mut parted = Vec::new();
    for pair in pairs {
        let a = documents.a.remove(&pair.sides.a.name);
        let b = documents.b.remove(&pair.sides.b.name);
        match (a, b) {
            (Some(a), Some(b)) => both.push((pair, PerSide { a, b })),
            (a, b) => parted.push(Parted {
                pair,
                left: PerSide { a, b },
            }),
        }
    }
    let mut worked = follow(session, ledger, mapping, parted).await?;
    worked += decide_and_write(session, ledger, mapping, side, both, pass).await?;
    Ok(worked)
}
