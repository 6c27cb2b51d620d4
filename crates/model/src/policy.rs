//! What a mapping says of ways, winners and identity.

use serde::{Deserialize, Serialize};

use crate::{FieldName, Side};

/// Which way changes go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From `a` to `b` only; what changes on `b` is shown as drift.
    AToB,
    /// From `b` to `a` only; what changes on `a` is shown as drift.
    BToA,
}

impl Direction {
    /// Tells whether changes may be written to `side`.
    pub fn writes_to(self, side: Side) -> bool {
        match self {
            Self::Both => true,
            Self::AToB => side == Side::B,
            Self::BToA => side == Side::A,
        }
    }
}

/// Who wins where both sides changed the same value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConflictPolicy {
    /// The side that was saved later.
    #[default]
    Newest,
    /// Always `a`.
    A,
    /// Always `b`.
    B,
    /// Nobody: it waits for a person.
    Manual,
}

/// What makes a document of `a` and a document of `b` the same one before they are paired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// Equal names.
    #[default]
    Name,
    /// Equal values of these fields, named as on side `a`.
    Key(Vec<FieldName>),
    /// Nothing: every document gets its own twin.
    Create,
}

/// What becomes of a document whose counterpart was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deletes {
    /// It stays, and is not made again.
    #[default]
    Ignore,
    /// It is deleted too.
    Propagate,
}

/// What becomes of a link whose target has no counterpart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MissingLinks {
    /// The document is parked until the target is there.
    #[default]
    Park,
    /// The link is left empty until the target is there, unless the field must be set.
    Clear,
}

/// What becomes of `docstatus`: 0 draft, 1 submitted, 2 cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Docstatus {
    /// It is replayed: what is submitted or cancelled on one side is so on the other, with its own hooks.
    #[default]
    Follow,
    /// Everything is brought over as a draft, and stays one until a person submits it.
    Draft,
}

/// What a document is called where it is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameKeeping {
    /// What that site calls it.
    #[default]
    Own,
    /// What it is called where it comes from.
    Keep,
}

/// What becomes of a cancelled document that has no counterpart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cancelled {
    /// It is made, submitted and cancelled again.
    #[default]
    Replay,
    /// It is left out, and noted.
    Skip,
}
