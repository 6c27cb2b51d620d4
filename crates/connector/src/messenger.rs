//! Carries one request to the site and its answer back, whoever we are.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

use crate::answer::RawAnswer;
use crate::failure::Failure;
use crate::request::Request;
use crate::request_counter::RequestCounter;
use crate::way::Way;
use crate::{RequestKind, SiteConfig};

/// What both a request and a login need to be sent.
#[derive(Clone, Copy)]
pub(crate) struct Messenger<'a> {
    pub(crate) way: &'a Way,
    pub(crate) config: &'a SiteConfig,
    pub(crate) counter: &'a RequestCounter,
}

/// An answer, and when we asked.
pub(crate) struct Exchange {
    pub(crate) answer: RawAnswer,
    /// Our clock when the request left.
    pub(crate) sent_at: DateTime<Utc>,
    /// Our clock when the answer began.
    pub(crate) answered_at: DateTime<Utc>,
}

impl Messenger<'_> {
    /// Sends a request once, with these headers beside those of every request.
    pub(crate) async fn ask(
        self,
        request: &Request,
        headers: &HeaderMap,
    ) -> Result<Exchange, Failure> {
        self.counter.count(request.kind);
        let sent_at = self.config.clock.now();
        let timeout = self.timeout(request.kind);
        let arrival = self.way.send(request, headers, self.config, timeout).await;
        let arrival = arrival.map_err(|silence| match &request.elsewhere {
            Some(elsewhere) => Failure::of_silence(silence, request, elsewhere),
            None => Failure::of_silence(silence, request, &self.config.url),
        })?;
        let answered_at = self.config.clock.now();
        let answer = RawAnswer::read(arrival, request.wants, self.config.max_answer_bytes).await;
        Ok(Exchange {
            answer,
            sent_at,
            answered_at,
        })
    }

    fn timeout(self, kind: RequestKind) -> Duration {
        match kind {
            RequestKind::Read => self.config.read_timeout,
            RequestKind::Write => self.config.request_timeout + SiteConfig::WRITE_GRACE,
        }
    }
}
