//! Figures for Prometheus. No label ever holds the name of a document or a value.

use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

/// One run, as far as it is counted.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// How it ended: `converged`, `partial`, `stopped`, `failed`, `unreachable`.
    pub outcome: String,
    /// How long it took.
    pub seconds: f64,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// Whether both sites are together after it.
    pub is_success: bool,
    /// Documents by what was done with them.
    pub documents: Vec<(String, u64)>,
    /// Requests by side (`a`, `b`) and kind (`read`, `write`).
    pub requests: Vec<(&'static str, &'static str, u64)>,
    /// What waits after it; none where that is not known.
    pub waiting: Option<Waiting>,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Waiting {
    /// Conflicts for a person.
    pub conflicts: u64,
    /// Parked documents.
    pub parked: u64,
    /// Writes whose outcome is not known.
    pub unknown: u64,
    /// Documents still to be looked at.
    pub queued: u64,
    /// How old the oldest change is that is not carried over, in seconds; 0 where none waits.
    pub lag_seconds: f64,
}

/// All figures of this process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    runs: Family<RunLabels, Counter>,
    documents: Family<ActionLabels, Counter>,
    requests: Family<RequestLabels, Counter>,
    hooks: Family<HookLabels, Counter>,
    running: Family<SyncLabels, Gauge>,
    conflicts: Family<SyncLabels, Gauge>,
    parked: Family<SyncLabels, Gauge>,
    unknown: Family<SyncLabels, Gauge>,
    queued: Family<SyncLabels, Gauge>,
    lag: Family<SyncLabels, Gauge<f64, AtomicU64>>,
    last: Family<SyncLabels, Gauge<f64, AtomicU64>>,
    success: Family<SyncLabels, Gauge<f64, AtomicU64>>,
    duration: Family<SyncLabels, Gauge<f64, AtomicU64>>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SyncLabels {
    sync: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RunLabels {
    sync: String,
    outcome: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ActionLabels {
    sync: String,
    action: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    sync: String,
    side: String,
    kind: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct HookLabels {
    outcome: String,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Makes figures that are all zero.
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("frappe_sync"),
            runs: Family::default(),
            documents: Family::default(),
            requests: Family::default(),
            hooks: Family::default(),
            running: Family::default(),
            conflicts: Family::default(),
            parked: Family::default(),
            unknown: Family::default(),
            queued: Family::default(),
            lag: Family::default(),
            last: Family::default(),
            success: Family::default(),
            duration: Family::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("runs", "Runs by how they ended", self.runs.clone());
        registry.register(
            "documents",
            "Documents by what was done with them",
            self.documents.clone(),
        );
        registry.register(
            "requests",
            "Requests to the sites, retries included",
            self.requests.clone(),
        );
        registry.register(
            "hooks",
            "Hooks of the sites by what became of them",
            self.hooks.clone(),
        );
        registry.register(
            "running",
            "Whether a run is under way",
            self.running.clone(),
        );
        registry.register(
            "conflicts_open",
            "Conflicts that wait for a person",
            self.conflicts.clone(),
        );
        registry.register(
            "parked",
            "Documents that could not be applied",
            self.parked.clone(),
        );
        registry.register(
            "unknown_writes",
            "Writes whose outcome is not known yet",
            self.unknown.clone(),
        );
        registry.register(
            "queued",
            "Documents still to be looked at",
            self.queued.clone(),
        );
        let mut seconds =
            |name: &str, help: &str, metric: &Family<SyncLabels, Gauge<f64, AtomicU64>>| {
                registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
            };
        seconds(
            "lag",
            "Age of the oldest change that is not carried over",
            &self.lag,
        );
        seconds("last_run_timestamp", "When the last run ended", &self.last);
        seconds(
            "last_success_timestamp",
            "When the last run ended that brought both sites together",
            &self.success,
        );
        seconds(
            "last_run_duration",
            "How long the last run took",
            &self.duration,
        );
    }

    /// Counts a run that begins.
    pub fn began(&self, sync: &str) {
        self.running.get_or_create(&labels(sync)).set(1);
    }

    /// Counts a run that has ended.
    pub fn ended(&self, sync: &str, ran: &Ran) {
        let own = labels(sync);
        self.running.get_or_create(&own).set(0);
        let outcome = RunLabels {
            sync: sync.to_owned(),
            outcome: ran.outcome.clone(),
        };
        self.runs.get_or_create(&outcome).inc();
        for (action, count) in &ran.documents {
            let labels = ActionLabels {
                sync: sync.to_owned(),
                action: action.clone(),
            };
            self.documents.get_or_create(&labels).inc_by(*count);
        }
        for (side, kind, count) in &ran.requests {
            let labels = RequestLabels {
                sync: sync.to_owned(),
                side: (*side).to_owned(),
                kind: (*kind).to_owned(),
            };
            self.requests.get_or_create(&labels).inc_by(*count);
        }
        let ended = ran.ended.timestamp_millis() as f64 / 1000.0;
        self.last.get_or_create(&own).set(ended);
        self.duration.get_or_create(&own).set(ran.seconds);
        if ran.is_success {
            self.success.get_or_create(&own).set(ended);
        }
        if let Some(waiting) = ran.waiting {
            self.waits(sync, waiting);
        }
    }

    /// Takes what waits.
    pub fn waits(&self, sync: &str, waiting: Waiting) {
        let own = labels(sync);
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.conflicts
            .get_or_create(&own)
            .set(whole(waiting.conflicts));
        self.parked.get_or_create(&own).set(whole(waiting.parked));
        self.unknown.get_or_create(&own).set(whole(waiting.unknown));
        self.queued.get_or_create(&own).set(whole(waiting.queued));
        self.lag.get_or_create(&own).set(waiting.lag_seconds);
    }

    /// Says when the last run ended that brought both sites together, as an earlier process knew it.
    pub fn succeeded(&self, sync: &str, at: DateTime<Utc>) {
        let at = at.timestamp_millis() as f64 / 1000.0;
        self.success.get_or_create(&labels(sync)).set(at);
    }

    /// Counts a hook: `taken`, `refused`, `unreadable`.
    pub fn hook(&self, outcome: &str) {
        let labels = HookLabels {
            outcome: outcome.to_owned(),
        };
        self.hooks.get_or_create(&labels).inc();
    }

    /// Returns all of it in the format of OpenMetrics, which Prometheus and its textfile collector read.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // A string takes whatever is written to it.
        let _never = encode(&mut text, &self.registry);
        text
    }
}

fn labels(sync: &str) -> SyncLabels {
    SyncLabels {
        sync: sync.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran() -> Ran {
        Ran {
            outcome: "partial".to_owned(),
            seconds: 1.5,
            ended: "2026-11-30T10:00:00Z".parse().expect("a time"),
            is_success: false,
            documents: vec![("create".to_owned(), 3)],
            requests: vec![("a", "read", 7), ("b", "write", 2)],
            waiting: Some(Waiting {
                conflicts: 2,
                parked: 1,
                lag_seconds: 60.0,
                ..Waiting::default()
            }),
        }
    }

    #[test]
    fn a_run_is_counted_by_what_it_did_and_left() {
        let metrics = Metrics::new();
        metrics.began("hq");
        assert!(
            metrics
                .render()
                .contains("frappe_sync_running{sync=\"hq\"} 1\n")
        );
        metrics.ended("hq", &ran());
        metrics.ended("hq", &ran());
        let text = metrics.render();
        for line in [
            "frappe_sync_runs_total{sync=\"hq\",outcome=\"partial\"} 2",
            "frappe_sync_documents_total{sync=\"hq\",action=\"create\"} 6",
            "frappe_sync_requests_total{sync=\"hq\",side=\"b\",kind=\"write\"} 4",
            "frappe_sync_conflicts_open{sync=\"hq\"} 2",
            "frappe_sync_lag_seconds{sync=\"hq\"} 60.0",
            "frappe_sync_last_run_timestamp_seconds{sync=\"hq\"} 1796032800.0",
            "frappe_sync_running{sync=\"hq\"} 0",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}\n{text}");
        }
        // Nothing was ever brought together, so nothing says when.
        assert!(!text.contains("frappe_sync_last_success_timestamp_seconds{"));
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn a_name_with_quotes_cannot_break_a_line() {
        let metrics = Metrics::new();
        metrics.began("a\"b\nc");
        assert!(metrics.render().contains("{sync=\"a\\\"b\\nc\"} 1"));
    }
}
