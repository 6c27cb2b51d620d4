//! Who we are to a site.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use crate::OAuth;

/// What we log in with (protocol 2). `Debug` shows nothing of it.
#[derive(Clone)]
pub enum Auth {
    /// `Authorization: token key:secret`.
    Token {
        /// The API key of the user.
        key: String,
        /// The API secret of the user.
        secret: SecretString,
    },
    /// `Authorization: Basic base64(key:secret)`; the same API key, not a user with a password.
    Basic {
        /// The API key of the user.
        key: String,
        /// The API secret of the user.
        secret: SecretString,
    },
    /// A session of a user with a password (protocol 2.3).
    Session {
        /// The user.
        user: String,
        /// The password of the user.
        password: SecretString,
    },
    /// Tokens of an OAuth provider (protocol 2.4).
    OAuth(Box<OAuth>),
}

/// Why a key or secret cannot be used. Shows neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The key is empty, or holds a character that no API key has.
    #[error("the API key is empty or holds a blank, a colon or a character that is not ASCII")]
    Key,
    /// The secret is empty, or holds a character that no API secret has.
    #[error("the API secret is empty or holds a blank or a character that is not ASCII")]
    Secret,
}

impl Auth {
    /// Renders the `Authorization` header of a key, marked so that it is never logged.
    ///
    /// Frappe takes a header that is not exactly two words for a guest's (protocol 2.2), so blanks are
    /// refused here instead of surprising with a missing permission later.
    pub(crate) fn header(&self) -> Result<HeaderValue, AuthError> {
        let (Self::Token { key, secret } | Self::Basic { key, secret }) = self else {
            return Err(AuthError::Key);
        };
        let secret = secret.expose_secret();
        if !is_word(key) || key.contains(':') {
            return Err(AuthError::Key);
        }
        if !is_word(secret) {
            return Err(AuthError::Secret);
        }
        let text = match self {
            Self::Token { .. } => format!("token {key}:{secret}"),
            _ => format!("Basic {}", STANDARD.encode(format!("{key}:{secret}"))),
        };
        let mut header = HeaderValue::from_str(&text).map_err(|_| AuthError::Secret)?;
        header.set_sensitive(true);
        Ok(header)
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token { .. } => "Token { .. }",
            Self::Basic { .. } => "Basic { .. }",
            Self::Session { .. } => "Session { .. }",
            Self::OAuth(_) => "OAuth(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(key: &str, secret: &str) -> Auth {
        Auth::Token {
            key: key.to_owned(),
            secret: secret.into(),
        }
    }

    #[test]
    fn both_forms_carry_key_and_secret() {
        assert_eq!(token("abc", "def").header().unwrap(), "token abc:def");
        let basic = Auth::Basic {
            key: "abc".to_owned(),
            secret: "def".into(),
        };
        assert_eq!(basic.header().unwrap(), "Basic YWJjOmRlZg==");
    }

    #[test]
    fn neither_debug_nor_an_error_shows_a_secret() {
        let auth = token("abc", "hunter2");
        assert_eq!(format!("{auth:?}"), "Token { .. }");
        assert_eq!(format!("{:?}", auth.header().unwrap()), "Sensitive");
        let error = token("abc", "hunter2 and more").header().unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn a_key_or_secret_that_would_make_us_a_guest_is_refused() {
        for (key, secret, error) in [
            ("", "def", AuthError::Key),
            ("a b", "def", AuthError::Key),
            ("a:b", "def", AuthError::Key),
            ("abc", "", AuthError::Secret),
            ("abc", "d f", AuthError::Secret),
            ("abc", "d\nf", AuthError::Secret),
            ("abc", "d\u{e9}f", AuthError::Secret),
        ] {
            assert_eq!(token(key, secret).header().unwrap_err(), error);
        }
    }
}
