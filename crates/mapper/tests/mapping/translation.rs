use std::collections::BTreeMap;

use frappe_sync_mapper::{
    Diagnostic, EffectiveMapping, FieldMapping, LinkContext, Translated, links_of, translate,
};
use frappe_sync_model::{DocKey, DocName, DocType, Document, Row, Side};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::world::{company, resolve_texts, world};

/// Customers of `a` are Clients of `b`, under names of their own.
struct Pairs {
    names: Vec<(DocName, DocName)>,
}

impl LinkContext for Pairs {
    fn doctype_across(&self, from: Side, doctype: &DocType) -> Option<DocType> {
        match (from, doctype.as_str()) {
            (Side::A, "Customer") => Some("Client".into()),
            (Side::B, "Client") => Some("Customer".into()),
            (_, "Territory") => Some("Territory".into()),
            _ => None,
        }
    }

    fn counterpart(&self, from: Side, doctype: &DocType, name: &DocName) -> Option<DocName> {
        let across = self.doctype_across(from, doctype)?;
        if across == "Territory" {
            return Some(name.clone());
        }
        self.names.iter().find_map(|(a, b)| match from {
            Side::A => (a == name).then(|| b.clone()),
            Side::B => (b == name).then(|| a.clone()),
        })
    }
}

/// An order that links to a Customer of `a`, a Client of `b`, and an address with Dynamic Links.
fn mappings() -> Vec<EffectiveMapping> {
    let b = company()
        .with(
            "Client",
            "field:customer_name",
            "customer_name | Data | | reqd",
        )
        .with(
            "Sales Order",
            "naming_series:",
            "customer | Link | Client | reqd
             po_no    | Data |        |",
        );
    resolve_texts(
        &[
            "version: 1\ndoctype: Sales Order\nidentity: create\n",
            "version: 1\ndoctype: Address\nidentity: [title]\n",
            "version: 1\ndoctype: {a: Customer, b: Client}\n",
        ],
        &world(&company(), &b),
    )
    .expect("the mappings resolve")
}

fn field<'m>(fields: &'m [FieldMapping], id: &str) -> &'m FieldMapping {
    fields
        .iter()
        .find(|field| field.id == id)
        .expect("the field travels")
}

fn row(doctype: &str, name: &Value) -> Map<String, Value> {
    let mut row = Map::new();
    row.insert("link_doctype".to_owned(), doctype.into());
    row.insert("link_name".to_owned(), name.clone());
    row
}

fn pairs() -> Pairs {
    Pairs {
        names: vec![("Ann".into(), "CL-1".into()), ("7".into(), "CL-7".into())],
    }
}

#[test]
fn links_are_translated_both_ways_and_everything_else_stays() {
    let mappings = mappings();
    let order = &mappings[0];
    let customer = field(&order.fields, "customer");
    let empty = Map::new();
    for (from, value, expected) in [
        (Side::A, json!("Ann"), json!("CL-1")),
        (Side::B, json!("CL-1"), json!("Ann")),
        (Side::A, json!(7), json!("CL-7")),
        (Side::A, json!(""), json!("")),
        (Side::A, json!(null), json!(null)),
    ] {
        assert_eq!(
            translate(customer, from, &value, &empty, &pairs()),
            Translated::Value(expected),
            "{value}"
        );
    }
    let plain = translate(
        field(&order.fields, "po_no"),
        Side::A,
        &json!("Ann"),
        &empty,
        &pairs(),
    );
    assert_eq!(plain, Translated::Value(json!("Ann")));
}

#[test]
fn a_missing_target_is_named_as_on_the_side_it_comes_from() {
    let mappings = mappings();
    let customer = field(&mappings[0].fields, "customer");
    let missing = translate(customer, Side::B, &json!("CL-9"), &Map::new(), &pairs());
    assert_eq!(
        missing,
        Translated::MissingTarget {
            doctype: "Client".into(),
            name: "CL-9".into()
        }
    );
}

