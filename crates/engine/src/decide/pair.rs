//! The decision on a pair: baselines first, then field by field and table by table.

use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{
    Baseline, Document, Intent, IntentKind, Pair, PerSide, Side, Site, StateStore,
};
use frappe_sync_planner::MergeRules;

use super::deciding::Deciding;
use super::decision::Decision;
use super::stages::Stages;
use crate::Clock;
use crate::compose::new_row_name;
use crate::document_plan::DocumentPlan;
use crate::links::Links;
use crate::posting::keep_own_date;
use crate::session::Session;
use crate::settle::{ReadBack, settle};
use crate::stage::DOCSTATUS;
use crate::view::View;
use crate::work::Pass;

/// Decides on a pair from both bodies.
pub(crate) fn decide<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    mut pair: Pair,
    documents: PerSide<Document>,
    links: &Links,
    intents: &[&Intent],
    pass: Pass,
) -> Decision {
    let effective = &session.mappings[mapping];
    let views = PerSide::from_fn(|side| {
        View::new(
            &session.fingerprints,
            effective,
            side,
            &documents[side],
            links,
        )
    });
    forget_unmapped(&mut pair.baseline, effective);
    for intent in intents {
        own_write_is_no_change(
            session,
            &mut pair.baseline,
            intent,
            &documents[intent.side],
            &views[intent.side],
        );
    }
    let mut views = views;
    for side in Side::BOTH {
        views[side].drop_hidden(side, &pair.baseline);
    }
    let rules = MergeRules {
        direction: effective.direction,
        policy: effective.conflict,
        prefer: effective.prefer,
        newer: session.newer(documents.as_ref()),
    };
    let mut decision = Decision {
        pair,
        documents,
        plan: DocumentPlan::default(),
        changes: PerSide::default(),
        details: PerSide::default(),
        conflicts: Vec::new(),
        losses: Vec::new(),
        missing: Vec::new(),
        drift: Vec::new(),
        unseen: Vec::new(),
        past_rules: Vec::new(),
        advance: None,
        is_to_go_on: false,
    };
    let deciding = Deciding {
        session,
        effective,
        links,
        rules,
        pass,
        stages: Stages::of(
            &session.fingerprints,
            effective,
            &decision.pair.baseline,
            &decision.documents,
            &rules,
        ),
    };
    for field in &effective.fields {
        deciding.field(field, &views, &mut decision);
    }
    for table in &effective.tables {
        deciding.table(table, &views, &mut decision);
    }
    deciding.stage(pass, &mut decision);
    for to in Side::BOTH {
        let meta = &effective.meta[to].doctype;
        keep_own_date(meta, &decision.documents[to], &mut decision.changes[to]);
    }
    decision
}

/// Drops the baselines of fields that the mapping has no more: they say nothing of what comes later.
fn forget_unmapped(baseline: &mut Baseline, mapping: &EffectiveMapping) {
    baseline.fields.retain(|id, _| {
        (id == DOCSTATUS && mapping.follows_docstatus())
            || mapping.fields.iter().any(|field| &field.id == id)
    });
    baseline.tables.retain(|id, rows| {
        let Some(table) = mapping.tables.iter().find(|table| &table.id == id) else {
            return false;
        };
        for row in rows {
            row.fields
                .retain(|id, _| table.fields.iter().any(|field| &field.id == id));
        }
        true
    });
}

/// Folds an open intent into the baselines: what it sent, where our user saved last, is agreed and not a
/// change of that side (a crash between write and read-back is no conflict).
pub(crate) fn own_write_is_no_change<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    baseline: &mut Baseline,
    intent: &Intent,
    document: &Document,
    view: &View,
) {
    let side = intent.side;
    let IntentKind::Update { base, .. } = &intent.kind else {
        return;
    };
    let moved = document
        .key
        .modified
        .as_ref()
        .is_some_and(|now| !now.same_moment(base));
    if !moved {
        return;
    }
    if !session.is_ours(side, document) {
        made_rows_are_paired(session, baseline, intent, view);
        return;
    }
    let plan = DocumentPlan::from_sent(&intent.sent, side);
    let backs = PerSide::from_fn(|other| (other == side).then_some(ReadBack { view, ours: true }));
    *baseline = settle(&plan, baseline, backs).baseline;
}

/// Pairs the rows that an open intent made, whoever saved since: we chose their names, so what has them is them.
fn made_rows_are_paired<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    baseline: &mut Baseline,
    intent: &Intent,
    view: &View,
) {
    let side = intent.side;
    for (table, rows) in &intent.sent.tables {
        let held = view.tables.get(table).map_or(&[][..], Vec::as_slice);
        for row in rows {
            let name = &row.names[side];
            let chosen = new_row_name(&session.fingerprints, side, table, &row.names[side.other()]);
            let agreed = baseline.tables.get(table).map_or(&[][..], Vec::as_slice);
            let is_known = agreed.iter().any(|known| &known.names[side] == name);
            if *name == chosen && !is_known && held.iter().any(|held| &held.name == name) {
                let rows = baseline.tables.entry(table.clone()).or_default();
                rows.push(row.clone());
            }
        }
    }
}
