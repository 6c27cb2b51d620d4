//! How much of what people do is in a world.

use std::str::FromStr;

use super::history::Act;

/// How much of what people do is in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Creates, edits of fields and rows, links.
    Edits,
    /// Submits, cancels and amendments too.
    Docstatus,
    /// Deletes, renames and merges too.
    All,
    /// Many runs are plans that are carried out too, after people went on working.
    Plans,
}

impl Scope {
    /// The act itself where it is in scope, else another one.
    pub(crate) fn instead(self, act: Act) -> Act {
        let needs = match act {
            Act::Delete | Act::Reuse | Act::Rename | Act::Merge => Self::All,
            Act::Submit | Act::CreateSubmitted | Act::Cancel | Act::Amend => Self::Docstatus,
            _ => Self::Edits,
        };
        match act {
            act if needs <= self => act,
            Act::CreateSubmitted => Act::Create,
            _ => Act::Edit,
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "edits" => Ok(Self::Edits),
            "docstatus" => Ok(Self::Docstatus),
            "all" => Ok(Self::All),
            "plans" => Ok(Self::Plans),
            other => Err(format!(
                "`{other}` is no scope: edits, docstatus, all or plans"
            )),
        }
    }
}
