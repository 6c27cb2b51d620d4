//! Whoever webhooks are sent to: a listener in the process of the tests.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::failure::{Failure, Outcome, equal};

/// How long a delivery is waited for: on a real site a worker in the background makes it, which may have other work.
const PATIENCE: Duration = Duration::from_secs(60);

/// One request that arrived.
pub(super) struct Arrived {
    /// What stands after the address of the receiver, without the slash.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Arrived {
    /// The signature, where there is one.
    pub(super) fn signature(&self) -> Option<&[u8]> {
        let header = self.headers.get(frappe_sync_hooks::SIGNATURE_HEADER)?;
        Some(header.as_bytes())
    }
}

#[derive(Clone)]
struct Door {
    arrived: UnboundedSender<Arrived>,
    refusals: Arc<Mutex<VecDeque<StatusCode>>>,
}

/// A listener on this machine. It stops when this is dropped.
pub(super) struct Receiver {
    url: String,
    arrived: UnboundedReceiver<Arrived>,
    refusals: Arc<Mutex<VecDeque<StatusCode>>>,
    server: AbortHandle,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Receiver {
    pub(super) async fn listen() -> Result<Self, Failure> {
        let listening = |error: std::io::Error| Failure::new(format!("nobody can listen: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(listening)?;
        let url = format!("http://{}", listener.local_addr().map_err(listening)?);
        let (sender, arrived) = unbounded_channel();
        let refusals = Arc::new(Mutex::default());
        let door = Door {
            arrived: sender,
            refusals: Arc::clone(&refusals),
        };
        let service = Router::new().fallback(take).with_state(door);
        let server = tokio::spawn(async move { axum::serve(listener, service).await });
        Ok(Self {
            url,
            arrived,
            refusals,
            server: server.abort_handle(),
        })
    }

    /// Where it listens, without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Answers the next request with this.
    pub(super) fn refuse_once(&self, status: StatusCode) {
        self.refusals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(status);
    }

    /// Waits for the next request.
    pub(super) async fn next(&mut self) -> Result<Arrived, Failure> {
        match timeout(PATIENCE, self.arrived.recv()).await {
            Ok(Some(arrived)) => Ok(arrived),
            Ok(None) => Err(Failure::new("the listener has ended")),
            Err(_) => Err(Failure::new(format!(
                "no delivery came within {} s: does a worker run?",
                PATIENCE.as_secs()
            ))),
        }
    }

    /// Waits for one request to each of these paths, in whatever order they come.
    pub(super) async fn expect(&mut self, what: &str, paths: &[&str]) -> Outcome {
        let mut wanted: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let mut found = Vec::new();
        for _ in paths {
            found.push(self.next().await?.path);
        }
        wanted.sort();
        found.sort();
        equal(what, found, wanted)
    }

    /// What has arrived and was not waited for.
    pub(super) fn left(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.arrived.try_recv().ok())
            .map(|arrived| arrived.path)
            .collect()
    }
}

async fn take(State(door): State<Door>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let arrived = Arrived {
        path: uri.path().trim_start_matches('/').to_owned(),
        headers,
        body,
    };
    // Where nobody waits any more, a late delivery is no failure.
    drop(door.arrived.send(arrived));
    let mut refusals = door.refusals.lock().unwrap_or_else(PoisonError::into_inner);
    refusals.pop_front().unwrap_or(StatusCode::OK)
}
