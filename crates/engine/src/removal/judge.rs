//! What becomes of a document whose counterpart was deleted.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use frappe_sync_model::{
    Batch, ConflictPolicy, ConflictRecord, ConflictState, Deletes, Deletion, DocKey, DocName,
    Document, FieldPath, Intent, Pair, Renaming, Side, Site, SiteTime, StateStore, Todo,
    TodoReason,
};

use super::DELETED;
use super::delete::{Removing, remove_all};
use super::repointed::is_only_repointed;
use crate::Clock;
use crate::decide::own_write_is_no_change;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::links::Links;
use crate::report::{ConflictReport, NoteReport};
use crate::session::Session;
use crate::settle::{has_changed, holds_unsettled};
use crate::vanished::{deletions_of, found_by_creation, is_over, last_name, renamings_of};
use crate::view::View;

/// A document is followed over no more names than this.
const MOST_HOPS: usize = 8;

/// The traces of one merge are no further apart.
const ONE_TRANSACTION: TimeDelta = TimeDelta::seconds(5);

/// Works on the documents of a side whose counterparts were deleted; returns whether some are to be made
/// again.
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
        stays: false,
        removing: Vec::new(),
    };
    let mut after = None;
    loop {
        let todos =
            session
                .store()
                .todos_for(&name, side, TodoReason::Vanished, after.as_ref(), limit)?;
        let Some(last) = todos.last() else { break };
        after = Some(last.key.name.clone());
        judging.some(&todos).await?;
    }
    let Judging {
        anything,
        stays,
        removing,
        ..
    } = judging;
    let before = ledger.summary.delete;
    if !removing.is_empty() {
        remove_all(session, ledger, mapping, side, removing).await?;
    }
    // A document that waits for the name of one that is gone may be made now, and one that waits to hear whether its
    // like goes may take the place of the deleted one.
    let is_decided = stays || ledger.summary.delete > before;
    Ok(anything || (is_decided && session.store().counts(&name)?.todo > 0))
}

struct Judging<'a, 'p, S, T, C> {
    session: &'a Session<'p, S, T, C>,
    ledger: &'a mut Ledger,
    mapping: usize,
    /// The side whose documents are left.
    side: Side,
    anything: bool,
    /// Some stay, since the mapping is one-way.
    stays: bool,
    removing: Vec<Removing>,
}

impl<S: Site, T: StateStore, C: Clock> Judging<'_, '_, S, T, C> {
    async fn some(&mut self, todos: &[Todo]) -> Result<(), EngineError> {
        let (session, side) = (self.session, self.side);
        let name = session.name_of(self.mapping).clone();
        let names: Vec<DocName> = todos.iter().map(|todo| todo.key.name.clone()).collect();
        let mut pairs = session.store().pairs(&name, side, &names)?;
        // The others may have vanished, and are waiting for that to be found out.
        pairs.retain(|pair| pair.gone == Some(side.other()));
        if pairs.is_empty() {
            return Ok(());
        }
        let mut documents = session.documents_of(self.mapping, side, &pairs).await?;
        let mut batch = Batch::default();
        let mut links = Links::new(session);
        links
            .resolve_all(session, self.mapping, side, documents.values())
            .await?;
        let (here, lost): (Vec<Pair>, Vec<Pair>) = pairs.into_iter().partition(|pair| {
            let own = &pair.sides[side];
            // A name that was deleted and used again belongs to another document.
            documents.get(&own.name).is_some_and(|document| {
                own.creation.is_none() || document.key.creation == own.creation
            })
        });
        let strangers: HashMap<DocName, DocKey> = lost
            .iter()
            .filter_map(|pair| documents.remove(&pair.sides[side].name))
            .map(|document| (document.key.name.clone(), document.key))
            .collect();
        self.both_gone(lost, strangers, &mut batch).await?;
        let merges = self.merges(&here).await?;
        for pair in here {
            let Some(document) = documents.remove(&pair.sides[side].name) else {
                continue;
            };
            let merge_into = merges.get(&pair.sides[side.other()].name).cloned();
            self.one(pair, document, merge_into, &links, &mut batch)
                .await?;
        }
        session.store().commit(&batch)?;
        Ok(())
    }

