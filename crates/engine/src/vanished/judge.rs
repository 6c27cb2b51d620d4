//! What became of the vanished documents of one side.

use std::collections::{HashMap, HashSet};

use frappe_sync_model::{
    Batch, Deletes, DocKey, DocName, Intent, IntentKind, Pair, ParkedCause, PerSide, Presence,
    Side, Site, SiteTime, StateStore, Todo, TodoReason,
};
use frappe_sync_planner::judge_deletes;

use super::carry::{new_name, plan_rename};
use super::find::{deletions_of, found_by_creation, keys_of};
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::gate::{Seen, Wanted, permits};
use crate::ledger::Ledger;
use crate::links::folded;
use crate::past;
use crate::poll::{stop, vanished};
use crate::report::{Action, GuardReport, NoteReport};
use crate::session::{Mode, Session};

/// The name of the guard on the count of deletes.
const MAX_DELETES: &str = "max_deletes";

/// Finds out what became of the vanished documents of a side; returns whether something is to be worked on.
pub(super) async fn judge<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
) -> Result<bool, EngineError> {
    let name = session.name_of(mapping).clone();
    let limit = session.parts.options.documents_per_batch;
    let mut judging = Judging {
        session,
        ledger,
        mapping,
        side,
        anything: false,
        gone: Vec::new(),
        renamed: Vec::new(),
    };
    let mut after = None;
    loop {
        let todos =
            session
                .store()
                .todos_for(&name, side, TodoReason::Vanished, after.as_ref(), limit)?;
        let Some(last) = todos.last() else { break };
        after = Some(last.key.name.clone());
        judging.some(todos).await?;
    }
    judging.bury().await
}

struct Judging<'a, 'p, S, T, C> {
    session: &'a Session<'p, S, T, C>,
    ledger: &'a mut Ledger,
    mapping: usize,
    side: Side,
    /// Something is to be worked on.
    anything: bool,
    /// Names of pairs whose document does not exist any more, and what has the name now.
    gone: Vec<(DocName, Option<DocKey>)>,
    /// Pairs with their document's key under its new name, and what has the old name now.
    renamed: Vec<(Pair, DocKey, Option<DocKey>)>,
}

impl<S: Site, T: StateStore, C: Clock> Judging<'_, '_, S, T, C> {
    async fn some(&mut self, todos: Vec<Todo>) -> Result<(), EngineError> {
        let (session, side) = (self.session, self.side);
        let mapping_name = session.name_of(self.mapping).clone();
        let names: Vec<DocName> = todos.iter().map(|todo| todo.key.name.clone()).collect();
        let (tombstones, pairs): (Vec<Pair>, Vec<Pair>) = session
            .store()
            .pairs(&mapping_name, side, &names)?
            .into_iter()
            .partition(|pair| pair.gone.is_some());
        let mut batch = Batch::default();
        let paired: HashSet<&DocName> = pairs
            .iter()
            .chain(&tombstones)
            .map(|pair| &pair.sides[side].name)
            .collect();
        let mut here = keys_of(session, self.mapping, side, &names).await?;
        for name in names.iter().filter(|name| !paired.contains(name)) {
            // The pair went on under another name, or was forgotten: what has the name now is looked at.
            batch.done.push((mapping_name.clone(), side, name.clone()));
            self.look_at(here.remove(name), &mut batch);
        }
        let mut missing = Vec::new();
        for pair in pairs {
            let own = &pair.sides[side];
            let place = (mapping_name.clone(), side, own.name.clone());
            match here.get(&own.name) {
                Some(key) if own.creation.is_none() || key.creation == own.creation => {
                    batch.done.push(place);
                    let compared = !pair.open && own.modified == key.modified;
                    if !compared {
                        self.look_at(Some(key.clone()), &mut batch);
                    }
                }
                _ => missing.push(pair),
            }
        }
        let lost: Vec<&Pair> = missing.iter().collect();
        let mut found = found_by_creation(session, self.mapping, side, &lost).await?;
        let mut absent = Vec::new();
        for pair in missing {
            let old = pair.sides[side].name.clone();
            if let Some(key) = found.renamed.remove(&old) {
                let successor = here.remove(&old);
                self.renamed.push((pair, key, successor));
            } else if found.unclear.contains(&old) {
                self.note(
                    "renamed_unclear",
                    &old,
                    "is not there under this name, and several documents were made when it was: which of \
                     them it is cannot be told; its pair waits",
                );
            } else if let Some(key) = here.remove(&old) {
                // Another document has its name, so that it cannot be hidden under it.
                self.gone.push((old, Some(key)));
            } else {
                absent.push(pair);
            }
        }
        session.store().commit(&batch)?;
        self.confirm(absent).await
    }

