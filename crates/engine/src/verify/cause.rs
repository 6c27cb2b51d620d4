//! Why two documents differ, or why one has no counterpart.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why something is not equal on both sites.
///
/// In the order in which a document with several causes tells the first: what a person has to look at comes
/// before what the next run does, and that before what the mapping wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// A write was sent, and its outcome is not known yet.
    #[serde(rename = "unknown")]
    Unknown,
    /// A document is parked.
    #[serde(rename = "parked")]
    Parked,
    /// Both sides changed it, and it waits for a person.
    #[serde(rename = "conflict")]
    Conflict,
    /// The site was asked to take the value, and kept its own.
    #[serde(rename = "refused")]
    Refused,
    /// Nothing that is known of it explains it.
    #[serde(rename = "unexplained")]
    Unexplained,
    /// It was made or edited since, or the first run is not over: the next run looks at it.
    #[serde(rename = "not yet synced")]
    NotYetSynced,
    /// One site does not show the field to the sync's user, so that nothing can be compared.
    #[serde(rename = "not shown")]
    NotShown,
    /// The mapping does not carry changes that way.
    #[serde(rename = "direction")]
    Direction,
    /// A filter of the mapping leaves it out.
    #[serde(rename = "filtered")]
    Filtered,
    /// It is cancelled and was never carried over, and the mapping skips those.
    #[serde(rename = "cancelled skipped")]
    CancelledSkipped,
    /// The mapping brings everything over as drafts.
    #[serde(rename = "docstatus")]
    Docstatus,
    /// Its counterpart was deleted, and the mapping does not carry deletes over.
    #[serde(rename = "deletes ignored")]
    DeletesIgnored,
    /// Its target is missing on the other site, and the mapping leaves the link empty there.
    #[serde(rename = "no target")]
    NoTarget,
    /// A site made something else of the value, or takes it no more, and it was agreed on so.
    #[serde(rename = "rewritten")]
    Rewritten,
}

impl Cause {
    /// Tells whether the mapping, or what was agreed on, wants it so: no run is going to change it, and nobody
    /// has to do anything about it.
    pub fn is_lawful(self) -> bool {
        match self {
            Self::Unknown
            | Self::Parked
            | Self::Conflict
            | Self::Refused
            | Self::Unexplained
            | Self::NotYetSynced => false,
            Self::NotShown
            | Self::Direction
            | Self::Filtered
            | Self::CancelledSkipped
            | Self::Docstatus
            | Self::DeletesIgnored
            | Self::NoTarget
            | Self::Rewritten => true,
        }
    }

    /// Returns the word that stands for it in a certificate.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Parked => "parked",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::Unexplained => "unexplained",
            Self::NotYetSynced => "not yet synced",
            Self::NotShown => "not shown",
            Self::Direction => "direction",
            Self::Filtered => "filtered",
            Self::CancelledSkipped => "cancelled skipped",
            Self::Docstatus => "docstatus",
            Self::DeletesIgnored => "deletes ignored",
            Self::NoTarget => "no target",
            Self::Rewritten => "rewritten",
        }
    }

    /// Returns what it means, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Unknown => "a write to it was sent, and its outcome is not known yet",
            Self::Parked => "it is parked",
            Self::Conflict => "both sides changed it, and it waits for a person",
            Self::Refused => "the site was asked to take the value, and kept its own",
            Self::Unexplained => "nothing that is known explains it",
            Self::NotYetSynced => {
                "it changed since, or was never carried over; the next run looks at it"
            }
            Self::NotShown => "one site does not show the field to the sync's user",
            Self::Direction => "the mapping does not carry changes that way",
            Self::Filtered => "a filter of the mapping leaves it out",
            Self::CancelledSkipped => "it is cancelled, and the mapping skips those",
            Self::Docstatus => "the mapping brings everything over as drafts",
            Self::NoTarget => "its target is missing there, and the mapping leaves the link empty",
            Self::DeletesIgnored => {
                "its counterpart was deleted, and the mapping does not carry deletes over"
            }
            Self::Rewritten => "a site made something else of the value, and it was agreed on so",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_cause_is_the_one_in_the_certificate() {
        for cause in [
            Cause::Unknown,
            Cause::Parked,
            Cause::Conflict,
            Cause::Refused,
            Cause::Unexplained,
            Cause::NotYetSynced,
            Cause::NotShown,
            Cause::Direction,
            Cause::Filtered,
            Cause::CancelledSkipped,
            Cause::Docstatus,
            Cause::DeletesIgnored,
            Cause::Rewritten,
        ] {
            assert_eq!(serde_json::json!(cause), cause.as_str());
        }
    }
}
