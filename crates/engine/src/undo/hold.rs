//! After an undo the sync stands still: the next run would do the same again, and a person decides whether it
//! shall.

use chrono::{DateTime, Utc};
use frappe_sync_model::{RunId, Site, StateError, StateStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Clock;
use crate::error::EngineError;
use crate::report::GuardReport;
use crate::session::{Mode, Session};

/// The name of the guard.
const UNDONE: &str = "undone";

/// The note that holds a sync.
const NOTE: &str = "undone";

/// How far the undo got that holds a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// It is at work, or was killed.
    Undoing,
    /// It has ended.
    Undone,
}

/// Why a sync stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The run that was taken back.
    pub run: RunId,
    /// The undo that did.
    pub undo: RunId,
    /// When it began, by our clock.
    pub at: DateTime<Utc>,
    /// How far it got.
    pub state: HoldState,
}

/// Returns what holds a sync, if anything does.
///
/// # Errors
///
/// The state cannot be read.
pub fn hold_of<T: StateStore>(store: &T) -> Result<Option<Hold>, StateError> {
    let note = store.note(NOTE)?.unwrap_or(Value::Null);
    Ok(serde_json::from_value(note).ok())
}

/// Holds the sync, or lets it go.
pub(super) fn put<T: StateStore>(store: &T, hold: Option<&Hold>) -> Result<(), EngineError> {
    let note = serde_json::to_value(hold).unwrap_or(Value::Null);
    Ok(store.put_note(NOTE, &note)?)
}

/// Whether what is about to be done was looked at by a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reviewed {
    /// It is a plan that somebody saved and handed back.
    Yes,
    /// Nobody has seen it.
    No,
}

/// Stops a run of a sync that is held. A plan may be made of one whose undo has ended; a run that is let pass,
/// or a plan that is carried out, ends the hold.
///
/// # Errors
///
/// [`EngineError::Guard`] where the sync is held.
pub(crate) fn judge<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    reviewed: Reviewed,
) -> Result<(), EngineError> {
    let store = session.store();
    let Some(hold) = hold_of(store)? else {
        return Ok(());
    };
    let is_allowed = reviewed == Reviewed::Yes || session.parts.options.allow.contains(UNDONE);
    let (message, remedy) = match (hold.state, session.mode) {
        (HoldState::Undoing, _) => (
            format!("the undo of run `{}` did not end", hold.run),
            format!("`frappe-sync undo {}` goes on with it", hold.run),
        ),
        (HoldState::Undone, Mode::Run) if is_allowed => return put(store, None),
        (HoldState::Undone, Mode::Run) => (
            format!(
                "run `{}` was undone, and the next run would do the same again",
                hold.run
            ),
            "look at `plan`; change what made it do so, then let this guard pass once, or carry out a saved plan \
             with `apply`"
                .to_owned(),
        ),
        (HoldState::Undone, Mode::Plan | Mode::Rebuild) => return Ok(()),
    };
    Err(EngineError::Guard(Box::new(GuardReport {
        name: UNDONE.to_owned(),
        limit: "no run after an undo, unless a person lets it".to_owned(),
        seen: format!("undo `{}` of run `{}`", hold.undo, hold.run),
        mapping: None,
        message,
        remedy,
    })))
}
