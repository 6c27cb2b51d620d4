//! Two sandboxes without a network, in virtual time: the same seed gives the same requests.
//!
//! A runtime whose clock is paused (`start_paused`) skips every wait, and [`VirtualTime`] lets the sandboxes'
//! clock follow: a retry after 30 s comes 30 s later on the site too, and takes no time at all.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use frappe_sync_connector::{
    Auth, FrappeSite, Jitter, OurClock, RetryPolicy, SiteConfig, SiteUrl, Wire, WireAnswer,
    WireFuture, WireOutcome, WireRequest,
};
use frappe_sync_model::{PerSide, Side};
use frappe_sync_sandbox::{
    Clock, Method, Moment, Outcome, Profile, Request, Response, Sandbox, SiteOptions, UserOptions,
};
use secrecy::SecretString;
use tokio::time::Instant;

/// The one clock of a pair: of both sandboxes, of the connectors and of the engine. Clones are the same clock.
///
/// It moves with tokio's clock, and by one microsecond with each stamp that a sandbox takes.
#[derive(Clone, Debug)]
pub struct VirtualTime {
    clock: Clock,
    state: Arc<Mutex<Following>>,
}

#[derive(Debug)]
struct Following {
    /// How far tokio's clock was followed.
    followed: Instant,
    /// What a sandbox moved its clock by itself, and tokio's clock has still to catch up.
    ahead: Duration,
}

impl VirtualTime {
    /// Starts at this moment.
    pub fn starting(at: DateTime<Utc>) -> Self {
        Self {
            clock: Clock::manual(at),
            state: Arc::new(Mutex::new(Following {
                followed: Instant::now(),
                ahead: Duration::ZERO,
            })),
        }
    }

    /// Reads the time.
    pub fn now(&self) -> DateTime<Utc> {
        self.follow();
        self.clock.now()
    }

    /// The sandboxes' clock, for jumps and frozen stamps.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Moves the sandboxes' clock by as much as tokio's has moved.
    fn follow(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let passed = now.saturating_duration_since(state.followed);
        state.followed = now;
        let known = passed.min(state.ahead);
        state.ahead -= known;
        self.clock.advance(time_delta(passed - known));
    }

    /// Does something at the present time, and tells by how much it moved the clock beyond single stamps.
    fn measured<T>(&self, work: impl FnOnce() -> T) -> (T, Duration) {
        let before = self.now();
        let done = work();
        let moved = (self.clock.now() - before).to_std().unwrap_or_default();
        if moved < Duration::from_millis(1) {
            return (done, Duration::ZERO);
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ahead += moved;
        (done, moved)
    }
}

fn time_delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// What a test does before a request is carried out and after; it returns how long the request is on its
/// way there. `Duration::MAX` is for ever.
pub type Hook = Arc<dyn Fn(Moment, &Sandbox, &Request) -> Duration + Send + Sync>;

/// The wire to a sandbox.
///
/// Every request is one step, in the order in which requests are sent. A fault that holds a request
/// ([`Action::Hold`](frappe_sync_sandbox::Action::Hold)) would hold everything: the hook's duration is what to
/// use instead.
pub struct InProcess {
    sandbox: Sandbox,
    time: VirtualTime,
    hook: Hook,
}

impl InProcess {
    /// Connects with a sandbox whose clock is that of `time`.
    pub fn new(sandbox: Sandbox, time: VirtualTime, hook: Hook) -> Self {
        Self {
            sandbox,
            time,
            hook,
        }
    }
}

impl Wire for InProcess {
    fn exchange(&self, request: WireRequest) -> WireFuture<'_> {
        Box::pin(async move {
            let Some(request) = arriving(request) else {
                return WireOutcome::Lost;
            };
            pass((self.hook)(Moment::Before, &self.sandbox, &request)).await;
            let (outcome, taken) = self.time.measured(|| self.sandbox.exchange(&request));
            pass(taken).await;
            pass((self.hook)(Moment::After, &self.sandbox, &request)).await;
            leaving(outcome)
        })
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InProcess").field(&self.sandbox).finish()
    }
}

async fn pass(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}

