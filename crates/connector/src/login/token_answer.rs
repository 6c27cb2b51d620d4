//! Asks a token endpoint, and tells what it answered (protocol 2.4).

use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::grant::{OAuthClient, PROVIDER};
use super::tokens::Tokens;
use crate::answer::{Content, RawAnswer};
use crate::failure::Failure;
use crate::messenger::Messenger;
use crate::request::Request;
use crate::{Class, RequestKind, Signals, classify, plain_text};

/// Why there are no tokens: the endpoint's own words.
pub(super) struct Denied(pub(super) String);

/// Asks for tokens by what `fields` holds beside the client. Outer errors are of the way there.
pub(super) async fn ask_for_tokens(
    messenger: Messenger<'_>,
    client: &OAuthClient,
    fields: &[(&str, &str)],
    used: Option<&SecretString>,
) -> Result<Result<Tokens, Denied>, Failure> {
    let mut fields = fields.to_vec();
    fields.push(("client_id", &client.id));
    if let Some(secret) = &client.secret {
        fields.push(("client_secret", secret.expose_secret()));
    }
    let elsewhere = client.token_url.as_ref().map(|url| url.url().clone());
    let method = format!("{PROVIDER}.get_token");
    let request = Request::form(&method, elsewhere, &fields, "ask for a token".to_owned());
    tracing::debug!(site = %messenger.config.url, "asking for a token");
    let exchange = messenger.ask(&request, &HeaderMap::new()).await?;
    let answer = exchange.answer;
    if let Some(denied) = denied(&answer) {
        return Ok(Err(denied));
    }
    if answer.status.is_success()
        && let Content::Json(body) = &answer.content
    {
        let tokens = Tokens::of_answer(body, exchange.sent_at, used);
        return Ok(tokens.ok_or_else(|| Denied("its answer holds no token".to_owned())));
    }
    Err(failure(answer, &request, messenger))
}

/// Makes tokens void; an endpoint that does not know them is content as well.
pub(super) async fn revoke(
    messenger: Messenger<'_>,
    client: &OAuthClient,
    hint: &str,
    token: &SecretString,
) -> Result<(), Failure> {
    let fields = [
        ("token", token.expose_secret()),
        ("token_type_hint", hint),
        ("client_id", &client.id),
    ];
    let method = format!("{PROVIDER}.revoke_token");
    let request = Request::form(&method, None, &fields, "revoke a token".to_owned());
    let answer = messenger.ask(&request, &HeaderMap::new()).await?.answer;
    if answer.status.is_success() || denied(&answer).is_some() {
        return Ok(());
    }
    Err(failure(answer, &request, messenger))
}

/// Tells whether the endpoint itself said no. Frappe answers an unknown client and an unknown refresh token
/// like any document that is not there.
fn denied(answer: &RawAnswer) -> Option<Denied> {
    let Content::Json(body) = &answer.content else {
        return None;
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let status = answer.status.as_u16();
    match text("error") {
        Some(error) if status < 500 => {
            let described = text("error_description").map(|told| format!(": {}", plain_text(told)));
            Some(Denied(plain_text(error) + &described.unwrap_or_default()))
        }
        _ => match status {
            401 | 403 => Some(Denied("access denied".to_owned())),
            404 => Some(Denied("no such client or token".to_owned())),
            _ => None,
        },
    }
}

fn failure(answer: RawAnswer, request: &Request, messenger: Messenger<'_>) -> Failure {
    let signals = Signals {
        status: answer.status.as_u16(),
        format: answer.format(),
        exc_type: answer.text("exc_type"),
        exception: answer.text("exception"),
    };
    let class = match classify(signals, RequestKind::Read) {
        // An answer of success that is no JSON.
        Class::Answered => Class::NotFrappe,
        class => class,
    };
    Failure::of_answer(class, answer, request, &messenger.config.url, None)
}
