//! Pairs whose document is queued: both bodies are read.

use std::collections::HashMap;

use frappe_sync_model::{
    Batch, BodyQuery, DocName, Document, Pair, PerSide, Selection, Side, Site, StateStore,
};

use super::write::decide_and_write;
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::report::NoteReport;
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
        read(session, mapping, Side::A, &pairs),
        read(session, mapping, Side::B, &pairs),
    )
    .await;
    let mut documents = PerSide { a: a?, b: b? };
    let mut both = Vec::new();
    let mut worked = Worked::default();
    let mut batch = Batch::default();
    for pair in pairs {
        let a = documents.a.remove(&pair.sides.a.name);
        let b = documents.b.remove(&pair.sides.b.name);
        match (a, b) {
            (Some(a), Some(b)) => both.push((pair, PerSide { a, b })),
            (a, _) => {
                let gone = if a.is_some() { Side::B } else { Side::A };
                vanished(session, ledger, mapping, gone, &pair);
                for side in Side::BOTH {
                    let name = pair.sides[side].name.clone();
                    batch.done.push((pair.mapping.clone(), side, name));
                }
                worked.dealt += 1;
            }
        }
    }
    session.store().commit(&batch)?;
    worked += decide_and_write(session, ledger, mapping, side, both, pass).await?;
    Ok(worked)
}

async fn read<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    pairs: &[Pair],
) -> Result<HashMap<DocName, Document>, EngineError> {
    let effective = &session.mappings[mapping];
    let names = pairs
        .iter()
        .map(|pair| pair.sides[side].name.clone())
        .collect();
    let query = BodyQuery {
        meta: &effective.meta[side],
        selection: Selection::Names(names),
        tables: effective.table_fields(side),
    };
    let documents = session.site(side).documents(&query).await.on(side)?;
    Ok(documents
        .into_iter()
        .map(|document| (document.name().clone(), document))
        .collect())
}

fn vanished<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    gone: Side,
    pair: &Pair,
) {
    ledger.notes.insert(NoteReport {
        kind: "vanished".to_owned(),
        site: gone,
        doctype: session.mappings[mapping].doctypes[gone].clone(),
        name: Some(pair.sides[gone].name.clone()),
        message: format!(
            "is not there any more; its counterpart `{}` is left as it is",
            pair.sides[gone.other()].name
        ),
    });
}
