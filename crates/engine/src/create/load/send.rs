//! A load: intents, the table, and what became of each document.

use std::collections::{HashSet, VecDeque};

use frappe_sync_model::{
    DocName, Intent, Loaded, LoadedDocument, ParkedCause, Selection, Side, Site, SiteError,
    SiteErrorKind, StateStore,
};

use super::table::table_of;
use super::{LABEL, label_of};
use crate::Clock;
use crate::create::{Creator, Made, Ready};
use crate::error::{EngineError, OnSide};
use crate::links::folded;
use crate::recover::Ended;
use crate::report::NoteReport;

/// A document that was not made, with its intent and why.
type Unmade = (Ready, Intent, Option<SiteError>);

impl<S: Site, T: StateStore, C: Clock> Creator<'_, '_, S, T, C> {
    /// Makes documents under their names. Returns whether the site took all of them.
    pub(crate) async fn load(&mut self, ready: Vec<Ready>) -> Result<bool, EngineError> {
        let to = self.from.other();
        let site = self.session.site(to);
        let ready = self.names_are_free(ready).await?;
        let ready = self.beyond_their_numbers(ready).await?;
        let mut parts = VecDeque::from([ready]);
        let mut whole = true;
        while let Some(part) = parts.pop_front() {
            let Some(first) = part.first() else { continue };
            if let Some(why) = self.ledger.no_loads.get(&(self.mapping, to)).cloned() {
                self.park_all(part, ParkedCause::Mapping, &why)?;
                continue;
            }
            let label = self.label(first);
            let intents = self.begin_load(&part, &label)?;
            let mapping = &self.session.mappings[self.mapping];
            let table = table_of(mapping, self.from, &part, label.clone());
            match Box::pin(site.load(&table)).await {
                Ok(loaded) if !loaded.ended => self.under_way(&intents).await?,
                Ok(loaded) => {
                    drop(table);
                    let turned_down = loaded.turned_down.clone();
                    let count = part.len();
                    let left = self.loaded(part, intents, loaded).await?;
                    whole &= left.is_empty();
                    self.clean_up(to, &label).await;
                    self.again(left, count, turned_down, &mut parts)?;
                }
                Err(error) if error.kind == SiteErrorKind::OutcomeUnknown => {
                    self.under_way(&intents).await?;
                }
                Err(error) if error.concerns_one_document() => {
                    whole = false;
                    self.forget(&intents)?;
                    let why = format!(
                        "site `{to}` takes no documents under given names: {}",
                        error.message
                    );
                    let place = (self.mapping, to);
                    self.ledger.no_loads.insert(place, why.clone());
                    let cause = match error.kind {
                        SiteErrorKind::NotPermitted => ParkedCause::NotPermitted,
                        _ => ParkedCause::Mapping,
                    };
                    self.park_all(part, cause, &why)?;
                }
                Err(source) => {
                    self.forget(&intents)?;
                    return Err(EngineError::Site { side: to, source });
                }
            }
        }
        Ok(whole)
    }

    /// Leaves those out whose name another document of the site has. A site would not overwrite that one, but names by
    /// chance are drawn again in silence (protocol 5.2).
    async fn names_are_free(&mut self, ready: Vec<Ready>) -> Result<Vec<Ready>, EngineError> {
        let (session, to) = (self.session, self.from.other());
        let doctype = session.mappings[self.mapping].doctypes[to].clone();
        let names: Vec<DocName> = ready.iter().map(|one| one.source.name().clone()).collect();
        if names.is_empty() {
            return Ok(ready);
        }
        let taken = session.site(to).existing(&doctype, &names).await.on(to)?;
        let taken: HashSet<String> = taken.iter().map(folded).collect();
        let mut free = Vec::with_capacity(ready.len());
        for one in ready {
            if !taken.contains(&folded(one.source.name())) {
                free.push(one);
                continue;
            }
            let message = format!(
                "site `{to}` has another {doctype} `{}`, which is left as it is: rename one of the two, or say by \
                 `identity` what makes them the same one",
                one.source.name()
            );
            self.refused(&one, &SiteError::new(SiteErrorKind::Duplicate, message))?;
        }
        Ok(free)
    }

    /// Returns a name for a load that no other one has.
    fn label(&mut self, first: &Ready) -> String {
        self.ledger.loads += 1;
        let text = format!(
            "{}:{}:{}",
            self.session.name_of(self.mapping),
            self.ledger.loads,
            first.source.name()
        );
        let print = self.session.fingerprints.of_bytes(text.as_bytes()).to_u64();
        let run = self.session.parts.run.as_str();
        let letters = run.chars().map(|letter| match letter {
            letter if letter.is_ascii_alphanumeric() => letter,
            _ => '-',
        });
        format!("{LABEL}{}-{print:016x}", letters.collect::<String>())
    }

    fn park_all(
        &mut self,
        part: Vec<Ready>,
        cause: ParkedCause,
        why: &str,
    ) -> Result<(), EngineError> {
        for one in part {
            self.park(&one.source.key, cause.clone(), why.to_owned())?;
        }
        Ok(())
    }

