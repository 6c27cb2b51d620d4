//! Carries out what the roster begins.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use frappe_sync_connector::FrappeSite;
use frappe_sync_engine::{Cancel, Event, Progress, VerifyOutcome};
use frappe_sync_model::DocType;
use frappe_sync_serve::metrics::Ran;
use frappe_sync_serve::{Ended, Standing as Told, Work};
use frappe_sync_store::StateFile;
use futures::FutureExt as _;
use tokio::sync::Mutex;

use super::settle::{ended, failed, ran_of, standing, waiting};
use super::shared::{Live, Shared};
use crate::commands::parked::make_due;
use crate::commands::run::{is_open, run_locked};
use crate::commands::verify::verify_one;
use crate::config::{SyncConfig, read_mappings};
use crate::context::{Context, Service};
use crate::error::{CliError, ErrorKind};
use crate::failure;
use crate::report::parked::ParkedEntry;
use crate::ui::Ui;
use crate::wiring::{RunSettings, Sweep};

/// Documents that are to be tried again by the next run: one, by DocType and name, or all.
pub(super) type Retry = Option<(String, String)>;

/// What runs and orders work with.
pub(super) struct Bench<'a> {
    pub(super) ui: &'a Ui,
    pub(super) shared: Arc<Shared>,
    pub(super) cancel: Rc<Cancel>,
    pub(super) sites: RefCell<Rc<BTreeMap<String, FrappeSite>>>,
    busy: RefCell<BTreeMap<String, Rc<Mutex<()>>>>,
    retries: RefCell<BTreeMap<String, Vec<Retry>>>,
}

/// What came of work.
pub(super) struct Carried {
    pub(super) sync: String,
    pub(super) ended: Ended,
    pub(super) told: Told,
    /// What the comparison found, where it was one and found a difference.
    pub(super) different: Option<String>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(ui: &'a Ui, shared: Arc<Shared>) -> Self {
        Self {
            ui,
            shared,
            cancel: Rc::new(Cancel::default()),
            sites: RefCell::default(),
            busy: RefCell::default(),
            retries: RefCell::default(),
        }
    }

