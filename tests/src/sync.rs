//! A sync between the two sites of a pair, with real state on the disk or in memory.

use std::sync::atomic::{AtomicU64, Ordering};

use frappe_sync_engine::{
    ApplyReport, BeforeImages, Cancel, Cause, ConflictDetail, EngineError, Parts, PlanReport,
    RebuildReport, ResolveReport, RunOptions, RunReport, Silent, SystemClock, UndoMode, UndoReport,
    VerifyOutcome, VerifyReport,
};
use frappe_sync_mapper::{MappingFile, parse};
use frappe_sync_model::{ConflictRecord, JournalEntry, RunId, Side, StateStore, SyncName};
use frappe_sync_store::StateFile;
use serde_json::Value;

use crate::SitePair;

/// A sync under test.
#[derive(Debug)]
pub struct Sync<'p> {
    /// The sites.
    pub pair: &'p SitePair,
    /// Its mapping files.
    pub mappings: Vec<MappingFile>,
    /// Its state.
    pub state: StateFile,
    /// Settings of its runs.
    pub options: RunOptions,
    run: AtomicU64,
}

impl<'p> Sync<'p> {
    /// Makes a sync with fresh state in memory.
    pub fn new(pair: &'p SitePair, mappings: &[String]) -> Self {
        let parsed = mappings
            .iter()
            .enumerate()
            .map(
                |(index, text)| match parse(text, &format!("mapping-{index}.yaml")) {
                    Ok(mapping) => mapping,
                    Err(diagnostic) => panic!("{diagnostic}"),
                },
            )
            .collect();
        Self {
            pair,
            mappings: parsed,
            state: StateFile::in_memory().expect("SQLite opens in memory"),
            options: RunOptions {
                addresses: pair.urls.clone(),
                ..RunOptions::default()
            },
            run: AtomicU64::new(0),
        }
    }

    /// Keeps its state in a file from now on.
    #[must_use]
    pub fn on_disk(mut self, path: &std::path::Path) -> Self {
        self.state = StateFile::open(path).expect("a state file can be made there");
        self
    }

