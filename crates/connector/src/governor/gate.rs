//! The gate that requests pass one by one, as the policy allows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::RequestKind;
use crate::governor::{Aimd, Signal};

/// Bounds the requests in flight, and holds all of them back while the site asks for a pause.
#[derive(Debug)]
pub(crate) struct Gate {
    semaphore: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    policy: Aimd,
    /// Permits that exist, free or held; they follow what the policy allows.
    issued: usize,
    closed_until: Option<Instant>,
}

/// The right to have one request in flight, until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit(#[expect(dead_code, reason = "held for its Drop")] OwnedSemaphorePermit);

impl Gate {
    pub(crate) fn new(policy: Aimd) -> Self {
        let issued = policy.allowed();
        Self {
            semaphore: Arc::new(Semaphore::new(issued)),
            state: Mutex::new(State {
                policy,
                issued,
                closed_until: None,
            }),
        }
    }

    /// Waits for a free place, and for the end of a pause.
    pub(crate) async fn pass(&self) -> Permit {
        let permit = Arc::clone(&self.semaphore)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        loop {
            let closed_until = self.state().closed_until;
            match closed_until {
                Some(moment) if moment > Instant::now() => tokio::time::sleep_until(moment).await,
                _ => return Permit(permit),
            }
        }
    }

    /// Gives a place back, tells what its request showed, and opens or retires places accordingly.
    pub(crate) fn leave(&self, permit: Permit, kind: RequestKind, signal: Option<Signal>) {
        drop(permit);
        let mut state = self.state();
        if let Some(signal) = signal {
            state.policy.record(kind, signal);
        }
        let allowed = state.policy.allowed();
        if allowed > state.issued {
            self.semaphore.add_permits(allowed - state.issued);
            state.issued = allowed;
        } else {
            // Places that are taken cannot be retired now; the next to leave sees to it.
            state.issued -= self.semaphore.forget_permits(state.issued - allowed);
        }
    }

    /// Lets nobody pass for this long; a pause that ends later stays.
    pub(crate) fn close_for(&self, pause: Duration) {
        let Some(moment) = Instant::now().checked_add(pause) else {
            return;
        };
        let mut state = self.state();
        state.closed_until = state.closed_until.max(Some(moment));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole after every statement, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const QUICK: Option<Signal> = Some(Signal::Answered(Duration::from_millis(1)));

    #[tokio::test]
    async fn only_as_many_pass_as_the_policy_allows() {
        let gate = Gate::new(Aimd::new(2));
        let first = gate.pass().await;
        let second = gate.pass().await;
        assert!(gate.pass().now_or_never().is_none());

        // The cut to one place holds although both were taken when it came.
        gate.leave(first, RequestKind::Read, Some(Signal::Overloaded));
        assert!(gate.pass().now_or_never().is_none());
        gate.leave(second, RequestKind::Read, QUICK);
        let only = gate.pass().now_or_never().unwrap();
        assert!(gate.pass().now_or_never().is_none());

        // A good answer brings the second place back.
        gate.leave(only, RequestKind::Read, QUICK);
        let _first = gate.pass().now_or_never().unwrap();
        let _second = gate.pass().now_or_never().unwrap();
        assert!(gate.pass().now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_place_whose_request_was_given_up_is_free_again() {
        let gate = Gate::new(Aimd::new(1));
        drop(gate.pass().await);
        assert!(gate.pass().now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody_until_its_end() {
        let gate = Gate::new(Aimd::new(2));
        let start = Instant::now();
        gate.close_for(Duration::from_secs(5));
        gate.close_for(Duration::from_secs(2));
        assert!(gate.pass().now_or_never().is_none());
        let _permit = gate.pass().await;
        assert!(start.elapsed() >= Duration::from_secs(5));
    }
}
