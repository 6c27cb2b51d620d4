//! Pairs whose document is queued: both bodies are read.

use frappe_sync_model::{Document, Pair, PerSide, Side, Site, StateStore};

use super::parted::{Parted, queue_vanished, survivors};
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
    let (left, pairs): (Vec<Pair>, Vec<Pair>) =
        pairs.into_iter().partition(|pair| pair.gone.is_some());
    let mut worked = survivors(session, ledger, mapping, left)?;
    let (a, b) = futures::future::join(
        session.documents_of(mapping, Side::A, &pairs),
        session.documents_of(mapping, Side::B, &pairs),
    )
    .await;
    let mut documents = PerSide { a: a?, b: b? };
    for side in Side::BOTH {
        for pair in &pairs {
            let name = &pair.sides[side].name;
            if let Some(document) = ledger.foreseen.get(mapping, side, name) {
                documents[side].insert(name.clone(), document.clone());
            }
        }
    }
    let mut both = Vec::new();
    let mut parted = Vec::new();
    for pair in pairs {
        let a = documents.a.remove(&pair.sides.a.name);
        let b = documents.b.remove(&pair.sides.b.name);
        // A name that was deleted and used again belongs to another document.
        let a = a.filter(|document| is_of(&pair, Side::A, document));
        let b = b.filter(|document| is_of(&pair, Side::B, document));
        match (a, b) {
            (Some(a), Some(b)) => both.push((pair, PerSide { a, b })),
            (a, b) => parted.push(Parted {
                pair,
                left: PerSide { a, b },
            }),
        }
    }
    worked += queue_vanished(session, parted)?;
    worked += decide_and_write(session, ledger, mapping, side, both, pass).await?;
    Ok(worked)
}

fn is_of(pair: &Pair, side: Side, document: &Document) -> bool {
    let creation = &pair.sides[side].creation;
    creation.is_none() || creation == &document.key.creation
}
