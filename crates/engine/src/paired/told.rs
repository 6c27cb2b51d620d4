//! Conflicts, losers and notes.

use super::finishing::Finishing;
use crate::Clock;
use crate::decide::Decision;
use crate::report::{ConflictReport, NoteReport};
use frappe_sync_model::{
    ConflictRecord, ConflictState, Document, JournalEntry, PerSide, Side, Site, StateStore,
};
use std::collections::BTreeSet;

impl<S: Site, T: StateStore, C: Clock> Finishing<'_, '_, S, T, C> {
    /// Records what both sides changed, and keeps what lost.
    pub(super) fn conflicts(&mut self, decision: &Decision) {
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
    pub(super) fn reason(&self, winner: Option<Side>, documents: &PerSide<Document>) -> String {
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
    pub(super) fn told(&mut self, decision: &Decision) {
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
