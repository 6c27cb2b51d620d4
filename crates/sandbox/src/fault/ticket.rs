//! Lets a test know when a request is held, and release it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    reached: bool,
    released: bool,
    abandoned: bool,
}

impl Gate {
    fn get(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn wait_while(&self, limit: Option<Duration>, waiting: impl Fn(&State) -> bool) -> bool {
        let deadline = limit.map(|limit| Instant::now() + limit);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting(&state) {
            state = match deadline {
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.changed
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        true
    }
}

/// The release of a test's hold.
#[derive(Debug)]
struct Holder(Arc<Gate>);

impl Drop for Holder {
    fn drop(&mut self) {
        // Nobody could release it any more.
        self.0.update(|state| state.abandoned = true);
    }
}

/// The handle on one scripted fault. What the fault holds is released by [`Ticket::release`], or when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Ticket {
    gate: Arc<Gate>,
    _holder: Arc<Holder>,
}

impl Ticket {
    pub(crate) fn new() -> Self {
        let gate = Arc::new(Gate::default());
        Self {
            _holder: Arc::new(Holder(Arc::clone(&gate))),
            gate,
        }
    }

    /// Lets the held request go on.
    pub fn release(&self) {
        self.gate.update(|state| state.released = true);
    }

    /// Waits until the fault has hit its request; `false` if that took longer than `limit`.
    pub fn wait_until_hit(&self, limit: Duration) -> bool {
        self.gate.wait_while(Some(limit), |state| !state.reached)
    }

    /// Whether the fault has hit its request.
    pub fn is_hit(&self) -> bool {
        self.gate.get().reached
    }

    /// The site's own end of it, which holds nothing.
    pub(crate) fn observer(&self) -> Observer {
        Observer(Arc::clone(&self.gate))
    }
}

/// The end of a [`Ticket`] that the script keeps.
#[derive(Debug, Clone)]
pub(crate) struct Observer(Arc<Gate>);

impl Observer {
    /// Says that the fault has hit its request.
    pub(crate) fn hit(&self) {
        self.0.update(|state| state.reached = true);
    }

    /// Waits for the release.
    pub(crate) fn wait(&self) {
        self.0
            .wait_while(None, |state| !state.released && !state.abandoned);
    }

    /// Whether it was released.
    pub(crate) fn is_released(&self) -> bool {
        self.0.get().released
    }

    /// Whether nobody is left who could release it.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.get().abandoned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_ticket_holds_nothing() {
        let ticket = Ticket::new();
        let observer = ticket.observer();
        assert!(!observer.is_released());
        drop(ticket);
        observer.wait();
    }
}
