//! Everything that must be known to talk to a site.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;

use crate::{Auth, AuthError, Jitter, OurClock, RetryPolicy, SiteUrl};

/// Whether the site's certificate must verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateCheck {
    /// It must.
    Full,
    /// Any certificate will do: whoever is on the way can read and change everything, the key included.
    None,
}

/// How to reach one site. [`SiteConfig::new`] fills in what most sites need; set the rest as fields.
#[derive(Clone, Debug)]
pub struct SiteConfig {
    /// Where it answers.
    pub url: SiteUrl,
    /// Who we are to it.
    pub auth: Auth,
    /// A file of PEM certificates that count beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether its certificate must verify.
    pub certificates: CertificateCheck,
    /// How long a connection may take to stand.
    pub connect_timeout: Duration,
    /// How long a read may take in all before it is tried again.
    pub read_timeout: Duration,
    /// The longest that a request can run on the site. A write is waited for a little longer than that, so
    /// that its outcome is known whenever it can be.
    pub request_timeout: Duration,
    /// How long a Data Import may show no progress before it is no longer waited for (protocol 5.6): it stands in a queue
    /// with other work.
    pub load_patience: Duration,
    /// Its zone, where System Settings cannot be read (protocol 10.3).
    pub time_zone: Option<Tz>,
    /// The most requests in flight at once; fewer while the site shows strain.
    pub max_in_flight: u32,
    /// `User-Agent`.
    pub user_agent: String,
    /// The largest answer that is read, in bytes after decompression.
    pub max_answer_bytes: usize,
    /// How often and how long a request is tried.
    pub retry: RetryPolicy,
    /// Where the jitter of retries comes from.
    pub jitter: Jitter,
    /// Our clock.
    pub clock: OurClock,
}

/// Why a site cannot be talked to as configured. Shows no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Key or secret cannot be right.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The file of certificates cannot be read.
    #[error("the CA file `{}` cannot be read", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file of certificates holds none.
    #[error("the CA file `{}` holds no certificate in PEM form", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// No request at all would be allowed.
    #[error("at least one request must be allowed in flight")]
    NothingInFlight,
    /// The HTTP client cannot be made of it.
    #[error("no HTTP client can be made of the configuration of `{url}`")]
    Client {
        /// The site.
        url: SiteUrl,
        /// Why not.
        source: reqwest::Error,
    },
}

impl SiteConfig {
    /// How much longer than [`request_timeout`](Self::request_timeout) a write is waited for.
    pub const WRITE_GRACE: Duration = Duration::from_secs(10);

    /// Takes address and key, and the defaults for everything else: 10 s to connect, 60 s for a read,
    /// 120 s as the longest request (what bench gives gunicorn and nginx), 300 s for a Data Import that shows no
    /// progress, 4 requests in flight.
    pub fn new(url: SiteUrl, auth: Auth) -> Self {
        Self {
            url,
            auth,
            ca_file: None,
            certificates: CertificateCheck::Full,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            request_timeout: Duration::from_secs(120),
            load_patience: Duration::from_secs(300),
            time_zone: None,
            max_in_flight: 4,
            user_agent: concat!("frappe-sync/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_answer_bytes: 128 * 1024 * 1024,
            retry: RetryPolicy::default(),
            jitter: Jitter::random(),
            clock: OurClock::system(),
        }
    }
}
