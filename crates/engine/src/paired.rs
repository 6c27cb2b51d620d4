//! Pairs: both bodies are read, every value is decided, updates go out, and what arrived is settled.

use std::collections::{BTreeSet, HashMap};

use frappe_sync_mapper::links_of;
use frappe_sync_model::{
    Batch, BodyQuery, ConflictRecord, ConflictState, DocKey, DocName, DocType, Document,
    JournalEntry, Pair, ParkedCause, PerSide, Selection, Side, Site, StateStore, TodoReason,
};

use crate::Clock;
use crate::compose::MissingLink;
use crate::create::{is_to_come, missing_target};
use crate::decide::{Decision, decide};
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::links::Links;
use crate::report::{ConflictReport, NoteReport};
use crate::session::Session;
use crate::settle::{Settled, settle};
use crate::update::{Outcome, write_updates};
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

/// Decides on pairs whose bodies were just read, writes, and settles.
pub(crate) async fn decide_and_write<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    pairs: Vec<(Pair, PerSide<Document>)>,
    pass: Pass,
) -> Result<Worked, EngineError> {
    let mut links = Links::new(session);
    for side in Side::BOTH {
        let documents = pairs.iter().map(|(_, documents)| &documents[side]);
        links.resolve(session, mapping, side, documents)?;
    }
    let mut finishing = Finishing {
        session,
        ledger,
        mapping,
        side,
        pass,
        batch: Batch::default(),
        worked: Worked::default(),
    };
    let mut writes = Vec::new();
    for (pair, documents) in pairs {
        let intents: Vec<_> = finishing
            .ledger
            .intents
            .iter()
            .filter(|intent| crate::update::concerns(intent, &pair))
            .cloned()
            .collect();
        let decision = decide(
            session,
            mapping,
            pair,
            documents,
            &links,
            &intents.iter().collect::<Vec<_>>(),
        );
        finishing
            .batch
            .intents_done
            .extend(intents.iter().filter_map(|intent| intent.id));
        if let Some(decision) = finishing.ready_to_write(decision)? {
            if decision.writes() {
                writes.push(decision);
            } else {
                let settled = settle(&decision.plan, &decision.pair.baseline, PerSide::default());
                finishing.settled(decision, settled, PerSide::default());
            }
        }
    }
    finishing.commit()?;
    let writes = finishing.without_dangling_links(writes).await?;
    for group in in_groups(writes) {
        let group = write_updates(session, finishing.ledger, mapping, group).await?;
        for outcome in group.outcomes {
            finishing.outcome(outcome);
        }
        finishing.batch.intents_done.extend(group.intents_done);
        finishing.commit()?;
        if let Some(error) = group.fatal {
            return Err(error);
        }
    }
    finishing.commit()?;
    Ok(finishing.worked)
}

/// Cuts decisions into groups whose read-back is one request and one per child table.
fn in_groups(mut decisions: Vec<Decision>) -> Vec<Vec<Decision>> {
    let mut groups = Vec::new();
    while decisions.len() > crate::update::MOST_IN_GROUP {
        let rest = decisions.split_off(crate::update::MOST_IN_GROUP);
        groups.push(std::mem::replace(&mut decisions, rest));
    }
    groups.push(decisions);
    groups
}

/// Puts what was decided and written into the state.
struct Finishing<'a, 'p, S, T, C> {
    session: &'a Session<'p, S, T, C>,
    ledger: &'a mut Ledger,
    mapping: usize,
    /// The side whose queue is being worked on.
    side: Side,
    pass: Pass,
    batch: Batch,
    worked: Worked,
}

impl<S: Site, T: StateStore, C: Clock> Finishing<'_, '_, S, T, C> {
    fn commit(&mut self) -> Result<(), EngineError> {
        let batch = std::mem::take(&mut self.batch);
        self.session.store().commit(&batch)?;
        let done: BTreeSet<_> = batch.intents_done.iter().copied().collect();
        self.ledger
            .intents
            .retain(|intent| intent.id.is_none_or(|id| !done.contains(&id)));
        Ok(())
    }

