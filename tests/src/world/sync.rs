//! The engine under test, run by run.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use chrono::TimeDelta;
use frappe_sync_connector::{Auth, FrappeSite, Jitter, OurClock, SiteConfig, SiteUrl};
use frappe_sync_engine::{
    Cancel, Clock, EngineError, Parts, PlanReport, RunOptions, RunReport, Silent,
};
use frappe_sync_mapper::{MappingFile, parse};
use frappe_sync_model::{FingerprintKey, PerSide, RunId, Side, Site, StateStore, SyncName};
use frappe_sync_store::{StateFile, SyncState};
use futures::FutureExt as _;
use secrecy::SecretString;

use super::crooked::Crooked;
use super::fate::Fate;
use super::history::Meddling;
use super::planted::Planted;
use super::site::World;
use super::store::MortalStore;
use super::wire::WorldWire;

/// The longest that a request runs on a site.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// The sync between the two sites, with its memory.
pub(crate) struct Sync {
    world: Arc<World>,
    mappings: Vec<MappingFile>,
    state: StateFile,
    runs: u64,
    planted: Option<Planted>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By itself.
    Done(Box<RunReport>),
    /// It could not go on. `disturbed` where a fault had hit it.
    Failed { error: EngineError, disturbed: bool },
    /// It was killed.
    Killed,
    /// The engine panicked.
    Panicked(String),
}

/// How a run is to be.
pub(crate) struct Orders<'m> {
    /// The dice of latencies.
    pub(crate) seed: u64,
    /// A sweep of all keys is due.
    pub(crate) sweep: bool,
    /// Guards that a person lets pass this once.
    pub(crate) allow: &'m BTreeSet<String>,
    /// What comes in between.
    pub(crate) meddling: &'m [Meddling],
    /// The plan that is carried out, if it is one.
    pub(crate) plan: Option<PlanReport>,
}

impl Sync {
    /// A sync with no memory yet.
    pub(crate) fn new(world: &Arc<World>, planted: Option<Planted>) -> Self {
        let files = world.setting.mappings.iter();
        let mappings = files
            .map(|mapping| {
                let file = mapping.file();
                let name = format!("{}.yaml", mapping.kind.doctype());
                match parse(&file, &name) {
                    Ok(mapping) => mapping,
                    Err(diagnostic) => panic!("{diagnostic}"),
                }
            })
            .collect();
        let state = StateFile::in_memory_with("world", FingerprintKey::new([7; 32]));
        Self {
            world: Arc::clone(world),
            mappings,
            state: state.expect("SQLite opens in memory"),
            runs: 0,
            planted,
        }
    }

    /// The memory, past any death.
    pub(crate) fn store(&self) -> SyncState {
        self.state.sync(&SyncName::new("world"))
    }

    /// Whether there are writes whose outcome is not known.
    pub(crate) fn has_open_intents(&self) -> bool {
        let intents = self.store().open_intents();
        !intents.expect("the state can be read").is_empty()
    }

    /// The ids of the runs so far.
    pub(crate) fn run_ids(&self) -> impl Iterator<Item = String> {
        (1..=self.runs).map(run_id)
    }

    /// Plans what a run would do now.
    pub(crate) async fn plan(&self, orders: &Orders<'_>) -> Result<PlanReport, EngineError> {
        let fate = Arc::new(Fate::new(&[]));
        let sites = PerSide::from_fn(|side| self.site(side, &fate, orders.seed));
        let copy = self.state.scratch_copy();
        let store = copy
            .expect("a state in memory can be copied")
            .sync(&SyncName::new("world"));
        let cancel = Cancel::default();
        let clock = || self.world.time.now();
        let parts = self.parts(orders, "plan", (sites.as_ref(), &store, &clock, &cancel));
        frappe_sync_engine::plan(&parts).await
    }

