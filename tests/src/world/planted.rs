//! Bugs planted at the edges of the engine, to see that the judges find them.
//!
//! All of them sit where the engine meets a site or its state, so nothing of it has to be changed for them. Each
//! breaks one rule of the sync model for good; a world that does not notice would not notice the same bug inside.

use std::fmt;

/// One planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Planted {
    /// What a poll found is not queued at all, only the cursor moves.
    QueueForgotten,
    /// What a step settles is stored in two transactions.
    HalfCommit,
    /// No intent is stored before a create.
    NoIntent,
    /// A create that is not found at once counts as not done.
    NotFoundAtOnce,
    /// A create with a lost answer is sent once more.
    BlindRepeat,
    /// Updates are sent without the `modified` that they were decided on.
    NoCompareAndSet,
    /// What was sent is taken for what is stored.
    SentIsStored,
    /// Every document looks as if our user had saved it last.
    AllIsOurs,
    /// Rows are sent without the values that did not change.
    PartialRows,
    /// The journal keeps nothing.
    NothingJournaled,
    /// No unknown name is asked for its `creation`.
    NoCreationCheck,
    /// What was deleted is not looked at afterwards.
    DeleteUnchecked,
    /// Commits that land late are not waited for, and no sweep comes.
    NoLagNoSweep,
    /// Every site is taken to be in UTC.
    ZonesIgnored,
}

impl Planted {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::QueueForgotten,
        Self::HalfCommit,
        Self::NoIntent,
        Self::NotFoundAtOnce,
        Self::BlindRepeat,
        Self::NoCompareAndSet,
        Self::SentIsStored,
        Self::AllIsOurs,
        Self::PartialRows,
        Self::NothingJournaled,
        Self::NoCreationCheck,
        Self::DeleteUnchecked,
        Self::NoLagNoSweep,
        Self::ZonesIgnored,
    ];

    /// The file of its kept history.
    pub fn file(self) -> String {
        let mut file = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_uppercase() && !file.is_empty() {
                file.push('-');
            }
            file.extend(letter.to_lowercase());
        }
        file + ".txt"
    }
}

impl fmt::Display for Planted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}
