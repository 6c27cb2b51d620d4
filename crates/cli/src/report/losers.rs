//! Which entry of the journal holds the value that lost a conflict.

use std::collections::HashMap;

use frappe_sync_model::{
    ConflictRecord, ConflictState, DocName, DocType, FieldName, FieldPath, JournalEntry,
    MappingName, PerSide, RunId, Side,
};

/// What a conflict and its journal entry have in common. Row names are not: a conflict names rows as on `a`,
/// an entry as on the side that lost.
type Kin<'a> = (
    &'a RunId,
    Side,
    DocType,
    &'a DocName,
    Option<&'a FieldName>,
    Option<&'a FieldName>,
);

/// Returns the DocType on each side of a mapping, as its name has them.
pub(crate) fn doctypes_of(mapping: &MappingName) -> PerSide<DocType> {
    let (a, b) = match mapping.as_str().split_once(':') {
        Some(both) => both,
        None => (mapping.as_str(), mapping.as_str()),
    };
    PerSide {
        a: a.into(),
        b: b.into(),
    }
}

/// Returns for each conflict the place of its journal entry, if there is one for certain. Both are given in
/// the order in which they were found.
pub(crate) fn losers(conflicts: &[ConflictRecord], entries: &[JournalEntry]) -> Vec<Option<usize>> {
    let mut kept: HashMap<Kin<'_>, Vec<usize>> = HashMap::new();
    for (place, entry) in entries.iter().enumerate() {
        kept.entry(kin_of_entry(entry)).or_default().push(place);
    }
    let mut decided: HashMap<Kin<'_>, Vec<usize>> = HashMap::new();
    for (place, conflict) in conflicts.iter().enumerate() {
        if let Some(kin) = kin_of_conflict(conflict) {
            decided.entry(kin).or_default().push(place);
        }
    }
    let mut losers = vec![None; conflicts.len()];
    for (kin, of_kin) in decided {
        let entries_of_kin = kept.get(&kin).map_or(&[][..], Vec::as_slice);
        let same_path = |conflict: usize| {
            let path = &conflicts[conflict].path;
            let mut fitting = entries_of_kin.iter().copied();
            fitting.find(|entry| &entries[*entry].path == path)
        };
        let is_in_rows = kin.4.is_some() && kin.1 == Side::B;
        for (number, conflict) in of_kin.iter().enumerate() {
            losers[*conflict] = same_path(*conflict).or_else(|| {
                // One run writes both down row by row, so that equal numbers of them go together.
                let go_together = is_in_rows && of_kin.len() == entries_of_kin.len();
                go_together.then(|| entries_of_kin[number])
            });
        }
    }
    losers
}

fn kin_of_entry(entry: &JournalEntry) -> Kin<'_> {
    let (table, field) = parts(&entry.path);
    (
        &entry.run,
        entry.side,
        entry.doctype.clone(),
        &entry.name,
        table,
        field,
    )
}

fn kin_of_conflict(conflict: &ConflictRecord) -> Option<Kin<'_>> {
    let ConflictState::Decided(winner) = conflict.state else {
        return None;
    };
    let loser = winner.other();
    let (table, field) = parts(&conflict.path);
    Some((
        &conflict.run,
        loser,
        doctypes_of(&conflict.mapping)[loser].clone(),
        &conflict.names[loser],
        table,
        field,
    ))
}

fn parts(path: &FieldPath) -> (Option<&FieldName>, Option<&FieldName>) {
    match path {
        FieldPath::Field(field) => (None, Some(field)),
        FieldPath::Table(table) => (Some(table), None),
        FieldPath::RowField(table, _, field) => (Some(table), Some(field)),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    fn conflict(run: &str, path: &str, winner: Side) -> ConflictRecord {
        ConflictRecord {
            id: None,
            run: run.into(),
            mapping: "Customer:Client".into(),
            names: PerSide {
                a: "CUST-1".into(),
                b: "CLI-9".into(),
            },
            path: path.to_owned().into(),
            state: ConflictState::Decided(winner),
            modified: PerSide::default(),
            users: PerSide::default(),
        }
    }

    fn entry(run: &str, side: Side, path: &str) -> JournalEntry {
        let (doctype, name) = match side {
            Side::A => ("Customer", "CUST-1"),
            Side::B => ("Client", "CLI-9"),
        };
        JournalEntry {
            run: run.into(),
            at: DateTime::UNIX_EPOCH,
            side,
            doctype: doctype.into(),
            name: name.into(),
            path: path.to_owned().into(),
            lost: json!(1),
            kept: json!(2),
            reason: String::new(),
        }
    }

    #[test]
    fn a_loser_is_found_by_run_document_and_value() {
        let conflicts = [
            conflict("1", "website", Side::A),
            conflict("1", "tax_id", Side::B),
            conflict("2", "website", Side::A),
        ];
        let entries = [
            entry("2", Side::B, "website"),
            entry("1", Side::A, "tax_id"),
            entry("1", Side::B, "website"),
        ];
        assert_eq!(losers(&conflicts, &entries), [Some(2), Some(1), Some(0)]);
    }

    #[test]
    fn rows_are_found_in_their_order_where_their_names_differ() {
        let conflicts = [
            conflict("1", "items[r1].qty", Side::A),
            conflict("1", "items[r2].qty", Side::A),
        ];
        let entries = [
            entry("1", Side::B, "items[s1].qty"),
            entry("1", Side::B, "items[s2].qty"),
        ];
        assert_eq!(losers(&conflicts, &entries), [Some(0), Some(1)]);
        assert_eq!(losers(&conflicts, &entries[..1]), [None, None]);
    }

    #[test]
    fn what_waits_and_what_lost_nothing_has_no_loser() {
        let mut waiting = conflict("1", "website", Side::A);
        waiting.state = ConflictState::Open;
        let deleted = conflict("1", "(deleted)", Side::A);
        let entries = [entry("1", Side::B, "website")];
        assert_eq!(losers(&[waiting, deleted], &entries), [None, None]);
    }

    #[test]
    fn a_mapping_is_named_by_its_doctypes() {
        let doctypes = doctypes_of(&"Customer:Client".into());
        assert_eq!(
            (doctypes.a.as_str(), doctypes.b.as_str()),
            ("Customer", "Client")
        );
        assert_eq!(doctypes_of(&"Item".into()).b.as_str(), "Item");
    }
}
