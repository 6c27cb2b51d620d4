//! What a test does to the logins of a site past its API.

use serde_json::json;

use crate::sandbox::{Sandbox, SiteError};

impl Sandbox {
    /// Gives a user a password, as an administrator does.
    ///
    /// # Errors
    ///
    /// Where there is no such user.
    pub fn set_password(&self, user: &str, password: &str) -> Result<(), SiteError> {
        self.as_user("Administrator")
            .update("User", user, json!({ "new_password": password }))
            .map(|_| ())
    }

    /// Makes a user log in with a second factor from now on.
    pub fn require_second_factor(&self, user: &str) {
        self.lock().logins.second_factor.insert(user.to_owned());
    }

    /// Ends all sessions, as their age does.
    pub fn end_sessions(&self) {
        self.lock().logins.end_all();
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.lock().logins.sids().len()
    }

    /// Opens the desk in all sessions, after which each asks for its CSRF token with every write (protocol 2.3).
    pub fn open_desk(&self) {
        let mut site = self.lock();
        for sid in site.logins.sids() {
            let fresh = site.random.letters(56);
            let _minted = site.logins.mint(&sid, fresh);
        }
    }

    /// Makes all access tokens run out now; refresh tokens stay good.
    pub fn expire_tokens(&self) {
        let mut site = self.lock();
        let now = site.instant();
        for token in &mut site.logins.tokens {
            token.ends = token.ends.min(now);
        }
    }

    /// Makes all tokens void, refresh tokens as well.
    pub fn revoke_tokens(&self) {
        for token in &mut self.lock().logins.tokens {
            token.is_revoked = true;
        }
    }
}