    /// The load has not ended, or nobody knows: what is there already is paired, and all else waits for the next run.
    async fn under_way(&mut self, intents: &[Intent]) -> Result<(), EngineError> {
        let to = self.from.other();
        let found = self.pair_what_is_there(intents, Ended::UnderWay).await?;
        if found < intents.len() {
            self.ledger.notes.insert(NoteReport {
                kind: "import_under_way".to_owned(),
                site: to,
                doctype: self.session.mappings[self.mapping].doctypes[to].clone(),
                name: None,
                message: "a Data Import has not come to its end: the next run goes on with it"
                    .to_owned(),
            });
        }
        Ok(())
    }

    /// Settles what was made, and refuses what the site refused. Returns what the site said nothing of.
    async fn loaded(
        &mut self,
        part: Vec<Ready>,
        intents: Vec<Intent>,
        loaded: Loaded,
    ) -> Result<Vec<Ready>, EngineError> {
        let to = self.from.other();
        let mut made = Made::default();
        let mut unmade: Vec<Unmade> = Vec::new();
        for ((ready, intent), outcome) in part.into_iter().zip(intents).zip(loaded.documents) {
            match outcome {
                LoadedDocument::Made(name) => {
                    made.part.push(ready);
                    made.intents.push(intent);
                    made.names.push(name);
                }
                LoadedDocument::Refused(error) => unmade.push((ready, intent, Some(error))),
                LoadedDocument::Untold => unmade.push((ready, intent, None)),
            }
        }
        if !made.names.is_empty() {
            let names = Selection::Names(made.names.clone());
            let documents = self.session.documents(self.mapping, to, names).await?;
            let there = documents.iter().map(|one| folded(one.name())).collect();
            let (made, lost) = self.really_made(made, there).await?;
            unmade.extend(lost);
            for (ready, name) in made.part.iter().zip(&made.names) {
                if folded(name) != folded(ready.source.name()) {
                    self.tell_of_name(to, ready, name);
                }
            }
            Box::pin(self.settle(made, documents)).await?;
        }
        let intents: Vec<Intent> = unmade.iter().map(|(_, intent, _)| intent.clone()).collect();
        self.forget(&intents)?;
        let mut left = Vec::new();
        for (ready, _, error) in unmade {
            match error {
                Some(error) => self.refused(&ready, &error)?,
                None => left.push(ready),
            }
        }
        Ok(left)
    }

    /// Parts what is there from what only the log speaks of: the log is no part of the document's transaction.
    async fn really_made(
        &self,
        made: Made,
        there: HashSet<String>,
    ) -> Result<(Made, Vec<Unmade>), EngineError> {
        let (session, to) = (self.session, self.from.other());
        let unseen: Vec<DocName> = made
            .names
            .iter()
            .filter(|name| !there.contains(&folded(name)))
            .cloned()
            .collect();
        if unseen.is_empty() {
            return Ok((made, Vec::new()));
        }
        let doctype = &session.mappings[self.mapping].doctypes[to];
        let mut gone = HashSet::new();
        for name in unseen {
            let presence = session.site(to).presence(doctype, &name).await.on(to)?;
            if presence == frappe_sync_model::Presence::Gone {
                gone.insert(folded(&name));
            }
        }
        let mut kept = Made::default();
        let mut lost = Vec::new();
        let all = made.part.into_iter().zip(made.intents).zip(made.names);
        for ((ready, intent), name) in all {
            if gone.contains(&folded(&name)) {
                lost.push((ready, intent, None));
            } else {
                kept.part.push(ready);
                kept.intents.push(intent);
                kept.names.push(name);
            }
        }
        Ok((kept, lost))
    }

    fn tell_of_name(&mut self, to: Side, ready: &Ready, name: &DocName) {
        self.ledger.notes.insert(NoteReport {
            kind: "name_not_kept".to_owned(),
            site: to,
            doctype: self.session.mappings[self.mapping].doctypes[to].clone(),
            name: Some(name.clone()),
            message: format!(
                "is `{}` on `{}`; the site gave it this name by a rule of its own",
                ready.source.name(),
                self.from
            ),
        });
    }

    /// Tries what the site said nothing of once more, in smaller parts where nothing came of the last.
    fn again(
        &mut self,
        mut left: Vec<Ready>,
        count: usize,
        turned_down: Option<String>,
        parts: &mut VecDeque<Vec<Ready>>,
    ) -> Result<(), EngineError> {
        if left.len() > 1 && left.len() == count {
            let second = left.split_off(left.len() / 2);
            parts.push_front(second);
            parts.push_front(left);
        } else if left.len() == count {
            for one in left {
                let kind = SiteErrorKind::Refused {
                    exc_type: "ValidationError".to_owned(),
                };
                let message = turned_down.clone().unwrap_or_else(|| {
                    "the site's Data Import broke off and says nothing of it; its Error Log may"
                        .to_owned()
                });
                self.refused(&one, &SiteError::new(kind, message))?;
            }
        } else if !left.is_empty() {
            parts.push_front(left);
        }
        Ok(())
    }

    /// Takes away what the load left on the site. Where that fails it stays, and says so there.
    async fn clean_up(&self, to: Side, label: &str) {
        if let Err(error) = self.session.site(to).end_load(label).await {
            tracing::debug!(%label, %error, "a Data Import stays on the site");
        }
    }

    /// Puts the intents of a load on the disk.
    fn begin_load(&mut self, part: &[Ready], label: &str) -> Result<Vec<Intent>, EngineError> {
        debug_assert!(label_of(label).is_some());
        self.begin_as(part, label.to_owned())
    }
}
