//! Who sends a request: API keys in the header (protocol 2.2). There are no sessions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::http::Request;
use crate::site::Site;
use crate::storage::SecretKey;
use crate::value::Cell;

impl Site {
    /// The user of a request; Guest where it names none.
    pub(crate) fn authenticate(&self, request: &Request) -> Attempt<String> {
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
            // OAuth is not served, so no bearer is known.
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