    /// Forgets pairs of which nothing is left; follows those that were renamed meanwhile. What has their names now is
    /// looked at.
    async fn both_gone(
        &mut self,
        lost: Vec<Pair>,
        strangers: HashMap<DocName, DocKey>,
        batch: &mut Batch,
    ) -> Result<(), EngineError> {
        let (session, side) = (self.session, self.side);
        let refs: Vec<&Pair> = lost.iter().collect();
        let mut found = found_by_creation(session, self.mapping, side, &refs).await?;
        for mut pair in lost {
            let old = pair.sides[side].name.clone();
            if let Some(key) = found.renamed.remove(&old) {
                batch.done.push((pair.mapping.clone(), side, old));
                pair.sides[side].name = key.name.clone();
                let todo = Todo {
                    key,
                    reason: TodoReason::Vanished,
                };
                batch.again.push((pair.mapping.clone(), side, todo));
                batch.pairs.push(pair);
                self.anything = true;
            } else if !found.unclear.contains(&old) {
                let intents = self.updates_of(&pair);
                self.close(&intents, batch);
                batch.done.push((pair.mapping.clone(), side, old));
                batch.forget.extend(pair.id);
            }
        }
        for key in strangers.into_values() {
            let todo = Todo {
                key,
                reason: TodoReason::Seen,
            };
            batch
                .again
                .push((session.name_of(self.mapping).clone(), side, todo));
            self.anything = true;
        }
        Ok(())
    }

    /// Finds out which of the deleted documents were merged into another, and into which document of this
    /// side that leads.
    async fn merges(&self, pairs: &[Pair]) -> Result<HashMap<DocName, DocName>, EngineError> {
        let (session, gone) = (self.session, self.side.other());
        if session.mappings[self.mapping].deletes == Deletes::Ignore {
            return Ok(HashMap::new());
        }
        let names: Vec<DocName> = pairs
            .iter()
            .map(|pair| pair.sides[gone].name.clone())
            .collect();
        let mut renamings = renamings_of(session, self.mapping, gone, &names).await?;
        if let Some(deletions) = deletions_of(session, self.mapping, gone, &names).await? {
            // A merge deletes and renames in one moment. What was deleted, and its name used again and renamed, was not
            // merged.
            renamings.retain(|renaming| {
                let of_one_moment = |deletion: &Deletion| {
                    deletion.name == renaming.old && are_close(&deletion.at, &renaming.at)
                };
                !names.contains(&renaming.old) || deletions.iter().any(of_one_moment)
            });
        }
        self.follow(&mut renamings).await?;
        // What it was merged into may have been given its name since.
        let is_renamed = |name: &DocName| renamings.iter().any(|renaming| renaming.old == *name);
        let targets: Vec<(DocName, DocName)> = names
            .into_iter()
            .filter(is_renamed)
            .map(|name| (last_name(&renamings, &name), name))
            .collect();
        let asked: Vec<DocName> = targets.iter().map(|(last, _)| last.clone()).collect();
        let known: HashMap<DocName, DocName> = session
            .store()
            .counterparts(session.name_of(self.mapping), gone, &asked)?
            .into_iter()
            .filter(|pair| pair.gone.is_none())
            .map(|pair| (pair.name, pair.other))
            .collect();
        Ok(targets
            .into_iter()
            .filter_map(|(last, name)| Some((name, known.get(&last)?.clone())))
            .collect())
    }

    /// Adds what became of the documents under the names that these renamings gave them.
    async fn follow(&self, renamings: &mut Vec<Renaming>) -> Result<(), EngineError> {
        let (session, gone) = (self.session, self.side.other());
        let mut asked: HashSet<DocName> = renamings.iter().map(|it| it.old.clone()).collect();
        for _ in 0..MOST_HOPS {
            let new = renamings.iter().map(|renaming| renaming.new.clone());
            let new: Vec<DocName> = new.filter(|name| asked.insert(name.clone())).collect();
            if new.is_empty() {
                break;
            }
            renamings.extend(renamings_of(session, self.mapping, gone, &new).await?);
        }
        renamings.sort_by(|left, right| left.at.cmp(&right.at));
        Ok(())
    }

