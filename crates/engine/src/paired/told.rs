//! Conflicts, losers and notes.

use frappe_sync_model::{
    Batch, ConflictRecord, ConflictState, Document, JournalEntry, PerSide, Side, Site, StateStore,
};

use super::finishing::Finishing;
use crate::Clock;
use crate::decide::{Decision, FoundConflict, Rule};
use crate::error::EngineError;
use crate::report::{ConflictReport, NoteReport};
use crate::session::Mode;

impl<S: Site, T: StateStore, C: Clock> Finishing<'_, '_, S, T, C> {
    /// Records what both sides changed.
    pub(super) fn conflicts(&mut self, decision: &Decision) {
        let session = self.session;
        let mapping = &session.mappings[self.mapping];
        let documents = &decision.documents;
        let place = (mapping.name.clone(), documents.a.name().clone());
        for path in self
            .ledger
            .open_conflicts
            .remove(&place)
            .unwrap_or_default()
        {
            let goes_on = |found: &FoundConflict| found.winner.is_none() && found.path == path;
            if !decision.conflicts.iter().any(goes_on) {
                let (mapping, name) = place.clone();
                self.batch.conflicts_over.push((mapping, name, path));
            }
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
        type Ruling = (Option<Side>, Rule);
        let mut by_ruling: Vec<(Ruling, Vec<frappe_sync_model::FieldPath>)> = Vec::new();
        for conflict in &decision.conflicts {
            let ruling = (conflict.winner, conflict.rule);
            match by_ruling.iter_mut().find(|(known, _)| *known == ruling) {
                Some((_, paths)) => paths.push(conflict.path.clone()),
                None => by_ruling.push((ruling, vec![conflict.path.clone()])),
            }
        }
        for ((winner, rule), fields) in by_ruling {
            self.ledger.summary.conflict += 1;
            self.ledger.conflicts.push(ConflictReport {
                id: None,
                doctype: mapping.doctypes.a.clone(),
                a_name: documents.a.name().clone(),
                b_name: documents.b.name().clone(),
                fields,
                winner,
                reason: self.reason(winner, rule, documents),
            });
        }
    }

    /// Keeps what is about to be overwritten, before it is: a crash may leave an entry too many, never one
    /// too few.
    pub(super) fn keep_losers(&mut self, decisions: &mut [Decision]) -> Result<(), EngineError> {
        let session = self.session;
        if session.mode == Mode::Plan {
            self.name_rules(decisions);
            return Ok(());
        }
        let mapping = &session.mappings[self.mapping];
        let entries = decisions.iter().flat_map(|decision| {
            decision.losses.iter().map(|loss| JournalEntry {
                run: session.parts.run.clone(),
                at: session.parts.clock.now(),
                side: loss.side,
                doctype: mapping.doctypes[loss.side].clone(),
                name: decision.documents[loss.side].name().clone(),
                path: loss.path.clone(),
                lost: loss.lost.clone(),
                kept: loss.kept.clone(),
                reason: self.reason(Some(loss.side.other()), loss.rule, &decision.documents),
            })
        });
        let journal: Vec<JournalEntry> = entries.collect();
        if !journal.is_empty() {
            session.store().commit(&Batch {
                journal,
                ..Batch::default()
            })?;
        }
        Ok(())
    }

    /// Says of each value in a plan that takes the place of another one which rule decided.
    fn name_rules(&self, decisions: &mut [Decision]) {
        for decision in decisions {
            for loss in std::mem::take(&mut decision.losses) {
                let winner = Some(loss.side.other());
                let reason = self.reason(winner, loss.rule, &decision.documents);
                for change in &mut decision.details[loss.side] {
                    if loss.is_in(&change.path) {
                        change.rule = Some(reason.clone());
                    }
                }
                decision.losses.push(loss);
            }
        }
    }

    /// Says which rule made a side win.
    pub(super) fn reason(
        &self,
        winner: Option<Side>,
        rule: Rule,
        documents: &PerSide<Document>,
    ) -> String {
        use frappe_sync_model::{ConflictPolicy, Direction};
        let mapping = &self.session.mappings[self.mapping];
        let Some(winner) = winner else {
            return "manual: a person decides".to_owned();
        };
        let (direction, policy) = match rule {
            Rule::Policy => (mapping.direction, mapping.conflict),
            Rule::Own(direction, policy) => (direction, policy),
            Rule::Further => {
                let state = match documents[winner].docstatus {
                    1 => "submitted",
                    _ => "cancelled",
                };
                return format!(
                    "docstatus: `{winner}` is {state}, and `{}` follows",
                    winner.other()
                );
            }
            Rule::Cancelled => {
                return format!(
                    "docstatus: nothing more is written to `{winner}`; both keep what they have"
                );
            }
        };
        match (direction, policy) {
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
    pub(super) fn told(&mut self, decision: &Decision) {
        let mapping = &self.session.mappings[self.mapping];
        for path in &decision.drift {
            let direction = mapping.direction_of(path);
            let side = match direction.writes_to(Side::A) {
                true => Side::A,
                false => Side::B,
            };
            let what = match direction == mapping.direction {
                true => "the mapping is one-way",
                false => "it goes one way",
            };
            self.ledger.notes.insert(NoteReport {
                kind: "drift".to_owned(),
                site: side,
                doctype: mapping.doctypes[side].clone(),
                name: Some(decision.documents[side].name().clone()),
                message: format!("`{path}` differs on its own and is left: {what}"),
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
