//! What must hold in the end, read from both sites past the engine.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::book::{Book, Document};
use crate::kind::{KINDS, Kind};
use crate::twins::Twins;

/// A document as it must be on both sites: links are told by markers, since names may differ.
type Content = Map<String, Value>;

/// All documents under test of one site.
pub(crate) struct Seen {
    pub(crate) contents: BTreeMap<Document, Content>,
    pub(crate) names: BTreeMap<Document, String>,
}

/// Reads a site. No document may be there twice.
pub(crate) fn read(twins: &Twins, side: usize) -> Seen {
    let person = twins.person(side);
    let mut markers: BTreeMap<(&str, String), String> = BTreeMap::new();
    let mut documents = Vec::new();
    for kind in &KINDS {
        for row in person.list(kind.doctype, &["name"], json!([])).unwrap() {
            let name = row["name"].as_str().unwrap().to_owned();
            let document = person.get(kind.doctype, &name).unwrap();
            let marker = document[kind.marker].as_str().unwrap().to_owned();
            markers.insert((kind.doctype, name.clone()), marker.clone());
            documents.push((kind, marker, name, document));
        }
    }
    let marker_of = |doctype: &'static str, name: &Value| match name.as_str() {
        None | Some("") => Value::Null,
        Some(name) => json!(markers.get(&(doctype, name.to_owned()))),
    };
    let mut seen = Seen {
        contents: BTreeMap::new(),
        names: BTreeMap::new(),
    };
    for (kind, marker, name, document) in documents {
        let mut content = Content::new();
        for field in kind.fields {
            content.insert((*field).to_owned(), plain(&document[*field]));
        }
        for (field, target) in kind.links {
            content.insert((*field).to_owned(), marker_of(target, &document[*field]));
        }
        if let Some((table, _)) = kind.rows {
            content.insert(table.to_owned(), rows_of(kind, &document));
        }
        let key = (kind.doctype, marker);
        let twice = seen.contents.insert(key.clone(), content);
        assert!(twice.is_none(), "{key:?} is twice on side {side}");
        seen.names.insert(key, name);
    }
    seen
}

/// Returns the rows of a document, without their names and places.
pub(crate) fn rows_of(kind: &Kind, document: &Value) -> Value {
    let (table, fields) = kind.rows.unwrap();
    let rows = document[table].as_array().unwrap().iter();
    let row = |row: &Value| -> Value {
        let fields = fields.iter();
        fields
            .map(|field| ((*field).to_owned(), plain(&row[*field])))
            .collect::<Content>()
            .into()
    };
    rows.map(row).collect()
}

/// Returns a value in the one form that equal values have.
fn plain(value: &Value) -> Value {
    match value {
        Value::Null => json!(""),
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

/// Checks that both sites are equal, that nothing is there twice, that what people did is there, and that the
/// next run writes nothing.
pub(crate) fn judge(twins: &Twins, book: &Book) {
    let [a, b] = [read(twins, 0), read(twins, 1)];
    for (side, seen) in [("a", &a), ("b", &b)] {
        let missing: Vec<_> = book
            .documents()
            .iter()
            .filter(|document| !seen.contents.contains_key(*document))
            .collect();
        assert!(missing.is_empty(), "not on {side}: {missing:?}");
        let too_many: Vec<_> = seen
            .contents
            .keys()
            .filter(|document| !book.documents().contains(*document))
            .collect();
        assert!(too_many.is_empty(), "still on {side}: {too_many:?}");
        for (document, field, value) in book.values() {
            let there = &seen.contents[document][field];
            assert_eq!(there, &plain(value), "{document:?} {field} on {side}");
        }
        for (document, name) in book.names() {
            assert_eq!(seen.names[document], name, "{document:?} on {side}");
        }
    }
    for (document, content) in &a.contents {
        assert_eq!(content, &b.contents[document], "{document:?}");
    }
    for kind in KINDS.iter().filter(|kind| kind.named_by_people) {
        let names = |seen: &Seen| -> Vec<String> {
            let of_kind = seen.names.iter();
            of_kind
                .filter(|((doctype, _), _)| *doctype == kind.doctype)
                .map(|(_, name)| name.clone())
                .collect()
        };
        assert_eq!(names(&a), names(&b));
    }
    let verified = twins.line("verify --json");
    assert_eq!(verified.code(), Some(0), "{verified:?}");
    twins.assert_quiet();
}
