//! Something that is done when a certain request arrives, such as to kill whoever sent it.

use std::fmt;

/// When a trap springs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the request is passed on; it then goes no further.
    Before,
    /// After the site has answered; the client does not get the answer.
    After,
}

/// Something to be done at one request.
pub(super) struct Trap {
    /// How many requests there are until then, that one included.
    pub(super) left: u64,
    pub(super) moment: Moment,
    pub(super) act: Box<dyn FnOnce() + Send>,
}

impl fmt::Debug for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trap")
            .field("left", &self.left)
            .field("moment", &self.moment)
            .finish_non_exhaustive()
    }
}

/// Counts a request, and takes out the trap that springs at it.
pub(super) fn sprung(traps: &mut Vec<Trap>) -> Option<Trap> {
    for trap in traps.iter_mut() {
        trap.left = trap.left.saturating_sub(1);
    }
    let place = traps.iter().position(|trap| trap.left == 0)?;
    Some(traps.remove(place))
}
