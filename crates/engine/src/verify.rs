//! The deep comparison of both sites, streamed so that memory does not grow with them.

use std::collections::{BTreeMap, HashSet};

use frappe_sync_model::{
    DocName, FieldName, FieldPath, KeyOrder, KeyQuery, Pair, PerSide, RequestCounts, Side, Site,
    StateStore,
};
use frappe_sync_planner::{RowInput, SideValue};

use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::links::Links;
use crate::report::{DifferenceReport, DocTypeVerification, VerifyReport};
use crate::run::{counts, open};
use crate::session::{Mode, Session};
use crate::view::View;
use crate::{Clock, Event, Parts};

/// Compares every mapped value of every document of both sites.
///
/// A pair whose values differ from its own baselines is opened, so that the next run looks at it.
///
/// # Errors
///
/// See [`EngineError`].
pub async fn verify<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
) -> Result<VerifyReport, EngineError> {
    let before = counts(parts);
    let session = open(parts, Mode::Run).await?;
    let ledger = Ledger::load(parts.store)?;
    parts.progress.event(Event::Phase("verify"));
    let mut doctypes = Vec::new();
    for mapping in session.selected() {
        doctypes.push(verify_mapping(&session, &ledger, mapping).await?);
    }
    let mut causes: BTreeMap<String, u64> = BTreeMap::new();
    for difference in doctypes.iter().flat_map(|doctype| &doctype.different) {
        *causes.entry(difference.cause.clone()).or_default() += 1;
    }
    for doctype in &doctypes {
        let alone = (doctype.only_a.len() + doctype.only_b.len()) as u64;
        if alone > 0 {
            *causes.entry("no counterpart".to_owned()).or_default() += alone;
        }
    }
    let equal = doctypes.iter().all(|doctype| {
        doctype.different.is_empty() && doctype.only_a.is_empty() && doctype.only_b.is_empty()
    });
    let after = counts(parts);
    Ok(VerifyReport {
        format: "frappe-sync/verify@1".to_owned(),
        sync: parts.sync.clone(),
        equal,
        doctypes,
        requests: PerSide::from_fn(|side| RequestCounts {
            read: after[side].read - before[side].read,
            write: after[side].write - before[side].write,
        }),
        causes,
    })
}

async fn verify_mapping<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &Ledger,
    mapping: usize,
) -> Result<DocTypeVerification, EngineError> {
    let effective = &session.mappings[mapping];
    let queued = session.store().counts(&effective.name)?.todo;
    session.parts.progress.event(Event::Mapping {
        mapping: effective.name.clone(),
        queued,
    });
    let (a, b) = futures::future::join(
        without_counterpart(session, mapping, Side::A),
        without_counterpart(session, mapping, Side::B),
    )
    .await;
    let (a, b) = (a?, b?);
    let mut report = DocTypeVerification {
        doctype: effective.doctypes.a.clone(),
        a_count: a.0,
        b_count: b.0,
        pairs: session.store().counts(&effective.name)?.pairs,
        tombstones: session.store().counts(&effective.name)?.tombstones,
        equal: 0,
        different: Vec::new(),
        only_a: a.1,
        only_b: b.1,
    };
    let mut after = None;
    loop {
        let limit = session.parts.options.documents_per_batch;
        let mut pairs = session.store().pairs_after(&effective.name, after, limit)?;
        let Some(last) = pairs.last() else {
            return Ok(report);
        };
        after = last.id;
        pairs.retain(|pair| pair.gone.is_none());
        compare(session, ledger, mapping, pairs, &mut report).await?;
    }
}

/// Counts the documents of a side that take part, and names those without a pair.
async fn without_counterpart<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
) -> Result<(u64, Vec<DocName>), EngineError> {
    let effective = &session.mappings[mapping];
    let (mut count, mut alone, mut after) = (0, Vec::new(), None);
    loop {
        let query = KeyQuery {
            doctype: effective.doctypes[side].clone(),
            filters: effective.filters[side].clone(),
            order: KeyOrder::Name { after },
            limit: session.parts.options.keys_per_page,
            with_lft: false,
        };
        let page = session.site(side).keys(&query).await.on(side)?;
        count += page.keys.len() as u64;
        let names: Vec<DocName> = page.keys.iter().map(|key| key.name.clone()).collect();
        let paired: HashSet<DocName> = session
            .store()
            .counterparts(&effective.name, side, &names)?
            .into_iter()
            .map(|pair| pair.name)
            .collect();
        after = names.last().cloned();
        alone.extend(names.into_iter().filter(|name| !paired.contains(name)));
        if !page.full {
            return Ok((count, alone));
        }
    }
}

