//! What a site answered to one request.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::failure::{Failure, Outcome};
use super::version::Version;

/// A complete answer, kept with its request so that a failure can show both.
#[derive(Debug)]
pub(super) struct Answer {
    request: String,
    version: Version,
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    pub(super) async fn read(
        request: String,
        version: Version,
        response: reqwest::Response,
    ) -> Result<Self, Failure> {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        Ok(Self {
            request,
            version,
            status,
            headers,
            text,
        })
    }

    pub(super) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The value of a cookie that the answer sets.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all("set-cookie")
            .iter()
            .find_map(|cookie| {
                let pair = cookie.to_str().ok()?.split(';').next()?;
                let (known, value) = pair.trim().split_once('=')?;
                (known == name).then_some(value)
            })
    }

    /// The body as text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn json(&self) -> Result<Value, Failure> {
        serde_json::from_str(&self.text).map_err(|error| self.fault(&format!("no JSON: {error}")))
    }

    /// Fails unless the site answered with this status.
    pub(super) fn has_status(&self, wanted: u16) -> Outcome {
        if self.status() == wanted {
            Ok(())
        } else {
            Err(self.fault(&format!("wanted status {wanted}")))
        }
    }

    /// The `data` of a 200 answer (protocol 1.1).
    pub(super) fn data(&self) -> Result<Value, Failure> {
        self.part("data")
    }

    /// The `message` of a 200 answer (protocol 1.1).
    pub(super) fn message(&self) -> Result<Value, Failure> {
        self.part("message")
    }

    /// Fails unless the site refused with this status and error class (protocol 1.2).
    pub(super) fn refused(&self, status: u16, class: &str) -> Outcome {
        self.has_status(status)?;
        match self.error_class()? {
            Some(found) if found == class => Ok(()),
            found => Err(self.fault(&format!("wanted the class `{class}`, found {found:?}"))),
        }
    }

    /// The class of the error, read as a client has to: on 14 `exc_type` comes last.
    pub(super) fn error_class(&self) -> Result<Option<String>, Failure> {
        let body = self.json()?;
        let stated = body["exc_type"].as_str().map(str::to_owned);
        let raised = body["exception"].as_str().and_then(class_at_the_start);
        Ok(if self.version.names_error_class() {
            stated.or(raised)
        } else {
            raised.or(stated)
        })
    }

    /// A failure that shows the request and the start of the answer.
    pub(super) fn fault(&self, what: &str) -> Failure {
        let start: String = self.text.chars().take(600).collect();
        Failure::new(format!(
            "{what}: {} answered {} {start}",
            self.request, self.status
        ))
    }

    fn part(&self, key: &str) -> Result<Value, Failure> {
        self.has_status(200)?;
        let mut body = self.json()?;
        match body.get_mut(key) {
            Some(value) => Ok(value.take()),
            None => Err(self.fault(&format!("no `{key}`"))),
        }
    }
}

/// The last part of a dotted class path that an `exception` text begins with.
fn class_at_the_start(exception: &str) -> Option<String> {
    let path = exception.split([':', '(']).next()?.trim();
    path.rsplit('.')
        .next()
        .filter(|class| !class.is_empty())
        .map(str::to_owned)
}
