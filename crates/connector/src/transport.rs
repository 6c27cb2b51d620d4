//! Sends requests: each through the gate, counted, traced, judged, and tried again where that is safe.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Map;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

use frappe_sync_model::{RequestCounts, SiteError, SiteErrorKind};

use crate::answer::{Answer, Content, RawAnswer};
use crate::failure::Failure;
use crate::governor::Gate;
use crate::login::{Login, Rejection};
use crate::messenger::{Exchange, Messenger};
use crate::rate_limit::{RateLimit, retry_after};
use crate::request::Request;
use crate::request_counter::RequestCounter;
use crate::way::Way;
use crate::{Aimd, Class, ConfigError, Pkce, Signal, Signals, SiteConfig, SiteUrl, classify};

/// The way to one site.
#[derive(Debug)]
pub(crate) struct Transport {
    line: Arc<Line>,
    counter: RequestCounter,
}

/// What all who talk to one site share.
#[derive(Debug)]
struct Line {
    way: Way,
    config: SiteConfig,
    login: Login,
    gate: Gate,
    budget: Mutex<Option<RateLimit>>,
}

/// Why a request brought nothing back.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The answer is larger than we read: ask for less at once.
    TooLarge(SiteError),
    /// Anything else.
    Failed(SiteError),
}

impl From<SendError> for SiteError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::TooLarge(error) | SendError::Failed(error) => error,
        }
    }
}

impl Transport {
    /// Takes a way to the site that `open` makes of the configuration.
    pub(crate) fn new(
        config: SiteConfig,
        open: impl FnOnce(&SiteConfig) -> Result<Way, ConfigError>,
    ) -> Result<Self, ConfigError> {
        if config.max_in_flight == 0 {
            return Err(ConfigError::NothingInFlight);
        }
        Ok(Self {
            line: Arc::new(Line {
                login: Login::new(&config.auth)?,
                way: open(&config)?,
                gate: Gate::new(Aimd::new(config.max_in_flight)),
                budget: Mutex::default(),
                config,
            }),
            counter: RequestCounter::default(),
        })
    }

    /// Shares everything but the count of requests.
    pub(crate) fn beside(&self) -> Self {
        Self {
            line: Arc::clone(&self.line),
            counter: RequestCounter::default(),
        }
    }

    pub(crate) fn config(&self) -> &SiteConfig {
        &self.line.config
    }

    pub(crate) fn counts(&self) -> RequestCounts {
        self.counter.counts()
    }

    /// Sends a request until it is carried out, fails for good, or the retries are used up.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, SendError> {
        let mut tries = 0;
        let mut first_start = None;
        loop {
            let permit = self.line.gate.pass().await;
            let start = Instant::now();
            let first_start = *first_start.get_or_insert(start);
            tries += 1;
            let result = self.traced_try(request, tries).await;
            let signal = match &result {
                Ok(_) => Some(Signal::Answered(start.elapsed())),
                Err(failure) => failure.strain,
            };
            self.line.gate.leave(permit, request.kind, signal);

            let failure = match result {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let delay = if failure.may_repeat {
                let draw = self.line.config.jitter.draw();
                let elapsed = first_start.elapsed();
                self.line
                    .config
                    .retry
                    .delay(tries, elapsed, failure.retry_after, draw)
            } else {
                None
            };
            let Some(delay) = delay else {
                return Err(given_up(failure, request));
            };
            tracing::debug!(
                request = %request.label,
                tries,
                delay_ms = delay.as_millis(),
                error = %failure.error,
                "trying again"
            );
            tokio::time::sleep(delay).await;
        }
    }

    async fn traced_try(&self, request: &Request, tries: u32) -> Result<Answer, Failure> {
        let span = tracing::debug_span!(
            "http.request",
            site.url = %self.line.config.url,
            http.method = %request.method,
            http.route = %request.route,
            http.tries = tries,
            http.status = field::Empty,
            http.millis = field::Empty,
        );
        let start = Instant::now();
        async {
            let result = self.try_once(request).await;
            let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            Span::current().record("http.millis", millis);
            tracing::trace!(succeeded = result.is_ok(), "request ended");
            result
        }
        .instrument(span)
        .await
    }

