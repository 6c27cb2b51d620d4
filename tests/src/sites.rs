//! Two sites to sync: sandboxes, or real ones.

use std::env;
use std::net::SocketAddr;
use std::time::Duration;

use frappe_sync_connector::{Auth, FrappeSite, RetryPolicy, SiteConfig, SiteUrl};
use frappe_sync_model::{PerSide, Side};
use frappe_sync_sandbox::{Clock, Profile, Sandbox, Server, SiteOptions, UserOptions};
use secrecy::SecretString;

use crate::Person;

/// How a pair of sandboxes is to be.
#[derive(Clone, Debug)]
pub struct PairOptions {
    /// The Frappe version of each.
    pub profiles: PerSide<Profile>,
    /// The clock of both.
    pub clock: Clock,
    /// How connectors retry.
    pub retry: RetryPolicy,
}

impl Default for PairOptions {
    fn default() -> Self {
        Self {
            profiles: PerSide {
                a: Profile::V15,
                b: Profile::V15,
            },
            clock: Clock::system(),
            retry: QUICK,
        }
    }
}

/// Two sites, the sync's way in, and a person on each.
#[derive(Debug)]
pub struct SitePair {
    /// As the sync sees them.
    pub sites: PerSide<FrappeSite>,
    /// A person on each.
    pub people: PerSide<Person>,
    /// The sandboxes behind them, unless they are real.
    pub sandboxes: Option<PerSide<Sandbox>>,
    /// Addresses.
    pub urls: PerSide<String>,
    /// Key and secret of the sync's user on each.
    pub keys: PerSide<(String, String)>,
    servers: Vec<Server>,
}

/// Retries that do not keep a test waiting.
const QUICK: RetryPolicy = RetryPolicy {
    max_tries: 3,
    budget: Duration::from_secs(5),
    base: Duration::from_millis(1),
    cap: Duration::from_millis(5),
};

/// How long a Data Import is waited for that does not move: in a sandbox it moves at once, or not at all.
const IMPATIENT: Duration = Duration::from_millis(300);
const PATIENT: Duration = Duration::from_secs(300);

const ZONES: PerSide<chrono_tz::Tz> = PerSide {
    a: chrono_tz::Asia::Kolkata,
    b: chrono_tz::Europe::Berlin,
};

impl SitePair {
    /// Two sandboxes in two time zones.
    pub async fn sandbox(options: PairOptions) -> Self {
        let sandboxes = PerSide::from_fn(|side| {
            let sandbox = Sandbox::new(SiteOptions {
                profile: options.profiles[side],
                time_zone: ZONES[side],
                clock: options.clock.clone(),
                seed: u64::from(side.as_str().as_bytes()[0]),
                host: format!("{side}.sandbox.localhost"),
                ..SiteOptions::default()
            });
            for user in ["sync", "person"] {
                let added = sandbox.add_user(UserOptions {
                    email: format!("{user}@example.com"),
                    roles: vec!["System Manager".to_owned()],
                    api_key: format!("{user}-key"),
                    api_secret: format!("{user}-secret"),
                });
                added.expect("a fresh site takes a user");
            }
            sandbox
        });
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let a = sandboxes
            .a
            .serve(any)
            .await
            .expect("loopback can be listened on");
        let b = sandboxes
            .b
            .serve(any)
            .await
            .expect("loopback can be listened on");
        let urls = PerSide {
            a: a.url(),
            b: b.url(),
        };
        let keys = PerSide::from_fn(|_| ("sync-key".to_owned(), "sync-secret".to_owned()));
        Self {
            sites: PerSide::from_fn(|side| {
                site(&urls[side], &keys[side], options.retry, IMPATIENT)
            }),
            people: PerSide::from_fn(|side| {
                Person::new(&urls[side], "person-key", "person-secret")
            }),
            sandboxes: Some(sandboxes),
            urls,
            keys,
            servers: vec![a, b],
        }
    }

    /// The two real sites that the environment names, if it does.
    pub fn real() -> Option<Self> {
        let read = |prefix: &str| -> Option<(String, (String, String), Person)> {
            let get = |name: &str| env::var(format!("{prefix}{name}")).ok();
            let url = get("URL")?;
            let key = |name: &str| {
                // The first site's key is named without `SITE`, as in the conformance suite.
                get(name).or_else(|| env::var(format!("FRAPPE_{name}")).ok())
            };
            let sync = (key("API_KEY")?, key("API_SECRET")?);
            let person = Person::new(&url, &key("PERSON_KEY")?, &key("PERSON_SECRET")?);
            Some((url, sync, person))
        };
        let (a, b) = (read("FRAPPE_SITE_")?, read("FRAPPE_SITE_B_")?);
        Some(Self {
            sites: PerSide {
                a: site(&a.0, &a.1, RetryPolicy::default(), PATIENT),
                b: site(&b.0, &b.1, RetryPolicy::default(), PATIENT),
            },
            people: PerSide { a: a.2, b: b.2 },
            sandboxes: None,
            urls: PerSide { a: a.0, b: b.0 },
            keys: PerSide { a: a.1, b: b.1 },
            servers: Vec::new(),
        })
    }

    /// Returns a person who works on a sandbox of the pair.
    ///
    /// # Panics
    ///
    /// On a real pair.
    pub fn at(&self, side: Side) -> frappe_sync_sandbox::Person {
        self.sandboxes()[side].as_user("person@example.com")
    }

    /// Returns the sandboxes.
    ///
    /// # Panics
    ///
    /// On a real pair.
    pub fn sandboxes(&self) -> &PerSide<Sandbox> {
        self.sandboxes
            .as_ref()
            .expect("this scenario is only played on sandboxes")
    }

    /// Returns the same two sites, each in the other's place.
    #[must_use]
    pub fn swapped(&self) -> Self {
        let swap = |side: Side| side.other();
        Self {
            sites: PerSide::from_fn(|side| self.sites[swap(side)].clone()),
            people: PerSide::from_fn(|side| self.people[swap(side)].clone()),
            sandboxes: self
                .sandboxes
                .as_ref()
                .map(|sandboxes| PerSide::from_fn(|side| sandboxes[swap(side)].clone())),
            urls: PerSide::from_fn(|side| self.urls[swap(side)].clone()),
            keys: PerSide::from_fn(|side| self.keys[swap(side)].clone()),
            servers: Vec::new(),
        }
    }

    /// Stops serving, so that both sites can no longer be reached.
    pub fn stop(&mut self) {
        self.servers.clear();
    }
}

/// The pairs that a scenario is played on: sandboxes always, real sites where the environment names them.
pub async fn pairs() -> Vec<SitePair> {
    let mut pairs = vec![SitePair::sandbox(PairOptions::default()).await];
    pairs.extend(SitePair::real());
    pairs
}

fn site(
    url: &str,
    (key, secret): &(String, String),
    retry: RetryPolicy,
    load_patience: Duration,
) -> FrappeSite {
    let url = SiteUrl::new(url).expect("a test site has a sound address");
    let auth = Auth::Token {
        key: key.clone(),
        secret: SecretString::from(secret.clone()),
    };
    let mut config = SiteConfig::new(url, auth);
    config.retry = retry;
    config.load_patience = load_patience;
    FrappeSite::new(config).expect("a client can be made")
}
