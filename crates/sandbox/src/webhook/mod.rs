//! Webhooks: who hears of a change, what is sent, and the outbox that it waits in (protocol 11).
//!
//! The core posts nothing. What is due to be sent waits in the outbox: a served site posts it, and a simulation takes it
//! out by itself.

mod delivery;
mod document;
mod heard;
mod render;

pub use delivery::WebhookDelivery;

pub(crate) use delivery::Outbox;
pub(crate) use heard::{Happening, Heard};
