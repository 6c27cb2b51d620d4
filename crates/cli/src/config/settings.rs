//! The configuration, checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use frappe_sync_connector::{Endpoint, SecretSource, SiteUrl};
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
    /// What runs always.
    pub serve: ServeConfig,
}

/// What runs always: where it listens, how the sites and people reach it, and how it reaches people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where the sites send to, without a slash at its end: usually a reverse proxy with a certificate.
    pub public_url: Option<String>,
    /// Where the secret is that webhooks are signed with.
    pub webhook_secret: Option<SecretSource>,
    /// Where the token is that lets people change something on the page.
    pub token: Option<SecretSource>,
    /// The zone of schedules and hours.
    pub time_zone: Tz,
    /// The most runs at a time.
    pub max_runs: usize,
    /// How people are told.
    pub tell: TellConfig,
}

/// How people are told that something needs them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TellConfig {
    /// A command, which gets the news on its standard input.
    pub command: Option<String>,
    /// An address that the news are posted to.
    pub url: Option<String>,
}

/// The most runs at a time, where nothing is said of it.
const MAX_RUNS: usize = 16;

impl Default for ServeConfig {
    /// Port 8790 of this machine alone, and no webhooks.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8790)),
            public_url: None,
            webhook_secret: None,
            token: None,
            time_zone: Tz::UTC,
            max_runs: MAX_RUNS,
            tell: TellConfig::default(),
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
    /// How we log in.
    pub auth: AuthConfig,
    /// Its zone, where System Settings cannot be read (protocol 10.3).
    pub time_zone: Option<Tz>,
    /// The longest that a request can run on the site.
    pub request_timeout: Duration,
    /// Certificates to trust beside those of the system, in PEM form.
    pub ca_file: Option<PathBuf>,
    /// The most requests in flight.
    pub max_in_flight: Option<u32>,
}

/// How we log in to a site, and where the secret is that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthConfig {
    /// By an API key.
    Keys(KeysConfig),
    /// As a user with a password, in a session.
    Session(PasswordConfig),
    /// By tokens of an OAuth provider.
    OAuth(Box<OAuthConfig>),
}

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysConfig {
    /// The form of the header that carries key and secret (protocol 2.2).
    pub form: AuthKind,
    /// Where the key is.
    pub key: KeySource,
    /// Where the secret is.
    pub secret: SecretSource,
}

/// A user with a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordConfig {
    /// The user.
    pub user: String,
    /// Where the password is.
    pub password: SecretSource,
}

/// An OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthConfig {
    /// `client_id`.
    pub client_id: String,
    /// Where the secret of the client is, if it has one.
    pub client_secret: Option<SecretSource>,
    /// In whose name it asks.
    pub grant: GrantConfig,
    /// What it asks for.
    pub scope: String,
    /// Where a browser is sent, if not to the site.
    pub authorize_url: Option<Endpoint>,
    /// Where tokens are asked for, if not at the site.
    pub token_url: Option<Endpoint>,
    /// The file that keeps the tokens.
    pub tokens: PathBuf,
}

/// In whose name an OAuth client asks for tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantConfig {
    /// Of a person who agrees in a browser: `frappe-sync login`.
    AuthorizationCode,
    /// Of a user with a password.
    Password(PasswordConfig),
    /// In its own, which Frappe refuses.
    ClientCredentials,
}

impl AuthConfig {
    /// Tells whether both surely log in as the same user.
    pub fn is_same_user(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Keys(ours), Self::Keys(theirs)) => ours.key == theirs.key,
            (ours, theirs) => match (ours.user(), theirs.user()) {
                (Some(ours), Some(theirs)) => ours == theirs,
                _ => false,
            },
        }
    }

    /// Returns the user, where the configuration names one.
    fn user(&self) -> Option<&str> {
        match self {
            Self::Session(login) => Some(&login.user),
            Self::OAuth(oauth) => match &oauth.grant {
                GrantConfig::Password(login) => Some(&login.user),
                GrantConfig::AuthorizationCode | GrantConfig::ClientCredentials => None,
            },
            Self::Keys(_) => None,
        }
    }

    /// Tells whether a person logs in with a password or in a browser, as for every session.
    pub fn logs_in(&self) -> bool {
        !matches!(self, Self::Keys(_))
    }

    /// Returns the word that `kind` has for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Keys(keys) => match keys.form {
                AuthKind::Token => "token",
                AuthKind::Basic => "basic",
            },
            Self::Session(_) => "session",
            Self::OAuth(_) => "oauth",
        }
    }
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
    /// When it runs by itself, as written: five fields of cron, `@every 30s`, `@continuous`.
    pub schedule: Option<String>,
    /// When a run by itself reads every key, as written.
    pub sweep_schedule: Option<String>,
    /// When both sites are compared in full, as written.
    pub verify_schedule: Option<String>,
    /// The hours in which it may run by itself, as written; none stands for always.
    pub hours: Vec<String>,
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
