//! What a site holds, read by a person and not through the engine.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::{PerSide, Side};
use serde_json::{Map, Value, json};

use super::book::{Token, tokens_in};
use super::kind::{DocTypes, Kind};
use crate::{SitePair, text};

/// One document.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) name: String,
    /// What must be alike on both sites: links are told by markers, since names may differ.
    pub(super) content: Map<String, Value>,
    pub(super) tokens: BTreeSet<Token>,
}

/// What both sites hold, by kind and marker. A marker with several documents is one that is there twice.
#[derive(Debug)]
pub(super) struct Snapshot(pub(super) PerSide<BTreeMap<(Kind, String), Vec<Seen>>>);

impl Snapshot {
    /// Reads both sites.
    pub(super) async fn read(pair: &SitePair, doctypes: &DocTypes) -> Self {
        Self(PerSide {
            a: read_site(pair, doctypes, Side::A).await,
            b: read_site(pair, doctypes, Side::B).await,
        })
    }
}

async fn read_site(
    pair: &SitePair,
    doctypes: &DocTypes,
    side: Side,
) -> BTreeMap<(Kind, String), Vec<Seen>> {
    let person = &pair.people[side];
    let mut markers: BTreeMap<(Kind, String), String> = BTreeMap::new();
    let mut documents = Vec::new();
    for kind in Kind::ALL {
        let doctype = doctypes.of(kind);
        for name in person.names(doctype).await {
            let document = person.get(doctype, &name).await;
            markers.insert((kind, name.clone()), text(&document, kind.marker()));
            documents.push((kind, name, document));
        }
    }
    let mut seen: BTreeMap<(Kind, String), Vec<Seen>> = BTreeMap::new();
    for (kind, name, document) in documents {
        let one = Seen {
            content: content(kind, &document, &markers),
            tokens: tokens_in(&document.to_string()),
            name,
        };
        let key = (kind, text(&document, kind.marker()));
        seen.entry(key).or_default().push(one);
    }
    seen
}

fn content(
    kind: Kind,
    document: &Value,
    markers: &BTreeMap<(Kind, String), String>,
) -> Map<String, Value> {
    let pointed_to = |kind: Kind, name: &Value| match name.as_str() {
        None | Some("") => json!(""),
        Some(name) => match markers.get(&(kind, name.to_owned())) {
            Some(marker) => json!(marker),
            None => json!(format!("`{name}`, which is not there")),
        },
    };
    let mut content = Map::new();
    for field in kind.texts().iter().chain(kind.fields()) {
        content.insert((*field).to_owned(), plain(&document[*field]));
    }
    for (field, target) in kind.links() {
        content.insert((*field).to_owned(), pointed_to(*target, &document[*field]));
    }
    if let Some(fields) = kind.row_fields() {
        let rows = document["items"].as_array().into_iter().flatten();
        let row = |row: &Value| -> Value {
            let value = |field: &&'static str| {
                let value = match kind.row_link() {
                    Some(target) if *field == "item" => pointed_to(target, &row["item"]),
                    _ => plain(&row[*field]),
                };
                ((*field).to_owned(), value)
            };
            fields.iter().map(value).collect::<Map<_, _>>().into()
        };
        content.insert("items".to_owned(), rows.map(row).collect());
    }
    content
}

/// Returns a value in the one form that equal values have.
fn plain(value: &Value) -> Value {
    match value {
        Value::Null => json!(""),
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}
