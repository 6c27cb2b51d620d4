//! Deleting and merging documents, one by one.

use frappe_sync_model::{
    Baseline, Batch, DocKey, DocName, Document, FieldPath, Intent, IntentKind, JournalEntry, Pair,
    ParkedCause, PerSide, Side, Site, SiteError, SiteErrorKind, SiteTime, StateStore,
};
use serde_json::{Map, Value};

use super::DELETED;
use super::forget::forget;
use super::look::look;
use super::restore::make_good;
use crate::Clock;
use crate::create::parked_cause;
use crate::error::EngineError;
use crate::gate::{Seen, Wanted, permits};
use crate::hanging::take_away;
use crate::ledger::Ledger;
use crate::park::park_alone;
use crate::past;
use crate::report::{Action, BaseReport, CounterpartReport, Operation, PlannedChange};
use crate::session::{Mode, Session};
use crate::vanished::{keys_of, resolved};

/// A document that is to be removed, because its counterpart is gone.
pub(super) struct Removing {
    pub(super) pair: Pair,
    /// What is left of the pair.
    pub(super) document: Document,
    /// The document into which it is merged, since its counterpart was.
    pub(super) merge_into: Option<DocName>,
    /// Why the site would not, when it was tried last.
    pub(super) refused: Option<(ParkedCause, String)>,
}

impl Removing {
    fn action(&self) -> Action {
        match self.merge_into {
            Some(_) => Action::Rename,
            None => Action::Delete,
        }
    }

    /// Says what a plan shows of it: of a delete nothing, of a merge the two names.
    fn changes(&self) -> Vec<PlannedChange> {
        let merge = self.merge_into.iter().map(|into| {
            let path = FieldPath::Field("name".into());
            PlannedChange::new(
                path,
                self.document.name().as_str().into(),
                into.as_str().into(),
            )
        });
        merge.collect()
    }
}

/// Removes documents of a side. What something else still links to is tried again as long as others go; then
/// it is parked.
pub(super) async fn remove_all<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    mut removing: Vec<Removing>,
) -> Result<(), EngineError> {
    // Children of a tree before their parents, the latest of the others first.
    removing.sort_by(|left, right| {
        let place = |one: &Removing| (one.document.key.lft, one.document.key.creation.clone());
        place(right).cmp(&place(left))
    });
    let mut remover = Remover {
        session,
        ledger,
        mapping,
        side,
        removed: Vec::new(),
    };
    loop {
        let before = removing.len();
        let mut left = Vec::new();
        for one in removing {
            if session.mode == Mode::Plan {
                remover.plan(&one)?;
            } else if let Some(refused) = remover.remove(one).await? {
                left.push(refused);
            }
        }
        removing = left;
        if removing.is_empty() || removing.len() == before {
            break;
        }
    }
    for one in removing {
        remover.park(one)?;
    }
    let removed = remover.removed;
    make_good(session, ledger, mapping, side, removed).await
}

/// Removes one document, as a person decided.
pub(crate) async fn remove_one<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    pair: Pair,
    document: Document,
) -> Result<(), EngineError> {
    let one = Removing {
        pair,
        document,
        merge_into: None,
        refused: None,
    };
    remove_all(session, ledger, mapping, side, vec![one]).await
}

struct Remover<'a, 'p, S, T, C> {
    session: &'a Session<'p, S, T, C>,
    ledger: &'a mut Ledger,
    mapping: usize,
    side: Side,
    /// What was deleted or merged, and is still to be compared with what was decided on.
    removed: Vec<Intent>,
}

