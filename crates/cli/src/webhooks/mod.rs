//! The webhooks of a sync on its sites: what there is, what there is to be, and how one becomes the other.
//!
//! A site that a mapping carries changes from tells of them; a side that is only written to does not. What a webhook
//! document holds is decided in the crate `frappe-sync-hooks`; here the sites are asked and written to.

mod change;
mod look;
mod receiver;
mod report;
mod rights;

pub(crate) use change::carry_out;
pub(crate) use look::{Looked, Wanted, look};
pub(crate) use receiver::{address, secret};
pub(crate) use report::{Action, Entry, SiteWebhooks, State, WebhooksReport};
pub(crate) use rights::require;