    async fn one(
        &mut self,
        mut pair: Pair,
        document: Document,
        merge_into: Option<DocName>,
        links: &Links,
        batch: &mut Batch,
    ) -> Result<(), EngineError> {
        let (session, side) = (self.session, self.side);
        let gone = side.other();
        let mapping = &session.mappings[self.mapping];
        let place = (pair.mapping.clone(), side, pair.sides[side].name.clone());
        let view = View::new(&session.fingerprints, mapping, side, &document, links);
        let intents = self.updates_of(&pair);
        if intents.iter().any(|intent| !is_over(session, intent)) {
            return Ok(());
        }
        for intent in intents.iter().filter(|intent| intent.side == side) {
            own_write_is_no_change(session, &mut pair.baseline, intent, &document, &view);
        }
        self.close(&intents, batch);
        if mapping.deletes == Deletes::Ignore {
            self.note(
                "deleted_there",
                &pair,
                "was deleted there and stays here, as the mapping says",
            );
            batch.done.push(place);
            return Ok(());
        }
        let changed = has_changed(&view, side, &pair.baseline)
            && !is_only_repointed(
                session,
                self.mapping,
                side,
                &document,
                &view,
                &pair.baseline,
            )
            .await?;
        let unsettled = pair.open && holds_unsettled(&view, side, &pair.baseline);
        let edited = changed || unsettled;
        if !edited && mapping.direction.writes_to(side) {
            self.removing.push(Removing {
                pair,
                document,
                merge_into,
                refused: None,
            });
            return Ok(());
        }
        batch.done.push(place);
        if !mapping.direction.writes_to(gone) || !edited {
            self.note(
                "deleted_there",
                &pair,
                "was deleted there and stays here: the mapping is one-way",
            );
            self.stays = true;
            return Ok(());
        }
        self.edit_goes_before(pair, &document, batch);
        Ok(())
    }

    /// Makes a document again that was edited here and deleted there, unless a person is to decide.
    fn edit_goes_before(&mut self, pair: Pair, document: &Document, batch: &mut Batch) {
        let (session, side) = (self.session, self.side);
        let mapping = &session.mappings[self.mapping];
        let winner = (mapping.conflict != ConflictPolicy::Manual).then_some(side);
        let path = FieldPath::Field(DELETED.into());
        let mut modified = pair.sides.as_ref().map(|_| None);
        modified[side].clone_from(&document.key.modified);
        let mut users = pair.sides.as_ref().map(|_| String::new());
        users[side].clone_from(&document.modified_by);
        batch.conflicts.push(ConflictRecord {
            id: None,
            run: session.parts.run.clone(),
            mapping: pair.mapping.clone(),
            names: pair.sides.as_ref().map(|side| side.name.clone()),
            path: path.clone(),
            state: winner.map_or(ConflictState::Open, ConflictState::Decided),
            modified,
            users,
        });
        self.ledger.summary.conflict += 1;
        self.ledger.conflicts.push(ConflictReport {
            id: None,
            doctype: mapping.doctypes.a.clone(),
            a_name: pair.sides.a.name.clone(),
            b_name: pair.sides.b.name.clone(),
            fields: vec![path],
            winner,
            reason: match winner {
                Some(_) => format!(
                    "edited on `{side}`, deleted on `{}`: the edit stays",
                    side.other()
                ),
                None => "manual: a person decides".to_owned(),
            },
        });
        if winner.is_some() {
            batch.forget.extend(pair.id);
            let todo = Todo {
                key: document.key.clone(),
                reason: TodoReason::Seen,
            };
            batch.again.push((pair.mapping, side, todo));
            self.anything = true;
        }
    }

    /// Returns the updates of a pair whose outcome is not known.
    fn updates_of(&self, pair: &Pair) -> Vec<Intent> {
        let intents = self.ledger.intents.iter();
        intents
            .filter(|intent| crate::update::concerns(intent, pair))
            .cloned()
            .collect()
    }

    /// Resolves intents: what they wrote has been read.
    fn close(&mut self, intents: &[Intent], batch: &mut Batch) {
        let done: Vec<_> = intents.iter().filter_map(|intent| intent.id).collect();
        self.ledger
            .intents
            .retain(|intent| intent.id.is_none_or(|id| !done.contains(&id)));
        batch.intents_done.extend(done);
    }

    fn note(&mut self, kind: &str, pair: &Pair, message: &str) {
        self.ledger.notes.insert(NoteReport {
            kind: kind.to_owned(),
            site: self.side,
            doctype: self.session.mappings[self.mapping].doctypes[self.side].clone(),
            name: Some(pair.sides[self.side].name.clone()),
            message: format!("`{}` {message}", pair.sides[self.side.other()].name),
        });
    }
}

/// Tells whether two moments of a site's time may be those of one transaction.
fn are_close(one: &SiteTime, other: &SiteTime) -> bool {
    match (one.to_naive(), other.to_naive()) {
        (Some(one), Some(other)) => (one - other).abs() <= ONE_TRANSACTION,
        _ => false,
    }
}
