//! How requests prove who we are: by a header that never changes, by a session, or by a token that runs out.

mod bearer;
mod desk_page;
mod endpoint;
mod grant;
mod pkce;
mod session;
mod token_answer;
mod token_file;
mod tokens;

use reqwest::header::{AUTHORIZATION, HeaderMap};

use crate::answer::RawAnswer;
use crate::failure::Failure;
use crate::messenger::Messenger;
use crate::{Auth, AuthError, RequestKind, SiteUrl};

use self::bearer::BearerLogin;
use self::session::SessionLogin;

pub use self::endpoint::{Endpoint, EndpointError};
pub use self::grant::{OAuth, OAuthClient, OAuthGrant};
pub use self::pkce::{Pkce, random_word};
pub use self::token_file::TokenFile;

/// Our standing with one site.
pub(crate) enum Login {
    /// Every request carries the same header (protocol 2.2).
    Keys(HeaderMap),
    /// A user with a password (protocol 2.3).
    Session(SessionLogin),
    /// A token of the site's OAuth provider, or of a gateway before it (protocol 2.4).
    Bearer(Box<BearerLogin>),
}

/// What one request shows to prove who we are.
pub(crate) struct Proof {
    pub(crate) headers: HeaderMap,
    /// Counts the proofs that there were, so that of many requests which were turned away together only the
    /// first asks for another.
    number: u64,
}

/// Why a proof was turned away; in each case the request was not carried out, or only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// The session is over, or the token is no longer taken.
    Over,
    /// The session is good, and a write has to carry its CSRF token.
    Csrf,
}

impl Login {
    /// Makes everything ready to log in; sends nothing.
    pub(crate) fn new(auth: &Auth) -> Result<Self, AuthError> {
        Ok(match auth {
            Auth::Token { .. } | Auth::Basic { .. } => {
                Self::Keys(HeaderMap::from_iter([(AUTHORIZATION, auth.header()?)]))
            }
            Auth::Session { user, password } => {
                Self::Session(SessionLogin::new(user.clone(), password.clone()))
            }
            Auth::OAuth(oauth) => Self::Bearer(Box::new(BearerLogin::new((**oauth).clone()))),
        })
    }

    /// Returns what a request is to show, and logs in first where that is due.
    pub(crate) async fn proof(&self, messenger: Messenger<'_>) -> Result<Proof, Failure> {
        match self {
            Self::Keys(headers) => Ok(Proof {
                headers: headers.clone(),
                number: 0,
            }),
            Self::Session(session) => Box::pin(session.proof(messenger)).await,
            Self::Bearer(bearer) => Box::pin(bearer.proof(messenger)).await,
        }
    }

    /// Tells whether an answer turned the proof away, so that another one may help.
    pub(crate) fn rejection(&self, answer: &RawAnswer, kind: RequestKind) -> Option<Rejection> {
        match self {
            Self::Keys(_) => None,
            Self::Session(_) => session::rejection(answer, kind),
            Self::Bearer(_) => (answer.status.as_u16() == 401).then_some(Rejection::Over),
        }
    }

    /// Gets another proof in place of one that was turned away.
    pub(crate) async fn renew(
        &self,
        messenger: Messenger<'_>,
        refused: &Proof,
        why: Rejection,
    ) -> Result<Proof, Failure> {
        tracing::debug!(site = %messenger.config.url, ?why, "what we log in with was turned away");
        match self {
            // A header that never changes is never turned away for its age.
            Self::Keys(_) => self.proof(messenger).await,
            Self::Session(session) => Box::pin(session.renew(messenger, refused, why)).await,
            Self::Bearer(bearer) => Box::pin(bearer.renew(messenger, refused)).await,
        }
    }

    /// Says what the site does not accept.
    pub(crate) fn refused(&self, site: &SiteUrl) -> String {
        match self {
            Self::Keys(_) => format!("`{site}` does not accept the API key and secret"),
            Self::Session(session) => format!(
                "`{site}` ends the sessions of user `{}` as soon as they begin",
                session.user()
            ),
            Self::Bearer(_) => format!("`{site}` does not accept the access token"),
        }
    }

    /// Returns the OAuth login, where it is one.
    pub(crate) fn bearer(&self) -> Option<&BearerLogin> {
        match self {
            Self::Bearer(bearer) => Some(bearer),
            Self::Keys(_) | Self::Session(_) => None,
        }
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Keys(_) => "Keys(..)",
            Self::Session(_) => "Session(..)",
            Self::Bearer(_) => "Bearer(..)",
        })
    }
}
