//! One run of a sync, cut by phase: probe, poll, recover, guard, pair, decide, apply, settle, report.
//!
//! The engine does IO only through the traits [`frappe_sync_model::Site`] and
//! [`frappe_sync_model::StateStore`]; decisions are the planner's, values are the mapper's.

mod applied;
mod apply;
mod chosen;
mod clock;
mod compose;
mod create;
mod decide;
mod described;
mod document_plan;
mod error;
mod foreseen;
mod fresh;
mod gate;
mod graph;
mod guard;
mod hanging;
mod ledger;
mod links;
mod metadata;
mod options;
mod order;
mod packed;
mod paired;
mod park;
mod past;
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
mod undo;
mod update;
mod vanished;
mod verify;
mod view;
mod why;
mod work;

pub use applied::{ApplyReport, NotNeededReport, Prediction, SkipReason, SkippedReport};
pub use apply::{PlanRefusal, apply};
pub use chosen::{Chosen, MissingLinked};
pub use clock::{Clock, SystemClock};
pub use error::EngineError;
pub use graph::{
    GraphCycle, GraphEdge, GraphField, GraphFieldKind, GraphNode, GraphReport, Leads, MappingGraph,
    OutsideLink,
};
pub use metadata::{Metas, read_metadata};
pub use options::{BeforeImages, Cancel, Parts, RunOptions};
pub use packed::PackedOperations;
pub use progress::{Event, Progress, Silent};
pub use rebuild::{RebuildReport, RebuiltMapping, rebuild};
pub use report::{
    Action, BaseReport, ConflictReport, CounterpartReport, GuardReport, NoteReport, Operation,
    ParkedReport, PlanReport, PlannedChange, PlannedRow, RefusedReport, RowFate, RunReport,
    Summary, UnknownReport,
};
pub use resolve::{
    ConflictDetail, ResolveOutcome, ResolveReport, bring_back, conflict_detail, resolve,
    resolve_by_hand,
};
pub use run::{plan, plan_packed, run};
pub use undo::{
    Hold, HoldState, UndoAction, UndoMode, UndoOutcome, UndoReport, UndoSummary, UndoneDocument,
    hold_of, undo,
};
pub use verify::{
    AloneReport, Cause, DifferenceReport, DocTypeVerification, ValueReport, VerifiedSite,
    VerifyOutcome, VerifyReport, verify,
};
pub use why::{
    BaselineState, ExplainedDocument, ExplainedPair, ExplainedValue, Explanation, explain,
};