    async fn try_once(&self, request: &Request) -> Result<Answer, Failure> {
        let (exchange, rejection) = self.exchange(request).await?;
        let Exchange {
            answer,
            sent_at,
            answered_at,
        } = exchange;
        Span::current().record("http.status", answer.status.as_u16());

        let wait = retry_after(&answer.headers, answered_at);
        self.pause(&answer, wait);
        let signals = Signals {
            status: answer.status.as_u16(),
            format: answer.format(),
            exc_type: answer.text("exc_type"),
            exception: answer.text("exception"),
        };
        match classify(signals, request.kind) {
            Class::Answered if rejection.is_none() => {
                let site_date = answer.site_date();
                let (body, bytes) = match answer.content {
                    Content::Json(body) => (body, Vec::new()),
                    Content::Bytes(bytes) => (Map::new(), bytes),
                    // Nothing else is classified as an answer.
                    _ => (Map::new(), Vec::new()),
                };
                Ok(Answer {
                    body,
                    bytes,
                    site_date,
                    sent_at,
                    answered_at,
                })
            }
            class => {
                let url = &self.line.config.url;
                let mut failure = Failure::of_answer(class, answer, request, url, wait);
                if class == Class::NotAuthorised || rejection == Some(Rejection::Over) {
                    failure.error.kind = SiteErrorKind::NotAuthorised;
                    failure.error.message = self.line.login.refused(url);
                }
                Err(failure)
            }
        }
    }

    /// Asks as who we are. Where the site turns away what we show for it, nothing was done: it is asked once
    /// more with something new, and what is turned away then is told with the answer.
    async fn exchange(&self, request: &Request) -> Result<(Exchange, Option<Rejection>), Failure> {
        let messenger = self.messenger();
        let proof = self.line.login.proof(messenger).await?;
        let exchange = messenger.ask(request, &proof.headers).await?;
        let Some(why) = self.line.login.rejection(&exchange.answer, request.kind) else {
            return Ok((exchange, None));
        };
        let proof = self.line.login.renew(messenger, &proof, why).await?;
        let exchange = messenger.ask(request, &proof.headers).await?;
        let rejection = self.line.login.rejection(&exchange.answer, request.kind);
        Ok((exchange, rejection))
    }

    fn messenger(&self) -> Messenger<'_> {
        Messenger {
            way: &self.line.way,
            config: &self.line.config,
            counter: &self.counter,
        }
    }

    /// Redeems the code of an OAuth login; nothing is sent where we log in another way.
    pub(crate) async fn redeem(
        &self,
        code: &SecretString,
        pkce: &Pkce,
        redirect: &str,
    ) -> Result<(), SiteError> {
        let Some(bearer) = self.line.login.bearer() else {
            return Ok(());
        };
        let redeemed = Box::pin(bearer.redeem(self.messenger(), code, pkce, redirect)).await;
        redeemed.map_err(|failure| failure.error)
    }

    /// Makes the tokens of an OAuth login void and forgets them: `None` where there are none, else whether the
    /// site knows.
    pub(crate) async fn end_login(&self) -> Result<Option<bool>, SiteError> {
        let Some(bearer) = self.line.login.bearer() else {
            return Ok(None);
        };
        let ended = Box::pin(bearer.end(self.messenger())).await;
        ended.map_err(|failure| failure.error)
    }

    /// Holds all requests back where the site asks for it, but never longer than one would wait itself.
    fn pause(&self, answer: &RawAnswer, retry_after: Option<Duration>) {
        let told = RateLimit::of_headers(&answer.headers);
        if told.is_some() {
            *self
                .line
                .budget
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = told;
        }
        let budget = told.and_then(RateLimit::pause);
        let asked = retry_after.filter(|_| matches!(answer.status.as_u16(), 429 | 503));
        if let Some(pause) = budget.max(asked) {
            self.line
                .gate
                .close_for(pause.min(self.line.config.retry.budget));
        }
    }

    /// What the site said last of its budget.
    pub(crate) fn rate_limit(&self) -> Option<RateLimit> {
        *self
            .line
            .budget
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The address, for messages.
    pub(crate) fn url(&self) -> &SiteUrl {
        &self.line.config.url
    }
}

fn given_up(failure: Failure, request: &Request) -> SendError {
    let mut error = failure.error;
    error.request.clone_from(&request.label);
    if failure.too_large {
        SendError::TooLarge(error)
    } else {
        SendError::Failed(error)
    }
}