    /// Parks or leaves a pair that cannot be written, and returns every other.
    fn ready_to_write(&mut self, decision: Decision) -> Result<Option<Decision>, EngineError> {
        if decision.writes()
            && Side::BOTH
                .iter()
                .any(|s| decision.documents[*s].docstatus != 0)
        {
            let message = "it is submitted or cancelled and differs from its counterpart; this \
                           version changes drafts only"
                .to_owned();
            self.park(&decision, ParkedCause::Docstatus, message);
            return Ok(None);
        }
        let Some(missing) = self.hopeless(&decision.missing)? else {
            return Ok(Some(decision));
        };
        let (cause, message) = missing_target(&missing);
        self.park_on(&decision, missing.from, cause, message);
        Ok(None)
    }

    /// Returns a missing target that will not come in this run.
    fn hopeless(&self, missing: &[MissingLink]) -> Result<Option<MissingLink>, EngineError> {
        for link in missing {
            if self.pass == Pass::Last || !is_to_come(self.session, link)? {
                return Ok(Some(link.clone()));
            }
        }
        Ok(None)
    }

    fn park(&mut self, decision: &Decision, cause: ParkedCause, message: String) {
        self.park_on(decision, self.side, cause, message);
    }

    fn park_on(&mut self, decision: &Decision, side: Side, cause: ParkedCause, message: String) {
        let key: &DocKey = &decision.documents[side].key;
        let now = self.session.parts.clock.now();
        let name = self.session.name_of(self.mapping);
        let parked = self.ledger.park(name, side, key, cause, message, now);
        self.batch.park.push(parked);
        self.keep(decision);
        self.done(decision);
    }

    /// Stores the baselines that the decision was made against: an open intent may be folded in.
    fn keep(&mut self, decision: &Decision) {
        if decision.pair.id.is_some() {
            self.batch.pairs.push(decision.pair.clone());
        }
    }

    fn done(&mut self, decision: &Decision) {
        self.worked.dealt += 1;
        for side in Side::BOTH {
            let name = decision.documents[side].name().clone();
            self.batch
                .done
                .push((decision.pair.mapping.clone(), side, name));
        }
    }

    /// Drops the writes that would link to a document of an unmapped DocType that does not exist.
    async fn without_dangling_links(
        &mut self,
        decisions: Vec<Decision>,
    ) -> Result<Vec<Decision>, EngineError> {
        let mapping = &self.session.mappings[self.mapping];
        let mut kept = decisions;
        for to in Side::BOTH {
            let from = to.other();
            let targets = |decision: &Decision| -> Vec<(DocType, DocName)> {
                if !decision.writes_to(to) {
                    return Vec::new();
                }
                // Links that the target holds already are its own affair.
                let held: BTreeSet<_> = links_of(mapping, to, &decision.documents[to])
                    .into_iter()
                    .collect();
                links_of(mapping, from, &decision.documents[from])
                    .into_iter()
                    .filter(|link| {
                        link.0 != "DocType"
                            && self.session.mapping_of(from, &link.0).is_none()
                            && !held.contains(link)
                    })
                    .collect()
            };
            let wanted: BTreeSet<_> = kept.iter().flat_map(targets).collect();
            let absent = self.ledger.known.missing(self.session, to, wanted).await?;
            if absent.is_empty() {
                continue;
            }
            let (gone, rest): (Vec<_>, Vec<_>) = kept
                .into_iter()
                .partition(|decision| targets(decision).iter().any(|link| absent.contains(link)));
            for decision in gone {
                let Some((doctype, name)) = targets(&decision)
                    .into_iter()
                    .find(|link| absent.contains(link))
                else {
                    continue;
                };
                let message = format!(
                    "it links to {doctype} `{name}`, which does not exist on site `{to}`; {doctype} is \
                     not mapped"
                );
                let cause = ParkedCause::MissingTarget {
                    field: String::new(),
                    doctype,
                    name,
                };
                self.park_on(&decision, from, cause, message);
            }
            kept = rest;
        }
        Ok(kept)
    }

