//! A way to a site that is not the network, such as a site within the same process.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// What [`Wire::exchange`] returns.
pub type WireFuture<'a> = Pin<Box<dyn Future<Output = WireOutcome> + Send + 'a>>;

/// Carries requests to a site and answers back.
///
/// Everything above it is the same as over HTTP: what is tried again, how an answer is judged, how much is
/// asked at once, what is counted. It measures time by tokio's clock alone, so on a runtime whose clock is
/// paused a site behind a wire is asked in virtual time.
pub trait Wire: Send + Sync {
    /// Carries one request. The future is dropped when the request has taken longer than it may; whether the
    /// site carries it out all the same is up to the wire.
    fn exchange(&self, request: WireRequest) -> WireFuture<'_>;
}

/// A request on its way. `Debug` leaves headers and body out: they hold the secret and documents.
#[derive(Clone, PartialEq, Eq)]
pub struct WireRequest {
    /// The verb, in capitals.
    pub method: String,
    /// Path and query, percent-encoded, beginning with `/`.
    pub target: String,
    /// Headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

/// An answer on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireAnswer {
    /// The status, from 100 to 999.
    pub status: u16,
    /// Headers. One that HTTP could not carry is dropped.
    pub headers: Vec<(String, String)>,
    /// The body, as it is without any compression.
    pub body: Vec<u8>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireOutcome {
    /// An answer came.
    Answered(WireAnswer),
    /// An answer began, and its body broke off.
    Cut(WireAnswer),
    /// The connection ended without an answer: whether the request was carried out cannot be known.
    Lost,
}

impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireRequest")
            .field("method", &self.method)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
