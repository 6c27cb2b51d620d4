//! Listens on this machine alone for the browser that brings the code.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::CALLBACK;
use super::answer::{Answer, of_query};

/// A port of this machine that waits for one login.
pub(crate) struct Listener {
    answers: mpsc::Receiver<Answer>,
    port: u16,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// How long the browser may take to read its page.
const GOODBYE: Duration = Duration::from_secs(2);

struct Waiting {
    state: String,
    answers: mpsc::Sender<Answer>,
}

impl Listener {
    /// Begins to listen for the answer to the login that `state` stands for.
    pub(crate) async fn bind(port: u16, state: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let port = listener.local_addr()?.port();
        let (sender, answers) = mpsc::channel(1);
        let (stop, stopped) = oneshot::channel::<()>();
        let waiting = Arc::new(Waiting {
            state: state.to_owned(),
            answers: sender,
        });
        let service = Router::new()
            .route(CALLBACK, get(callback))
            .with_state(waiting);
        let server = tokio::spawn(async move {
            let served = axum::serve(listener, service).with_graceful_shutdown(async {
                // A dropped sender is a stop as well.
                let _stopped = stopped.await;
            });
            if let Err(error) = served.await {
                tracing::warn!(%error, "the listener for the browser ended");
            }
        });
        Ok(Self {
            answers,
            port,
            stop,
            server,
        })
    }

    /// Returns the port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the browser.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        self.answers.recv().await
    }

    /// Ends it, once the browser has its page.
    pub(crate) async fn end(self) {
        drop(self.stop);
        // A browser that reads no page is its own business.
        let _in_time = tokio::time::timeout(GOODBYE, self.server).await;
    }
}

/// Takes what the browser brings. What is no answer to this login changes nothing: any page may send a browser
/// here.
async fn callback(
    State(waiting): State<Arc<Waiting>>,
    uri: Uri,
) -> (StatusCode, HeaderMap, Html<String>) {
    let (status, text) = match of_query(uri.query().unwrap_or_default(), &waiting.state) {
        Some(answer) => {
            let text = match &answer {
                Answer::Code(_) => "frappe-sync has got the code. You can close this window.",
                Answer::Refused(_) => {
                    "The site did not let frappe-sync in. You can close this window."
                }
            };
            // A second answer to the same login is too late.
            let _is_first = waiting.answers.try_send(answer).is_ok();
            (StatusCode::OK, text)
        }
        None => (
            StatusCode::BAD_REQUEST,
            "This is not the answer to the login that frappe-sync waits for.",
        ),
    };
    let mut headers = HeaderMap::new();
    // The address holds the code.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    let page = format!("<!doctype html><title>frappe-sync</title><p>{text}</p>");
    (status, headers, Html(page))
}
