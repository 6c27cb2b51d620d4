//! Who is logged in, and what has been handed out to log in with.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

/// How many wrong passwords in [`LOCK_TIME`] lock a user out.
const MOST_FAILURES: usize = 10;
/// How long they count.
const LOCK_TIME: TimeDelta = TimeDelta::seconds(60);

/// Everything about logins that a site remembers outside of its documents.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    sessions: HashMap<String, Session>,
    failures: HashMap<String, Vec<DateTime<Utc>>>,
    /// Users who log in with a second factor.
    pub(super) second_factor: HashSet<String>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) tokens: Vec<Token>,
}

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user: String,
    /// Minted when the desk is opened in it.
    pub(crate) csrf: Option<String>,
    used: DateTime<Utc>,
}

/// An authorisation code, good for one exchange.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) client: String,
    pub(super) user: String,
    pub(super) redirect: String,
    pub(super) scope: String,
    /// Challenge and its method.
    pub(super) challenge: Option<(String, String)>,
}

/// An OAuth Bearer Token.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) client: String,
    pub(super) user: String,
    pub(super) scope: String,
    pub(super) ends: DateTime<Utc>,
    pub(super) is_revoked: bool,
}

impl Logins {
    /// A session that is going on; it is good for its whole life again from now.
    pub(crate) fn session(
        &mut self,
        sid: &str,
        now: DateTime<Utc>,
        life: TimeDelta,
    ) -> Option<&Session> {
        let session = self.sessions.get_mut(sid)?;
        if now - session.used > life {
            self.sessions.remove(sid);
            return None;
        }
        session.used = now;
        self.sessions.get(sid)
    }

    pub(super) fn begin(&mut self, sid: String, user: &str, now: DateTime<Utc>) {
        let session = Session {
            user: user.to_owned(),
            csrf: None,
            used: now,
        };
        self.sessions.insert(sid, session);
    }

    pub(super) fn end(&mut self, sid: &str) {
        self.sessions.remove(sid);
    }

    pub(super) fn end_all(&mut self) {
        self.sessions.clear();
    }

    /// The CSRF token of a session, minted from `fresh` where it has none.
    pub(super) fn mint(&mut self, sid: &str, fresh: String) -> Option<String> {
        let session = self.sessions.get_mut(sid)?;
        Some(session.csrf.get_or_insert(fresh).clone())
    }

    pub(super) fn sids(&self) -> Vec<String> {
        self.sessions.keys().cloned().collect()
    }

    /// Whether a user is locked out.
    pub(super) fn is_locked(&self, user: &str, now: DateTime<Utc>) -> bool {
        let failures = self.failures.get(user).into_iter().flatten();
        failures.filter(|failed| now - **failed < LOCK_TIME).count() >= MOST_FAILURES
    }

    pub(super) fn note_failure(&mut self, user: &str, now: DateTime<Utc>) {
        self.failures.entry(user.to_owned()).or_default().push(now);
    }

    pub(super) fn forget_failures(&mut self, user: &str) {
        self.failures.remove(user);
    }

    /// The user of an access token that is good.
    pub(crate) fn user_by_token(&self, access: &str, now: DateTime<Utc>) -> Option<String> {
        let token = self.tokens.iter().find(|token| token.access == access)?;
        (!token.is_revoked && now < token.ends).then(|| token.user.clone())
    }
}