impl<S: Site, T: StateStore, C: Clock> Remover<'_, '_, S, T, C> {
    /// Removes one document; gives it back where the site would not.
    async fn remove(&mut self, mut one: Removing) -> Result<Option<Removing>, EngineError> {
        let (session, side) = (self.session, self.side);
        let site = session.site(side);
        let doctype = session.mappings[self.mapping].doctypes[side].clone();
        let name = one.document.name().clone();
        let mapping = session.name_of(self.mapping);
        if self.ledger.is_being_removed(mapping, side, &name) {
            // The one that is under way may be it, and may be late: a second one is never sent.
            return Ok(None);
        }
        if let Some(into) = &one.merge_into
            && self.ledger.is_being_updated(mapping, side, into)
        {
            // The merge would look as if the update had arrived.
            return Ok(None);
        }
        if !self.is_permitted(&one)? {
            return Ok(None);
        }
        if one.document.docstatus == 1 && one.merge_into.is_none() {
            match self.cancel(&mut one).await? {
                Ok(()) => {}
                Err(error) => return self.judge(one, error),
            }
        }
        self.keep(&one)?;
        let intent = self.begin(&one)?;
        let answer = match &one.merge_into {
            Some(into) => site.rename(&doctype, &name, into, true).await.map(drop),
            None => take_away(session, self.mapping, side, &one.document).await,
        };
        match answer {
            Ok(()) => {
                self.removed.push(intent);
                Ok(None)
            }
            Err(error) if error.kind == SiteErrorKind::NotFound && one.merge_into.is_none() => {
                forget(session, self.ledger, &intent, None)?;
                Ok(None)
            }
            Err(error) if error.kind == SiteErrorKind::OutcomeUnknown => {
                look(session, self.ledger, self.mapping, &intent).await?;
                Ok(None)
            }
            Err(error) => {
                resolved(session, self.ledger, &intent, Batch::default())?;
                self.judge(one, error)
            }
        }
    }

    /// Tells whether a document may be removed, where a plan bounds the run; if not, it stays queued.
    fn is_permitted(&mut self, one: &Removing) -> Result<bool, EngineError> {
        let (session, side) = (self.session, self.side);
        let gone = side.other();
        let mut seen = PerSide::default();
        seen[side] = Some(Seen::of(session, side, &one.document));
        let wanted = Wanted {
            site: side,
            action: one.action(),
            source: (
                &session.mappings[self.mapping].doctypes[gone],
                &one.pair.sides[gone].name,
            ),
            own: None,
            seen,
            changes: &one.changes(),
            missing: &[],
        };
        permits(session, self.ledger, &[wanted])
    }

    /// Keeps a document that the site would not remove for another try, or ends the run.
    fn judge(&self, mut one: Removing, error: SiteError) -> Result<Option<Removing>, EngineError> {
        match error.kind {
            // It changed since it was read, or may have: the next run looks at it again.
            SiteErrorKind::Stale | SiteErrorKind::NotFound | SiteErrorKind::OutcomeUnknown => {
                Ok(None)
            }
            _ if error.concerns_one_document() => {
                one.refused = Some((parked_cause(&error), error.message));
                Ok(Some(one))
            }
            _ => Err(EngineError::Site {
                side: self.side,
                source: error,
            }),
        }
    }