    /// Takes the outcome of a write.
    fn outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Written {
                decision,
                settled,
                modified,
            } => {
                self.settled(*decision, settled, modified);
            }
            Outcome::Changed(decision) => self.changed(&decision),
            Outcome::Refused {
                decision,
                to,
                cause,
                message,
            } => {
                self.park_on(&decision, to.other(), cause, message);
            }
            Outcome::Unknown(decision) => self.changed(&decision),
        }
    }

    /// Somebody saved it between our read and our write: it stays queued, to be decided again.
    fn changed(&mut self, decision: &Decision) {
        let place = (
            decision.pair.mapping.clone(),
            self.side,
            decision.documents[self.side].name().clone(),
        );
        let times = self.ledger.stale.entry(place).or_default();
        *times += 1;
        if *times > 5 {
            let message = "it changed again and again while it was being decided".to_owned();
            self.park(decision, ParkedCause::KeepsChanging, message);
        } else {
            self.keep(decision);
            self.worked.dealt += 1;
            self.worked.waiting += 1;
        }
    }

    /// Stores a pair with its new baselines.
    fn settled(
        &mut self,
        decision: Decision,
        settled: Settled,
        modified: PerSide<Option<Option<frappe_sync_model::SiteTime>>>,
    ) {
        self.count(&decision, &settled);
        self.conflicts(&decision);
        self.told(&decision);
        let mut pair = decision.pair.clone();
        pair.open = decision.plan.stays_open() || settled.again;
        pair.baseline = settled.baseline;
        for side in Side::BOTH {
            let key = &decision.documents[side].key;
            pair.sides[side].modified = match &modified[side] {
                Some(written) => written.clone(),
                None => key.modified.clone(),
            };
            pair.sides[side].creation.clone_from(&key.creation);
            pair.sides[side].owner.clone_from(&key.owner);
        }
        let waits = !decision.missing.is_empty() || settled.again;
        self.done(&decision);
        if waits {
            // Staged after it was taken off: it stays queued under the same key.
            let key = decision.documents[self.side].key.clone();
            let reason = TodoReason::Deferred;
            self.batch.again.push((
                pair.mapping.clone(),
                self.side,
                frappe_sync_model::Todo { key, reason },
            ));
            self.worked.waiting += 1;
            if !decision.writes() {
                self.worked.dealt -= 1;
            }
        }
        for side in Side::BOTH {
            let place = (
                pair.mapping.clone(),
                side,
                decision.documents[side].name().clone(),
            );
            if self.ledger.unpark(&place) {
                self.batch.unpark.push(place);
            }
        }
        self.batch.pairs.push(pair);
    }

    fn count(&mut self, decision: &Decision, settled: &Settled) {
        for side in Side::BOTH {
            if decision.writes_to(side) {
                self.ledger.summary.update += 1;
                self.ledger.applied_to[side] += 1;
            }
        }
        if !decision.writes() && decision.pair.id.is_some() {
            self.ledger.summary.unchanged += 1;
        }
        for (side, path) in &settled.refused {
            self.ledger.refused.push(crate::report::RefusedReport {
                site: *side,
                doctype: self.session.mappings[self.mapping].doctypes[*side].clone(),
                name: decision.documents[*side].name().clone(),
                path: path.clone(),
            });
        }
    }

    /// Records what both sides changed, and keeps what lost.
    fn conflicts(&mut self, decision: &Decision) {
        let session = self.session;
        let mapping = &session.mappings[self.mapping];
        let documents = &decision.documents;
        if decision.pair.open {
            let open: BTreeSet<_> = decision
                .conflicts
                .iter()
                .filter(|conflict| conflict.winner.is_none())
                .map(|conflict| &conflict.path)
                .collect();
            let over = decision
                .plan
                .fields
                .iter()
                .map(|field| frappe_sync_model::FieldPath::Field(field.id.clone()));
            let name = documents.a.name();
            self.batch.conflicts_over.extend(
                over.filter(|path| !open.contains(path))
                    .map(|path| (mapping.name.clone(), name.clone(), path)),
            );
        }
        for conflict in &decision.conflicts {
            self.batch.conflicts.push(ConflictRecord {
                id: None,
                run: session.parts.run.clone(),
                mapping: mapping.name.clone(),
                names: documents.as_ref().map(|document| document.name().clone()),
                path: conflict.path.clone(),
                state: conflict
                    .winner
                    .map_or(ConflictState::Open, ConflictState::Decided),
                modified: documents
                    .as_ref()
                    .map(|document| document.key.modified.clone()),
                users: documents
                    .as_ref()
                    .map(|document| document.modified_by.clone()),
            });
        }
        let mut by_winner: Vec<(Option<Side>, Vec<frappe_sync_model::FieldPath>)> = Vec::new();
        for conflict in &decision.conflicts {
            match by_winner
                .iter_mut()
                .find(|(winner, _)| *winner == conflict.winner)
            {
                Some((_, paths)) => paths.push(conflict.path.clone()),
                None => by_winner.push((conflict.winner, vec![conflict.path.clone()])),
            }
        }
        for (winner, fields) in by_winner {
            self.ledger.summary.conflict += 1;
            self.ledger.conflicts.push(ConflictReport {
                id: None,
                doctype: mapping.doctypes.a.clone(),
                a_name: documents.a.name().clone(),
                b_name: documents.b.name().clone(),
                fields,
                winner,
                reason: self.reason(winner, documents),
            });
        }
        let reason = self.reason(Some(Side::A), documents);
        for loss in &decision.losses {
            self.batch.journal.push(JournalEntry {
                run: session.parts.run.clone(),
                at: session.parts.clock.now(),
                side: loss.side,
                doctype: mapping.doctypes[loss.side].clone(),
                name: documents[loss.side].name().clone(),
                path: loss.path.clone(),
                lost: loss.lost.clone(),
                kept: loss.kept.clone(),
                reason: if loss.side == Side::B {
                    reason.clone()
                } else {
                    self.reason(Some(Side::B), documents)
                },
            });
        }
    }

    /// Says which rule made a side win.
    fn reason(&self, winner: Option<Side>, documents: &PerSide<Document>) -> String {
        use frappe_sync_model::{ConflictPolicy, Direction};
        let mapping = &self.session.mappings[self.mapping];
        let Some(winner) = winner else {
            return "manual: a person decides".to_owned();
        };
        match (mapping.direction, mapping.conflict) {
            (Direction::AToB | Direction::BToA, _) => {
                format!("one way: `{winner}` is the source")
            }
            (_, ConflictPolicy::Newest) => match self.session.newer(documents.as_ref()) {
                Some(_) => format!("newest: `{winner}` was saved later"),
                None => format!("newest: a tie, and `{winner}` is preferred"),
            },
            _ => format!("policy: `{winner}` wins"),
        }
    }

    /// Notes what a person should know of the pair.
    fn told(&mut self, decision: &Decision) {
        let mapping = &self.session.mappings[self.mapping];
        for path in &decision.drift {
            let side = if mapping.direction.writes_to(Side::A) {
                Side::A
            } else {
                Side::B
            };
            self.ledger.notes.insert(NoteReport {
                kind: "drift".to_owned(),
                site: side,
                doctype: mapping.doctypes[side].clone(),
                name: Some(decision.documents[side].name().clone()),
                message: format!("`{path}` differs on its own and is left: the mapping is one-way"),
            });
        }
        for (side, field) in &decision.unseen {
            self.ledger.notes.insert(NoteReport {
                kind: "unseen_field".to_owned(),
                site: *side,
                doctype: mapping.doctypes[*side].clone(),
                name: None,
                message: format!(
                    "`{field}` is not in what the site shows us: it is left alone on both sides (has a \
                     role been taken away?)"
                ),
            });
        }
    }
}
