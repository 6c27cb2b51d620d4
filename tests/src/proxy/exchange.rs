//! One request to the site and its answer, unchanged, and the answers that a gateway makes up.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};
use futures::{StreamExt as _, stream};

/// What concerns one connection and not the request (RFC 9110, 7.6.1), or is worked out anew for the next one.
const OF_THE_CONNECTION: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::CONTENT_LENGTH,
];

/// A request that arrived in full.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
}

impl Arrived {
    /// Tells whether it may change something on the site. Frappe reads by POST too.
    pub(super) fn is_write(&self) -> bool {
        let path = self.parts.uri.path();
        let reads_by_post = ["frappe.client.get", "frappe.desk.form.load"]
            .iter()
            .any(|method| path.contains(method));
        let reads = [Method::GET, Method::HEAD, Method::OPTIONS];
        !reads.contains(&self.parts.method) && !reads_by_post
    }

    /// Sends it to the site and waits for the whole answer.
    pub(super) async fn pass(
        self,
        client: &reqwest::Client,
        site: &str,
    ) -> Result<Answer, reqwest::Error> {
        let target = self
            .parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let mut headers = without_connection(self.parts.headers);
        headers.remove(header::HOST);
        let mut request = client
            .request(self.parts.method, format!("{site}{target}"))
            .headers(headers);
        if !self.body.is_empty() {
            request = request.body(self.body);
        }
        let answer = request.send().await?;
        Ok(Answer {
            status: answer.status(),
            headers: without_connection(answer.headers().clone()),
            body: answer.bytes().await?,
        })
    }
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// What nginx says when the site behind it does not answer.
    pub(super) fn bad_gateway() -> Self {
        let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
                    <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n\
                    </body>\r\n</html>\r\n";
        Self::of(StatusCode::BAD_GATEWAY, "text/html", page)
    }

    /// What Frappe says when its database rolled a transaction back (protocol 6.4).
    pub(super) fn deadlock() -> Self {
        let body = r#"{"exc_type":"QueryDeadlockError","exception":"frappe.exceptions.QueryDeadlockError: (1213, 'Deadlock found when trying to get lock; try restarting transaction')"}"#;
        Self::of(StatusCode::INTERNAL_SERVER_ERROR, "application/json", body)
    }

    /// What Frappe says when its budget of time is used up (protocol 10.1).
    pub(super) fn too_many_requests(retry_after_seconds: usize) -> Self {
        let body = r#"{"exc_type":"TooManyRequestsError","exception":"frappe.exceptions.TooManyRequestsError"}"#;
        let mut answer = Self::of(StatusCode::TOO_MANY_REQUESTS, "application/json", body);
        answer
            .headers
            .insert(header::RETRY_AFTER, retry_after_seconds.into());
        answer
    }

    /// An answer that nobody will see, since its connection is reset.
    pub(super) fn unseen() -> Self {
        Self::of(StatusCode::OK, "text/plain", "unseen")
    }

    fn of(status: StatusCode, content_type: &'static str, body: &'static str) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        Self {
            status,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    /// Gives it to the client.
    pub(super) fn whole(self) -> Response<Body> {
        let body = Body::from(self.body);
        response(self.status, self.headers, body)
    }

    /// Gives half of its body to the client, and ends the connection there.
    pub(super) fn half(mut self) -> Response<Body> {
        let length = self.body.len();
        self.headers.insert(header::CONTENT_LENGTH, length.into());
        let half = self.body.slice(..length / 2);
        let cut = async {
            // The server sends what it has only when it has to wait for more.
            tokio::task::yield_now().await;
            Err(io::Error::from(io::ErrorKind::ConnectionReset))
        };
        let body = stream::once(async { Ok(half) }).chain(stream::once(cut));
        response(self.status, self.headers, Body::from_stream(body))
    }
}

fn response(status: StatusCode, headers: HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn without_connection(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
    headers
}
