//! How a site and its users are set up.

use std::fmt;

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::clock::Clock;
use crate::profile::Profile;

/// What a site is to be like.
#[derive(Debug, Clone)]
pub struct SiteOptions {
    /// The Frappe version that it behaves as.
    pub profile: Profile,
    /// System Settings.time_zone; every timestamp is in it (protocol 10.3).
    pub time_zone: Tz,
    /// Where it reads the time.
    pub clock: Clock,
    /// How far its own clock is ahead of that one.
    pub skew: TimeDelta,
    /// Where random names begin.
    pub seed: u64,
    /// Its host name.
    pub host: String,
}

impl Default for SiteOptions {
    /// Frappe 15 in Asia/Kolkata, Frappe's own default zone, on the machine's clock.
    fn default() -> Self {
        Self {
            profile: Profile::V15,
            time_zone: chrono_tz::Asia::Kolkata,
            clock: Clock::system(),
            skew: TimeDelta::zero(),
            seed: 0,
            host: "sandbox.localhost".to_owned(),
        }
    }
}

/// A user with an API key.
#[derive(Clone, Default)]
pub struct UserOptions {
    /// Name and address.
    pub email: String,
    /// Roles; `All` comes by itself. Roles that the site does not know yet are made.
    pub roles: Vec<String>,
    /// The API key, the first half of a token.
    pub api_key: String,
    /// The API secret, the second half.
    pub api_secret: String,
}

impl fmt::Debug for UserOptions {
    /// Without the secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UserOptions")
            .field("email", &self.email)
            .field("roles", &self.roles)
            .field("api_key", &self.api_key)
            .finish_non_exhaustive()
    }
}
