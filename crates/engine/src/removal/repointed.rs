//! Links that a site repointed by itself when their target was renamed: no edit of the document that holds them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use frappe_sync_mapper::{FieldMapping, LinkRule};
use frappe_sync_model::{
    Baseline, DocType, Document, Fingerprint, Renaming, Side, Site, StateStore, TraceQuery,
    canonical,
};
use serde_json::{Map, Value};

use crate::Clock;
use crate::error::EngineError;
use crate::session::Session;
use crate::vanished::renamings;
use crate::view::View;

/// A site that moved to another zone stamps its traces this much earlier than its documents, at the most.
const ZONES_APART: TimeDelta = TimeDelta::hours(26);

/// A link that is other than it was when it was agreed on.
struct ChangedLink<'a> {
    field: &'a FieldMapping,
    target: DocType,
    now: &'a str,
    agreed: Fingerprint,
}

/// Tells whether nothing but links changed in a document, and each of them only because its target is called otherwise
/// now.
pub(super) async fn is_only_repointed<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    document: &Document,
    view: &View,
    baseline: &Baseline,
) -> Result<bool, EngineError> {
    let Some(changed) = changed_links(session, mapping, side, document, view, baseline) else {
        return Ok(false);
    };
    let mut told: BTreeMap<&DocType, Vec<Renaming>> = BTreeMap::new();
    for link in &changed {
        if !told.contains_key(&link.target) {
            let query = TraceQuery {
                doctypes: vec![link.target.clone()],
                since: document
                    .key
                    .creation
                    .as_ref()
                    .map(|creation| creation.earlier(ZONES_APART)),
                names: Vec::new(),
            };
            told.insert(&link.target, renamings(session, side, &query).await?);
        }
        let mut names = BTreeSet::from([link.now]);
        for renaming in told[&link.target].iter().rev() {
            if names.contains(renaming.new.as_str()) {
                names.insert(renaming.old.as_str());
            }
        }
        let print = |name: &&str| {
            let form = canonical(&Value::from(*name), link.field.meta[side].kind);
            session.fingerprints.of(&form)
        };
        if !names.iter().any(|name| print(name) == link.agreed) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns what changed, if all of it is links.
fn changed_links<'a, S: Site, T: StateStore, C: Clock>(
    session: &'a Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    document: &'a Document,
    view: &View,
    baseline: &Baseline,
) -> Option<Vec<ChangedLink<'a>>> {
    let effective = &session.mappings[mapping];
    let mut changed = Vec::new();
    for (id, value) in &view.fields {
        let agreed = baseline.fields.get(id).and_then(|base| base[side]);
        if let Some(agreed) = agreed.filter(|agreed| *agreed != value.own) {
            let field = effective.fields.iter().find(|field| &field.id == id)?;
            if field.on_create_only {
                // The field that gives the name follows a rename.
                continue;
            }
            changed.push(link(field, side, &document.fields, agreed)?);
        }
    }
    for (id, rows) in &view.tables {
        let Some(known) = baseline.tables.get(id) else {
            continue;
        };
        let table = effective.tables.iter().find(|table| &table.id == id)?;
        let held = document.tables.get(&table.names[side])?;
        if rows.len() != known.len() || rows.len() != held.len() {
            return None;
        }
        for ((row, known), held) in rows.iter().zip(known).zip(held) {
            if row.name != known.names[side] || row.name != held.name {
                return None;
            }
            for (field, value) in &row.fields {
                let agreed = known.fields.get(field).and_then(|base| base[side]);
                if let Some(agreed) = agreed.filter(|agreed| *agreed != value.own) {
                    let field = table.fields.iter().find(|one| &one.id == field)?;
                    changed.push(link(field, side, &held.fields, agreed)?);
                }
            }
        }
    }
    Some(changed)
}

fn link<'a>(
    field: &'a FieldMapping,
    side: Side,
    values: &'a Map<String, Value>,
    agreed: Fingerprint,
) -> Option<ChangedLink<'a>> {
    let target = match &field.link {
        LinkRule::Link { doctypes } => doctypes[side].clone(),
        LinkRule::Dynamic { type_field } => {
            DocType::from(values.get(type_field[side].as_str())?.as_str()?)
        }
        LinkRule::None | LinkRule::File | LinkRule::FilesInText | LinkRule::Row { .. } => {
            return None;
        }
    };
    Some(ChangedLink {
        field,
        target,
        now: values.get(field.names[side].as_str())?.as_str()?,
        agreed,
    })
}
