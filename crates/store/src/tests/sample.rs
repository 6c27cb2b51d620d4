//! Made-up documents, pairs and batches.

use chrono::{DateTime, TimeZone, Utc};
use frappe_sync_model::{
    Baseline, Batch, ConflictRecord, ConflictState, DocKey, DocName, FieldPath, Fingerprint,
    Intent, IntentKind, JournalEntry, MappingName, Pair, PairSide, Parked, ParkedCause, PerSide,
    RowBaseline, RunId, Side, SiteTime, StateStore, SyncName, Todo, TodoReason,
};
use serde_json::json;

use crate::{StateFile, SyncState};

/// The mapping that most tests use.
pub(crate) fn customer() -> MappingName {
    MappingName::from("Customer")
}

/// Another mapping.
pub(crate) fn item() -> MappingName {
    MappingName::from("Item")
}

/// A path of its own for a state file, in a folder that goes with the first value.
pub(crate) fn temporary() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frappe-sync.db");
    (folder, path)
}

/// The sync that most tests use.
pub(crate) fn sync_of(file: &StateFile) -> SyncState {
    file.sync(&SyncName::from("hq-branch"))
}

/// A second of 2026 by our clock.
pub(crate) fn moment(second: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + chrono::Duration::seconds(second)
}

/// A second of 2026 by a site's clock.
pub(crate) fn site_time(second: i64) -> SiteTime {
    SiteTime::from_naive(moment(second).naive_utc())
}

pub(crate) fn names(names: &[&str]) -> Vec<DocName> {
    names.iter().copied().map(DocName::from).collect()
}

pub(crate) fn key(name: &str, second: i64) -> DocKey {
    DocKey {
        name: name.into(),
        modified: Some(site_time(second + 1)),
        creation: Some(site_time(second)),
        owner: "clerk@example.com".to_owned(),
        lft: None,
    }
}

pub(crate) fn todo(name: &str, second: i64) -> Todo {
    Todo {
        key: key(name, second),
        reason: TodoReason::Seen,
    }
}

/// A baseline with a settled field, a half-settled one, a table, and something refused.
pub(crate) fn baseline(seed: u64) -> Baseline {
    let both = |a: u64, b: u64| PerSide {
        a: Some(Fingerprint::from_u64(a)),
        b: Some(Fingerprint::from_u64(b)),
    };
    Baseline {
        fields: [
            ("customer_name".into(), both(seed, seed)),
            ("territory".into(), both(seed + 1, seed + 2)),
            (
                "website".into(),
                PerSide {
                    a: None,
                    b: Some(Fingerprint::from_u64(seed)),
                },
            ),
        ]
        .into(),
        tables: [(
            "accounts".into(),
            vec![RowBaseline {
                names: PerSide {
                    a: "r1".into(),
                    b: "s1".into(),
                },
                fields: [("account".into(), both(seed + 3, seed + 3))].into(),
            }],
        )]
        .into(),
        refused: [FieldPath::Field("credit_limit".into())].into(),
        rewritten: [FieldPath::RowField(
            "accounts".into(),
            "r1".into(),
            "account".into(),
        )]
        .into(),
    }
}

/// A pair that is not stored yet: `name` on `a`, `name-b` on `b`.
pub(crate) fn pair(name: &str, second: i64) -> Pair {
    named_pair(name, &format!("{name}-b"), second)
}

pub(crate) fn named_pair(a: &str, b: &str, second: i64) -> Pair {
    let side = |name: &str, second: i64| PairSide {
        name: name.into(),
        creation: Some(site_time(second)),
        owner: "clerk@example.com".to_owned(),
        modified: Some(site_time(second + 1)),
    };
    Pair {
        id: None,
        mapping: customer(),
        sides: PerSide {
            a: side(a, second),
            b: side(b, second + 1000),
        },
        open: false,
        gone: None,
        baseline: baseline(second.unsigned_abs()),
    }
}

/// A pair that is not stored yet, whose document on `side` was deleted.
pub(crate) fn tombstone(name: &str, side: Side, second: i64) -> Pair {
    Pair {
        gone: Some(side),
        ..pair(name, second)
    }
}

pub(crate) fn pairs_batch(pairs: Vec<Pair>) -> Batch {
    Batch {
        pairs,
        ..Batch::default()
    }
}

/// Commits new pairs and returns them as stored.
pub(crate) fn stored_pairs(sync: &SyncState, pairs: Vec<Pair>) -> Vec<Pair> {
    sync.commit(&pairs_batch(pairs)).unwrap();
    sync.pairs_after(&customer(), None, usize::MAX).unwrap()
}

pub(crate) fn parked(name: &str, retry_at: i64) -> Parked {
    Parked {
        mapping: customer(),
        side: Side::B,
        key: key(name, 5),
        cause: ParkedCause::MissingTarget {
            field: "territory".to_owned(),
            doctype: "Territory".into(),
            name: "North".into(),
        },
        message: "`Territory` `North` has no counterpart".to_owned(),
        attempts: 1,
        since: moment(1),
        retry_at: moment(retry_at),
    }
}

pub(crate) fn conflict(name: &str, field: &str) -> ConflictRecord {
    ConflictRecord {
        id: None,
        run: RunId::from("run-1"),
        mapping: customer(),
        names: PerSide {
            a: name.into(),
            b: format!("{name}-b").into(),
        },
        path: FieldPath::Field(field.into()),
        state: ConflictState::Open,
        modified: PerSide {
            a: Some(site_time(1)),
            b: None,
        },
        users: PerSide {
            a: "ann@example.com".to_owned(),
            b: "bob@example.com".to_owned(),
        },
    }
}

pub(crate) fn journal_entry(name: &str, second: i64) -> JournalEntry {
    JournalEntry {
        run: RunId::from("run-1"),
        at: moment(second),
        side: Side::A,
        doctype: "Customer".into(),
        name: name.into(),
        path: FieldPath::Field("customer_name".into()),
        lost: json!("Old & Co"),
        kept: json!({"nested": [1, 2.5, null]}),
        reason: "newest: b was saved later".to_owned(),
    }
}

pub(crate) fn intent(name: &str) -> Intent {
    Intent {
        id: None,
        run: RunId::from("run-1"),
        mapping: customer(),
        side: Side::B,
        source: key(name, 3),
        kind: IntentKind::Create {
            expected_name: None,
            place: 7,
            chunk: "chunk-1".to_owned(),
        },
        sent: baseline(40),
        sent_at: moment(9),
        site_time: site_time(9),
    }
}
