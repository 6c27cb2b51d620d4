//! Puts the rows of a page under their documents, and finds the documents that came torn.

use std::collections::HashMap;

use frappe_sync_model::{DocName, Document, FieldName, SiteTime};

use crate::wire_document::WireRow;

/// A document whose rows were read apart from it, a moment later.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PageDocument {
    pub(crate) document: Document,
    newest_row: Option<SiteTime>,
}

impl PageDocument {
    /// Tells whether it may have been saved between the two reads: a row is newer than the document itself.
    ///
    /// Older rows are normal, because many writes stamp the parent alone (protocol 8). Newer ones may have been
    /// written by themselves, so a document whose own `modified` still stands is whole after all.
    pub(crate) fn is_torn(&self) -> bool {
        match (&self.newest_row, &self.document.key.modified) {
            (Some(row), Some(document)) => row.is_after(document),
            _ => false,
        }
    }
}

/// Puts rows under their documents. Every table of `tables` is in every document, if only empty.
pub(crate) fn assembled(
    documents: Vec<Document>,
    tables: Vec<(FieldName, Vec<WireRow>)>,
) -> Vec<PageDocument> {
    let mut page: Vec<PageDocument> = documents
        .into_iter()
        .map(|document| PageDocument {
            document,
            newest_row: None,
        })
        .collect();
    let places = Places::of(&page);
    for (table, rows) in tables {
        for entry in &mut page {
            entry.document.tables.entry(table.clone()).or_default();
        }
        for row in rows {
            // A row without its parent lost it between the two reads.
            if let Some(place) = places.find(&row.parent) {
                page[place].take(&table, row);
            }
        }
    }
    for entry in &mut page {
        for rows in entry.document.tables.values_mut() {
            rows.sort_by_key(|row| row.idx);
        }
    }
    page
}

impl PageDocument {
    fn take(&mut self, table: &FieldName, row: WireRow) {
        let is_newest = match (&row.modified, &self.newest_row) {
            (Some(modified), Some(newest)) => modified.is_after(newest),
            (Some(_), None) => true,
            (None, _) => false,
        };
        if is_newest {
            self.newest_row = row.modified;
        }
        if let Some(rows) = self.document.tables.get_mut(table) {
            rows.push(row.row);
        }
    }
}

/// Where each document of a page is, by name.
struct Places {
    exact: HashMap<DocName, usize>,
    folded: HashMap<String, Option<usize>>,
}

impl Places {
    fn of(page: &[PageDocument]) -> Self {
        let mut exact = HashMap::new();
        let mut folded = HashMap::new();
        for (place, entry) in page.iter().enumerate() {
            let name = entry.document.name();
            exact.insert(name.clone(), place);
            folded
                .entry(fold(name))
                .and_modify(|several| *several = None)
                .or_insert(Some(place));
        }
        Self { exact, folded }
    }

    /// Finds a document by its exact name, else by the one name that differs in case alone: a site takes
    /// such rows for its own too, as its collation does not tell the spellings apart (protocol 3.2).
    fn find(&self, name: &DocName) -> Option<usize> {
        let exact = self.exact.get(name).copied();
        exact.or_else(|| self.folded.get(&fold(name)).copied().flatten())
    }
}

fn fold(name: &DocName) -> String {
    name.as_str().trim_end().to_lowercase()
}

#[cfg(test)]
mod tests {
    use frappe_sync_model::{DocKey, Row};
    use serde_json::Map;

    use super::*;

    fn document(name: &str, modified: &str) -> Document {
        Document {
            key: DocKey {
                name: name.into(),
                modified: Some(SiteTime::new(modified)),
                creation: None,
                owner: String::new(),
                lft: None,
            },
            modified_by: String::new(),
            docstatus: 0,
            fields: Map::new(),
            tables: Default::default(),
        }
    }

    fn row(parent: &str, name: &str, idx: i64, modified: &str) -> WireRow {
        WireRow {
            parent: parent.into(),
            modified: Some(SiteTime::new(modified)),
            row: Row {
                name: name.into(),
                idx,
                fields: Map::new(),
            },
        }
    }

    fn names(entry: &PageDocument) -> Vec<&str> {
        let rows = &entry.document.tables["items"];
        rows.iter().map(|row| row.name.as_str()).collect()
    }

    #[test]
    fn rows_stand_under_their_document_by_place() {
        let page = assembled(
            vec![
                document("B", "2026-01-02 00:00:00"),
                document("A", "2026-01-02 00:00:00"),
            ],
            vec![(
                "items".into(),
                vec![
                    row("A", "a2", 2, "2026-01-02 00:00:00"),
                    row("A", "a1", 1, "2026-01-02 00:00:00"),
                    row("gone", "x", 1, "2026-01-02 00:00:00"),
                ],
            )],
        );
        assert_eq!(names(&page[0]), [""; 0]);
        assert_eq!(names(&page[1]), ["a1", "a2"]);
    }

    #[test]
    fn a_row_finds_its_document_in_another_spelling_unless_two_would_do() {
        let time = "2026-01-02 00:00:00";
        let rows = |parent| vec![("items".into(), vec![row(parent, "r", 1, time)])];
        let page = assembled(vec![document("P-v1", time)], rows("p-V1 "));
        assert_eq!(names(&page[0]), ["r"]);
        let page = assembled(vec![document("P", time), document("p", time)], rows("p"));
        assert_eq!(names(&page[1]), ["r"]);
        let page = assembled(vec![document("Ab", time), document("aB", time)], rows("ab"));
        assert!(names(&page[0]).is_empty() && names(&page[1]).is_empty());
    }

    #[test]
    fn only_a_newer_row_makes_a_document_torn() {
        for (modified, torn) in [
            ("2026-01-02 00:00:00.000001", true),
            ("2026-01-02 00:00:00", false),
            ("2026-01-01 23:59:59", false),
        ] {
            let page = assembled(
                vec![document("A", "2026-01-02 00:00:00")],
                vec![(
                    "items".into(),
                    vec![
                        row("A", "a", 1, "2025-01-01 00:00:00"),
                        row("A", "b", 2, modified),
                    ],
                )],
            );
            assert_eq!(page[0].is_torn(), torn, "{modified}");
        }
    }
}
