//! Renames, carried over to the other side where names are meant to be equal.

use chrono::TimeDelta;
use frappe_sync_model::{
    Batch, DocName, FieldPath, Intent, IntentKind, Pair, PerSide, Side, Site, SiteErrorKind,
    SiteTime, StateStore, Todo, TodoReason,
};

use super::find::keys_of;
use crate::Clock;
use crate::error::EngineError;
use crate::gate::{Wanted, carried_out, permits};
use crate::ledger::Ledger;
use crate::past;
use crate::poll::vanished;
use crate::report::{Action, BaseReport, CounterpartReport, NoteReport, Operation, PlannedChange};
use crate::session::{Mode, Session};

/// Carries over the renames whose intents are open: those of this run, and those of earlier runs that cannot
/// be under way any more.
pub(crate) async fn carry_names<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
) -> Result<(), EngineError> {
    for intent in ledger.intents.clone() {
        let IntentKind::Rename {
            merge: false, from, ..
        } = &intent.kind
        else {
            continue;
        };
        if ledger.is_being_made(&intent.mapping, intent.side, from) {
            // The name must not become free for it.
            continue;
        }
        if ledger.is_being_updated(&intent.mapping, intent.side, from) {
            // The rename would look as if the update had arrived.
            continue;
        }
        let mapping = session
            .mappings
            .iter()
            .position(|m| m.name == intent.mapping);
        let Some(mapping) = mapping.filter(|mapping| !ledger.stopped.contains(mapping)) else {
            continue;
        };
        if intent.run != session.parts.run && !is_over(session, &intent) {
            continue;
        }
        if session.mode == Mode::Plan {
            plan_open_rename(session, ledger, mapping, &intent)?;
        } else if is_permitted(session, ledger, mapping, &intent)? {
            carry(session, ledger, mapping, &intent).await?;
        }
    }
    Ok(())
}

/// Writes a rename that an earlier run did not come to into a plan.
fn plan_open_rename<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    intent: &Intent,
) -> Result<(), EngineError> {
    if let IntentKind::Rename { from, to, .. } = &intent.kind {
        let name = session.name_of(mapping);
        let pairs = session
            .store()
            .pairs(name, intent.side, std::slice::from_ref(from))?;
        for pair in pairs {
            let seen = pair.sides.as_ref().map(|side| side.modified.clone());
            plan_rename(session, ledger, mapping, &pair, intent.side, to, seen);
        }
    }
    resolved(session, ledger, intent, Batch::default())
}

/// Tells whether a rename may be carried over, where a plan bounds the run.
fn is_permitted<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    intent: &Intent,
) -> Result<bool, EngineError> {
    let IntentKind::Rename { from, to, .. } = &intent.kind else {
        return Ok(false);
    };
    let doctype = &session.mappings[mapping].doctypes[intent.side.other()];
    let wanted = Wanted {
        site: intent.side,
        action: Action::Rename,
        source: (doctype, to),
        own: None,
        seen: PerSide::default(),
        changes: &[new_name(from, to)],
        missing: &[],
    };
    permits(session, ledger, &[wanted])
}

/// Shows a rename as a change.
pub(super) fn new_name(from: &DocName, to: &DocName) -> PlannedChange {
    let path = FieldPath::Field("name".into());
    PlannedChange::new(path, from.as_str().into(), to.as_str().into())
}

/// Tells whether the request of an intent cannot be under way any more.
pub(crate) fn is_over<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
) -> bool {
    let timeout = session.parts.options.request_timeout[intent.side];
    let timeout = TimeDelta::from_std(timeout).unwrap_or(TimeDelta::seconds(120));
    session.parts.clock.now() - intent.sent_at > timeout
}

async fn carry<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    intent: &Intent,
) -> Result<(), EngineError> {
    let IntentKind::Rename { from, to, .. } = &intent.kind else {
        return Ok(());
    };
    let side = intent.side;
    let effective = &session.mappings[mapping];
    let doctype = &effective.doctypes[side];
    if !is_its_own(session, mapping, intent).await? {
        return lost(session, ledger, intent);
    }
    match session.site(side).rename(doctype, from, to, false).await {
        Ok(name) => done(session, ledger, intent, &name),
        Err(error) if error.kind == SiteErrorKind::OutcomeUnknown => {
            look(session, ledger, mapping, intent).await
        }
        Err(error) if error.kind == SiteErrorKind::NotFound => lost(session, ledger, intent),
        Err(error) if error.concerns_one_document() => {
            ledger.notes.insert(NoteReport {
                kind: "name_kept".to_owned(),
                site: side,
                doctype: doctype.clone(),
                name: Some(from.clone()),
                message: format!(
                    "its counterpart is called `{to}` now, and the site does not rename it: {}; the pair goes \
                     on under two names",
                    error.message
                ),
            });
            resolved(session, ledger, intent, Batch::default())
        }
        Err(source) => Err(EngineError::Site { side, source }),
    }
}

