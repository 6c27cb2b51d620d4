//! What a verification tells: the JSON shape of `frappe-sync/verify@1`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use frappe_sync_model::{DocName, DocType, FieldName, FieldPath, PerSide, RequestCounts, SyncName};
use serde::{Deserialize, Serialize};

use super::Cause;

/// A value of a pair that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueReport {
    /// Where, under the names of `a`.
    pub path: FieldPath,
    /// Why.
    pub cause: Cause,
}

/// A pair that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceReport {
    /// Name on `a`.
    pub a_name: DocName,
    /// Name on `b`.
    pub b_name: DocName,
    /// The values that differ, under the names of `a`.
    pub paths: Vec<FieldPath>,
    /// Why; where the values have several causes, the one that a person should know first.
    pub cause: Cause,
    /// What is known beyond the cause, such as why it is parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Each value with its own cause, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueReport>,
}

/// A document without a counterpart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AloneReport {
    /// Its name.
    pub name: DocName,
    /// Why.
    pub cause: Cause,
    /// What is known beyond the cause, such as why it is parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How one mapping compares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocTypeVerification {
    /// DocType on `a`.
    pub doctype: DocType,
    /// DocType on `b`.
    pub b_doctype: DocType,
    /// Documents on `a` within the mapping.
    pub a_count: u64,
    /// Documents on `b` within the mapping.
    pub b_count: u64,
    /// Pairs.
    pub pairs: u64,
    /// Documents that stay although their counterpart was deleted, as the mapping says.
    #[serde(default)]
    pub tombstones: u64,
    /// Pairs whose documents are equal under the mapping.
    pub equal: u64,
    /// Pairs that differ.
    pub different: Vec<DifferenceReport>,
    /// Documents of `a` without a counterpart.
    pub only_a: Vec<AloneReport>,
    /// Documents of `b` without a counterpart.
    pub only_b: Vec<AloneReport>,
    /// Documents of each side that the filters leave out.
    pub filtered: PerSide<u64>,
    /// Mapped fields that one site does not show, and that nothing can be said of; a field of a child table
    /// as `table.field`.
    pub not_shown: Vec<FieldName>,
    /// Digest of the mapped values of all pairs, in the terms of `b`, under the key of the state file: equal for
    /// both sides where all of them are equal, and as before where nothing changed.
    pub digests: PerSide<String>,
}

impl DocTypeVerification {
    /// Returns how often each cause occurs.
    pub fn causes(&self) -> BTreeMap<Cause, u64> {
        let mut causes = BTreeMap::new();
        let alone = self.only_a.iter().chain(&self.only_b);
        let documents = self.different.iter().map(|difference| difference.cause);
        for cause in documents.chain(alone.map(|alone| alone.cause)) {
            *causes.entry(cause).or_default() += 1;
        }
        for (cause, number) in [
            (Cause::Filtered, self.filtered.a + self.filtered.b),
            (Cause::NotShown, self.not_shown.len() as u64),
        ] {
            if number > 0 {
                *causes.entry(cause).or_default() += number;
            }
        }
        causes
    }
}

/// What a certificate comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyOutcome {
    /// Every document of both sites has its counterpart, and all mapped values are equal.
    Equal,
    /// What differs is as the mapping wants it, or as it was agreed on.
    EqualBut,
    /// Something differs that a run, or a person, has still to do something about.
    Different,
}

impl VerifyOutcome {
    /// Judges by the causes of what differs.
    pub(super) fn of<'c>(causes: impl IntoIterator<Item = &'c Cause>) -> Self {
        causes
            .into_iter()
            .fold(Self::Equal, |outcome, cause| match outcome {
                Self::Different => Self::Different,
                _ if cause.is_lawful() => Self::EqualBut,
                _ => Self::Different,
            })
    }
}

/// A site, as it was when it was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedSite {
    /// Its address.
    pub url: String,
    /// The user that read it.
    pub user: String,
    /// Its version of Frappe.
    pub frappe_version: String,
}

/// A deep comparison, `frappe-sync/verify@1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyReport {
    /// `frappe-sync/verify@1`.
    pub format: String,
    /// The sync.
    pub sync: SyncName,
    /// Nothing differs, and no document is without a counterpart.
    pub equal: bool,
    /// What it comes to.
    pub outcome: VerifyOutcome,
    /// When the comparison began.
    pub started: DateTime<Utc>,
    /// When it ended. What was saved in between may be in it or not.
    pub finished: DateTime<Utc>,
    /// Version of frappe-sync.
    pub engine: String,
    /// The state file: digests of two certificates can be compared where it is the same.
    pub state_id: String,
    /// Fingerprint of the mappings, as in `frappe-sync/plan@1`.
    pub mapping_hash: String,
    /// The sites.
    pub sites: PerSide<VerifiedSite>,
    /// Each mapping.
    pub doctypes: Vec<DocTypeVerification>,
    /// Requests that it made.
    pub requests: PerSide<RequestCounts>,
    /// What differs, by cause.
    pub causes: BTreeMap<Cause, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_open_end_outweighs_any_number_of_lawful_causes() {
        let of = |causes: &[Cause]| VerifyOutcome::of(causes);
        assert_eq!(of(&[]), VerifyOutcome::Equal);
        assert_eq!(
            of(&[Cause::Direction, Cause::Rewritten]),
            VerifyOutcome::EqualBut
        );
        let parked = [Cause::Direction, Cause::Parked, Cause::Rewritten];
        assert_eq!(of(&parked), VerifyOutcome::Different);
    }
}
