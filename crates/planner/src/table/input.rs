//! What a table merge is asked with.

use std::collections::BTreeMap;

use frappe_sync_model::{DocName, FieldName, PerSide, RowBaseline};

use crate::{MergeRules, SideValue};

/// One child row of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowInput {
    /// The row's name on that side.
    pub name: DocName,
    /// Its mapped values, under the fieldnames of side `a`. A field that is missing is not visible.
    pub fields: BTreeMap<FieldName, SideValue>,
}

/// One child table of one pair.
#[derive(Clone, Debug)]
pub struct TableInput<'a> {
    /// The rows of each side by place. `idx` is no part of them.
    pub rows: PerSide<Vec<RowInput>>,
    /// The rows as both sides agreed on them, in that order; `None` where they never did.
    pub baseline: Option<&'a [RowBaseline]>,
    /// The fields that tell rows apart, from the mapping; empty where it names none.
    pub key: &'a [FieldName],
    /// Fields that have rules of their own; the others follow those of the table.
    pub own_rules: &'a BTreeMap<FieldName, MergeRules>,
}
