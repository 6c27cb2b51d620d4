//! Pairs that cannot be written: links without target, values that a submitted document does not take.

use std::collections::BTreeSet;

use frappe_sync_mapper::{links_of, strict_links_of};
use frappe_sync_model::{DocName, DocType, FieldPath, ParkedCause, Side, Site, StateStore};
use frappe_sync_planner::Stage;

use super::finishing::Finishing;
use crate::Clock;
use crate::compose::MissingLink;
use crate::create::{is_to_come, missing_target};
use crate::decide::Decision;
use crate::error::EngineError;
use crate::stage::DOCSTATUS;
use crate::work::Pass;

/// Says what differs that a submitted document will not take.
fn past_rules(decision: &Decision, to: Side, path: &FieldPath) -> String {
    let from = to.other();
    let (here, there) = (
        decision.documents[from].name(),
        decision.documents[to].name(),
    );
    let why = match decision.documents[from].docstatus {
        0 => format!(
            "`{there}` is submitted on site `{to}`, and `{here}` is a draft that does not follow it"
        ),
        _ => format!("`{here}` and `{there}` are both submitted"),
    };
    format!(
        "`{path}` differs and may not change after submit: {why}; give both the same value, or cancel and amend"
    )
}

impl<S: Site, T: StateStore, C: Clock> Finishing<'_, '_, S, T, C> {
    /// Parks or leaves a pair that cannot be written, and returns every other.
    pub(super) fn ready_to_write(
        &mut self,
        decision: Decision,
    ) -> Result<Option<Decision>, EngineError> {
        if self.pass == Pass::Cancels && !matches!(decision.advance, Some((_, Stage::Cancelled))) {
            // It stays queued, for a pass that writes values.
            self.keep(&decision);
            self.worked.waiting += 1;
            return Ok(None);
        }
        if let Some((to, path)) = decision.past_rules.first() {
            let message = past_rules(&decision, *to, path);
            self.park_on(&decision, to.other(), ParkedCause::Docstatus, message);
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
    pub(super) fn hopeless(
        &self,
        missing: &[MissingLink],
    ) -> Result<Option<MissingLink>, EngineError> {
        for link in missing {
            if self.pass == Pass::Last || !is_to_come(self.session, link)? {
                return Ok(Some(link.clone()));
            }
        }
        Ok(None)
    }

    /// Drops the writes that would link to a document of an unmapped DocType that does not exist.
    pub(super) async fn without_dangling_links(
        &mut self,
        decisions: Vec<Decision>,
    ) -> Result<Vec<Decision>, EngineError> {
        let mapping = &self.session.mappings[self.mapping];
        let mut kept = decisions;
        for to in Side::BOTH {
            let from = to.other();
            let targets = |decision: &Decision| -> Vec<(DocType, DocName)> {
                // A cancel, or a submit of what is there already, sends no link.
                if decision.changes[to].keys().all(|field| field == DOCSTATUS) {
                    return Vec::new();
                }
                // Links that the target holds already are its own affair.
                let held: BTreeSet<_> = links_of(mapping, to, &decision.documents[to])
                    .into_iter()
                    .collect();
                strict_links_of(mapping, from, &decision.documents[from])
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
}