    /// Cancels a submitted document, since Frappe deletes none (protocol 7).
    async fn cancel(&mut self, one: &mut Removing) -> Result<Result<(), SiteError>, EngineError> {
        let (session, side) = (self.session, self.side);
        let doctype = &session.mappings[self.mapping].doctypes[side];
        let Some(base) = one.document.key.modified.clone() else {
            let exc_type = "NoModified".to_owned();
            let message = "it has no `modified`, so it cannot be cancelled safely";
            return Ok(Err(SiteError::new(
                SiteErrorKind::Refused { exc_type },
                message,
            )));
        };
        let changes = Map::from_iter([("docstatus".to_owned(), Value::from(2))]);
        // Only one of two can find the `modified` that both carry, so it may be repeated without an intent.
        let name = one.document.name();
        match session
            .site(side)
            .update(doctype, name, &base, changes)
            .await
        {
            Ok(written) => {
                // A hook may have moved `modified` after the save that was answered (protocol 5.4).
                let keys = keys_of(session, self.mapping, side, std::slice::from_ref(name)).await?;
                let now = keys.into_values().next().and_then(|key| key.modified);
                one.document.key.modified = now.or(written.modified);
                one.document.docstatus = 2;
                self.ledger.summary.cancel += 1;
                self.ledger.applied_to[side] += 1;
                let operation = past::cancelled(session, &one.pair, side, &one.document.key);
                session.store().commit(&Batch {
                    operations: vec![operation],
                    ..Batch::default()
                })?;
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    /// Puts the whole document into the journal: it may hold what was never agreed on, such as drift.
    fn keep(&self, one: &Removing) -> Result<(), EngineError> {
        let (session, side) = (self.session, self.side);
        let gone = side.other();
        let tables = one.document.tables.iter().map(|(table, rows)| {
            let rows = rows.iter().map(|row| Value::Object(row.fields.clone()));
            (table.to_string(), Value::Array(rows.collect()))
        });
        let mut lost = one.document.fields.clone();
        lost.extend(tables);
        session.store().commit(&Batch {
            journal: vec![JournalEntry {
                run: session.parts.run.clone(),
                at: session.parts.clock.now(),
                side,
                doctype: session.mappings[self.mapping].doctypes[side].clone(),
                name: one.document.name().clone(),
                path: FieldPath::Field(DELETED.into()),
                lost: Value::Object(lost),
                kept: Value::Null,
                reason: format!("`{}` was deleted on `{gone}`", one.pair.sides[gone].name),
            }],
            ..Batch::default()
        })?;
        Ok(())
    }

    fn begin(&mut self, one: &Removing) -> Result<Intent, EngineError> {
        let (session, side) = (self.session, self.side);
        let now = session.parts.clock.now();
        let pair = one.pair.id.unwrap_or(frappe_sync_model::PairId(0));
        let name = one.document.name().clone();
        let mut intent = Intent {
            id: None,
            run: session.parts.run.clone(),
            mapping: one.pair.mapping.clone(),
            side,
            source: one.document.key.clone(),
            kind: match &one.merge_into {
                Some(into) => IntentKind::Rename {
                    pair,
                    from: name,
                    to: into.clone(),
                    merge: true,
                },
                None => IntentKind::Delete {
                    pair,
                    name,
                    base: one.document.key.modified.clone(),
                },
            },
            sent: Baseline::default(),
            sent_at: now,
            site_time: session.facts[side].clock.local_at(now),
        };
        let ids = session.store().begin(std::slice::from_ref(&intent))?;
        intent.id = ids.first().copied();
        past::keep_one(session, &intent, &one.pair, Some(&one.document))?;
        self.ledger.intents.push(intent.clone());
        Ok(intent)
    }

    /// Parks a document that the site would not remove.
    fn park(&mut self, one: Removing) -> Result<(), EngineError> {
        let Some((cause, message)) = one.refused else {
            return Ok(());
        };
        let gone = self.side.other();
        let message = format!(
            "`{}` was deleted on site `{gone}`, and this one cannot be: {message}",
            one.pair.sides[gone].name
        );
        let key = &one.document.key;
        let place = (one.pair.mapping.clone(), self.side, key.name.clone());
        for (side, waiting) in self.ledger.waiting_for_removal(&place) {
            let why = format!(
                "it waits for the delete of `{}` on site `{}`: {message}",
                key.name, self.side
            );
            self.park_one(side, &waiting, ParkedCause::Collision, why)?;
        }
        self.park_one(self.side, key, cause, message)
    }

    fn park_one(
        &mut self,
        side: Side,
        key: &DocKey,
        cause: ParkedCause,
        message: String,
    ) -> Result<(), EngineError> {
        park_alone(
            self.session,
            self.ledger,
            self.mapping,
            side,
            key,
            cause,
            message,
        )
    }

    /// Writes a removal into a plan, and takes it as done in the copy of the state.
    fn plan(&mut self, one: &Removing) -> Result<(), EngineError> {
        let (session, side) = (self.session, self.side);
        let mapping = &session.mappings[self.mapping];
        let gone = side.other();
        let action = one.action();
        let reason = match &one.merge_into {
            Some(into) => format!("merged into the counterpart of `{into}` on `{gone}`"),
            None => format!("deleted on `{gone}`"),
        };
        match action {
            Action::Rename => self.ledger.summary.rename += 1,
            _ => self.ledger.summary.delete += 1,
        }
        self.ledger.applied_to[side] += 1;
        let mut base = PerSide::<Option<SiteTime>>::default();
        base[side].clone_from(&one.document.key.modified);
        self.ledger.operations.push(Operation {
            id: self.ledger.operations.len() as u64 + 1,
            site: side,
            doctype: mapping.doctypes[side].clone(),
            name: Some(one.document.name().clone()),
            counterpart: Some(CounterpartReport {
                doctype: mapping.doctypes[gone].clone(),
                name: one.pair.sides[gone].name.clone(),
            }),
            action,
            base: BaseReport {
                a_modified: base.a,
                b_modified: base.b,
            },
            changes: one.changes(),
            after: Vec::new(),
            reason,
        });
        session.store().commit(&Batch {
            forget: one.pair.id.into_iter().collect(),
            done: vec![(one.pair.mapping.clone(), side, one.document.name().clone())],
            ..Batch::default()
        })?;
        Ok(())
    }
}