/// Tells whether what has the old name is the pair's document still, and not one that was made under its name since.
async fn is_its_own<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    intent: &Intent,
) -> Result<bool, EngineError> {
    let IntentKind::Rename { pair: id, from, .. } = &intent.kind else {
        return Ok(true);
    };
    let name = std::slice::from_ref(from);
    let known = session
        .store()
        .counterparts(&intent.mapping, intent.side, name)?;
    let keys = keys_of(session, mapping, intent.side, name).await?;
    let there = keys.into_values().next();
    // A pair that is not known under that name any more has gone on without the rename.
    Ok(known.iter().filter(|pair| &pair.pair == id).any(|pair| {
        // What is hidden from us, the site refuses to rename by itself.
        let Some(key) = &there else { return true };
        pair.creation.is_none() || pair.creation == key.creation
    }))
}

/// It was renamed or deleted there, too: what became of it is found out, and the rename is dropped.
fn lost<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    intent: &Intent,
) -> Result<(), EngineError> {
    let IntentKind::Rename { from, .. } = &intent.kind else {
        return Ok(());
    };
    let (store, side) = (session.store(), intent.side);
    let lost = store.counterparts(&intent.mapping, side, std::slice::from_ref(from))?;
    let todos: Vec<Todo> = lost.iter().map(vanished).collect();
    store.stage(&intent.mapping, side, &todos, None)?;
    resolved(session, ledger, intent, Batch::default())
}

/// Looks whether a rename was carried out, and settles it if so; else its intent stays open.
pub(crate) async fn look<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    intent: &Intent,
) -> Result<(), EngineError> {
    let IntentKind::Rename {
        pair: id, from, to, ..
    } = &intent.kind
    else {
        return Ok(());
    };
    let side = intent.side;
    let known = session
        .store()
        .counterparts(&intent.mapping, side, std::slice::from_ref(from))?;
    let Some(pair) = known.iter().find(|pair| &pair.pair == id) else {
        // The pair has gone on, under whatever name.
        return resolved(session, ledger, intent, Batch::default());
    };
    let keys = keys_of(session, mapping, side, std::slice::from_ref(to)).await?;
    match keys.into_values().next() {
        Some(key) if key.creation == pair.creation => done(session, ledger, intent, &key.name),
        _ => Ok(()),
    }
}

/// Gives the pair the name that its document has now.
fn done<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    intent: &Intent,
    now: &DocName,
) -> Result<(), EngineError> {
    let IntentKind::Rename { pair: id, from, .. } = &intent.kind else {
        return Ok(());
    };
    let side = intent.side;
    let mut batch = Batch::default();
    let pairs = session
        .store()
        .pairs(&intent.mapping, side, std::slice::from_ref(from))?;
    if let Some(mut pair) = pairs.into_iter().find(|pair| pair.id == Some(*id)) {
        pair.sides[side].name = now.clone();
        pair.open = true;
        let todo = Todo {
            key: intent.source.clone(),
            reason: TodoReason::OpenPair,
        };
        batch
            .again
            .push((intent.mapping.clone(), side.other(), todo));
        batch.operations.push(past::renamed(session, intent, &pair));
        batch.pairs.push(pair);
        ledger.summary.rename += 1;
        ledger.applied_to[side] += 1;
        let mapping = session.mappings.iter().find(|it| it.name == intent.mapping);
        if let (Some(mapping), IntentKind::Rename { to, .. }) = (mapping, &intent.kind) {
            let source = (&mapping.doctypes[side.other()], to);
            carried_out(ledger, side, Action::Rename, source, now == to);
        }
    }
    resolved(session, ledger, intent, batch)
}

/// Closes an intent together with what it came to.
pub(crate) fn resolved<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    intent: &Intent,
    mut batch: Batch,
) -> Result<(), EngineError> {
    batch.intents_done.extend(intent.id);
    session.store().commit(&batch)?;
    ledger.intents.retain(|open| open.id != intent.id);
    Ok(())
}

/// Writes a rename into a plan.
pub(super) fn plan_rename<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    pair: &Pair,
    to: Side,
    name: &DocName,
    seen: PerSide<Option<SiteTime>>,
) {
    let effective = &session.mappings[mapping];
    let from = to.other();
    let old = pair.sides[to].name.clone();
    ledger.operations.push(Operation {
        id: ledger.operations.len() as u64 + 1,
        site: to,
        doctype: effective.doctypes[to].clone(),
        name: Some(old.clone()),
        counterpart: Some(CounterpartReport {
            doctype: effective.doctypes[from].clone(),
            name: name.clone(),
        }),
        action: Action::Rename,
        base: BaseReport {
            a_modified: seen.a,
            b_modified: seen.b,
        },
        changes: vec![new_name(&old, name)],
        after: Vec::new(),
        reason: format!("renamed on `{from}`"),
    });
    ledger.summary.rename += 1;
    ledger.applied_to[to] += 1;
}
