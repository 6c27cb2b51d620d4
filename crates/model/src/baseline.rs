//! Pairs, and what each side held when the two last agreed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{DocName, FieldName, FieldPath, Fingerprint, MappingName, PerSide, Side, SiteTime};

/// The row number of a pair in the state file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PairId(pub i64);

/// What each side held in one field when it was settled; a side without a fingerprint has none yet.
pub type FieldBaseline = PerSide<Option<Fingerprint>>;

/// One pair of child rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowBaseline {
    /// The row's name on each side.
    pub names: PerSide<DocName>,
    /// Its fields, under the fieldnames of side `a`.
    pub fields: BTreeMap<FieldName, FieldBaseline>,
}

/// The baselines of one pair, under the fieldnames of side `a`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Fields of the document.
    pub fields: BTreeMap<FieldName, FieldBaseline>,
    /// Paired rows of each child table, in the order that both sides agreed on. A table that was never
    /// settled is absent; an empty one that was is an empty list.
    pub tables: BTreeMap<FieldName, Vec<RowBaseline>>,
    /// Values that a site would not take (design: *refused*), kept so that they are told and not retried.
    pub refused: BTreeSet<FieldPath>,
    /// Values that a site stored as something else (design: *rewritten*).
    pub rewritten: BTreeSet<FieldPath>,
}

/// One document of a pair, on one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairSide {
    /// Its name.
    pub name: DocName,
    /// Its `creation`, which survives a rename.
    pub creation: Option<SiteTime>,
    /// Its owner, which survives a rename.
    pub owner: String,
    /// Its `modified` when it was last compared; a poll that shows the same needs no body.
    pub modified: Option<SiteTime>,
}

/// One document on `a` and its counterpart on `b`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Its row in the state file; `None` before it is stored.
    pub id: Option<PairId>,
    /// The mapping it belongs to.
    pub mapping: MappingName,
    /// The two documents.
    pub sides: PerSide<PairSide>,
    /// Some mapped value is not settled: the pair is looked at by name in every run.
    pub open: bool,
    /// The side whose document was deleted while its counterpart stays: a tombstone. Nothing travels any
    /// more, and neither side is made again.
    pub gone: Option<Side>,
    /// What each side held when the two last agreed.
    pub baseline: Baseline,
}
