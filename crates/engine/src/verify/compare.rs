//! Comparing pairs, a batch at a time.

use std::collections::{BTreeSet, HashMap};

use frappe_sync_model::{
    Batch, DocName, Document, FieldName, Pair, PerSide, Side, Site, StateStore,
};

use super::Cause;
use super::certificate::{AloneReport, DifferenceReport, DocTypeVerification, ValueReport};
use super::difference::Compared;
use super::digest::Digest;
use super::known::Known;
use crate::Clock;
use crate::error::EngineError;
use crate::links::{KnownTargets, Links};
use crate::session::Session;
use crate::view::View;

/// Compares the pairs of one mapping.
pub(super) struct Comparing<'p, 'a, S, T, C> {
    /// The session.
    pub(super) session: &'p Session<'a, S, T, C>,
    /// What waits.
    pub(super) known: &'p Known,
    /// The mapping.
    pub(super) mapping: usize,
    /// What was found so far.
    pub(super) report: DocTypeVerification,
    /// The digest of each side.
    pub(super) digests: PerSide<Digest>,
    /// Fields that one side does not show.
    pub(super) not_shown: BTreeSet<FieldName>,
}

/// What came of comparing one pair.
struct Looked {
    values: Vec<ValueReport>,
    not_shown: BTreeSet<FieldName>,
    views: PerSide<View>,
}

type Held = PerSide<HashMap<DocName, Document>>;

impl<S: Site, T: StateStore, C: Clock> Comparing<'_, '_, S, T, C> {
    /// Compares a batch of pairs. One whose values differ and wait is opened, so that the next run looks at it.
    pub(super) async fn batch(&mut self, pairs: Vec<Pair>) -> Result<(), EngineError> {
        let (held, links) = self.read(&pairs).await?;
        let (mut equal, mut again) = (Vec::new(), Vec::new());
        for pair in pairs {
            match self.look(&pair, &held, &links) {
                Some(looked) if looked.values.is_empty() => equal.push((pair, looked)),
                _ => again.push(pair),
            }
        }
        for (pair, looked) in equal {
            self.take_in(&pair, looked.not_shown, &looked.views);
            self.report.equal += 1;
        }
        if again.is_empty() {
            return Ok(());
        }
        // A save between the two reads looks like a difference: what differs is read once more.
        let (held, links) = self.read(&again).await?;
        let mut opened = Batch::default();
        for mut pair in again {
            let Some(looked) = self.look(&pair, &held, &links) else {
                self.one_is_missing(&pair, &held);
                continue;
            };
            self.take_in(&pair, looked.not_shown, &looked.views);
            if looked.values.is_empty() {
                self.report.equal += 1;
                continue;
            }
            let waits = |value: &ValueReport| value.cause == Cause::NotYetSynced;
            if looked.values.iter().any(waits) && !pair.open {
                pair.open = true;
                opened.pairs.push(pair.clone());
            }
            let difference = self.difference(&pair, looked.values);
            self.report.different.push(difference);
        }
        if !opened.pairs.is_empty() {
            self.session.store().commit(&opened)?;
        }
        Ok(())
    }

    async fn read(&self, pairs: &[Pair]) -> Result<(Held, Links), EngineError> {
        let (session, mapping) = (self.session, self.mapping);
        let (a, b) = futures::future::join(
            session.documents_of(mapping, Side::A, pairs),
            session.documents_of(mapping, Side::B, pairs),
        )
        .await;
        let held = PerSide { a: a?, b: b? };
        let mut links = Links::new(session);
        for side in Side::BOTH {
            links
                .resolve_all(session, mapping, side, held[side].values())
                .await?;
            let mut known = KnownTargets::default();
            links
                .ask_for_clearing(session, &mut known, mapping, side, held[side].values())
                .await?;
        }
        Ok((held, links))
    }

    /// Compares one pair; none where one of its documents was not read.
    fn look(&self, pair: &Pair, held: &Held, links: &Links) -> Option<Looked> {
        let documents = PerSide {
            a: held.a.get(&pair.sides.a.name)?,
            b: held.b.get(&pair.sides.b.name)?,
        };
        let session = self.session;
        let effective = &session.mappings[self.mapping];
        let views = PerSide::from_fn(|side| {
            let mut view = View::new(
                &session.fingerprints,
                effective,
                side,
                documents[side],
                links,
            );
            view.drop_hidden(side, &pair.baseline);
            view
        });
        let mut not_shown = BTreeSet::new();
        let compared = Compared {
            mapping: effective,
            fingerprints: &session.fingerprints,
            documents,
            views: &views,
            baseline: &pair.baseline,
        };
        let values = compared.differences(&mut not_shown);
        Some(Looked {
            values,
            not_shown,
            views,
        })
    }

    fn take_in(&mut self, pair: &Pair, not_shown: BTreeSet<FieldName>, views: &PerSide<View>) {
        self.not_shown.extend(not_shown);
        for side in Side::BOTH {
            let fingerprints = &self.session.fingerprints;
            self.digests[side].add(fingerprints, &pair.sides.b.name, views, side);
        }
    }

    /// Puts what waits under the cause that it waits for.
    fn difference(&self, pair: &Pair, mut values: Vec<ValueReport>) -> DifferenceReport {
        let names = pair.sides.as_ref().map(|side| &side.name);
        let of_pair = self.known.of_pair(pair.id, names);
        let mut message = None;
        for value in &mut values {
            if value.cause != Cause::NotYetSynced {
                continue;
            }
            if self.known.is_in_conflict(names.a, &value.path) {
                value.cause = Cause::Conflict;
            } else if let Some((cause, known)) = &of_pair {
                value.cause = *cause;
                message.clone_from(known);
            }
        }
        let cause = values.iter().map(|value| value.cause).min();
        let is_one = values.iter().all(|value| Some(value.cause) == cause);
        DifferenceReport {
            a_name: names.a.clone(),
            b_name: names.b.clone(),
            paths: values.iter().map(|value| value.path.clone()).collect(),
            cause: cause.unwrap_or(Cause::Unexplained),
            message,
            values: if is_one { Vec::new() } else { values },
        }
    }

    /// Tells of a pair of which a document is not there under its name. Where both are gone there is nothing to tell.
    fn one_is_missing(&mut self, pair: &Pair, held: &Held) {
        let names = pair.sides.as_ref().map(|side| &side.name);
        for side in Side::BOTH {
            if !held[side].contains_key(names[side]) {
                continue;
            }
            let (cause, message) = match self.known.of_pair(pair.id, names) {
                Some(known) => known,
                None if self.known.has_conflict(names.a) => (Cause::Conflict, None),
                None => {
                    let other = names[side.other()];
                    let message = format!("`{other}` is not there any more under that name");
                    (Cause::NotYetSynced, Some(message))
                }
            };
            let alone = match side {
                Side::A => &mut self.report.only_a,
                Side::B => &mut self.report.only_b,
            };
            alone.push(AloneReport {
                name: names[side].clone(),
                cause,
                message,
            });
        }
    }
}
