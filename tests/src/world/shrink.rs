//! The shortest history that still breaks what a long one broke.

use super::history::{History, Step};
use super::judge::Violation;
use super::play::play;

/// Takes steps out, and what comes in between of runs, as long as the same invariant stays broken. Returns the
/// history and how it ends.
pub fn shrink(history: &History, violation: &Violation) -> (History, Violation) {
    let mut best = (history.clone(), violation.clone());
    let mut size = best.0.steps.len().div_ceil(2);
    loop {
        let before = weight(&best.0);
        while size > 0 {
            drop_steps(&mut best, size);
            size /= 2;
        }
        drop_meddling(&mut best);
        if weight(&best.0) == before {
            return best;
        }
        size = 2;
    }
}

fn weight(history: &History) -> usize {
    let of_step = |step: &Step| match step {
        Step::Run { meddling, .. } => 1 + meddling.len(),
        _ => 1,
    };
    history.steps.iter().map(of_step).sum()
}

/// Takes out so many steps at a time, from the end on.
fn drop_steps(best: &mut (History, Violation), size: usize) {
    let mut end = best.0.steps.len();
    while end > 0 {
        let start = end.saturating_sub(size);
        let mut shorter = best.0.clone();
        shorter.steps.drain(start..end);
        keep_if_broken(best, shorter);
        end = start.min(best.0.steps.len());
    }
}

fn drop_meddling(best: &mut (History, Violation)) {
    for place in 0..best.0.steps.len() {
        let mut at = 0;
        loop {
            let mut shorter = best.0.clone();
            let Some(Step::Run { meddling, .. }) = shorter.steps.get_mut(place) else {
                break;
            };
            if at >= meddling.len() {
                break;
            }
            meddling.remove(at);
            if !keep_if_broken(best, shorter) {
                at += 1;
            }
        }
    }
}

fn keep_if_broken(best: &mut (History, Violation), shorter: History) -> bool {
    match play(&shorter).violation {
        Some(violation) if violation.invariant == best.1.invariant => {
            *best = (shorter, violation);
            true
        }
        _ => false,
    }
}