    /// Queues what stands under a name now.
    fn look_at(&mut self, key: Option<DocKey>, batch: &mut Batch) {
        let Some(key) = key else { return };
        self.anything = true;
        let todo = Todo {
            key,
            reason: TodoReason::Seen,
        };
        let name = self.session.name_of(self.mapping).clone();
        batch.again.push((name, self.side, todo));
    }

    /// Tells whether the document on the other side is to be renamed, too.
    fn carries_name(&self, pair: &Pair) -> bool {
        let (session, side) = (self.session, self.side);
        let other = side.other();
        session.name_is_certain(self.mapping, side)
            && session.name_is_certain(self.mapping, other)
            && folded(&pair.sides[side].name) == folded(&pair.sides[other].name)
            && session.mappings[self.mapping].direction.writes_to(other)
    }

    /// Tells whether this is a plan, or held to one.
    fn is_foreseen(&self) -> bool {
        self.session.mode == Mode::Plan || self.ledger.gate.is_some()
    }

    /// Returns when the documents of pairs that were renamed here were saved on the other side, by their name there.
    /// Only a plan shows it, and is held to it.
    async fn seen_there(
        &self,
        renamed: &[(Pair, DocKey, Option<DocKey>)],
    ) -> Result<HashMap<DocName, DocKey>, EngineError> {
        let is_asked = self.is_foreseen();
        let other = self.side.other();
        let carried = renamed.iter().filter(|(pair, ..)| self.carries_name(pair));
        let names: Vec<DocName> = carried
            .map(|(pair, ..)| pair.sides[other].name.clone())
            .collect();
        if !is_asked || names.is_empty() {
            return Ok(HashMap::new());
        }
        keys_of(self.session, self.mapping, other, &names).await
    }

    /// Tells whether a rename may be carried over, where a plan bounds the run; if not, its pair stays as it was.
    fn is_permitted(
        &mut self,
        pair: &Pair,
        key: &DocKey,
        seen: &PerSide<Option<SiteTime>>,
    ) -> Result<bool, EngineError> {
        let (session, side) = (self.session, self.side);
        let wanted = Wanted {
            site: side.other(),
            action: Action::Rename,
            source: (&session.mappings[self.mapping].doctypes[side], &key.name),
            own: None,
            seen: seen.clone().map(|modified| Some(Seen::at(modified))),
            changes: &[new_name(&pair.sides[side.other()].name, &key.name)],
            missing: &[],
        };
        permits(session, self.ledger, &[wanted])
    }

