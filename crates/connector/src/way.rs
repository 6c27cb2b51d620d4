//! The two ways that a request takes to a site: over the network, or along a wire of the caller's.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Client, Response, StatusCode};

use crate::http_client::{headers, http_client};
use crate::request::Request;
use crate::{ConfigError, SiteConfig, Wire, WireAnswer, WireOutcome, WireRequest};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The way to one site.
pub(crate) enum Way {
    /// Over HTTP.
    Network(Client),
    /// Along a wire.
    Wire {
        wire: Arc<dyn Wire>,
        /// Those that every request carries.
        headers: HeaderMap,
    },
}

/// An answer of which the head is there.
pub(crate) enum Arrival {
    /// Its body is still on its way.
    Network(Response),
    /// It came whole, or broke off.
    Wire {
        status: StatusCode,
        headers: HeaderMap,
        body: Result<Vec<u8>, BrokenOff>,
    },
}

/// What came of the body of an answer.
pub(crate) enum Body {
    Whole(Vec<u8>),
    /// It is larger than we read.
    TooLarge,
    BrokenOff(BrokenOff),
}

/// The body of an answer broke off.
#[derive(Debug)]
pub(crate) struct BrokenOff {
    /// It did not come in time.
    pub(crate) timed_out: bool,
    pub(crate) source: Source,
}

/// No answer came.
#[derive(Debug)]
pub(crate) struct NoAnswer {
    pub(crate) progress: Progress,
    /// It was waited for as long as it may be.
    pub(crate) timed_out: bool,
    pub(crate) source: Source,
}

/// How far a request came that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It cannot be sent at all.
    NotSendable,
    /// No connection came about, so nothing was sent.
    NotConnected,
    /// TLS failed, so nothing was sent.
    NotTrusted,
    /// It was sent, perhaps in part.
    Sent,
}

/// The error underneath.
pub(crate) type Source = Box<dyn Error + Send + Sync>;

impl Way {
    /// Opens the network.
    pub(crate) fn network(config: &SiteConfig) -> Result<Self, ConfigError> {
        Ok(Self::Network(http_client(config)?))
    }

    /// Takes a wire.
    pub(crate) fn wire(config: &SiteConfig, wire: Arc<dyn Wire>) -> Self {
        let mut headers = headers();
        if let Ok(user_agent) = HeaderValue::from_str(&config.user_agent) {
            headers.insert(USER_AGENT, user_agent);
        }
        Self::Wire { wire, headers }
    }

    /// Sends a request once, with these headers beside those of every request, and waits for an answer, for no
    /// longer than `limit` in all.
    pub(crate) async fn send(
        &self,
        request: &Request,
        own: &HeaderMap,
        config: &SiteConfig,
        limit: Duration,
    ) -> Result<Arrival, NoAnswer> {
        match self {
            Self::Network(client) => {
                let url = match &request.elsewhere {
                    Some(elsewhere) => elsewhere.to_string(),
                    None => config.url.join(&request.path),
                };
                let builder = client
                    .request(request.method.clone(), url)
                    .headers(own.clone())
                    .timeout(limit);
                let builder = match &request.body {
                    Some(body) => builder
                        .header(CONTENT_TYPE, content_type(request))
                        .body(body.clone()),
                    None => builder,
                };
                let response = builder.send().await.map_err(NoAnswer::of_network)?;
                Ok(Arrival::Network(response))
            }
            Self::Wire { .. } if request.elsewhere.is_some() => Err(NoAnswer {
                progress: Progress::NotSendable,
                timed_out: false,
                source: "a wire leads to the site alone".into(),
            }),
            Self::Wire { wire, headers } => {
                let mut headers = headers.clone();
                for (name, value) in own {
                    headers.insert(name, value.clone());
                }
                let exchange = wire.exchange(wire_request(request, headers));
                match tokio::time::timeout(limit, exchange).await {
                    Ok(outcome) => Arrival::of_wire(outcome),
                    Err(elapsed) => Err(NoAnswer {
                        progress: Progress::Sent,
                        timed_out: true,
                        source: elapsed.into(),
                    }),
                }
            }
        }
    }
}

