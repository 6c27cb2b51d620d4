//! Whether the state file is the latest: a document that our user made after the last run, and that no run
//! knows of, was made by a run that this file has forgotten.

use chrono::TimeDelta;
use frappe_sync_model::{DocKey, IntentKind, Side, Site, SiteTime, StateStore};

use super::side::Reading;
use crate::Clock;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::removal::RESTORED;
use crate::report::GuardReport;

/// The name of the guard.
const OLDER_STATE: &str = "older_state";

/// What a write of ours sets off in the background may still make documents for so long.
const AFTERMATH: TimeDelta = TimeDelta::minutes(5);

impl<S: Site, T: StateStore, C: Clock> Reading<'_, '_, S, T, C> {
    /// Checks the keys of documents without a pair.
    ///
    /// # Errors
    ///
    /// [`EngineError::Guard`] where a run that is not in the state made one of them.
    pub(super) fn made_by_a_known_run<'k>(
        &self,
        side: Side,
        unpaired: impl IntoIterator<Item = &'k DocKey>,
        ledger: &Ledger,
    ) -> Result<(), EngineError> {
        let session = self.session;
        let effective = &session.mappings[self.mapping];
        let Some(ended) = session.last_ended else {
            return Ok(());
        };
        let is_under_way = ledger.intents.iter().any(|intent| {
            intent.mapping == effective.name
                && intent.side == side
                && matches!(intent.kind, IntentKind::Create { .. })
        });
        // What this very run brought back is new to the site.
        let has_restored = ledger.notes.iter().any(|note| {
            note.kind == RESTORED && note.site == side && note.doctype == effective.doctypes[side]
        });
        // Under another zone, what was made before reads as if it were later.
        let moved = session
            .store()
            .cursor(&effective.name, side)?
            .is_none_or(|cursor| cursor.time_zone != session.facts[side].clock.time_zone.name());
        if self.all
            || moved
            || is_under_way
            || has_restored
            || session.parts.options.allow.contains(OLDER_STATE)
        {
            return Ok(());
        }
        let user = &session.facts[side].user;
        let strangers: Vec<&DocKey> = unpaired
            .into_iter()
            .filter(|key| {
                // Daylight saving repeats an hour: what was made in it may be an hour older than it reads.
                let made_since = |creation: &SiteTime| {
                    let made = session.facts[side].clock.instant_of(creation);
                    made.is_some_and(|(earliest, _)| earliest - AFTERMATH > ended)
                };
                &key.owner == user && key.creation.as_ref().is_some_and(made_since)
            })
            .collect();
        let creations: Vec<SiteTime> = strangers
            .iter()
            .filter_map(|key| key.creation.clone())
            .collect();
        let known = session
            .store()
            .counterparts_by_creation(&effective.name, side, &creations)?;
        // One that was renamed is known by its `creation`; then nothing is told by when it was made, either.
        let stranger = strangers
            .into_iter()
            .find(|key| known.iter().all(|pair| pair.creation != key.creation));
        let Some(key) = stranger else { return Ok(()) };
        Err(EngineError::Guard(Box::new(GuardReport {
            name: OLDER_STATE.to_owned(),
            limit: "no document of our user that the state does not know".to_owned(),
            seen: format!("{} `{}`", effective.doctypes[side], key.name),
            mapping: None,
            message: format!(
                "{} `{}` on site `{side}` was made by the user of this sync after its last run ended, and the \
                 state file knows nothing of it: the file is an older copy, or something else works as that user",
                effective.doctypes[side], key.name
            ),
            remedy: "put the latest state file back, or run `state rebuild`, which pairs both sites anew and \
                     writes to neither; see that nothing else uses this sync's user"
                .to_owned(),
        })))
    }
}
