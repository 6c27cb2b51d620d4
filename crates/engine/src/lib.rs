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
mod posting;
mod progress;
mod rebuild;
mod recover;
mod removal;
mod report;
mod resolve;
mod run;
mod same_site;
mod schema;
mod session;
mod settle;
mod stage;
mod targets;
mod traces;
mod update;
mod vanished;
mod verify;
mod view;
mod work;

pub use clock::{Clock, SystemClock};
pub use error::EngineError;
pub use metadata::{Metas, read_metadata};
pub use options::{Cancel, Parts, RunOptions};
pub use progress::{Event, Progress, Silent};
pub use rebuild::{RebuildReport, RebuiltMapping, rebuild};
pub use report::{
    Action, BaseReport, ConflictReport, CounterpartReport, DifferenceReport, DocTypeVerification,
    GuardReport, NoteReport, Operation, ParkedReport, PlanReport, PlannedChange, RefusedReport,
    RunReport, Summary, UnknownReport, VerifyReport,
};
pub use resolve::{
    ConflictDetail, ResolveOutcome, ResolveReport, bring_back, conflict_detail, resolve,
};
pub use run::{plan, run};
pub use verify::verify;