    /// Goes on with a pair under its document's new name, and sees to it that the name is carried over where
    /// names are meant to be equal.
    fn renamed(
        &mut self,
        mut pair: Pair,
        key: DocKey,
        (carried, seen): (bool, PerSide<Option<SiteTime>>),
        batch: &mut Batch,
    ) -> Result<(), EngineError> {
        let (session, side) = (self.session, self.side);
        let other = side.other();
        let old = pair.sides[side].name.clone();
        let message = format!("was `{old}`; the pair goes on");
        self.note("renamed", &key.name, &message);
        if carried && session.mode == Mode::Plan {
            // The document itself keeps its name until the plan is carried out, and is read under it.
            let (planner, mapping) = (&mut *self.ledger, self.mapping);
            plan_rename(session, planner, mapping, &pair, other, &key.name, seen);
        } else if carried && let Some(id) = pair.id {
            // The intent goes first: what is killed here finds it, and carries the name over.
            let now = session.parts.clock.now();
            let mut intent = Intent {
                id: None,
                run: session.parts.run.clone(),
                mapping: pair.mapping.clone(),
                side: other,
                source: key.clone(),
                kind: IntentKind::Rename {
                    pair: id,
                    from: pair.sides[other].name.clone(),
                    to: key.name.clone(),
                    merge: false,
                },
                sent: frappe_sync_model::Baseline::default(),
                sent_at: now,
                site_time: session.facts[other].clock.local_at(now),
            };
            let ids = session.store().begin(std::slice::from_ref(&intent))?;
            intent.id = ids.first().copied();
            past::keep_one(session, &intent, &pair, None)?;
            self.ledger.intents.push(intent);
        }
        pair.sides[side].name = key.name.clone();
        pair.open = true;
        batch.pairs.push(pair.clone());
        self.anything = true;
        let todo = Todo {
            key,
            reason: TodoReason::OpenPair,
        };
        batch.again.push((pair.mapping, side, todo));
        Ok(())
    }

    /// Asks what became of documents that no list shows: gone, or hidden from us.
    async fn confirm(&mut self, absent: Vec<Pair>) -> Result<(), EngineError> {
        if absent.is_empty() {
            return Ok(());
        }
        let (session, side) = (self.session, self.side);
        let site = session.site(side);
        let doctype = session.mappings[self.mapping].doctypes[side].clone();
        let names: Vec<DocName> = absent
            .iter()
            .map(|pair| pair.sides[side].name.clone())
            .collect();
        let deletions = deletions_of(session, self.mapping, side, &names)
            .await?
            .unwrap_or_default();
        let mut batch = Batch::default();
        for pair in absent {
            let own = &pair.sides[side];
            // An older record is of another document, which had the name before.
            let is_recorded = deletions.iter().any(|deletion| {
                let made = own.creation.as_ref();
                deletion.name == own.name && made.is_none_or(|made| !made.is_after(&deletion.at))
            });
            let name = own.name.clone();
            let presence = match is_recorded {
                true => Presence::Gone,
                false => site.presence(&doctype, &name).await.on(side)?,
            };
            match presence {
                Presence::Gone => self.gone.push((name, None)),
                Presence::There | Presence::Hidden => {
                    let message = "it exists, but is not shown to our user any more: nothing of it is deleted, \
                                   and nothing can be written to it (has a permission been taken away?)";
                    let key = DocKey {
                        name: name.clone(),
                        modified: own.modified.clone(),
                        creation: own.creation.clone(),
                        owner: own.owner.clone(),
                        lft: None,
                    };
                    let cause = ParkedCause::NotPermitted;
                    let now = session.parts.clock.now();
                    let parked =
                        self.ledger
                            .park(&pair.mapping, side, &key, cause, message.to_owned(), now);
                    batch.park.push(parked);
                    batch.done.push((pair.mapping.clone(), side, name));
                }
            }
        }
        session.store().commit(&batch)?;
        Ok(())
    }

