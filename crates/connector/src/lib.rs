//! The only HTTP client of a Frappe site.
//!
//! [`FrappeSite`] implements [`Site`](frappe_sync_model::Site) over REST, for Frappe 14, 15 and 16, over the
//! network or along a [`Wire`] of the caller's. What a
//! site answers is judged by one pure function, [`classify`]; what is asked again, and when, by
//! [`RetryPolicy`]; how much is asked at once, by a governor that follows the site's answers; who we are, by
//! keys, a session or tokens that are renewed in time. Nothing in
//! here decides what to sync, and no secret leaves [`Auth`] but in a request.

mod address;
mod answer;
mod auth;
mod bodies;
mod body_page;
mod check;
mod classify;
mod collation;
mod config;
mod existing;
mod failure;
mod files;
mod governor;
mod http_client;
mod keys;
mod list;
mod loads;
mod login;
mod messenger;
mod meta;
mod multipart;
mod news;
mod our_clock;
mod presence;
mod probe;
mod rate_limit;
mod records;
mod removal;
mod rename_comment;
mod request;
mod request_counter;
mod retry;
mod secret;
mod series;
mod server_message;
mod singles;
mod site;
mod trace_list;
mod traces;
mod transport;
mod way;
mod wire;
mod wire_document;
mod writes;

pub use address::{AddressError, SiteUrl};
pub use auth::{Auth, AuthError};
pub use check::{Permission, Permissions};
pub use classify::{BodyFormat, Class, Signals, classify, exception_class};
pub use config::{CertificateCheck, ConfigError, SiteConfig};
pub use governor::{Aimd, Signal};
pub use login::{
    Endpoint, EndpointError, OAuth, OAuthClient, OAuthGrant, Pkce, TokenFile, random_word,
};
pub use news::post_json;
pub use our_clock::OurClock;
pub use rate_limit::RateLimit;
pub use request::RequestKind;
pub use retry::{Jitter, RetryPolicy};
pub use secret::{Secret, SecretError, SecretSource, SecretWarning};
pub use server_message::plain_text;
pub use site::FrappeSite;
pub use wire::{Wire, WireAnswer, WireFuture, WireOutcome, WireRequest};
