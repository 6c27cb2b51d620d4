//! The proxy itself: it listens, decides what happens to each request, and counts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::connection::{Blade, SeverableListener};
use super::exchange::{Answer, Arrived};
use super::fault::Fault;
use super::rates::{Counts, Rates};
use super::trap::{Moment, Trap, sprung};
use crate::world::Dice;

/// The largest body that is passed on, in bytes.
const MAX_BODY: usize = 128 * 1024 * 1024;

/// How long the faults that take time take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// How much later a delayed answer comes.
    pub answer: Duration,
    /// How much later a held write reaches the site. It must be shorter than the time that the client is
    /// told a request can run.
    pub write: Duration,
}

/// A proxy before one site. It stops listening when this is dropped; what it has passed on by then is finished.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Shared {
    site: String,
    client: reqwest::Client,
    waits: Waits,
    state: Mutex<Deciding>,
}

#[derive(Debug)]
struct Deciding {
    dice: Dice,
    rates: Rates,
    counts: Counts,
    traps: Vec<Trap>,
    /// Held writes that the site has not answered yet.
    held: u64,
}

/// What was decided for one request.
struct Decision {
    fault: Option<Fault>,
    trap: Option<Trap>,
    retry_after_seconds: usize,
}

impl Proxy {
    /// Stands before the site at this address, on a free port of loopback. It passes everything on until it is
    /// given rates.
    ///
    /// # Errors
    ///
    /// Where loopback cannot be listened on, or no HTTP client can be made.
    pub async fn before(site: &str, seed: u64, waits: Waits) -> io::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(io::Error::other)?;
        let shared = Arc::new(Shared {
            site: site.trim_end_matches('/').to_owned(),
            client,
            waits,
            state: Mutex::new(Deciding {
                dice: Dice::of(seed),
                rates: Rates::none(),
                counts: Counts::default(),
                traps: Vec::new(),
                held: 0,
            }),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let service = Router::new()
            .fallback(arrive)
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<Blade>();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            tokio::select! {
                ended = axum::serve(SeverableListener(listener), service) => ended,
                // A dropped sender is the stop.
                _ = stopped => Ok(()),
            }
        });
        Ok(Self {
            address,
            shared,
            _stop: stop,
        })
    }

    /// Where it listens, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets how often requests are hit from now on.
    pub fn set_rates(&self, rates: Rates) {
        self.shared.lock().rates = rates;
    }

    /// Does something at the `nth` request from now, counted from 1.
    pub fn trap(&self, nth: u64, moment: Moment, act: impl FnOnce() + Send + 'static) {
        let trap = Trap {
            left: nth.max(1),
            moment,
            act: Box::new(act),
        };
        self.shared.lock().traps.push(trap);
    }

    /// Takes away the traps that did not spring.
    pub fn disarm(&self) {
        self.shared.lock().traps.clear();
    }

    /// What it has done so far.
    pub fn counts(&self) -> Counts {
        self.shared.lock().counts.clone()
    }

    /// How many writes are still held.
    pub fn held(&self) -> u64 {
        self.shared.lock().held
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Deciding> {
        // Every change is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, request: &Arrived) -> Decision {
        let mut state = self.lock();
        let Deciding {
            dice,
            rates,
            counts,
            traps,
            ..
        } = &mut *state;
        let trap = sprung(traps);
        let fault = match rates.draw(dice) {
            // Whoever is about to be killed meets nothing else.
            _ if trap.is_some() => None,
            Some(Fault::HoldWrite) if !request.is_write() => None,
            drawn => drawn,
        };
        counts.count(fault);
        Decision {
            fault,
            trap,
            retry_after_seconds: dice.below(2),
        }
    }

    /// Passes a request on. A site that does not answer is what a gateway calls 502.
    async fn pass(&self, request: Arrived) -> Answer {
        match request.pass(&self.client, &self.site).await {
            Ok(answer) => answer,
            Err(_) => {
                self.lock().counts.unanswered += 1;
                Answer::bad_gateway()
            }
        }
    }

    async fn answer(self: Arc<Self>, request: Arrived, blade: Blade) -> Response<Body> {
        let decision = self.decide(&request);
        if let Some(trap) = decision.trap {
            if trap.moment == Moment::After {
                drop(self.pass(request).await);
            }
            // It may wait for a process to end.
            let _sprung = tokio::task::spawn_blocking(trap.act).await;
            return reset(&blade);
        }
        let Some(fault) = decision.fault else {
            return self.pass(request).await.whole();
        };
        match fault {
            Fault::LoseRequest => reset(&blade),
            Fault::LoseAnswer => {
                drop(self.pass(request).await);
                reset(&blade)
            }
            Fault::BadGatewayBefore => Answer::bad_gateway().whole(),
            Fault::BadGatewayAfter => {
                drop(self.pass(request).await);
                Answer::bad_gateway().whole()
            }
            Fault::TooManyRequests => {
                Answer::too_many_requests(decision.retry_after_seconds).whole()
            }
            Fault::Deadlock => Answer::deadlock().whole(),
            Fault::CutBody => self.pass(request).await.half(),
            Fault::DelayAnswer => {
                let answer = self.pass(request).await;
                tokio::time::sleep(self.waits.answer).await;
                answer.whole()
            }
            Fault::HoldWrite => {
                self.lock().held += 1;
                tokio::spawn(async move {
                    tokio::time::sleep(self.waits.write).await;
                    drop(self.pass(request).await);
                    self.lock().held -= 1;
                });
                reset(&blade)
            }
        }
    }
}

async fn arrive(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(blade): ConnectInfo<Blade>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    // A client that goes away in the middle of its request has not sent one.
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return reset(&blade);
    };
    let arrived = Arrived { parts, body };
    // Apart from the connection: what has arrived is passed on, whether or not the client waits for the answer.
    let answering = tokio::spawn(shared.answer(arrived, blade.clone()));
    match answering.await {
        Ok(answer) => answer,
        Err(_) => reset(&blade),
    }
}

fn reset(blade: &Blade) -> Response<Body> {
    blade.sever();
    Answer::unseen().whole()
}