    /// Marks the pairs of deleted documents, unless there are too many of them.
    async fn bury(mut self) -> Result<bool, EngineError> {
        let (session, side) = (self.session, self.side);
        let other = side.other();
        let mapping = &session.mappings[self.mapping];
        let name = mapping.name.clone();
        let carries = mapping.deletes == Deletes::Propagate && mapping.direction.writes_to(other);
        if carries && !self.gone.is_empty() && !session.parts.options.allow.contains(MAX_DELETES) {
            let pairs = session.store().counts(&name)?.pairs;
            let pairs = usize::try_from(pairs).unwrap_or(usize::MAX);
            let limit = session.parts.options.max_deletes;
            if let Some(hit) = judge_deletes(&name, side, self.gone.len(), pairs, limit) {
                stop(
                    session,
                    self.ledger,
                    self.mapping,
                    GuardReport::of(hit, &name),
                );
                return Ok(self.anything);
            }
        }
        let gone = std::mem::take(&mut self.gone);
        for gone in gone.chunks(session.parts.options.documents_per_batch) {
            let names: Vec<DocName> = gone.iter().map(|(name, _)| name.clone()).collect();
            let mut batch = Batch::default();
            for mut pair in session.store().pairs(&name, side, &names)? {
                let survivor = &pair.sides[other];
                let key = DocKey {
                    name: survivor.name.clone(),
                    modified: survivor.modified.clone(),
                    creation: survivor.creation.clone(),
                    owner: survivor.owner.clone(),
                    lft: None,
                };
                let own = (name.clone(), side, pair.sides[side].name.clone());
                if self.ledger.unpark(&own) {
                    batch.unpark.push(own.clone());
                }
                batch.done.push(own);
                let todo = Todo {
                    key,
                    reason: TodoReason::Vanished,
                };
                batch.again.push((name.clone(), other, todo));
                // Nobody can decide on a value of what is gone.
                let document = (name.clone(), pair.sides.a.name.clone());
                let open = self.ledger.open_conflicts.remove(&document);
                for path in open.unwrap_or_default() {
                    let (mapping, a_name) = document.clone();
                    batch.conflicts_over.push((mapping, a_name, path));
                }
                pair.gone = Some(side);
                batch.pairs.push(pair);
            }
            for (_, key) in gone {
                self.look_at(key.clone(), &mut batch);
            }
            session.store().commit(&batch)?;
        }
        self.rename().await?;
        Ok(self.anything)
    }

    /// Gives pairs the names that their documents have now, all at once, since documents exchange names.
    async fn rename(&mut self) -> Result<(), EngineError> {
        let (session, side) = (self.session, self.side);
        let renamed = std::mem::take(&mut self.renamed);
        let names: Vec<DocName> = renamed.iter().map(|(_, key, _)| key.name.clone()).collect();
        let mapping = session.name_of(self.mapping).clone();
        let moving: HashSet<_> = renamed.iter().filter_map(|(pair, ..)| pair.id).collect();
        let mut holders = session.store().counterparts(&mapping, side, &names)?;
        // A tombstone gives its name away.
        holders.retain(|holder| holder.gone.is_none() && !moving.contains(&holder.pair));
        // A pair that still claims such a name has lost its document, too, and comes first.
        let lost: Vec<Todo> = holders.iter().map(vanished).collect();
        session.store().stage(&mapping, side, &lost, None)?;
        self.anything |= !lost.is_empty();
        let there = self.seen_there(&renamed).await?;
        let mut batch = Batch::default();
        for (pair, key, successor) in renamed {
            if holders.iter().any(|holder| holder.name == key.name) {
                continue;
            }
            let mut seen = PerSide::from_fn(|_| key.modified.clone());
            let twin = there.get(&pair.sides[side.other()].name);
            seen[side.other()] = twin.and_then(|key| key.modified.clone());
            // Where it is renamed there too, a run finds that out by trying.
            let carried = self.carries_name(&pair) && (!self.is_foreseen() || twin.is_some());
            if carried && !self.is_permitted(&pair, &key, &seen)? {
                continue;
            }
            let old = pair.sides[side].name.clone();
            batch.done.push((mapping.clone(), side, old));
            self.renamed(pair, key, (carried, seen), &mut batch)?;
            self.look_at(successor, &mut batch);
        }
        session.store().commit(&batch)?;
        Ok(())
    }

    fn note(&mut self, kind: &str, name: &DocName, message: &str) {
        self.ledger.notes.insert(NoteReport {
            kind: kind.to_owned(),
            site: self.side,
            doctype: self.session.mappings[self.mapping].doctypes[self.side].clone(),
            name: Some(name.clone()),
            message: message.to_owned(),
        });
    }
}