fn arriving(request: WireRequest) -> Option<Request> {
    let mut arriving = Request::new(Method::parse(&request.method)?, &request.target);
    arriving.headers = request.headers;
    arriving.body = request.body;
    Some(arriving)
}

fn leaving(outcome: Outcome) -> WireOutcome {
    let answer = |response: Response| WireAnswer {
        status: response.status,
        headers: response.headers,
        body: response.body,
    };
    match outcome {
        Outcome::Response(response) => WireOutcome::Answered(answer(response)),
        Outcome::Cut(response) => WireOutcome::Cut(answer(response)),
        Outcome::Lost { .. } => WireOutcome::Lost,
    }
}

/// How a pair is to be.
#[derive(Clone)]
pub struct VirtualOptions {
    /// The Frappe version of each site.
    pub profiles: PerSide<Profile>,
    /// Names that the sites hand out, and the jitter of retries, follow from it.
    pub seed: u64,
    /// How connectors retry.
    pub retry: RetryPolicy,
    /// What happens around each request.
    pub hook: Hook,
}

impl Default for VirtualOptions {
    fn default() -> Self {
        Self {
            profiles: PerSide::from_fn(|_| Profile::V15),
            seed: 0,
            retry: RetryPolicy::default(),
            hook: Arc::new(|_, _, _| Duration::ZERO),
        }
    }
}

/// Two sandboxes and the sync's way in, all in one process and one virtual time.
#[derive(Debug)]
pub struct VirtualPair {
    /// The time.
    pub time: VirtualTime,
    /// The sandboxes. People work on them as `person@example.com`.
    pub sandboxes: PerSide<Sandbox>,
    /// As the sync sees them.
    pub sites: PerSide<FrappeSite>,
}

const ZONES: PerSide<chrono_tz::Tz> = PerSide {
    a: chrono_tz::Asia::Kolkata,
    b: chrono_tz::Europe::Berlin,
};

impl VirtualPair {
    /// Makes it at the given moment. The runtime's clock should be paused.
    ///
    /// # Panics
    ///
    /// Where a fresh sandbox cannot be made.
    pub fn new(at: DateTime<Utc>, options: &VirtualOptions) -> Self {
        let time = VirtualTime::starting(at);
        let sandboxes = PerSide::from_fn(|side| sandbox(side, &time, options));
        Self {
            sites: PerSide::from_fn(|side| site(side, &sandboxes[side], &time, options)),
            sandboxes,
            time,
        }
    }

    /// Returns a person who works on a sandbox.
    pub fn person(&self, side: Side) -> frappe_sync_sandbox::Person {
        self.sandboxes[side].as_user("person@example.com")
    }
}

fn sandbox(side: Side, time: &VirtualTime, options: &VirtualOptions) -> Sandbox {
    let sandbox = Sandbox::new(SiteOptions {
        profile: options.profiles[side],
        time_zone: ZONES[side],
        clock: time.clock().clone(),
        seed: side_seed(side, options.seed),
        host: host(side),
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
    sandbox.faults().seed(side_seed(side, options.seed));
    sandbox
}

fn site(side: Side, sandbox: &Sandbox, time: &VirtualTime, options: &VirtualOptions) -> FrappeSite {
    let url = format!("http://{}", host(side));
    let url = SiteUrl::new(&url).expect("a test site has a sound address");
    let auth = Auth::Token {
        key: "sync-key".to_owned(),
        secret: SecretString::from("sync-secret"),
    };
    let mut config = SiteConfig::new(url, auth);
    config.retry = options.retry;
    config.jitter = Jitter::seeded(side_seed(side, options.seed));
    let our_time = time.clone();
    config.clock = OurClock::new(move || our_time.now());
    let wire = InProcess::new(sandbox.clone(), time.clone(), Arc::clone(&options.hook));
    FrappeSite::in_process(config, Arc::new(wire)).expect("the configuration is sound")
}

fn host(side: Side) -> String {
    format!("{side}.sandbox.localhost")
}

fn side_seed(side: Side, seed: u64) -> u64 {
    seed.wrapping_mul(2).wrapping_add(match side {
        Side::A => 0,
        Side::B => 1,
    })
}
