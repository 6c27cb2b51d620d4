//! What can be wrong with a history.

use std::fmt;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// With nobody at work it becomes quiet, in a bounded number of runs.
    BecomesQuiet,
    /// Once quiet it stays so: the next run writes to neither site.
    StaysQuiet,
    /// Both sides hold the same under the mapping, or it is recorded why not.
    Equal,
    /// What a person wrote and nobody overwrote knowingly is on a site or in the journal.
    NothingLost,
    /// What a person overwrote or deleted does not come back by itself.
    NothingComesBack,
    /// No document and no row is on a side twice.
    NothingTwice,
    /// Every document has an author.
    Author,
    /// Links point at what they pointed at.
    Links,
    /// What is parked has a cause that holds.
    ParkedWithCause,
    /// A run only fails where something failed it.
    NoError,
    /// The engine does not panic.
    NoPanic,
    /// A plan writes to neither site.
    PlansOnly,
    /// The same seed gives the same requests and the same end.
    Repeatable,
}

/// What is wrong with a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What does not hold.
    pub invariant: Invariant,
    /// Where.
    pub message: String,
}

impl Violation {
    pub(crate) fn new(invariant: Invariant, message: impl Into<String>) -> Self {
        Self {
            invariant,
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.message)
    }
}
