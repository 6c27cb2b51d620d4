//! Taking the writes to one document back.

use frappe_sync_model::{
    Baseline, DocName, Document, Intent, IntentKind, PairId, Site, SiteError, SiteErrorKind,
    StateStore, UndoMark, Written,
};
use serde_json::{Map, Value};

use super::candidate::Candidate;
use super::difference::difference;
use super::judge::{Judged, Step, judge, read};
use super::report::UndoOutcome;
use super::settle::settle;
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::hanging::take_away;
use crate::removal::{is_of_this_delete, was_another};
use crate::session::Session;
use crate::vanished::deletions_of;

/// Whether a document may be tried again when others are taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// It is dealt with.
    Over,
    /// Its site would not, which may change.
    Refused,
}

/// Takes the writes to one document back, as was judged, and says in it what came of that.
pub(super) async fn act<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    judged: &mut Judged,
    mark: &UndoMark,
) -> Result<Tried, EngineError> {
    let Judged {
        candidate,
        step,
        told,
    } = judged;
    let mut acting = Acting {
        session,
        candidate,
        mark,
    };
    let came = match step.clone() {
        Step::Nothing => return Ok(Tried::Over),
        Step::AsBefore(now) => acting.done(now.map(|now| *now)),
        Step::PutBack {
            now,
            rename_to,
            changes,
        } => acting.put_back(*now, rename_to, changes).await,
        Step::Delete(_) => acting.delete().await,
        Step::Restore(record) => acting.restore(&record).await,
    }?;
    match came {
        Came::Done { name, note } => {
            told.outcome = UndoOutcome::Done;
            told.new_name = name.filter(|name| name != &told.name);
            if let Some(note) = note {
                told.reason = note;
            }
            Ok(Tried::Over)
        }
        Came::Left { reason, saved } => {
            told.outcome = UndoOutcome::Left;
            told.reason = reason;
            if let Some(saved) = saved {
                told.by = Some(saved.modified_by);
                told.at = saved.key.modified;
            }
            Ok(Tried::Over)
        }
        Came::Judged(again) => {
            *told = again.told;
            Ok(Tried::Over)
        }
        Came::Refused(error) => {
            told.outcome = UndoOutcome::Left;
            told.reason = error.message;
            Ok(Tried::Refused)
        }
    }
}

/// What came of it.
enum Came {
    Done {
        name: Option<DocName>,
        note: Option<String>,
    },
    Left {
        reason: String,
        saved: Option<Document>,
    },
    /// It is not as it was when it was judged.
    Judged(Box<Judged>),
    Refused(SiteError),
}

struct Acting<'a, 'p, S, T, C> {
    session: &'a Session<'p, S, T, C>,
    candidate: &'a Candidate,
    mark: &'a UndoMark,
}

impl<S: Site, T: StateStore, C: Clock> Acting<'_, '_, S, T, C> {
    fn done(&mut self, now: Option<Document>) -> Result<Came, EngineError> {
        settle(self.session, self.candidate, now.as_ref(), self.mark)?;
        Ok(Came::Done {
            name: now.map(|now| now.key.name),
            note: None,
        })
    }

    async fn put_back(
        &mut self,
        now: Document,
        rename_to: Option<DocName>,
        changes: Map<String, Value>,
    ) -> Result<Came, EngineError> {
        let (session, side) = (self.session, self.candidate.side);
        let site = session.site(side);
        let doctype = &session.mappings[self.candidate.mapping].doctypes[side];
        let mut name = now.name().clone();
        if let Some(old) = rename_to {
            match site.rename(doctype, &name, &old, false).await {
                Ok(renamed) => name = renamed,
                Err(error) => {
                    // A lost answer is looked up: whether it has the old name, and is the same document.
                    let found = read(session, self.candidate, &old).await?;
                    match found.filter(|found| found.key.creation == now.key.creation) {
                        Some(found) => name = found.key.name,
                        None => return self.refused(error),
                    }
                }
            }
        }
        if !changes.is_empty() {
            let Some(base) = &now.key.modified else {
                return Ok(left("it has no `modified`, so it cannot be changed safely"));
            };
            let written = site.update(doctype, &name, base, changes).await;
            if let Some(came) = self.judge_write(&name, &now, written).await? {
                return Ok(came);
            }
        }
        let Some(back) = read(session, self.candidate, &name).await? else {
            return Ok(left("is not shown to our user any more"));
        };
        let rest = self.rest(&back);
        let mut came = self.done(Some(back))?;
        if let (Came::Done { note, .. }, false) = (&mut came, rest.is_empty()) {
            *note = Some(format!(
                "its site keeps other values in: {}",
                rest.join(", ")
            ));
        }
        Ok(came)
    }

