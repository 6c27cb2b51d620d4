//! A value that a decision overwrote: its id, and the JSON shape of `frappe-sync/journal@1`.

use std::fmt;

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    DocName, DocType, FieldPath, JournalEntry, RunId, Side, StateError, SyncName,
};
use frappe_sync_store::{JournalFilter, SyncState};
use serde::Serialize;
use serde_json::Value;

/// How many hexadecimal digits an id has: of a million entries, two share them once in a million journals.
const DIGITS: usize = 12;

/// The fewest digits by which an entry can be named.
const FEWEST_DIGITS: usize = 4;

/// Names an entry of the journal by what it holds, so that it needs no number there: `j` and hexadecimal
/// digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct JournalId(String);

impl JournalId {
    /// Returns the id of an entry.
    pub(crate) fn of(entry: &JournalEntry) -> Self {
        let bytes = serde_json::to_vec(entry).expect("an entry is strings and JSON values");
        let digest = blake3::hash(&bytes).to_hex();
        Self(format!("j{}", &digest[..DIGITS]))
    }

    /// Reads an id, or the beginning of one, as a person types it; `None` where it is nothing of the kind.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let digits = text.strip_prefix('j')?;
        let is_one = (FEWEST_DIGITS..=DIGITS).contains(&digits.len())
            && digits.chars().all(|digit| digit.is_ascii_hexdigit());
        is_one.then(|| Self(text.clone()))
    }

    /// Tells whether this, as typed, names `other`.
    fn names(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value that a decision overwrote, `frappe-sync/journal@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct JournalReport {
    /// `frappe-sync/journal@1`.
    pub(crate) format: &'static str,
    /// The sync.
    pub(crate) sync: SyncName,
    /// What was kept of it.
    #[serde(flatten)]
    pub(crate) entry: KeptValue,
}

/// A value that a decision overwrote.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct KeptValue {
    /// Its id.
    pub(crate) id: JournalId,
    /// The run that overwrote it, or the command of a person.
    pub(crate) run_id: RunId,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// The site that lost it.
    pub(crate) site: Side,
    /// DocType there.
    pub(crate) doctype: DocType,
    /// Document there.
    pub(crate) name: DocName,
    /// Where in the document.
    pub(crate) path: FieldPath,
    /// What was there.
    pub(crate) lost: Value,
    /// What was put in its place.
    pub(crate) kept: Value,
    /// Why.
    pub(crate) reason: String,
}

impl From<JournalEntry> for KeptValue {
    fn from(entry: JournalEntry) -> Self {
        Self {
            id: JournalId::of(&entry),
            run_id: entry.run,
            at: entry.at,
            site: entry.side,
            doctype: entry.doctype,
            name: entry.name,
            path: entry.path,
            lost: entry.lost,
            kept: entry.kept,
            reason: entry.reason,
        }
    }
}

/// Returns the entries of a sync that `typed` names.
pub(crate) fn named(store: &SyncState, typed: &JournalId) -> Result<Vec<JournalEntry>, StateError> {
    let mut entries = store.journal_entries(&JournalFilter::default(), usize::MAX)?;
    entries.retain(|entry| typed.names(&JournalId::of(entry)));
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use serde_json::json;

    use super::*;

    fn entry(lost: &str) -> JournalEntry {
        JournalEntry {
            run: "01".into(),
            at: Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).unwrap(),
            side: Side::B,
            doctype: "Customer".into(),
            name: "CUST-7".into(),
            path: "website".to_owned().into(),
            lost: json!(lost),
            kept: json!("https://a.example"),
            reason: "newest: `a` was saved later".to_owned(),
        }
    }

    #[test]
    fn an_id_is_of_what_an_entry_holds() {
        let id = JournalId::of(&entry("https://b.example"));
        assert_eq!(id, JournalId::of(&entry("https://b.example")));
        assert_ne!(id, JournalId::of(&entry("https://c.example")));
        assert_eq!(id.to_string().len(), 1 + DIGITS);
    }

    #[test]
    fn the_beginning_of_an_id_names_it() {
        let id = JournalId::of(&entry("x"));
        let typed = JournalId::parse(&id.to_string()[..6].to_uppercase()).unwrap();
        assert!(typed.names(&id));
        assert!(!typed.names(&JournalId::of(&entry("y"))));
        for text in ["7", "j12", "jxyz12", "j1234567890123", ""] {
            assert_eq!(JournalId::parse(text), None, "{text}");
        }
    }
}
