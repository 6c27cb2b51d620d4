//! One run of a sync, cut by phase: probe, poll, recover, guard, pair, decide, apply, settle, report.
//!
//! The engine does IO only through the traits [`frappe_sync_model::Site`] and
//! [`frappe_sync_model::StateStore`]; decisions are the planner's, values are the mapper's.

mod clock;
mod compose;
mod create;
mod decide;
mod document_plan;
mod error;
mod fresh;
mod guard;
mod ledger;
mod links;
mod metadata;
mod options;
mod paired;
mod park;
mod poll;
mod progress;
mod recover;
mod report;
mod run;
mod schema;
mod session;
mod settle;
mod update;
mod verify;
mod view;
mod work;

pub use clock::{Clock, SystemClock};
pub use error::EngineError;
pub use metadata::{Metas, read_metadata};
pub use options::{Cancel, Parts, RunOptions};
pub use progress::{Event, Progress, Silent};
pub use report::{
    Action, BaseReport, ConflictReport, CounterpartReport, DifferenceReport, DocTypeVerification,
    GuardReport, NoteReport, Operation, ParkedReport, PlanReport, PlannedChange, RefusedReport,
    RunReport, Summary, UnknownReport, VerifyReport,
};
pub use run::{plan, run};
pub use verify::verify;