    /// Returns the fields that do not read back as they were before.
    fn rest(&self, back: &Document) -> Vec<String> {
        let mapping = &self.session.mappings[self.candidate.mapping];
        let before = self.candidate.document.as_ref();
        let rest = before.map(|before| difference(mapping, self.candidate.side, before, back));
        rest.unwrap_or_default()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    /// Says what a write came to where it was not plainly done.
    async fn judge_write(
        &mut self,
        name: &DocName,
        now: &Document,
        written: Result<Written, SiteError>,
    ) -> Result<Option<Came>, EngineError> {
        let Err(error) = written else { return Ok(None) };
        match error.kind {
            SiteErrorKind::Stale => {
                let saved = read(self.session, self.candidate, name).await?;
                Ok(Some(Came::Left {
                    reason: "was saved just now".to_owned(),
                    saved,
                }))
            }
            SiteErrorKind::OutcomeUnknown => {
                let back = read(self.session, self.candidate, name).await?;
                let moved = back
                    .as_ref()
                    .is_some_and(|back| back.key.modified != now.key.modified);
                let arrived = moved
                    && back
                        .as_ref()
                        .is_some_and(|back| self.session.is_ours(self.candidate.side, back));
                Ok((!arrived).then(|| left("no answer came: undo again later")))
            }
            _ => self.refused(error).map(Some),
        }
    }

    async fn delete(&mut self) -> Result<Came, EngineError> {
        let (session, side) = (self.session, self.candidate.side);
        // A delete carries no `modified` (protocol 6.1): it is looked at as late as possible.
        let now = read(session, self.candidate, self.candidate.name()).await?;
        let again = judge(session, self.candidate.clone(), now).await?;
        let document = match again.step {
            Step::Delete(document) => document,
            Step::AsBefore(_) => return self.done(None),
            _ => return Ok(Came::Judged(Box::new(again))),
        };
        let name = document.name().clone();
        let begun = session.parts.clock.now();
        match take_away(session, self.candidate.mapping, side, &document).await {
            Ok(()) => {}
            Err(error) if error.kind == SiteErrorKind::NotFound => {}
            Err(error) if error.kind == SiteErrorKind::OutcomeUnknown => {
                if read(session, self.candidate, &name).await?.is_some() {
                    return Ok(left("no answer came: undo again later"));
                }
            }
            Err(error) => return self.refused(error),
        }
        if let Some(came) = self.bring_back_an_edit(&document, begun).await? {
            return Ok(came);
        }
        self.done(None)
    }

    /// Restores what somebody saved between our look and our delete.
    async fn bring_back_an_edit(
        &self,
        document: &Document,
        begun: chrono::DateTime<chrono::Utc>,
    ) -> Result<Option<Came>, EngineError> {
        let (session, side) = (self.session, self.candidate.side);
        let intent = Intent {
            id: None,
            run: self.mark.by.clone(),
            mapping: session.name_of(self.candidate.mapping).clone(),
            side,
            source: document.key.clone(),
            kind: IntentKind::Delete {
                pair: PairId(0),
                name: document.name().clone(),
                base: document.key.modified.clone(),
            },
            sent: Baseline::default(),
            sent_at: begun,
            site_time: session.facts[side].clock.local_at(begun),
        };
        let names = std::slice::from_ref(document.name());
        let records = deletions_of(session, self.candidate.mapping, side, names).await?;
        for record in records.unwrap_or_default() {
            if !is_of_this_delete(session, side, &intent, &record)
                || !was_another(session, side, &intent, &record).await?
            {
                continue;
            }
            session.site(side).restore(&record.record).await.on(side)?;
            return Ok(Some(left(
                "was saved while it was being deleted, and is restored",
            )));
        }
        Ok(None)
    }

    async fn restore(&mut self, record: &DocName) -> Result<Came, EngineError> {
        let (session, side) = (self.session, self.candidate.side);
        let begun = session.parts.clock.now();
        match session.site(side).restore(record).await {
            Ok(()) => {}
            Err(error) if error.kind == SiteErrorKind::OutcomeUnknown => {
                if read(session, self.candidate, self.candidate.name())
                    .await?
                    .is_none()
                {
                    return Ok(left("no answer came: undo again later"));
                }
            }
            Err(error) => return self.refused(error),
        }
        let Some(now) = self.restored_since(begun).await? else {
            return Ok(left(
                "is restored, under a name that cannot be told: see its `Deleted Document`",
            ));
        };
        let mut now = now;
        let old = self.candidate.name();
        let doctype = &session.mappings[self.candidate.mapping].doctypes[side];
        if now.name() != old {
            // A series gave it the next name; where the DocType allows it, it gets its own back.
            if let Ok(name) = session
                .site(side)
                .rename(doctype, now.name(), old, false)
                .await
            {
                now = read(session, self.candidate, &name).await?.unwrap_or(now);
            }
        }
        let changes = self.candidate.document.as_ref().map(|before| {
            let mapping = &session.mappings[self.candidate.mapping];
            let renamed = with_rows_of(before, &now);
            difference(mapping, side, &renamed, &now)
        });
        if let (Some(changes), Some(base)) = (changes.filter(|c| !c.is_empty()), &now.key.modified)
        {
            let name = now.name().clone();
            match session
                .site(side)
                .update(doctype, &name, base, changes)
                .await
            {
                Ok(_) => now = read(session, self.candidate, &name).await?.unwrap_or(now),
                // What is restored is there; what it lacks shows as a difference in the next plan.
                Err(error) if error.concerns_one_document() => {}
                Err(source) => return Err(EngineError::Site { side, source }),
            }
        }
        let is_renamed = now.name() != old;
        let mut came = self.done(Some(now))?;
        if let (Came::Done { note, .. }, true) = (&mut came, is_renamed) {
            *note = Some("is restored under another name".to_owned());
        }
        Ok(came)
    }

    /// Returns the document that a restore made: under its name, or under the next of its series.
    async fn restored_since(
        &self,
        begun: chrono::DateTime<chrono::Utc>,
    ) -> Result<Option<Document>, EngineError> {
        let (session, side) = (self.session, self.candidate.side);
        if let Some(found) = read(session, self.candidate, self.candidate.name()).await? {
            return Ok(Some(found));
        }
        let doctype = &session.mappings[self.candidate.mapping].doctypes[side];
        let since = session.facts[side]
            .clock
            .local_at(begun - super::CLOCK_MARGIN);
        let filters = [frappe_sync_model::Filter::new(
            "creation",
            ">=",
            since.as_str(),
        )];
        let keys = session
            .site(side)
            .matching_keys(doctype, &filters)
            .await
            .on(side)?;
        let mut ours = keys
            .into_iter()
            .filter(|key| key.owner == session.facts[side].user);
        match (ours.next(), ours.next()) {
            (Some(key), None) => read(session, self.candidate, &key.name).await,
            _ => Ok(None),
        }
    }

    fn refused(&self, error: SiteError) -> Result<Came, EngineError> {
        match error.kind {
            SiteErrorKind::OutcomeUnknown => Ok(left("no answer came: undo again later")),
            _ if error.concerns_one_document() || error.kind == SiteErrorKind::NotFound => {
                Ok(Came::Refused(error))
            }
            _ => Err(EngineError::Site {
                side: self.candidate.side,
                source: error,
            }),
        }
    }
}

fn left(reason: &str) -> Came {
    Came::Left {
        reason: reason.to_owned(),
        saved: None,
    }
}

/// Returns `before` with its rows under the names that the rows of `now` have, place by place.
fn with_rows_of(before: &Document, now: &Document) -> Document {
    let mut renamed = before.clone();
    for (table, rows) in &mut renamed.tables {
        let Some(held) = now
            .tables
            .get(table)
            .filter(|held| held.len() == rows.len())
        else {
            continue;
        };
        for (row, held) in rows.iter_mut().zip(held) {
            row.name = held.name.clone();
        }
    }
    renamed
}