#[test]
fn a_dynamic_link_follows_the_doctype_beside_it() {
    let mappings = mappings();
    let rows = &mappings[1].tables[0].fields;
    let (doctype, name) = (field(rows, "link_doctype"), field(rows, "link_name"));
    let there = |field: &FieldMapping, value: &Value, row: &Map<String, Value>| {
        translate(field, Side::A, value, row, &pairs())
    };
    let ann = row("Customer", &json!("Ann"));
    assert_eq!(
        there(doctype, &json!("Customer"), &ann),
        Translated::Value(json!("Client"))
    );
    assert_eq!(
        there(name, &json!("Ann"), &ann),
        Translated::Value(json!("CL-1"))
    );

    let north = row("Territory", &json!("North"));
    assert_eq!(
        there(doctype, &json!("Territory"), &north),
        Translated::Value(json!("Territory"))
    );
    assert_eq!(
        there(name, &json!("North"), &north),
        Translated::Value(json!("North"))
    );

    let lead = row("Lead", &json!("L-1"));
    let missing = |doctype: &str, name: &str| Translated::MissingTarget {
        doctype: doctype.into(),
        name: name.into(),
    };
    assert_eq!(
        there(doctype, &json!("Lead"), &lead),
        missing("DocType", "Lead")
    );
    assert_eq!(there(name, &json!("L-1"), &lead), missing("Lead", "L-1"));
    assert_eq!(there(name, &json!("L-1"), &Map::new()), missing("", "L-1"));
}

#[test]
fn a_select_that_holds_a_doctype_is_translated_as_one() {
    let site = company().with(
        "Payment",
        "prompt",
        "party_type | Select | Customer |\nparty | Dynamic Link | party_type |",
    );
    let b = site
        .clone()
        .with("Client", "prompt", "customer_name | Data | |");
    let mappings = resolve_texts(
        &[
            "version: 1\ndoctype: Payment\n",
            "version: 1\ndoctype: {a: Customer, b: Client}\n",
        ],
        &world(&site, &b),
    )
    .expect("the mappings resolve");
    let party_type = field(&mappings[0].fields, "party_type");
    let across = translate(
        party_type,
        Side::A,
        &json!("Customer"),
        &Map::new(),
        &pairs(),
    );
    assert_eq!(across, Translated::Value(json!("Client")));
}

#[test]
fn all_links_of_a_document_are_listed_once_and_in_order() {
    let mappings = mappings();
    let address = &mappings[1];
    let rows = ["Zoe", "Ann", "Ann"].map(|name| row("Customer", &json!(name)));
    let untold = row("", &json!("Bob"));
    let document = Document {
        key: DocKey {
            name: "Ann-Home".into(),
            modified: None,
            creation: None,
            owner: "sync@example.com".to_owned(),
            lft: None,
        },
        modified_by: "sync@example.com".to_owned(),
        docstatus: 0,
        fields: Map::new(),
        tables: BTreeMap::from([(
            "links".into(),
            rows.into_iter()
                .chain([untold])
                .enumerate()
                .map(|(index, fields)| Row {
                    name: format!("row-{index}").into(),
                    idx: i64::try_from(index).unwrap_or(0) + 1,
                    fields,
                })
                .collect(),
        )]),
    };
    assert_eq!(
        links_of(address, Side::A, &document),
        [
            ("Customer".into(), "Ann".into()),
            ("Customer".into(), "Zoe".into())
        ]
    );
}

