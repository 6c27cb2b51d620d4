//! `frappe-sync.yaml`: the sites, and which of them are kept in sync by which mappings.
//!
//! The file is read into plain shapes whose values know their place (`file`), then checked as a whole by
//! [`read()`], so that every mistake is told with line, column and what to do. Nothing is asked of a site here.

mod auth;
mod file;
mod find;
mod mappings;
mod place;
mod quantity;
mod read;
mod settings;

#[cfg(test)]
mod tests;

pub use find::load;
pub use mappings::read_mappings;
pub use read::read;
pub use settings::{
    AuthConfig, AuthKind, Config, GrantConfig, GuardConfig, KeySource, KeysConfig, OAuthConfig,
    PasswordConfig, ServeConfig, SiteConfig, SyncConfig, TellConfig,
};

pub(crate) use find::load_if_any;
pub(crate) use place::error_of;
pub(crate) use read::{REQUEST_TIMEOUT, host_of, not_public, same_address};
