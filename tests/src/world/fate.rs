//! What comes in between in one run, and its death.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::history::{Event, Meddle, Meddling};

/// What comes in between in one run.
#[derive(Debug)]
pub(crate) struct Fate {
    thread: Mutex<Thread>,
    death: Notify,
}

#[derive(Debug)]
struct Thread {
    meddling: Vec<Meddling>,
    requests: u32,
    write_requests: u32,
    state_writes: u32,
    is_dead: bool,
    is_disturbed: bool,
}

impl Fate {
    /// What this run has before it.
    pub(crate) fn new(meddling: &[Meddling]) -> Self {
        Self {
            thread: Mutex::new(Thread {
                meddling: meddling.to_vec(),
                requests: 0,
                write_requests: 0,
                state_writes: 0,
                is_dead: false,
                is_disturbed: false,
            }),
            death: Notify::new(),
        }
    }

    /// Counts an event, and tells what comes in between there.
    pub(crate) fn meet(&self, event: Event) -> Vec<Meddle> {
        let mut thread = self.thread();
        let count = match event {
            Event::Request => &mut thread.requests,
            Event::WriteRequest => &mut thread.write_requests,
            Event::StateWrite => &mut thread.state_writes,
        };
        *count += 1;
        let nth = *count;
        let met = thread
            .meddling
            .extract_if(.., |one| one.at == event && one.nth == nth);
        met.map(|one| one.what).collect()
    }

    /// Ends the engine: from now on it does nothing any more.
    pub(crate) fn kill(&self) {
        self.thread().is_dead = true;
        self.death.notify_one();
    }

    /// Whether the engine was killed.
    pub(crate) fn is_dead(&self) -> bool {
        self.thread().is_dead
    }

    /// Notes that a fault hit the run, so that it may fail.
    pub(crate) fn disturb(&self) {
        self.thread().is_disturbed = true;
    }

    /// Whether a fault hit the run.
    pub(crate) fn is_disturbed(&self) -> bool {
        self.thread().is_disturbed
    }

    /// Comes when the engine is killed.
    pub(crate) async fn death(&self) {
        self.death.notified().await;
    }

    fn thread(&self) -> MutexGuard<'_, Thread> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
