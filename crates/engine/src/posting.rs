//! Posting dates: history keeps its own, and is made and posted in its order.

use frappe_sync_model::{DocTypeMeta, Document, FieldKind, SiteTime, canonical};
use serde_json::{Map, Value};

use crate::stage::asked_for;

/// The switch without which a document is posted at the moment of its save, whatever its date says.
const SWITCH: &str = "set_posting_time";

/// The fields that hold a posting date.
const DATES: [&str; 2] = ["posting_date", "transaction_date"];

/// Tells whether documents of a DocType lose their posting date without the switch.
fn has_switch(meta: &DocTypeMeta) -> bool {
    meta.field(SWITCH).is_some() && meta.field("posting_date").is_some()
}

/// Makes a new document keep the date that it is given.
pub(crate) fn keep_given_date(meta: &DocTypeMeta, body: &mut Map<String, Value>) {
    if has_switch(meta) {
        body.insert(SWITCH.to_owned(), Value::from(1));
    }
}

/// Makes a draft keep its date through changes of the date, and through its submit.
pub(crate) fn keep_own_date(meta: &DocTypeMeta, held: &Document, changes: &mut Map<String, Value>) {
    let is_dated = changes.contains_key("posting_date") || changes.contains_key("posting_time");
    let is_set = held.fields.get(SWITCH).and_then(Value::as_u64) == Some(1);
    if held.docstatus == 0
        && has_switch(meta)
        && !is_set
        && (is_dated || asked_for(changes).is_some())
    {
        changes.insert(SWITCH.to_owned(), Value::from(1));
    }
}

/// What documents are posted in order of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting {
    /// The company; ledgers of different companies have nothing to do with each other.
    pub(crate) company: String,
    date: String,
    seconds: i64,
    creation: Option<SiteTime>,
}

impl Posting {
    /// Reads it from a document.
    pub(crate) fn of(document: &Document) -> Self {
        let text = |field: &str, kind| {
            let value = document.fields.get(field).unwrap_or(&Value::Null);
            canonical(value, kind).as_str().to_owned()
        };
        let date = DATES
            .into_iter()
            .map(|field| text(field, FieldKind::Date))
            .find(|date| !date.is_empty());
        let time = text("posting_time", FieldKind::Time);
        let whole = time.split('.').next().unwrap_or_default();
        Self {
            company: text("company", FieldKind::Text),
            date: date.unwrap_or_default(),
            seconds: whole.parse().unwrap_or_default(),
            creation: document.key.creation.clone(),
        }
    }

    /// Tells whether a DocType has dates to go by.
    pub(crate) fn orders(meta: &DocTypeMeta) -> bool {
        meta.is_submittable && DATES.into_iter().any(|field| meta.field(field).is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use frappe_sync_model::{DocKey, Naming};
    use serde_json::json;

    use super::*;

    fn document(fields: Value, docstatus: u8, creation: &str) -> Document {
        Document {
            key: DocKey {
                name: "X".into(),
                modified: None,
                creation: Some(SiteTime::new(creation)),
                owner: String::new(),
                lft: None,
            },
            modified_by: String::new(),
            docstatus,
            fields: fields.as_object().cloned().unwrap_or_default(),
            tables: BTreeMap::new(),
        }
    }

    fn meta(fields: &[&str]) -> DocTypeMeta {
        let field = |name: &&str| frappe_sync_model::FieldMeta {
            name: (*name).into(),
            label: String::new(),
            fieldtype: "Data".to_owned(),
            kind: FieldKind::Text,
            options: String::new(),
            length: 0,
            required: false,
            unique: false,
            read_only: false,
            no_copy: false,
            fetch_from: None,
            fetch_if_empty: false,
            is_virtual: false,
            set_only_once: false,
            allow_on_submit: false,
            permlevel: 0,
            default: None,
        };
        DocTypeMeta {
            name: "Invoice".into(),
            naming: Naming::of_autoname("hash"),
            is_submittable: true,
            is_tree: false,
            is_single: false,
            is_table: false,
            is_virtual: false,
            title_field: None,
            fields: fields.iter().map(field).collect(),
        }
    }

    #[test]
    fn a_date_is_kept_where_the_site_would_take_today() {
        let dated = meta(&["posting_date", "set_posting_time"]);
        let mut body = Map::new();
        keep_given_date(&dated, &mut body);
        assert_eq!(body[SWITCH], json!(1));
        for (changes, held, docstatus, kept) in [
            (json!({"posting_date": "2026-01-01"}), 0, 0, true),
            (json!({"docstatus": 1}), 0, 0, true),
            (json!({"docstatus": 1}), 1, 0, false),
            (json!({"remarks": "x"}), 0, 0, false),
            (json!({"docstatus": 2}), 0, 1, false),
        ] {
            let mut changes = changes.as_object().cloned().unwrap_or_default();
            let held = document(json!({ SWITCH: held }), docstatus, "2026-01-01 00:00:00");
            keep_own_date(&dated, &held, &mut changes);
            assert_eq!(changes.contains_key(SWITCH), kept, "{changes:?}");
        }
        let mut body = Map::new();
        keep_given_date(&meta(&["posting_date"]), &mut body);
        assert!(body.is_empty());
    }

    #[test]
    fn documents_are_posted_by_company_date_time_and_creation() {
        let of = |fields, creation| Posting::of(&document(fields, 0, creation));
        let late = "2026-05-05 10:00:00";
        let sorted = [
            of(json!({"company": "A", "posting_date": "2026-01-02"}), late),
            of(
                json!({"company": "A", "posting_date": "2026-01-03", "posting_time": "9:05:00"}),
                late,
            ),
            of(
                json!({"company": "A", "posting_date": "2026-01-03", "posting_time": "10:00:00"}),
                late,
            ),
            of(
                json!({"company": "B", "transaction_date": "2026-01-01"}),
                "2026-05-05 09:00:00",
            ),
            of(
                json!({"company": "B", "transaction_date": "2026-01-01"}),
                late,
            ),
        ];
        assert!(sorted.is_sorted(), "{sorted:#?}");
    }
}
