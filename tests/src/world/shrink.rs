//! The shortest history that still breaks what a long one broke.

use super::history::{History, Step};
use super::judge::Violation;
use super::planted::Planted;
use super::play::{play, play_with};

/// Takes steps out, and what comes in between of runs, as long as the same invariant stays broken. Returns the
/// history and how it ends.
pub fn shrink(history: &History, violation: &Violation) -> (History, Violation) {
    shrink_with(history, violation, None)
}

/// Does the same for what an engine with a planted bug breaks, and one without it does not.
pub fn shrink_with(
    history: &History,
    violation: &Violation,
    planted: Option<Planted>,
) -> (History, Violation) {
    let mut shortest = Shortest {
        history: history.clone(),
        violation: violation.clone(),
        planted,
    };
    let mut size = history.steps.len().div_ceil(2);
    loop {
        let before = shortest.weight();
        while size > 0 {
            shortest.drop_steps(size);
            size /= 2;
        }
        shortest.drop_meddling();
        if shortest.weight() == before {
            return (shortest.history, shortest.violation);
        }
        size = 2;
    }
}

/// The shortest history so far, and what it breaks.
struct Shortest {
    history: History,
    violation: Violation,
    planted: Option<Planted>,
}

impl Shortest {
    fn weight(&self) -> usize {
        let of_step = |step: &Step| match step {
            Step::Run { meddling, .. } => 1 + meddling.len(),
            _ => 1,
        };
        self.history.steps.iter().map(of_step).sum()
    }

    /// Takes out so many steps at a time, from the end on.
    fn drop_steps(&mut self, size: usize) {
        let mut end = self.history.steps.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            let mut shorter = self.history.clone();
            shorter.steps.drain(start..end);
            self.keep_if_broken(shorter);
            end = start.min(self.history.steps.len());
        }
    }

    fn drop_meddling(&mut self) {
        for place in 0..self.history.steps.len() {
            let mut at = 0;
            loop {
                let mut shorter = self.history.clone();
                let Some(Step::Run { meddling, .. }) = shorter.steps.get_mut(place) else {
                    break;
                };
                if at >= meddling.len() {
                    break;
                }
                meddling.remove(at);
                if !self.keep_if_broken(shorter) {
                    at += 1;
                }
            }
        }
    }

    fn keep_if_broken(&mut self, shorter: History) -> bool {
        match play_with(&shorter, self.planted).violation {
            Some(violation)
                if violation.invariant == self.violation.invariant
                    && (self.planted.is_none() || play(&shorter).violation.is_none()) =>
            {
                self.history = shorter;
                self.violation = violation;
                true
            }
            _ => false,
        }
    }
}