proptest! {
    #[test]
    fn there_and_back_is_the_same_name(
        names in proptest::collection::btree_map("[a-c]{1,3}", "[x-z]{1,3}", 1..6),
        from in prop_oneof![Just(Side::A), Just(Side::B)],
        dynamic in any::<bool>(),
    ) {
        // A pair is one to one, so a name of `b` that comes twice belongs to the first only.
        let mut names: Vec<(DocName, DocName)> =
            names.into_iter().map(|(a, b)| (a.into(), b.into())).collect();
        names.sort_by(|one, other| one.1.cmp(&other.1));
        names.dedup_by(|one, other| one.1 == other.1);
        let pairs = Pairs { names };
        let mappings = mappings();
        let field = if dynamic {
            field(&mappings[1].tables[0].fields, "link_name")
        } else {
            field(&mappings[0].fields, "customer")
        };
        let (doctype, across) = match from {
            Side::A => ("Customer", "Client"),
            Side::B => ("Client", "Customer"),
        };
        for (a, b) in &pairs.names {
            let value = json!(if from == Side::A { a } else { b });
            let there = translate(field, from, &value, &row(doctype, &value), &pairs);
            let Translated::Value(there) = there else {
                return Err(TestCaseError::fail("every name is paired"));
            };
            let back = translate(field, from.other(), &there, &row(across, &there), &pairs);
            prop_assert_eq!(back, Translated::Value(value));
        }
    }
}

/// Knows one row of one order.
struct Rows;

impl LinkContext for Rows {
    fn doctype_across(&self, _: Side, doctype: &DocType) -> Option<DocType> {
        Some(doctype.clone())
    }

    fn counterpart(&self, _: Side, _: &DocType, name: &DocName) -> Option<DocName> {
        (name.as_str() == "SO-1").then(|| "SO-9".into())
    }

    fn row_across(
        &self,
        _: Side,
        doctype: &DocType,
        parent: &DocName,
        row: &DocName,
    ) -> Option<DocName> {
        let known =
            doctype.as_str() == "Sales Order" && parent.as_str() == "SO-1" && row.as_str() == "r1";
        known.then(|| "r9".into())
    }
}

/// A delivery with a link to an order, and the name of a row of it beside that.
fn deliveries(note: &str) -> Result<Vec<EffectiveMapping>, Vec<Diagnostic>> {
    let site = company()
        .with(
            "Delivery",
            "naming_series:",
            "items | Table | Delivery Item |",
        )
        .with(
            "Delivery Item",
            "hash",
            "against | Link | Sales Order | read_only no_copy
             detail  | Data |             | read_only no_copy
             note    | Data |             |",
        );
    let delivery = format!(
        "version: 1\ndoctype: Delivery\nidentity: create\ntables:\n  items:\n    map:\n      {note}\n"
    );
    resolve_texts(
        &[
            &delivery,
            "version: 1\ndoctype: Sales Order\nidentity: create\n",
            "version: 1\ndoctype: Customer\n",
        ],
        &world(&site, &site),
    )
}

#[test]
fn the_name_of_a_row_is_that_of_its_counterpart() {
    let mappings = deliveries("detail: {row_of: against}").expect("the mappings resolve");
    let detail = field(&mappings[0].tables[0].fields, "detail");
    let told = |against: Value, row: &str| {
        let mut siblings = Map::new();
        siblings.insert("against".to_owned(), against);
        translate(detail, Side::A, &json!(row), &siblings, &Rows)
    };
    assert_eq!(told(json!("SO-1"), "r1"), Translated::Value(json!("r9")));
    assert_eq!(told(json!("SO-1"), ""), Translated::Value(json!("")));
    assert_eq!(told(json!(null), "r1"), Translated::Value(json!(null)));
    assert_eq!(
        told(json!("SO-2"), "r1"),
        Translated::MissingTarget {
            doctype: "Sales Order".into(),
            name: "SO-2".into()
        }
    );
    assert!(matches!(
        told(json!("SO-1"), "r2"),
        Translated::Untold { .. }
    ));
}

#[test]
fn the_name_of_a_row_stands_beside_a_link_to_a_mapped_doctype() {
    let message = |note: &str| {
        let diagnostics = deliveries(note).expect_err("it does not resolve");
        diagnostics[0].message.clone()
    };
    assert!(message("detail: {row_of: note}").contains("is no link"));
    assert!(message("detail: {row_of: nothing}").contains("has no field `nothing`"));
}