    /// Goes on over other sites, with the same state.
    #[must_use]
    pub fn over<'q>(self, pair: &'q SitePair) -> Sync<'q> {
        Sync {
            pair,
            mappings: self.mappings,
            state: self.state,
            options: self.options,
            run: self.run,
        }
    }

    /// Goes on with another state.
    #[must_use]
    pub fn with_state(mut self, state: StateFile) -> Self {
        self.state = state;
        self
    }

    /// Runs once.
    pub async fn try_run(&self) -> Result<RunReport, EngineError> {
        let number = self.run.fetch_add(1, Ordering::SeqCst) + 1;
        let store = self.state.sync(&SyncName::new("test"));
        let cancel = Cancel::default();
        let parts = self.parts(&store, &cancel, format!("run-{number:04}"));
        frappe_sync_engine::run(&parts).await
    }

    /// Runs once, and it works.
    pub async fn run(&self) -> RunReport {
        match self.try_run().await {
            Ok(report) => report,
            Err(error) => panic!("the run failed: {error}: {:?}", error),
        }
    }

    /// Runs until nothing is written any more; returns the reports. It must be soon.
    pub async fn run_until_quiet(&self) -> Vec<RunReport> {
        let mut reports = Vec::new();
        for _ in 0..6 {
            let report = self.run().await;
            let quiet = report.summary.writes() == 0;
            reports.push(report);
            if quiet {
                return reports;
            }
        }
        panic!("it does not become quiet: {:#?}", reports.last());
    }

    /// Plans on a copy of the state.
    pub async fn plan(&self) -> PlanReport {
        let copy = self.state.scratch_copy().expect("the state can be copied");
        let store = copy.sync(&SyncName::new("test"));
        let cancel = Cancel::default();
        let parts = self.parts(&store, &cancel, "plan".to_owned());
        match frappe_sync_engine::plan(&parts).await {
            Ok(report) => report,
            Err(error) => panic!("the plan failed: {error}: {:?}", error),
        }
    }

    /// Carries out a plan, after it was written to a file and read again.
    pub async fn try_apply(&self, plan: &PlanReport) -> Result<ApplyReport, EngineError> {
        let number = self.run.fetch_add(1, Ordering::SeqCst) + 1;
        let store = self.state.sync(&SyncName::new("test"));
        let cancel = Cancel::default();
        let parts = self.parts(&store, &cancel, format!("run-{number:04}"));
        let text = serde_json::to_string(plan).expect("a plan is JSON");
        let plan = serde_json::from_str(&text).expect("what was written is read");
        frappe_sync_engine::apply(&parts, plan).await
    }

    /// Carries out a plan, and it works.
    pub async fn apply(&self, plan: &PlanReport) -> ApplyReport {
        match self.try_apply(plan).await {
            Ok(report) => report,
            Err(error) => panic!("the plan could not be carried out: {error}: {error:?}"),
        }
    }

    /// Compares both sites deeply.
    pub async fn verify(&self) -> VerifyReport {
        let store = self.state.sync(&SyncName::new("test"));
        let cancel = Cancel::default();
        let parts = self.parts(&store, &cancel, "verify".to_owned());
        match frappe_sync_engine::verify(&parts).await {
            Ok(report) => report,
            Err(error) => panic!("verify failed: {error}: {:?}", error),
        }
    }

    /// Decides a conflict for one side.
    pub async fn resolve(&self, conflict: i64, winner: Side) -> ResolveReport {
        let store = self.state.sync(&SyncName::new("test"));
        let cancel = Cancel::default();
        let parts = self.parts(&store, &cancel, format!("resolve-{conflict}"));
        match frappe_sync_engine::resolve(&parts, conflict, winner).await {
            Ok(report) => report,
            Err(error) => panic!("the conflict could not be resolved: {error}: {error:?}"),
        }
    }

    /// Reads what both sides hold where they are in conflict.
    pub async fn conflict_detail(&self, conflict: i64) -> ConflictDetail {
        let store = self.state.sync(&SyncName::new("test"));
        let cancel = Cancel::default();
        let parts = self.parts(&store, &cancel, "detail".to_owned());
        match frappe_sync_engine::conflict_detail(&parts, conflict).await {
            Ok(detail) => detail,
            Err(error) => panic!("the conflict could not be read: {error}: {error:?}"),
        }
    }

    /// Keeps from now on what runs overwrite.
    #[must_use]
    pub fn keeping_images(mut self) -> Self {
        self.options.before_images = BeforeImages::Kept;
        self
    }

    /// Takes a run back, or tells what that would do.
    pub async fn try_undo(&self, run: &RunId, mode: UndoMode) -> Result<UndoReport, EngineError> {
        let number = self.run.fetch_add(1, Ordering::SeqCst) + 1;
        let store = self.state.sync(&SyncName::new("test"));
        let cancel = Cancel::default();
        let parts = self.parts(&store, &cancel, format!("undo-{number:04}"));
        frappe_sync_engine::undo(&parts, run, mode).await
    }

    /// Takes a run back, and it works.
    pub async fn undo(&self, run: &RunId) -> UndoReport {
        match self.try_undo(run, UndoMode::Do).await {
            Ok(report) => report,
            Err(error) => panic!("the undo failed: {error}: {error:?}"),
        }
    }

    /// Brings the loser of a decision back.
    pub async fn bring_back(&self, entry: &JournalEntry) -> ResolveReport {
        let store = self.state.sync(&SyncName::new("test"));
        let cancel = Cancel::default();
        let parts = self.parts(&store, &cancel, "back".to_owned());
        match frappe_sync_engine::bring_back(&parts, entry).await {
            Ok(report) => report,
            Err(error) => panic!("it could not be brought back: {error}: {error:?}"),
        }
    }

    /// Makes the state anew from both sites.
    pub async fn rebuild(&mut self) -> RebuildReport {
        self.state = StateFile::in_memory().expect("SQLite opens in memory");
        let store = self.state.sync(&SyncName::new("test"));
        let cancel = Cancel::default();
        let parts = self.parts(&store, &cancel, "rebuild".to_owned());
        match frappe_sync_engine::rebuild(&parts).await {
            Ok(report) => report,
            Err(error) => panic!("the state could not be made anew: {error}: {error:?}"),
        }
    }

    /// Returns what the journal holds of a run.
    pub fn journal(&self, run: &str) -> Vec<JournalEntry> {
        let store = self.state.sync(&SyncName::new("test"));
        store.journal(run).expect("the journal can be read")
    }

    /// Returns the conflicts that wait for a person.
    pub fn open_conflicts(&self) -> Vec<ConflictRecord> {
        let store = self.state.sync(&SyncName::new("test"));
        store.open_conflicts().expect("the state can be read")
    }

    /// Compares both sites, and they are equal.
    pub async fn assert_equal(&self) {
        let report = self.verify().await;
        assert!(report.equal, "{report:#?}");
    }

    /// Compares both sites, and they are equal but for what these causes explain, all of them lawful.
    pub async fn assert_equal_but(&self, causes: &[Cause]) {
        let report = self.verify().await;
        assert_eq!(report.outcome, VerifyOutcome::EqualBut, "{report:#?}");
        assert!(report.causes.keys().eq(causes), "{report:#?}");
    }

    /// Runs once more, and nothing is written.
    pub async fn assert_quiet(&self) {
        let report = self.run().await;
        assert_eq!(report.summary.writes(), 0, "{report:#?}");
        assert_eq!(
            (report.requests.a.write, report.requests.b.write),
            (0, 0),
            "{report:#?}"
        );
    }

    fn parts<'a, T>(
        &'a self,
        store: &'a T,
        cancel: &'a Cancel,
        run: String,
    ) -> Parts<'a, frappe_sync_connector::FrappeSite, T, SystemClock> {
        Parts {
            sync: SyncName::new("test"),
            run: RunId::new(run),
            sites: self.pair.sites.as_ref(),
            store,
            clock: &SystemClock,
            mappings: &self.mappings,
            options: self.options.clone(),
            progress: &Silent,
            cancel,
        }
    }
}

/// Returns a field as text, null as nothing.
pub fn text(document: &Value, field: &str) -> String {
    match &document[field] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