async fn compare<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &Ledger,
    mapping: usize,
    pairs: Vec<Pair>,
    report: &mut DocTypeVerification,
) -> Result<(), EngineError> {
    let effective = &session.mappings[mapping];
    let (a, b) = futures::future::join(
        session.documents_of(mapping, Side::A, &pairs),
        session.documents_of(mapping, Side::B, &pairs),
    )
    .await;
    let documents = PerSide { a: a?, b: b? };
    let mut links = Links::new(session);
    for side in Side::BOTH {
        links.resolve(session, mapping, side, documents[side].values())?;
    }
    let mut batch = frappe_sync_model::Batch::default();
    for mut pair in pairs {
        let held = PerSide::from_fn(|side| documents[side].get(&pair.sides[side].name));
        let PerSide {
            a: Some(_),
            b: Some(_),
        } = held
        else {
            for side in Side::BOTH {
                if held[side].is_some() {
                    let name = pair.sides[side].name.clone();
                    match side {
                        Side::A => report.only_a.push(name),
                        Side::B => report.only_b.push(name),
                    }
                }
            }
            continue;
        };
        let views = PerSide::from_fn(|side| {
            held[side].map_or_else(View::default, |document| {
                View::new(&session.fingerprints, effective, side, document, &links)
            })
        });
        let paths = differences(&views);
        if paths.is_empty() {
            report.equal += 1;
            continue;
        }
        let moved = Side::BOTH
            .iter()
            .any(|side| crate::settle::differs(&views[*side], *side, &pair.baseline));
        let cause = cause(session, ledger, mapping, &pair, &paths, moved)?;
        if moved && !pair.open {
            pair.open = true;
            batch.pairs.push(pair.clone());
        }
        report.different.push(DifferenceReport {
            a_name: pair.sides.a.name.clone(),
            b_name: pair.sides.b.name.clone(),
            paths,
            cause,
        });
    }
    session.store().commit(&batch)?;
    Ok(())
}

/// Says why two documents differ.
fn cause<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &Ledger,
    mapping: usize,
    pair: &Pair,
    paths: &[FieldPath],
    moved: bool,
) -> Result<String, EngineError> {
    let name = session.name_of(mapping);
    let is_parked = Side::BOTH.iter().any(|side| {
        ledger
            .parked
            .contains_key(&(name.clone(), *side, pair.sides[*side].name.clone()))
    });
    if is_parked {
        return Ok("parked".to_owned());
    }
    let in_conflict = session
        .store()
        .open_conflicts()?
        .iter()
        .any(|conflict| &conflict.mapping == name && conflict.names.a == pair.sides.a.name);
    if in_conflict {
        return Ok("conflict".to_owned());
    }
    if paths
        .iter()
        .any(|path| pair.baseline.refused.contains(path))
    {
        return Ok("refused".to_owned());
    }
    if !moved
        || paths
            .iter()
            .all(|path| pair.baseline.rewritten.contains(path))
    {
        return Ok("rewritten".to_owned());
    }
    Ok("not yet synced".to_owned())
}

/// Names the values that differ under the mapping.
fn differences(views: &PerSide<View>) -> Vec<FieldPath> {
    let mut paths: Vec<FieldPath> = differing(&views.a.fields, &views.b.fields)
        .map(|field| FieldPath::Field(field.clone()))
        .collect();
    for (table, rows) in &views.a.tables {
        let Some(others) = views.b.tables.get(table) else {
            continue;
        };
        if rows.len() != others.len() {
            paths.push(FieldPath::Table(table.clone()));
            continue;
        }
        for (row, other) in rows.iter().zip(others) {
            paths.extend(row_differences(table, row, other));
        }
    }
    paths
}

fn row_differences<'v>(
    table: &'v FieldName,
    row: &'v RowInput,
    other: &'v RowInput,
) -> impl Iterator<Item = FieldPath> + 'v {
    differing(&row.fields, &other.fields)
        .map(|field| FieldPath::RowField(table.clone(), row.name.clone(), field.clone()))
}

fn differing<'v>(
    a: &'v BTreeMap<FieldName, SideValue>,
    b: &'v BTreeMap<FieldName, SideValue>,
) -> impl Iterator<Item = &'v FieldName> + 'v {
    a.iter()
        .filter(|(id, value)| {
            b.get(*id).is_some_and(|other| {
                !(value.empty && other.empty)
                    && (value.common.is_none() || value.common != other.common)
            })
        })
        .map(|(id, _)| id)
}
