//! What is to be sent, and where it waits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// The most deliveries that wait. Where nobody takes them out the oldest go, as a queue that nobody works on is emptied.
const MOST_WAITING: usize = 10_000;

/// One request that a webhook is to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// The name of the `Webhook` document.
    pub webhook: String,
    /// What happened, such as `on_update`.
    pub event: String,
    /// The DocType of the document that it happened to.
    pub doctype: String,
    /// The name of the document.
    pub name: String,
    /// Where to.
    pub url: String,
    /// `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// The signature, where there is a secret, and what the webhook says itself; no `Content-Type` of its own.
    pub headers: Vec<(String, String)>,
    /// JSON as Python writes it.
    pub body: Vec<u8>,
    /// How long an answer is waited for.
    pub timeout: Duration,
}

impl WebhookDelivery {
    /// The value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// What waits to be sent. Clones are handles on the same outbox.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outbox(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    deliveries: Mutex<VecDeque<WebhookDelivery>>,
    arrived: Notify,
}

impl Outbox {
    pub(super) fn put(&self, delivery: WebhookDelivery) {
        let mut deliveries = self.deliveries();
        if deliveries.len() == MOST_WAITING {
            deliveries.pop_front();
        }
        deliveries.push_back(delivery);
        drop(deliveries);
        self.0.arrived.notify_one();
    }

    /// Takes out everything that waits, in the order in which it came.
    pub(crate) fn take(&self) -> Vec<WebhookDelivery> {
        self.deliveries().drain(..).collect()
    }

    /// Waits until something may have come.
    pub(crate) async fn arrived(&self) {
        self.0.arrived.notified().await;
    }

    fn deliveries(&self) -> MutexGuard<'_, VecDeque<WebhookDelivery>> {
        let deliveries = self.0.deliveries.lock();
        deliveries.unwrap_or_else(PoisonError::into_inner)
    }
}
