//! The configuration, checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use frappe_sync_connector::{SecretSource, SiteUrl};
use frappe_sync_model::{PerSide, SyncName};
use frappe_sync_planner::Limit;

/// A whole `frappe-sync.yaml`.
#[derive(Clone, Debug)]
pub struct Config {
    /// The state file.
    pub state: PathBuf,
    /// The sites by name.
    pub sites: BTreeMap<String, SiteConfig>,
    /// The syncs, in the order of the file.
    pub syncs: Vec<SyncConfig>,
    /// The receiver of webhooks.
    pub serve: ServeConfig,
}

/// The receiver of webhooks: where it listens, and how the sites reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where the sites send to, without a slash at its end: usually a reverse proxy with a certificate.
    pub public_url: Option<String>,
    /// Where the secret is that webhooks are signed with.
    pub webhook_secret: Option<SecretSource>,
}

impl Default for ServeConfig {
    /// Port 8790 of this machine alone, and no webhooks.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8790)),
            public_url: None,
            webhook_secret: None,
        }
    }
}

/// One site.
#[derive(Clone, Debug)]
pub struct SiteConfig {
    /// Its name in the file.
    pub name: String,
    /// Where it answers.
    pub url: SiteUrl,
    /// The form of the header that carries key and secret (protocol 2.2).
    pub auth: AuthKind,
    /// Where the key is.
    pub api_key: KeySource,
    /// Where the secret is.
    pub api_secret: SecretSource,
    /// Its zone, where System Settings cannot be read (protocol 10.3).
    pub time_zone: Option<Tz>,
    /// The longest that a request can run on the site.
    pub request_timeout: Duration,
    /// Certificates to trust beside those of the system, in PEM form.
    pub ca_file: Option<PathBuf>,
    /// The most requests in flight.
    pub max_in_flight: Option<u32>,
}

/// Where an API key is. Without its secret it opens nothing, so it may stand in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In the configuration itself.
    Inline(String),
    /// Where a secret could be.
    Kept(SecretSource),
}

/// The two forms of the header that carries key and secret (protocol 2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthKind {
    /// `Authorization: token KEY:SECRET`.
    #[default]
    Token,
    /// `Authorization: Basic BASE64(KEY:SECRET)`.
    Basic,
}

/// One sync.
#[derive(Clone, Debug)]
pub struct SyncConfig {
    /// Its name in the file.
    pub name: SyncName,
    /// The names of its two sites.
    pub sites: PerSide<String>,
    /// Its mapping files and folders of them, in the order of the file.
    pub mappings: Vec<PathBuf>,
    /// When it is to run, as written: five fields of cron. Kept for whoever schedules it.
    pub schedule: Option<String>,
    /// How much may change in one run.
    pub guard: GuardConfig,
    /// How far behind its cursor a poll reads again, where given.
    pub lag: Option<TimeDelta>,
    /// How long after a key sweep of a DocType the next one is due, where given.
    pub sweep: Option<TimeDelta>,
    /// How long what a run overwrites is kept for `undo`; where it is not given, nothing is.
    pub undo_kept: Option<TimeDelta>,
}

/// How much may change in one run, where given.
#[derive(Clone, Copy, Debug, Default)]
pub struct GuardConfig {
    /// Documents changed, of a mapping.
    pub max_changes: Option<Limit>,
    /// Documents deleted, of a mapping.
    pub max_deletes: Option<Limit>,
}

impl Config {
    /// Finds a site; one that a sync names is always there.
    pub fn site(&self, name: &str) -> &SiteConfig {
        self.sites
            .get(name)
            .expect("a sync names only sites that the configuration has")
    }
}
