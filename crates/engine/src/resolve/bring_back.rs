//! The loser of a decision, brought back from the journal.

use frappe_sync_model::{
    DocName, Document, FieldPath, JournalEntry, Selection, Side, Site, SiteErrorKind, StateStore,
    canonical,
};
use serde_json::{Map, Value};

use super::{ResolveOutcome, ResolveReport};
use crate::compose::whole_row;
use crate::error::{EngineError, OnSide};
use crate::run::open;
use crate::session::{Mode, Session};
use crate::{Clock, Parts, same_site};

/// Writes a value that lost to the document that lost it, if that still holds what took its place. The next run
/// carries it to the other side as any edit.
///
/// # Errors
///
/// [`EngineError::Unknown`] where the entry is of no mapped document or value; else as a run.
pub async fn bring_back<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
    entry: &JournalEntry,
) -> Result<ResolveReport, EngineError> {
    let session = open(parts, Mode::Run).await?;
    same_site::judge(&session).await?;
    let side = entry.side;
    let mapping = session
        .mapping_of(side, &entry.doctype)
        .ok_or_else(|| EngineError::Unknown(format!("a mapping of `{}`", entry.doctype)))?;
    let read = session.documents(mapping, side, Selection::Names(vec![entry.name.clone()]));
    let document = read
        .await?
        .into_iter()
        .next()
        .ok_or_else(|| EngineError::Unknown(format!("{} `{}`", entry.doctype, entry.name)))?;
    let other = other_name(&session, mapping, side, &entry.name)?;
    let outcome = match change(&session, mapping, side, &document, entry)? {
        Some(changes) => write(&session, mapping, side, &document, changes).await?,
        None => ResolveOutcome::Changed,
    };
    let (a_name, b_name) = match side {
        Side::A => (entry.name.clone(), other),
        Side::B => (other, entry.name.clone()),
    };
    Ok(ResolveReport {
        format: "frappe-sync/resolve@1".to_owned(),
        sync: parts.sync.clone(),
        conflict: None,
        winner: side,
        doctype: session.mappings[mapping].doctypes.a.clone(),
        a_name,
        b_name,
        path: entry.path.clone(),
        outcome,
    })
}

fn other_name<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    name: &DocName,
) -> Result<DocName, EngineError> {
    let found =
        session
            .store()
            .counterparts(session.name_of(mapping), side, std::slice::from_ref(name))?;
    Ok(found
        .into_iter()
        .next()
        .map_or_else(|| DocName::new(""), |pair| pair.other))
}

/// Returns what is to be sent; `None` where the document does not hold what took the value's place.
fn change<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    document: &Document,
    entry: &JournalEntry,
) -> Result<Option<Map<String, Value>>, EngineError> {
    let effective = &session.mappings[mapping];
    let unknown = || {
        EngineError::Unknown(format!(
            "a value that can be brought back at `{}`",
            entry.path
        ))
    };
    match &entry.path {
        FieldPath::Field(name) => {
            let by_name = |field: &&frappe_sync_mapper::FieldMapping| &field.names[side] == name;
            let field = effective.fields.iter().find(by_name).ok_or_else(unknown)?;
            let kind = field.meta[side].kind;
            let now = document.fields.get(name.as_str()).unwrap_or(&Value::Null);
            let same = canonical(now, kind) == canonical(&entry.kept, kind);
            Ok(same.then(|| Map::from_iter([(name.to_string(), entry.lost.clone())])))
        }
        FieldPath::RowField(table, row, name) => {
            let by_name = |mapped: &&frappe_sync_mapper::TableMapping| &mapped.names[side] == table;
            let table = effective.tables.iter().find(by_name).ok_or_else(unknown)?;
            let in_row = |field: &&frappe_sync_mapper::FieldMapping| &field.names[side] == name;
            let field = table.fields.iter().find(in_row).ok_or_else(unknown)?;
            let kind = field.meta[side].kind;
            let rows = document
                .tables
                .get(&table.names[side])
                .ok_or_else(unknown)?;
            let Some(held) = rows.iter().find(|held| &held.name == row) else {
                return Ok(None);
            };
            let now = held.fields.get(name.as_str()).unwrap_or(&Value::Null);
            if canonical(now, kind) != canonical(&entry.kept, kind) {
                return Ok(None);
            }
            let list: Vec<Value> = rows
                .iter()
                .map(|held| {
                    let values = match &held.name == row {
                        true => Map::from_iter([(name.to_string(), entry.lost.clone())]),
                        false => Map::new(),
                    };
                    whole_row(
                        &effective.meta[side],
                        table,
                        side,
                        Some(held),
                        Some(&held.name),
                        values,
                    )
                })
                .collect();
            Ok(Some(Map::from_iter([(
                table.names[side].to_string(),
                Value::Array(list),
            )])))
        }
        FieldPath::Table(_) => Err(unknown()),
    }
}

async fn write<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    document: &Document,
    changes: Map<String, Value>,
) -> Result<ResolveOutcome, EngineError> {
    let Some(base) = &document.key.modified else {
        return Ok(ResolveOutcome::Changed);
    };
    let doctype = &session.mappings[mapping].doctypes[side];
    let site = session.site(side);
    // Only one of two can find the `modified` that both carry: without an answer, it may be tried again.
    match site.update(doctype, document.name(), base, changes).await {
        Err(error) if error.kind == SiteErrorKind::Stale => Ok(ResolveOutcome::Changed),
        other => other.on(side).map(|_| ResolveOutcome::Done),
    }
}
