//! Who sends a request: a session, else API keys or a token in the header (protocol 2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use serde_json::{Value, json};

use super::form::Form;
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::http::{Method, Request, Response};
use crate::site::Site;
use crate::storage::SecretKey;
use crate::value::Cell;

/// Who sends a request.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) user: String,
    /// The session, where one is going on.
    pub(crate) sid: Option<String>,
    /// The request named a session that is over, and is a guest's.
    pub(crate) is_expired: bool,
}

impl Sender {
    /// Adds to an answer what a client learns of a session that is over (protocol 2.3).
    pub(crate) fn told_of_expiry(&self, mut response: Response) -> Response {
        if !self.is_expired || self.user != "Guest" {
            return response;
        }
        if response.status == 403
            && let Value::Object(mut body) = response.value()
        {
            body.insert("session_expired".to_owned(), json!(1));
            response.body = Value::Object(body).to_string().into_bytes();
        }
        response.with_cookie("sid", "Guest")
    }
}

impl Site {
    /// The sender of a request; Guest where it names none. A session goes before the header (protocol 2.2).
    pub(crate) fn identify(&mut self, request: &Request) -> Attempt<Sender> {
        let now = self.instant();
        let life = self.profile.session_life();
        let sid = request.cookie("sid").filter(|sid| *sid != "Guest");
        if let Some(sid) = sid
            && let Some(session) = self.logins.session(sid, now, life)
        {
            let user = session.user.clone();
            let csrf = session.csrf.clone();
            self.check_csrf(request, csrf.as_deref())?;
            return Ok(Sender {
                user,
                sid: Some(sid.to_owned()),
                is_expired: false,
            });
        }
        Ok(Sender {
            user: self.authenticate(request)?,
            sid: None,
            is_expired: sid.is_some(),
        })
    }

    /// A session that has a token asks for it with every write (protocol 2.3).
    fn check_csrf(&self, request: &Request, csrf: Option<&str>) -> Attempt<()> {
        let writes = matches!(
            request.method,
            Method::Post | Method::Put | Method::Patch | Method::Delete
        );
        let Some(csrf) = csrf.filter(|_| writes) else {
            return Ok(());
        };
        let sent = match request.header("x-frappe-csrf-token") {
            Some(sent) => sent.to_owned(),
            None => Form::read(request, self.profile)?.text("csrf_token"),
        };
        if sent == csrf {
            return Ok(());
        }
        Err(Failure::shown(Kind::CsrfToken, "Invalid Request"))
    }

    /// The user that the header of a request names; Guest where it names none.
    fn authenticate(&self, request: &Request) -> Attempt<String> {
        let Some(header) = request.header("authorization") else {
            return Ok("Guest".to_owned());
        };
        // A header of another form is not looked at.
        let [scheme, credentials] = header.split(' ').collect::<Vec<_>>()[..] else {
            return Ok("Guest".to_owned());
        };
        let pair = match scheme.to_lowercase().as_str() {
            "token" => credentials.to_owned(),
            "basic" => STANDARD
                .decode(credentials)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| {
                    Failure::shown(
                        Kind::InvalidAuthorizationToken,
                        "Failed to decode token, please provide a valid base64-encoded token.",
                    )
                })?,
            "bearer" => {
                let user = self.logins.user_by_token(credentials, self.instant());
                return user.ok_or_else(|| Failure::bare(Kind::Authentication, ""));
            }
            _ => return Err(Failure::bare(Kind::Authentication, "")),
        };
        pair.split_once(':')
            .and_then(|(key, secret)| self.user_by_key(key, secret))
            .ok_or_else(|| Failure::bare(Kind::Authentication, ""))
    }

    fn user_by_key(&self, key: &str, secret: &str) -> Option<String> {
        let table = self.database.table("User")?;
        let column = table.layout().find("api_key")?;
        let found = table.key_by_unique(column, &Cell::text(key)).flatten()?;
        let row = table.get(found)?;
        // The index follows the collation, a key does not.
        if table.layout().cell(row, column).as_text() != Some(key) {
            return None;
        }
        let user = row[0].to_text().into_owned();
        let stored = self
            .database
            .secret(&SecretKey::new("User", &user, "api_secret"))?;
        (stored == secret).then_some(user)
    }

    /// The class of the check that a guest fails on a method that is not for guests.
    pub(crate) fn refuse_guest(&self, user: &str) -> Attempt<()> {
        if user != "Guest" {
            return Ok(());
        }
        let text = match self.profile {
            Profile::V14 => "Not permitted",
            Profile::V15 | Profile::V16 => "Login to access",
        };
        Err(Failure::bare(Kind::Permission, text))
    }
}