fn wire_request(request: &Request, mut headers: HeaderMap) -> WireRequest {
    if request.body.is_some() {
        headers.insert(CONTENT_TYPE, content_type(request));
    }
    WireRequest {
        method: request.method.as_str().to_owned(),
        target: request.path.clone(),
        headers: headers
            .iter()
            .filter_map(|(name, value)| {
                Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
            })
            .collect(),
        body: request
            .body
            .as_ref()
            .map(|body| body.to_vec())
            .unwrap_or_default(),
    }
}

/// What the body of a request is.
fn content_type(request: &Request) -> HeaderValue {
    let told = request.content_type.as_deref().map(HeaderValue::from_str);
    told.and_then(Result::ok).unwrap_or(JSON)
}

impl Arrival {
    fn of_wire(outcome: WireOutcome) -> Result<Self, NoAnswer> {
        let (answer, is_cut) = match outcome {
            WireOutcome::Answered(answer) => (answer, false),
            WireOutcome::Cut(answer) => (answer, true),
            WireOutcome::Lost => return Err(NoAnswer::closed()),
        };
        let WireAnswer {
            status,
            headers,
            body,
        } = answer;
        let body = if is_cut {
            Err(BrokenOff {
                timed_out: false,
                source: io::Error::from(io::ErrorKind::UnexpectedEof).into(),
            })
        } else {
            Ok(body)
        };
        Ok(Self::Wire {
            // What has no status is no answer.
            status: StatusCode::from_u16(status).map_err(|_| NoAnswer::closed())?,
            headers: headers
                .iter()
                .filter_map(|(name, value)| {
                    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                    Some((name, HeaderValue::from_str(value).ok()?))
                })
                .collect(),
            body,
        })
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Network(response) => response.status(),
            Self::Wire { status, .. } => *status,
        }
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        match self {
            Self::Network(response) => response.headers(),
            Self::Wire { headers, .. } => headers,
        }
    }

    /// Reads the body to its end, but not past a bound.
    pub(crate) async fn body(self, max_bytes: usize) -> Body {
        let read = match self {
            Self::Network(response) => read_bytes(response, max_bytes).await,
            Self::Wire { body, .. } => body.map(|body| (body.len() <= max_bytes).then_some(body)),
        };
        match read {
            Ok(Some(bytes)) => Body::Whole(bytes),
            Ok(None) => Body::TooLarge,
            Err(broken_off) => Body::BrokenOff(broken_off),
        }
    }
}

/// Reads the body, or `None` where it is larger than the bound.
async fn read_bytes(
    mut response: Response,
    max_bytes: usize,
) -> Result<Option<Vec<u8>>, BrokenOff> {
    let broken_off = |error: reqwest::Error| BrokenOff {
        timed_out: error.is_timeout(),
        source: error.without_url().into(),
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken_off)? {
        if bytes.len() + chunk.len() > max_bytes {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

impl NoAnswer {
    fn closed() -> Self {
        Self {
            progress: Progress::Sent,
            timed_out: false,
            source: io::Error::from(io::ErrorKind::ConnectionReset).into(),
        }
    }

    fn of_network(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let progress = if error.is_connect() && is_tls(&error) {
            Progress::NotTrusted
        } else if error.is_connect() {
            Progress::NotConnected
        } else if error.is_builder() {
            Progress::NotSendable
        } else {
            Progress::Sent
        };
        Self {
            progress,
            timed_out: error.is_timeout(),
            source: error.into(),
        }
    }
}

/// Tells whether a connection failed in TLS. Its errors come as the `InvalidData` of an IO error, wrapped
/// in others whose `source` skips what they hold themselves.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    if let Some(io_error) = error.downcast_ref::<io::Error>() {
        if io_error.kind() == io::ErrorKind::InvalidData {
            return true;
        }
        if let Some(inner) = io_error.get_ref()
            && is_tls(inner)
        {
            return true;
        }
    }
    error.source().is_some_and(is_tls)
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network(_) => "Network",
            Self::Wire { .. } => "Wire",
        })
    }
}
