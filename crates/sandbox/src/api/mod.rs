//! The HTTP surface: routes, arguments, authentication, envelopes.

mod authentication;
mod client;
mod client_read;
mod desk;
mod doc_method;
mod envelope;
mod files;
mod form;
mod method;
mod multipart;
mod resource;
mod route;
mod tags;
mod version_two;

pub(crate) use authentication::Sender;
pub(crate) use envelope::{EnvelopeStyle, failure_response};
pub(crate) use form::{Form, percent_encode};
pub(crate) use route::{Route, Routed, answer};
