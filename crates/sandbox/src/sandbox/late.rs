//! Requests whose client is gone and that still run (protocol 6.4, 12.1).

use chrono::{DateTime, Utc};

use crate::api::answer;
use crate::fault::Observer;
use crate::http::Request;
use crate::site::Site;
use crate::value::Stamp;

/// A request that will be carried out later, stamped with the time at which it began.
#[derive(Debug)]
pub(super) struct Late {
    pub(super) request: Request,
    pub(super) user: String,
    pub(super) began: Stamp,
    /// When it is carried out; `None` is when its ticket is released.
    pub(super) due: Option<DateTime<Utc>>,
    pub(super) ticket: Observer,
}

impl Late {
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        match self.due {
            Some(due) => due <= now || self.ticket.is_released(),
            None => self.ticket.is_released() || self.ticket.is_abandoned(),
        }
    }
}

/// Carries out what is due. Nobody sees the answers.
pub(super) fn settle(late: &mut Vec<Late>, site: &mut Site) {
    let now = site.clock.now();
    let (due, waiting): (Vec<Late>, Vec<Late>) = std::mem::take(late)
        .into_iter()
        .partition(|one| one.is_due(now));
    *late = waiting;
    for one in due {
        site.pin_time(one.began);
        drop(answer(site, &one.user, &one.request));
        site.unpin_time();
    }
}
