//! Sends requests: each through the gate, counted, traced, judged, and tried again where that is safe.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Map;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

use frappe_sync_model::{RequestCounts, SiteError};

use crate::answer::{Answer, Content, RawAnswer};
use crate::failure::Failure;
use crate::governor::Gate;
use crate::rate_limit::{RateLimit, retry_after};
use crate::request::Request;
use crate::request_counter::RequestCounter;
use crate::way::Way;
use crate::{
    Aimd, Class, ConfigError, RequestKind, Signal, Signals, SiteConfig, SiteUrl, classify,
};

/// The way to one site.
#[derive(Debug)]
pub(crate) struct Transport {
    way: Way,
    config: SiteConfig,
    gate: Gate,
    counter: RequestCounter,
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
            way: open(&config)?,
            gate: Gate::new(Aimd::new(config.max_in_flight)),
            counter: RequestCounter::default(),
            budget: Mutex::default(),
            config,
        })
    }

    pub(crate) fn config(&self) -> &SiteConfig {
        &self.config
    }

    pub(crate) fn counts(&self) -> RequestCounts {
        self.counter.counts()
    }

    /// Sends a request until it is carried out, fails for good, or the retries are used up.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, SendError> {
        let mut tries = 0;
        let mut first_start = None;
        loop {
            let permit = self.gate.pass().await;
            let start = Instant::now();
            let first_start = *first_start.get_or_insert(start);
            tries += 1;
            let result = self.traced_try(request, tries).await;
            let signal = match &result {
                Ok(_) => Some(Signal::Answered(start.elapsed())),
                Err(failure) => failure.strain,
            };
            self.gate.leave(permit, request.kind, signal);

            let failure = match result {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let delay = if failure.may_repeat {
                let draw = self.config.jitter.draw();
                let elapsed = first_start.elapsed();
                self.config
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
            site.url = %self.config.url,
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
        self.counter.count(request.kind);
        let sent_at = self.config.clock.now();
        let arrival = self
            .way
            .send(request, &self.config, self.timeout(request.kind))
            .await
            .map_err(|silence| Failure::of_silence(silence, request, &self.config.url))?;
        let answered_at = self.config.clock.now();
        Span::current().record("http.status", arrival.status().as_u16());
        let answer = RawAnswer::read(arrival, request.wants, self.config.max_answer_bytes).await;

        let wait = retry_after(&answer.headers, answered_at);
        self.pause(&answer, wait);
        let signals = Signals {
            status: answer.status.as_u16(),
            format: answer.format(),
            exc_type: answer.text("exc_type"),
            exception: answer.text("exception"),
        };
        match classify(signals, request.kind) {
            Class::Answered => {
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
            class => Err(Failure::of_answer(
                class,
                answer,
                request,
                &self.config.url,
                wait,
            )),
        }
    }

    fn timeout(&self, kind: RequestKind) -> Duration {
        match kind {
            RequestKind::Read => self.config.read_timeout,
            RequestKind::Write => self.config.request_timeout + SiteConfig::WRITE_GRACE,
        }
    }

    /// Holds all requests back where the site asks for it, but never longer than one would wait itself.
    fn pause(&self, answer: &RawAnswer, retry_after: Option<Duration>) {
        let told = RateLimit::of_headers(&answer.headers);
        if told.is_some() {
            *self.budget.lock().unwrap_or_else(PoisonError::into_inner) = told;
        }
        let budget = told.and_then(RateLimit::pause);
        let asked = retry_after.filter(|_| matches!(answer.status.as_u16(), 429 | 503));
        if let Some(pause) = budget.max(asked) {
            self.gate.close_for(pause.min(self.config.retry.budget));
        }
    }

    /// What the site said last of its budget.
    pub(crate) fn rate_limit(&self) -> Option<RateLimit> {
        *self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address, for messages.
    pub(crate) fn url(&self) -> &SiteUrl {
        &self.config.url
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
