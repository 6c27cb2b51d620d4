//! What commands tell that is not the engine's own report: the JSON shapes of `conflicts@1`, `conflict@1`,
//! `history@1`, `journal@1`, `parked@1`, `rebuild@1`, `state@1`, `status@1` and `why@1`, and how they are read from
//! the state file.

pub(crate) mod conflict;
pub(crate) mod conflicts;
pub(crate) mod history;
pub(crate) mod journal;
pub(crate) mod losers;
pub(crate) mod parked;
pub(crate) mod rebuild;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod why;
