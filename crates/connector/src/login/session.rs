//! A session of a user with a password (protocol 2.3). There is no cookie jar: we send `sid` and nothing else.

use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::answer::{Content, RawAnswer};
use crate::failure::Failure;
use crate::messenger::Messenger;
use crate::request::Request;
use crate::server_message::site_words;
use crate::{RequestKind, Signals, classify, exception_class};

use super::desk_page::csrf_token;
use super::{Proof, Rejection};

const CSRF_HEADER: HeaderName = HeaderName::from_static("x-frappe-csrf-token");

/// Logs in as a user with a password, and keeps the session.
pub(crate) struct SessionLogin {
    user: String,
    password: SecretString,
    state: Mutex<State>,
}

enum State {
    /// Nobody is logged in: not yet, or no longer.
    Out,
    /// We are logged in.
    In(Session),
    /// The site refused us. It is not asked again, since ten refusals lock the user out.
    Refused(String),
}

/// A session that the site gave us.
struct Session {
    /// Counts sessions, and what was added to them.
    number: u64,
    cookie: HeaderValue,
    csrf: Option<HeaderValue>,
}

impl Session {
    fn proof(&self) -> Proof {
        let mut headers = HeaderMap::from_iter([(COOKIE, self.cookie.clone())]);
        if let Some(csrf) = &self.csrf {
            headers.insert(CSRF_HEADER, csrf.clone());
        }
        Proof {
            headers,
            number: self.number,
        }
    }
}

impl SessionLogin {
    pub(super) fn new(user: String, password: SecretString) -> Self {
        Self {
            user,
            password,
            state: Mutex::new(State::Out),
        }
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// Returns the proof of the session, which begins now if there is none.
    pub(super) async fn proof(&self, messenger: Messenger<'_>) -> Result<Proof, Failure> {
        // Held while we log in: all requests wait for one login.
        let mut state = self.state.lock().await;
        match &*state {
            State::In(session) => Ok(session.proof()),
            State::Refused(message) => Err(Failure::of_login(message.clone())),
            State::Out => self.begin(&mut state, messenger, 1).await,
        }
    }

    /// Goes on after the site turned a proof away, unless another request has seen to it already.
    pub(super) async fn renew(
        &self,
        messenger: Messenger<'_>,
        refused: &Proof,
        why: Rejection,
    ) -> Result<Proof, Failure> {
        let mut state = self.state.lock().await;
        match &mut *state {
            State::In(session) if session.number != refused.number => Ok(session.proof()),
            State::In(session) if why == Rejection::Csrf => {
                session.csrf = Some(csrf_token(messenger, &session.cookie).await?);
                session.number += 1;
                Ok(session.proof())
            }
            State::Refused(message) => Err(Failure::of_login(message.clone())),
            State::In(_) | State::Out => {
                *state = State::Out;
                self.begin(&mut state, messenger, refused.number + 1).await
            }
        }
    }

    async fn begin(
        &self,
        state: &mut State,
        messenger: Messenger<'_>,
        number: u64,
    ) -> Result<Proof, Failure> {
        match self.log_in(messenger).await? {
            Ok(cookie) => {
                let session = Session {
                    number,
                    cookie,
                    csrf: None,
                };
                let proof = session.proof();
                *state = State::In(session);
                Ok(proof)
            }
            Err(message) => {
                *state = State::Refused(message.clone());
                Err(Failure::of_login(message))
            }
        }
    }

    /// Asks for a session: the cookie of one, or why there is none.
    async fn log_in(
        &self,
        messenger: Messenger<'_>,
    ) -> Result<Result<HeaderValue, String>, Failure> {
        let site = &messenger.config.url;
        let request = Request::call(
            // It changes no document.
            RequestKind::Read,
            "login",
            &json!({"usr": self.user, "pwd": self.password.expose_secret()}),
            format!("log in as {}", self.user),
        );
        tracing::debug!(%site, user = %self.user, "logging in");
        let exchange = messenger.ask(&request, &HeaderMap::new()).await?;
        let answer = exchange.answer;
        let status = answer.status.as_u16();
        let user = &self.user;
        if status == 401 {
            return Ok(Err(format!(
                "`{site}` does not accept user `{user}` with this password; it is not tried again, since ten \
                 failures lock a user out"
            )));
        }
        if exception_class(answer.text("exception"), answer.text("exc_type")) == "SecurityException"
        {
            return Ok(Err(format!(
                "`{site}` has locked user `{user}` out for a while, after too many wrong passwords"
            )));
        }
        if !answer.status.is_success() {
            let signals = Signals {
                status,
                format: answer.format(),
                exc_type: answer.text("exc_type"),
                exception: answer.text("exception"),
            };
            let class = classify(signals, RequestKind::Read);
            return Err(Failure::of_answer(class, answer, &request, site, None));
        }
        if is_told(&answer, "verification") {
            return Ok(Err(format!(
                "user `{user}` of `{site}` logs in with a second factor, which a program has not; use the API \
                 key of the user, or OAuth"
            )));
        }
        let is_in = matches!(answer.text("message"), "Logged In" | "No App");
        match sid(&answer).filter(|sid| is_in && *sid != "Guest") {
            Some(sid) => match HeaderValue::from_str(&format!("sid={sid}")) {
                Ok(mut cookie) => {
                    cookie.set_sensitive(true);
                    Ok(Ok(cookie))
                }
                Err(_) => Ok(Err(format!("`{site}` gave a session that no header holds"))),
            },
            None => Ok(Err(no_session(&answer, user, site))),
        }
    }
}

fn no_session(answer: &RawAnswer, user: &str, site: &crate::SiteUrl) -> String {
    let words = match &answer.content {
        Content::Json(body) => site_words(&Value::Object(body.clone())),
        _ => None,
    };
    let words = words.unwrap_or_else(|| match answer.text("message") {
        "" => "it gave no session".to_owned(),
        message => crate::plain_text(message),
    });
    format!("`{site}` does not let user `{user}` in: {words}")
}

/// Tells whether an answer turned the session away. A guest can do nothing that a sync does, so that what a
/// site refused a guest was not done.
pub(super) fn rejection(answer: &RawAnswer, kind: RequestKind) -> Option<Rejection> {
    let is_guest = is_told(answer, "session_expired") || sid(answer) == Some("Guest");
    match answer.status.as_u16() {
        401 => Some(Rejection::Over),
        403 if is_guest => Some(Rejection::Over),
        400 if is_csrf(answer) => Some(Rejection::Csrf),
        // What a guest may see is not what our user sees.
        200..=299 if is_guest && kind == RequestKind::Read => Some(Rejection::Over),
        _ => None,
    }
}

fn is_csrf(answer: &RawAnswer) -> bool {
    let class = exception_class(answer.text("exception"), answer.text("exc_type"));
    class == "CSRFTokenError"
}

/// Tells whether an answer holds something under this key.
fn is_told(answer: &RawAnswer, key: &str) -> bool {
    match &answer.content {
        Content::Json(body) => body.get(key).is_some_and(|value| {
            !matches!(value, Value::Null | Value::Bool(false)) && value.as_i64() != Some(0)
        }),
        _ => false,
    }
}

/// Returns the session that an answer sets.
fn sid(answer: &RawAnswer) -> Option<&str> {
    answer
        .headers
        .get_all(SET_COOKIE)
        .iter()
        .find_map(|header| {
            let cookie = header.to_str().ok()?.split(';').next()?.trim();
            cookie.strip_prefix("sid=").filter(|sid| !sid.is_empty())
        })
}