    /// Returns what a command works with that is done for a sync.
    pub(super) fn context(&self, sync: &str) -> Context<'a> {
        Context {
            ui: self.ui,
            config: self.shared.config(),
            state: self.shared.state.clone(),
            service: Some(Service {
                sites: Rc::clone(&self.sites.borrow()),
                progress: Rc::new(Watch {
                    shared: Arc::clone(&self.shared),
                    sync: sync.to_owned(),
                }),
                cancel: Rc::clone(&self.cancel),
            }),
        }
    }

    /// Returns what whoever writes to the sites of a sync holds meanwhile.
    pub(super) fn turn(&self, sync: &str) -> Rc<Mutex<()>> {
        let mut busy = self.busy.borrow_mut();
        Rc::clone(busy.entry(sync.to_owned()).or_default())
    }

    /// Has the next run of a sync try these parked documents again.
    pub(super) fn retry(&self, sync: &str, retry: Retry) {
        let mut retries = self.retries.borrow_mut();
        retries.entry(sync.to_owned()).or_default().push(retry);
    }

    /// Carries out work, and takes down how it ended. One that panics is a failure like any other, and of no other
    /// sync.
    pub(super) async fn carry_out(&self, sync: String, work: Work) -> Carried {
        let turn = self.turn(&sync);
        let _turn = turn.lock().await;
        let began = Utc::now();
        self.shared.metrics.began(&sync);
        self.shared
            .know(&sync, |known| known.live = Live::default());
        let work = AssertUnwindSafe(self.work(&sync, work, began)).catch_unwind();
        let worked = Box::pin(work).await.unwrap_or_else(|_| {
            let message = "the run broke off by a mistake of the program";
            Err(CliError::new(ErrorKind::Failed, message).remedy(
                "run with `-v` and report what it logs; nothing is lost, the next run goes on",
            ))
        });
        self.settle(sync, worked, began)
    }

    async fn work(&self, sync: &str, work: Work, began: DateTime<Utc>) -> Result<Worked, CliError> {
        let context = self.context(sync);
        let config = Arc::clone(&context.config);
        let Some(config) = config.syncs.iter().find(|known| known.name == *sync) else {
            // It is not configured any more.
            return Ok(Worked::default());
        };
        match work {
            Work::Run { only, sweep } => {
                let Some(only) = mapped(config, only)? else {
                    return Ok(Worked::default());
                };
                let settings = RunSettings {
                    only,
                    sweep: if sweep { Sweep::Now } else { Sweep::WhenDue },
                    ..RunSettings::default()
                };
                self.run(&context, config, &settings).await
            }
            Work::Verify => {
                let report =
                    Box::pin(verify_one(&context, config, &RunSettings::default())).await?;
                let is_equal = report.outcome != VerifyOutcome::Different;
                tracing::info!(sync, is_equal, "compared in full");
                let ended = Utc::now();
                Ok(Worked {
                    ran: Some(Ran {
                        outcome: if is_equal { "equal" } else { "different" }.to_owned(),
                        seconds: (ended - began).as_seconds_f64(),
                        ended,
                        ..Ran::default()
                    }),
                    different: (!is_equal).then(|| {
                        format!(
                            "{sync}: the two sites differ; `frappe-sync verify {sync}` tells where"
                        )
                    }),
                    ..Worked::default()
                })
            }
        }
    }

    async fn run(
        &self,
        context: &Context<'a>,
        sync: &SyncConfig,
        settings: &RunSettings,
    ) -> Result<Worked, CliError> {
        let open = context.open(sync, settings)?;
        let state = StateFile::open(&context.state).map_err(failure::of_open)?;
        let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
        let retries = self.retries.borrow_mut().remove(sync.name.as_str());
        if let Some(retries) = retries {
            let is_meant = |parked: &frappe_sync_model::Parked| {
                let entry = ParkedEntry::from(parked.clone());
                retries.iter().any(|retry| match retry {
                    Some((doctype, name)) => entry.is(doctype, name),
                    None => true,
                })
            };
            make_due(&state.sync(&sync.name), is_meant).map_err(failure::of_state)?;
        }
        let report = Box::pin(run_locked(context, sync, &open, &state)).await?;
        let summary = serde_json::to_string(&report.summary).unwrap_or_default();
        tracing::info!(
            sync = %sync.name,
            run_id = %report.run_id,
            outcome = ?report.outcome,
            seconds = report.seconds,
            waits = is_open(&report),
            summary,
            "ran"
        );
        let guard = report.guard.as_ref();
        Ok(Worked {
            guard: guard.map(|guard| format!("{}: {}", guard.name, guard.message)),
            ran: Some(ran_of(&report)),
            different: None,
        })
    }

    fn settle(
        &self,
        sync: String,
        worked: Result<Worked, CliError>,
        began: DateTime<Utc>,
    ) -> Carried {
        let mut told = Told::default();
        let (ended, ran, different) = match worked {
            Ok(worked) => {
                let ended = match &worked.guard {
                    Some(_) => Ended::Failed,
                    None => Ended::Done,
                };
                told.guard = worked.guard;
                (ended, worked.ran, worked.different)
            }
            Err(error) => {
                let text = std::iter::once(error.to_string()).chain(error.causes());
                let text = text.collect::<Vec<_>>().join(": ");
                let is_ours = error.kind() == ErrorKind::Interrupted;
                if !is_ours {
                    tracing::warn!(sync, error = %text, "a run failed");
                }
                match error.kind() {
                    ErrorKind::Guard => told.guard = Some(text),
                    ErrorKind::Interrupted => {}
                    _ => told.failure = Some(text),
                }
                (ended(&error), Some(failed(&error, began)), None)
            }
        };
        let config = self.shared.config();
        let config = config.syncs.iter().find(|known| known.name == *sync);
        let state = config.map(|config| {
            StateFile::open_read_only(&self.shared.state)
                .map_err(failure::of_open)
                .and_then(|state| standing(&state, config))
        });
        let state = match state {
            Some(Ok(state)) => state,
            Some(Err(error)) if error.kind() == ErrorKind::NotInitialised => None,
            Some(Err(error)) => {
                tracing::warn!(sync, %error, "where the sync stands cannot be read");
                None
            }
            None => None,
        };
        if let Some(state) = &state {
            told.conflicts = state.waiting_for_people.conflicts;
            told.parked = state.waiting_for_people.parked;
        }
        if let Some(mut ran) = ran {
            ran.waiting = state.as_ref().map(waiting);
            self.shared.metrics.ended(&sync, &ran);
        }
        self.shared.know(&sync, |known| {
            known.live = Live::default();
            known.failure = told.failure.clone().or_else(|| told.guard.clone());
            if state.is_some() {
                known.state = state;
            }
        });
        Carried {
            sync,
            ended,
            told,
            different,
        }
    }
}

/// What was done.
#[derive(Default)]
struct Worked {
    ran: Option<Ran>,
    guard: Option<String>,
    different: Option<String>,
}

/// Returns those of these DocTypes that a sync maps; none where none is left of some.
fn mapped(
    sync: &SyncConfig,
    only: BTreeSet<String>,
) -> Result<Option<BTreeSet<DocType>>, CliError> {
    if only.is_empty() {
        return Ok(Some(BTreeSet::new()));
    }
    let mappings = read_mappings(sync)?;
    let known = |name: &String| {
        mappings
            .iter()
            .any(|file| file.doctypes.a.as_str() == name || file.doctypes.b.as_str() == name)
    };
    let left: BTreeSet<DocType> = only
        .iter()
        .filter(|name| known(name))
        .map(|name| DocType::from(name.as_str()))
        .collect();
    Ok((!left.is_empty()).then_some(left))
}

/// Hears how far a run is, for whoever looks at the page.
struct Watch {
    shared: Arc<Shared>,
    sync: String,
}

impl Progress for Watch {
    fn event(&self, event: Event) {
        self.shared.know(&self.sync, |known| match event {
            Event::Phase(phase) => {
                known.live = Live {
                    phase: Some(phase),
                    ..Live::default()
                }
            }
            Event::Polled { mapping, .. } => known.live.mapping = Some(mapping.to_string()),
            Event::Mapping { mapping, queued } => {
                known.live.mapping = Some(mapping.to_string());
                known.live.done = 0;
                known.live.total = queued;
            }
            Event::Documents { count } => known.live.done += count,
        });
    }
}
