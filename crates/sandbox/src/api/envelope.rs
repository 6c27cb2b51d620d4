//! The forms of answers and errors (protocol 1.1, 1.2).

use serde_json::{Map, Value, json};

use crate::Profile;
use crate::failure::Failure;
use crate::http::Response;
use crate::site::Message;

/// Which API an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EnvelopeStyle {
    /// `/api/resource`, `/api/method`, `/api/v1`.
    One,
    /// `/api/v2`.
    Two,
}

/// A successful answer with messages beside it.
pub(crate) fn success_response(
    mut body: Map<String, Value>,
    status: u16,
    messages: &[Message],
    style: EnvelopeStyle,
    profile: Profile,
) -> Response {
    if !messages.is_empty() {
        match style {
            EnvelopeStyle::One => {
                body.insert("_server_messages".to_owned(), encoded(messages));
            }
            EnvelopeStyle::Two => {
                let messages = messages.iter().map(Message::to_json).collect();
                body.insert("messages".to_owned(), Value::Array(messages));
            }
        }
    }
    finish(Response::json(status, &Value::Object(body)), profile)
}

/// An error with messages beside it.
pub(crate) fn failure_response(
    failure: &Failure,
    messages: &[Message],
    style: EnvelopeStyle,
    profile: Profile,
) -> Response {
    let class = format!("{}{}", failure.module, failure.class);
    let traceback = format!(
        "Traceback (most recent call last):\n{class}: {}\n",
        failure.message
    );
    let mut messages = messages.to_vec();
    if failure.shown {
        messages.push(Message {
            text: failure.message.clone(),
            title: "Message",
            raised: true,
        });
    }
    let body = match style {
        EnvelopeStyle::Two => {
            let mut error = json!({"type": failure.class});
            if failure.shown {
                error["message"] = json!(failure.message);
                error["title"] = json!("Message");
                error["indicator"] = json!("red");
            }
            if failure.status != 404 {
                error["exception"] = json!(traceback);
            }
            let others: Vec<Value> = messages
                .iter()
                .filter(|message| !message.raised)
                .map(Message::to_json)
                .collect();
            let mut body = json!({"errors": [error]});
            if !others.is_empty() {
                body["messages"] = Value::Array(others);
            }
            body
        }
        EnvelopeStyle::One => {
            let mut body = json!({});
            // Frappe 14 sets the class where it prints a message, not where it reports the error.
            if profile != Profile::V14 || failure.shown {
                body["exc_type"] = json!(failure.class);
            }
            if failure.status != 404 {
                body["exception"] = json!(format!("{class}: {}", failure.message));
                body["exc"] = json!(json!([traceback]).to_string());
            }
            if !messages.is_empty() {
                body["_server_messages"] = encoded(&messages);
            }
            body
        }
    };
    finish(Response::json(failure.status, &body), profile)
}

/// The answer to a path that is no route.
pub(crate) fn no_route(profile: Profile) -> Response {
    finish(Response::json(404, &json!({})), profile)
}

/// JSON text of an array of JSON texts.
fn encoded(messages: &[Message]) -> Value {
    let texts: Vec<String> = messages
        .iter()
        .map(|message| message.to_json().to_string())
        .collect();
    json!(json!(texts).to_string())
}

fn finish(mut response: Response, profile: Profile) -> Response {
    if profile == Profile::V16 {
        response.headers.push((
            "Cache-Control".to_owned(),
            "no-store,no-cache,must-revalidate,max-age=0".to_owned(),
        ));
    }
    response
}
