#![doc = include_str!("../README.md")]

mod api;
mod clock;
mod document;
mod failure;
mod fault;
pub mod fixture;
mod hook;
mod http;
mod import;
mod list;
mod login;
mod profile;
mod random;
mod sandbox;
mod schema;
mod server;
mod site;
mod storage;
#[cfg(test)]
mod tests;
mod value;
mod webhook;

pub use clock::Clock;
pub use fault::{Action, Fault, Faults, Matcher, Moment, Rule, Ticket};
pub use hook::{Hook, Rewrite};
pub use http::{Method, Outcome, Request, Response};
pub use profile::Profile;
pub use sandbox::{Backup, Person, RequestCounts, RequestKind, RequestRecord, Sandbox, SiteError};
pub use server::Server;
pub use site::{SiteOptions, UserOptions};
pub use webhook::WebhookDelivery;
