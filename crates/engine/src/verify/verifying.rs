//! A verification from its start to the certificate.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::{PerSide, RequestCounts, Side, Site, StateStore};

use super::alone::count_side;
use super::certificate::{DocTypeVerification, VerifiedSite, VerifyOutcome, VerifyReport};
use super::compare::Comparing;
use super::digest::Digest;
use super::known::Known;
use crate::error::EngineError;
use crate::run::{counts, mapping_hash, open};
use crate::session::{Mode, Session};
use crate::{Clock, Event, Parts};

/// Compares every mapped value of every document of both sites, and writes to neither.
///
/// Documents are read in batches and forgotten; what stays is what differs. A pair whose values differ from its own
/// baselines is opened, so that the next run looks at it.
///
/// # Errors
///
/// See [`EngineError`].
pub async fn verify<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
) -> Result<VerifyReport, EngineError> {
    let before = counts(parts);
    let started = parts.clock.now();
    let session = open(parts, Mode::Run).await?;
    parts.progress.event(Event::Phase("verify"));
    let mut doctypes = Vec::new();
    for mapping in session.selected() {
        doctypes.push(verify_mapping(&session, mapping).await?);
    }
    let mut causes = BTreeMap::new();
    for (cause, number) in doctypes.iter().flat_map(DocTypeVerification::causes) {
        *causes.entry(cause).or_default() += number;
    }
    let outcome = VerifyOutcome::of(causes.keys());
    let after = counts(parts);
    Ok(VerifyReport {
        format: "frappe-sync/verify@1".to_owned(),
        sync: parts.sync.clone(),
        equal: outcome == VerifyOutcome::Equal,
        outcome,
        started,
        finished: parts.clock.now(),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        state_id: parts.store.state_id(),
        mapping_hash: mapping_hash(&session),
        sites: PerSide::from_fn(|side| VerifiedSite {
            url: parts.options.addresses[side].clone(),
            user: session.facts[side].user.clone(),
            frappe_version: session.facts[side].frappe_version.clone(),
        }),
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
    mapping: usize,
) -> Result<DocTypeVerification, EngineError> {
    let effective = &session.mappings[mapping];
    let stored = session.store().counts(&effective.name)?;
    session.parts.progress.event(Event::Mapping {
        mapping: effective.name.clone(),
        queued: stored.pairs,
    });
    let known = Known::load(session, mapping)?;
    let (a, b) = futures::future::join(
        count_side(session, &known, mapping, Side::A),
        count_side(session, &known, mapping, Side::B),
    )
    .await;
    let (a, b) = (a?, b?);
    let report = DocTypeVerification {
        doctype: effective.doctypes.a.clone(),
        b_doctype: effective.doctypes.b.clone(),
        a_count: a.within,
        b_count: b.within,
        pairs: stored.pairs,
        tombstones: stored.tombstones,
        equal: 0,
        different: Vec::new(),
        only_a: a.alone,
        only_b: b.alone,
        filtered: PerSide {
            a: a.filtered,
            b: b.filtered,
        },
        not_shown: Vec::new(),
        digests: PerSide::default(),
    };
    let mut comparing = Comparing {
        session,
        known: &known,
        mapping,
        report,
        digests: PerSide::default(),
        not_shown: BTreeSet::new(),
    };
    let mut after = None;
    loop {
        if session.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        let limit = session.parts.options.documents_per_batch;
        let mut pairs = session.store().pairs_after(&effective.name, after, limit)?;
        let Some(last) = pairs.last() else {
            break;
        };
        after = last.id;
        let count = pairs.len() as u64;
        pairs.retain(|pair| pair.gone.is_none());
        comparing.batch(pairs).await?;
        session.parts.progress.event(Event::Documents { count });
    }
    let mut report = comparing.report;
    report.not_shown = comparing.not_shown.into_iter().collect();
    report.digests = comparing.digests.map(Digest::to_text);
    Ok(report)
}
