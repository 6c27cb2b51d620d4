//! Who may ask.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use subtle::ConstantTimeEq as _;

use super::office::Refusal;

/// Who may ask for what.
#[derive(Clone)]
pub struct Door {
    token: Option<String>,
    hosts: Vec<Host>,
    is_open_to_read: bool,
}

/// A name under which the page may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

impl Host {
    /// Takes a host name or address, without port.
    pub fn new(name: &str) -> Self {
        Self(name.trim_end_matches('.').to_ascii_lowercase())
    }
}

impl Door {
    /// Sees to it that only who has the token changes something, if there is a token at all, and that the page is
    /// asked for by one of its names: else a page elsewhere could ask by a name that leads here.
    ///
    /// `listening` is where it is asked; where that is this machine alone, reading needs no token.
    pub fn new(listening: IpAddr, token: Option<String>, hosts: Vec<Host>) -> Self {
        let mut hosts = hosts;
        hosts.extend(["localhost", "127.0.0.1", "::1"].map(Host::new));
        hosts.push(Host::new(&listening.to_string()));
        Self {
            token,
            hosts,
            is_open_to_read: listening.is_loopback(),
        }
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else {
            return false;
        };
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        given.is_some_and(|given| given.as_bytes().ct_eq(token.as_bytes()).into())
    }

    fn knows(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.rsplit_once(':').map_or(host, |(name, _)| name),
        };
        self.hosts.contains(&Host::new(name))
    }
}

/// Refuses what is asked for by a name that is not ours.
pub(super) async fn host(
    State(door): State<Arc<Door>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST);
    let is_known = host
        .and_then(|host| host.to_str().ok())
        .is_some_and(|host| door.knows(host));
    if is_known {
        return next.run(request).await;
    }
    refuse(
        StatusCode::MISDIRECTED_REQUEST,
        "this page is not known by that name",
        "ask for it by the address that it listens on, or name the host in `serve: public_url`",
    )
}

/// Lets read who may.
pub(super) async fn to_read(
    State(door): State<Arc<Door>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    if is_from_elsewhere(request.headers()) {
        return elsewhere();
    }
    if door.is_open_to_read || door.has_token(request.headers()) {
        return next.run(request).await;
    }
    without_token(&door)
}

/// Lets change something who has the token.
pub(super) async fn with_token(
    State(door): State<Arc<Door>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    if is_from_elsewhere(request.headers()) {
        return elsewhere();
    }
    if door.has_token(request.headers()) {
        return next.run(request).await;
    }
    without_token(&door)
}

/// Tells the browser to take nothing from elsewhere, to show the page nowhere else, and to keep none of it.
pub(super) async fn headers(request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A plan brings its own, which knows its own script.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
             frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ));
    response
}

/// Tells whether the browser says that another page asks.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return true;
    }
    let (Some(origin), Some(host)) = (text("origin"), text("host")) else {
        return false;
    };
    origin
        .split_once("://")
        .is_none_or(|(_, of)| !of.eq_ignore_ascii_case(host))
}

fn elsewhere() -> Response {
    refuse(
        StatusCode::FORBIDDEN,
        "another page asks for this",
        "open the page of frappe-sync itself",
    )
}

fn without_token(door: &Door) -> Response {
    let remedy = if door.token.is_some() {
        "give the token that `serve: token_file` (or `token_env`, `token_command`) holds"
    } else {
        "set `serve: token_file` (or `token_env`, `token_command`) in frappe-sync.yaml"
    };
    refuse(StatusCode::UNAUTHORIZED, "this needs the token", remedy)
}

fn refuse(status: StatusCode, message: &str, remedy: &str) -> Response {
    let refusal = Refusal {
        status: status.as_u16(),
        message: message.to_owned(),
        remedy: vec![remedy.to_owned()],
    };
    (status, axum::Json(refusal)).into_response()
}
