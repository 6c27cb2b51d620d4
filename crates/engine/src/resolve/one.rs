//! A person's decision on one conflict.

use frappe_sync_model::{
    Baseline, Batch, ConflictRecord, ConflictState, Document, JournalEntry, Pair, PerSide, Side,
    Site, StateStore, Todo, TodoReason,
};

use super::detail::{find, mapping_of, path_on, value_at};
use super::disavow::disavow;
use super::{ResolveOutcome, ResolveReport};
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::links::Links;
use crate::removal::{DELETED, remove_one};
use crate::run::open;
use crate::session::{Mode, Session};
use crate::view::View;
use crate::work::Pass;
use crate::{Clock, Parts, paired, recover, same_site};

/// Decides a conflict for one side and carries that out, with the `modified` that both documents have now.
///
/// The value that loses goes to the journal.
///
/// # Errors
///
/// [`EngineError::Unknown`] where there is no such conflict; else as a run.
pub async fn resolve<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
    conflict: i64,
    winner: Side,
) -> Result<ResolveReport, EngineError> {
    let record = find(parts, conflict)?;
    let session = open(parts, Mode::Run).await?;
    same_site::judge(&session).await?;
    let mapping = mapping_of(&session, &record)?;
    let report = |outcome| ResolveReport {
        format: "frappe-sync/resolve@1".to_owned(),
        sync: parts.sync.clone(),
        conflict: Some(conflict),
        winner,
        doctype: session.mappings[mapping].doctypes.a.clone(),
        a_name: record.names.a.clone(),
        b_name: record.names.b.clone(),
        path: record.path.clone(),
        outcome,
    };
    if record.state != ConflictState::Open {
        return Ok(report(ResolveOutcome::Over));
    }
    let mut ledger = Ledger::load(parts.store)?;
    recover::recover(&session, &mut ledger).await?;
    let Some(pair) = pair_of(&session, &record)? else {
        return Ok(report(ResolveOutcome::Over));
    };
    let outcome = if record.path.to_string() == DELETED {
        of_deleted(&session, &mut ledger, mapping, pair, &record, winner).await?
    } else {
        of_value(&session, &mut ledger, mapping, pair, &record, winner).await?
    };
    Ok(report(outcome))
}

fn pair_of<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    record: &ConflictRecord,
) -> Result<Option<Pair>, EngineError> {
    for side in Side::BOTH {
        let name = std::slice::from_ref(&record.names[side]);
        let pairs = session.store().pairs(&record.mapping, side, name)?;
        if let Some(pair) = pairs.into_iter().next() {
            return Ok(Some(pair));
        }
    }
    Ok(None)
}

/// One side deleted the document, the other edited it.
async fn of_deleted<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    pair: Pair,
    record: &ConflictRecord,
    winner: Side,
) -> Result<ResolveOutcome, EngineError> {
    let Some(gone) = pair.gone else {
        return over(session, record);
    };
    let side = gone.other();
    let left = session
        .documents_of(mapping, side, std::slice::from_ref(&pair))
        .await?
        .into_values()
        .next();
    let Some(document) = left else {
        return over(session, record);
    };
    let over = (
        record.mapping.clone(),
        record.names.a.clone(),
        record.path.clone(),
    );
    if winner == side {
        let todo = Todo {
            key: document.key,
            reason: TodoReason::Seen,
        };
        session.store().commit(&Batch {
            forget: pair.id.into_iter().collect(),
            again: vec![(record.mapping.clone(), side, todo)],
            conflicts_over: vec![over],
            ..Batch::default()
        })?;
        return Ok(ResolveOutcome::Queued);
    }
    session.store().commit(&Batch {
        conflicts_over: vec![over],
        ..Batch::default()
    })?;
    remove_one(session, ledger, mapping, side, pair, document).await?;
    Ok(match ledger.summary.delete {
        0 => ResolveOutcome::Queued,
        _ => ResolveOutcome::Done,
    })
}

/// Both sides changed one value.
async fn of_value<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    mut pair: Pair,
    record: &ConflictRecord,
    winner: Side,
) -> Result<ResolveOutcome, EngineError> {
    let pairs = std::slice::from_ref(&pair);
    let (a, b) = futures::future::join(
        session.documents_of(mapping, Side::A, pairs),
        session.documents_of(mapping, Side::B, pairs),
    )
    .await;
    let (Some(a), Some(b)) = (a?.into_values().next(), b?.into_values().next()) else {
        return Ok(ResolveOutcome::Changed);
    };
    let documents = PerSide { a, b };
    let mut links = Links::new(session);
    for side in Side::BOTH {
        links
            .resolve_all(session, mapping, side, [&documents[side]])
            .await?;
    }
    let views = PerSide::from_fn(|side| {
        let effective = &session.mappings[mapping];
        View::new(
            &session.fingerprints,
            effective,
            side,
            &documents[side],
            &links,
        )
    });
    let known = pair.baseline.clone();
    if !disavow(&mut pair.baseline, &views, &record.path, winner) {
        return Err(EngineError::Unknown(format!(
            "a value to decide at `{}`: give one of the two documents the other's value by hand",
            record.path
        )));
    }
    keep_loser(session, mapping, &known, &documents, record, winner)?;
    let work = vec![(pair, documents)];
    paired::decide_and_write(session, ledger, mapping, Side::A, work, Pass::Last).await?;
    let decided = session
        .store()
        .open_conflicts()?
        .iter()
        .all(|open| open.id != record.id);
    Ok(match decided {
        true if ledger.stale.is_empty() => ResolveOutcome::Done,
        _ => ResolveOutcome::Changed,
    })
}

/// Puts the value that is about to lose into the journal.
fn keep_loser<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    known: &Baseline,
    documents: &PerSide<Document>,
    record: &ConflictRecord,
    winner: Side,
) -> Result<(), EngineError> {
    let loser = winner.other();
    let path = |side: Side| path_on(session, mapping, side, known, &record.path);
    let value = |side: Side| value_at(&documents[side], path(side).as_ref());
    session.store().commit(&Batch {
        journal: vec![JournalEntry {
            run: session.parts.run.clone(),
            at: session.parts.clock.now(),
            side: loser,
            doctype: session.mappings[mapping].doctypes[loser].clone(),
            name: documents[loser].name().clone(),
            path: path(loser).unwrap_or_else(|| record.path.clone()),
            lost: value(loser),
            kept: value(winner),
            reason: format!("a person decided for `{winner}`"),
        }],
        ..Batch::default()
    })?;
    Ok(())
}

fn over<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    record: &ConflictRecord,
) -> Result<ResolveOutcome, EngineError> {
    session.store().commit(&Batch {
        conflicts_over: vec![(
            record.mapping.clone(),
            record.names.a.clone(),
            record.path.clone(),
        )],
        ..Batch::default()
    })?;
    Ok(ResolveOutcome::Over)
}