    /// Runs once.
    pub(crate) async fn run(&mut self, orders: Orders<'_>) -> Ended {
        self.runs += 1;
        let fate = Arc::new(Fate::new(orders.meddling));
        let sites = PerSide::from_fn(|side| self.site(side, &fate, orders.seed));
        let store = MortalStore {
            store: self.store(),
            fate: Arc::clone(&fate),
            world: &self.world,
            planted: self.planted,
        };
        let cancel = Cancel::default();
        let clock = || self.world.time.now();
        let name = run_id(self.runs);
        let parts = self.parts(&orders, &name, (sites.as_ref(), &store, &clock, &cancel));
        let run = async {
            match orders.plan {
                Some(plan) => frappe_sync_engine::apply(&parts, plan)
                    .await
                    .map(|applied| applied.run),
                None => frappe_sync_engine::run(&parts).await,
            }
        };
        let run = AssertUnwindSafe(run).catch_unwind();
        let ended = tokio::select! {
            biased;
            () = fate.death() => None,
            ended = run => Some(ended),
        };
        match ended {
            None => Ended::Killed,
            Some(Err(panic)) => Ended::Panicked(panic_text(panic.as_ref())),
            Some(Ok(_)) if fate.is_dead() => Ended::Killed,
            Some(Ok(Ok(report))) => Ended::Done(Box::new(report)),
            Some(Ok(Err(error))) => Ended::Failed {
                error,
                disturbed: fate.is_disturbed(),
            },
        }
    }

    fn parts<'p, S: Site, T: StateStore, C: Clock>(
        &'p self,
        orders: &Orders<'_>,
        run: &str,
        (sites, store, clock, cancel): (PerSide<&'p S>, &'p T, &'p C, &'p Cancel),
    ) -> Parts<'p, S, T, C> {
        Parts {
            sync: SyncName::new("world"),
            run: RunId::new(run),
            sites,
            store,
            clock,
            mappings: &self.mappings,
            options: self.options(orders),
            progress: &Silent,
            cancel,
        }
    }

    /// A connector of its own for each run, as a process of its own has.
    fn site(&self, side: Side, fate: &Arc<Fate>, seed: u64) -> Crooked<FrappeSite> {
        let url = format!("http://{side}.sandbox.localhost");
        let url = SiteUrl::new(&url).expect("the address is sound");
        let auth = Auth::Token {
            key: "sync-key".to_owned(),
            secret: SecretString::from("sync-secret"),
        };
        let seed = seed
            .wrapping_mul(2)
            .wrapping_add(u64::from(side == Side::B));
        let mut config = SiteConfig::new(url, auth);
        config.request_timeout = REQUEST_TIMEOUT;
        config.jitter = Jitter::seeded(seed);
        let world = Arc::clone(&self.world);
        config.clock = OurClock::new(move || world.time.now());
        let wire = WorldWire {
            world: Arc::clone(&self.world),
            side,
            fate: Arc::clone(fate),
            seed,
            planted: self.planted,
            sent: AtomicU64::new(0),
        };
        let site = FrappeSite::in_process(config, Arc::new(wire)).expect("the key is sound");
        Crooked::new(site, self.planted)
    }

    fn options(&self, orders: &Orders<'_>) -> RunOptions {
        let mut options = RunOptions {
            addresses: PerSide::from_fn(|side| format!("http://{side}.sandbox.localhost")),
            request_timeout: PerSide::from_fn(|_| REQUEST_TIMEOUT),
            allow: orders.allow.clone(),
            ..RunOptions::default()
        };
        if orders.sweep {
            options.sweep = TimeDelta::zero();
        }
        match self.planted {
            Some(Planted::NotFoundAtOnce) => options.request_timeout = PerSide::default(),
            Some(Planted::NoLagNoSweep) => {
                options.lag = TimeDelta::zero();
                options.sweep = TimeDelta::weeks(100);
            }
            _ => {}
        }
        options
    }
}

fn run_id(number: u64) -> String {
    format!("run-{number:04}")
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}
