//! The server: axum over the core.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::connection::{BreakableListener, Switch};
use super::deliver::deliver_all;
use crate::http::{Method, Outcome, Request, Response};
use crate::sandbox::Sandbox;

/// The largest body that is taken: Frappe's own default (protocol 10.2).
const MAX_BODY: usize = 25 * 1024 * 1024;

/// A running server. It stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    deliveries: AbortHandle,
}

impl Server {
    /// Where it listens, such as `http://127.0.0.1:40123`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.deliveries.abort();
        if let Some(stop) = self.stop.take() {
            // Nobody listens any more where the server ended by itself.
            _ = stop.send(());
        }
    }
}

impl Sandbox {
    /// Serves the site at an address; port 0 takes a free one. Requests are answered one after another, as one site's data is one.
    /// What its webhooks are to send is posted meanwhile.
    ///
    /// # Errors
    ///
    /// Where the address cannot be listened on.
    pub async fn serve(&self, address: SocketAddr) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let service = Router::new()
            .fallback(exchange)
            .with_state(self.clone())
            .into_make_service_with_connect_info::<Switch>();
        tokio::spawn(async move {
            let ended = axum::serve(BreakableListener(listener), service)
                .with_graceful_shutdown(async {
                    // A dropped sender is a stop as well.
                    _ = stopped.await;
                })
                .await;
            if let Err(error) = ended {
                tracing::warn!(error = %error, "the sandbox stopped serving");
            }
        });
        let deliveries = tokio::spawn(deliver_all(self.clone())).abort_handle();
        Ok(Server {
            deliveries,
            address,
            stop: Some(stop),
        })
    }
}

async fn exchange(
    State(sandbox): State<Sandbox>,
    ConnectInfo(connection): ConnectInfo<Switch>,
    request: axum::http::Request<Body>,
) -> axum::http::Response<Body> {
    let (parts, body) = request.into_parts();
    let Some(method) = Method::parse(parts.method.as_str()) else {
        return status(StatusCode::METHOD_NOT_ALLOWED);
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return status(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let request = Request {
        method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
    };
    // The core may wait for a held request to be released.
    match tokio::task::spawn_blocking(move || sandbox.exchange(&request)).await {
        Ok(Outcome::Response(response)) => into_http(response),
        Ok(Outcome::Cut(response)) => {
            connection.cut_body_after(response.body.len() / 2);
            into_http(response)
        }
        Ok(Outcome::Lost { .. }) => {
            connection.cut();
            status(StatusCode::OK)
        }
        Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn into_http(response: Response) -> axum::http::Response<Body> {
    let mut answer = axum::http::Response::new(Body::from(Bytes::from(response.body)));
    *answer.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}

fn status(status: StatusCode) -> axum::http::Response<Body> {
    let mut answer = axum::http::Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
