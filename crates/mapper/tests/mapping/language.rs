//! What a mapping says of single fields: names, values, defaults, expressions.

use frappe_sync_mapper::{
    EffectiveMapping, FieldMapping, LeftOutReason, LinkContext, Translated, translate,
};
use frappe_sync_model::{
    ConflictPolicy, Direction, DocKey, DocName, DocType, Document, PerSide, Row, Side,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::world::{Site, World, resolve_texts, resolved, world};

/// Customers of `a`, Clients of `b`.
fn parties() -> World {
    let a = Site::default()
        .with(
            "Customer",
            "field:customer_name",
            "customer_name | Data | | reqd
             kind | Select | Retail/Shop/Trade |
             disabled | Check | |
             credit | Currency | |
             title | Data | |
             secret | Password | |
             group | Link | Group |
             contacts | Table | Contact |",
        )
        .with("Group", "prompt", "title | Data | |")
        .with(
            "Contact",
            "hash",
            "person | Data | | reqd\n phone | Data | |",
        );
    let b = Site::default()
        .with(
            "Client",
            "field:title",
            "title | Data | | reqd
             client_kind | Select | Big/Small |
             state | Select | Open/Closed |
             limit | Float | |
             score | Int | |
             group | Link | Group |
             people | Table | Person |",
        )
        .with("Group", "prompt", "title | Data | |")
        .with(
            "Person",
            "hash",
            "who | Data | | reqd\n phone | Data | |\n label | Data | |",
        );
    let with_choices = |site: Site, doctype: &str| {
        site.changed(doctype, |meta| {
            for field in &mut meta.fields {
                if field.fieldtype == "Select" {
                    field.options = field.options.replace('/', "\n");
                }
            }
        })
    };
    world(&with_choices(a, "Customer"), &with_choices(b, "Client"))
}

const HEAD: &str = "version: 1\ndoctype: {a: Customer, b: Client}\nidentity: [customer_name]\n";
const MAP: &str = "fields:\n  map:\n    customer_name: title\n";

fn mapping(rest: &str) -> EffectiveMapping {
    resolved(&format!("{HEAD}{MAP}{rest}"), &parties())
}

fn field<'m>(mapping: &'m EffectiveMapping, id: &str) -> &'m FieldMapping {
    let mut fields = mapping.fields.iter();
    fields
        .find(|field| field.id == id)
        .unwrap_or_else(|| panic!("`{id}` does not travel"))
}

/// Everything is called the same on both sides.
struct Same;

impl LinkContext for Same {
    fn doctype_across(&self, _: Side, doctype: &DocType) -> Option<DocType> {
        Some(doctype.clone())
    }

    fn counterpart(&self, _: Side, _: &DocType, name: &DocName) -> Option<DocName> {
        Some(name.clone())
    }
}

fn across(field: &FieldMapping, from: Side, value: &Value) -> Translated {
    translate(field, from, value, &Map::new(), &Same)
}

#[test]
fn a_field_can_have_another_name_and_rules_of_its_own() {
    let mapping = mapping(
        "    credit: {b: limit, direction: a-to-b, conflict: b}\ntables:\n  contacts: {b: people, map: {person: who}}\n",
    );
    let name = field(&mapping, "customer_name");
    assert_eq!(name.names.b, "title");
    assert!(name.on_create_only);
    assert_eq!(name.direction, Direction::Both);
    let credit = field(&mapping, "credit");
    assert_eq!(
        (credit.direction, credit.conflict),
        (Direction::AToB, ConflictPolicy::B)
    );
    let table = &mapping.tables[0];
    assert_eq!(
        (table.names.a.as_str(), table.names.b.as_str()),
        ("contacts", "people")
    );
    assert_eq!(table.child.b, "Person");
    let names: Vec<_> = table
        .fields
        .iter()
        .map(|field| field.names.b.as_str())
        .collect();
    assert_eq!(names, ["who", "phone"]);
    // `title` of `a` is no counterpart of `title` of `b` any more.
    let title = mapping.left_out.iter().find(|entry| entry.field == "title");
    let title = title.expect("it stays behind");
    assert_eq!(
        (title.side, &title.reason),
        (Side::A, &LeftOutReason::GoesElsewhere)
    );
}

#[test]
fn values_are_told_both_ways() {
    let mapping = mapping(
        "    kind: {b: client_kind, values: {Retail: Small, Shop: Small, Trade: Big}, back: {Small: Retail}}\n\
         \x20   disabled: {b: state, values: {0: Open, 1: Closed}}\n",
    );
    let told = |value: &str| Translated::Value(value.into());
    let kind = field(&mapping, "kind");
    assert_eq!(across(kind, Side::A, &json!("Shop")), told("Small"));
    assert_eq!(across(kind, Side::B, &json!("Small")), told("Retail"));
    assert_eq!(across(kind, Side::B, &json!("Big")), told("Trade"));
    assert_eq!(
        across(kind, Side::A, &json!("")),
        Translated::Value(Value::Null)
    );
    let why = "`Old` is not in the mapping's table of values".to_owned();
    assert_eq!(
        across(kind, Side::A, &json!("Old")),
        Translated::Untold { why }
    );
    let state = field(&mapping, "disabled");
    assert_eq!(across(state, Side::A, &json!(0)), told("Open"));
    assert_eq!(
        across(state, Side::B, &json!("Closed")),
        Translated::Value(json!(1))
    );
}

#[test]
fn what_a_table_does_not_know_is_parked_kept_or_given_a_value() {
    let title = |rest: &str| {
        mapping(&format!(
            "    credit: {{b: limit, values: {{1: 100}}{rest}}}\n"
        ))
    };
    let of = |mapping: &EffectiveMapping, side| across(field(mapping, "credit"), side, &json!(7));
    assert!(matches!(of(&title(""), Side::A), Translated::Untold { .. }));
    assert_eq!(
        of(&title(", rest: keep"), Side::A),
        Translated::Value(json!(7))
    );
    let given = title(", rest: {b: 0}");
    assert_eq!(of(&given, Side::A), Translated::Value(json!(0)));
    assert!(matches!(of(&given, Side::B), Translated::Untold { .. }));
}

fn document(fields: Value) -> Document {
    let Value::Object(fields) = fields else {
        panic!("fields have names")
    };
    Document {
        key: DocKey {
            name: "CUST-1".into(),
            modified: None,
            creation: None,
            owner: "ann@example.com".to_owned(),
            lft: None,
        },
        modified_by: String::new(),
        docstatus: 0,
        fields,
        tables: Default::default(),
    }
}

/// Returns what an expression over a Customer gives the field `score` of `b`.
fn computed(expression: &str, fields: Value) -> Option<Translated> {
    let mapping = mapping(&format!("  compute: {{b: {{score: {expression:?}}}}}\n"));
    let mut document = document(fields);
    mapping.compute(Side::A, &mut document);
    let score = field(&mapping, "=score");
    assert_eq!(
        (score.direction, score.names.b.as_str()),
        (Direction::AToB, "score")
    );
    let value = document.fields.get(score.names.a.as_str())?;
    Some(across(score, Side::A, value))
}

#[test]
fn expressions_give_what_they_give_in_frappe() {
    let fields = json!({
        "customer_name": " Ann Lee ", "credit": 12.5, "title": null, "kind": "Shop", "disabled": 1,
    });
    for (expression, expected) in [
        ("doc.customer_name.strip().upper()", json!("ANN LEE")),
        ("flt(doc.credit) * 2", json!(25.0)),
        ("flt('1,234.565', 2)", json!(1234.56)),
        ("flt(doc.title) + cint('3.9')", json!(3.0)),
        ("cint(doc.disabled) + 1", json!(2)),
        ("cstr(doc.title)", json!("")),
        ("doc.title", Value::Null),
        ("doc.title or 'none'", json!("none")),
        ("doc.disabled == 1", json!(1)),
        ("'x' if doc.kind in ['Shop', 'Retail'] else 'y'", json!("x")),
        (
            "doc.name ~ '/' ~ doc.owner",
            json!("CUST-1/ann@example.com"),
        ),
        ("getdate('2026-01-31 10:00:00')", json!("2026-01-31")),
        ("add_months('2026-01-31', 1)", json!("2026-02-28")),
        ("add_days('2026-02-28', 1)", json!("2026-03-01")),
        ("date_diff('2026-03-01', '2026-02-01')", json!(28)),
        ("getdate(doc.title)", Value::Null),
        ("doc.customer_name.split()[0]", json!("Ann")),
        ("len(doc.kind)", json!(4)),
        ("doc.credit | round | int", json!(12)),
    ] {
        let given = computed(expression, fields.clone());
        assert_eq!(given, Some(Translated::Value(expected)), "{expression}");
    }
}

#[test]
fn an_expression_that_fails_says_why_and_one_over_what_is_not_shown_says_nothing() {
    for (expression, why) in [
        ("getdate(doc.kind)", "invalid operation: it is no date"),
        (
            "doc.kind.split()",
            "it gives a sequence, which no field can hold",
        ),
        ("1 / 0", "invalid operation"),
        ("doc.kind + 1", "invalid operation"),
    ] {
        match computed(expression, json!({ "kind": "Shop" })) {
            Some(Translated::Untold { why: told }) => {
                assert!(told.contains(why), "{expression}: {told}");
                assert!(!told.contains("Shop"), "{told}");
            }
            other => panic!("{expression} gives {other:?}"),
        }
    }
    assert_eq!(computed("doc.kind", json!({})), None);
}

#[test]
fn an_expression_over_a_row_sees_its_document() {
    let mapping = mapping(
        "tables:\n  contacts:\n    b: people\n    map: {person: who}\n    \
         compute: {b: {label: \"row.person ~ ' of ' ~ doc.name\"}}\n",
    );
    let mut document = document(json!({}));
    let row = Row {
        name: "r1".into(),
        idx: 1,
        fields: Map::from_iter([("person".to_owned(), json!("Ann"))]),
    };
    document.tables.insert("contacts".into(), vec![row]);
    mapping.compute(Side::A, &mut document);
    let rows = &document.tables["contacts"];
    assert_eq!(rows[0].fields["=label"], json!("Ann of CUST-1"));
}

#[test]
fn a_default_goes_to_the_field_that_travels_or_stands_alone() {
    let mapping = mapping("    credit: limit\n  default: {b: {limit: 5, score: 1}}\n");
    assert_eq!(
        field(&mapping, "credit").default,
        PerSide {
            a: None,
            b: Some(json!(5))
        }
    );
    assert_eq!(mapping.given.b.get("score"), Some(&json!(1)));
    assert!(mapping.given.a.is_empty());
}

#[test]
fn values_expressions_and_filters_of_rows_are_part_of_the_form() {
    let form = |rest: &str| mapping(rest).effective_form();
    let kind = |table: &str| format!("    kind: {{b: client_kind, values: {table}}}\n");
    let table = form(&kind("{Retail: Small, Trade: Big}"));
    assert_ne!(table, form(&kind("{Retail: Big, Trade: Small}")));
    assert_ne!(
        table,
        form(&kind("{Retail: Small, Trade: Big}, rest: {b: Big}"))
    );
    let compute = |expression: &str| form(&format!("  compute: {{b: {{score: {expression}}}}}\n"));
    assert_ne!(compute("cint(doc.credit)"), compute("cint(doc.disabled)"));
    let rows = |more: &str| {
        form(&format!(
            "tables: {{contacts: {{b: people, map: {{person: who}}{more}}}}}\n"
        ))
    };
    assert_ne!(rows(""), rows(", filters: {a: [[phone, is, set]]}"));
    assert_ne!(rows(""), rows(", direction: a-to-b"));
    // Policies decide what is done, not what is known.
    assert_eq!(rows(""), rows(", conflict: manual"));
    assert_eq!(
        form("    credit: limit\n"),
        form("    credit: {b: limit, conflict: a}\n  default: {b: {score: 1}}\n")
    );
}

#[test]
fn every_mistake_in_the_language_is_told_by_line_and_column() {
    let world = parties();
    let mut wrong = Vec::new();
    // Each stands behind four lines of a right file.
    for (text, expected) in [
        (
            "    credt: limit\n",
            "7:5: `Customer` has no field `credt` on `a` | did you mean `credit`?",
        ),
        (
            "    credit: limt\n",
            "7:13: `Client` has no field `limt` on `b` | did you mean `limit`?",
        ),
        (
            "    contacts: people\n",
            "7:5: `contacts` is a child table: it has its place under `tables`",
        ),
        (
            "    kind: {b: client_kind, values: {Retial: Small}}\n",
            "7:37: `Retial` is no choice of `kind` on `a` | did you mean `Retail`?",
        ),
        (
            "    kind: {b: client_kind, values: {Retail: Smal}}\n",
            "7:45: `Smal` is no choice of `client_kind` on `b` | did you mean `Small`?",
        ),
        (
            "    kind: {b: client_kind, values: {Retail: Small, Shop: Small}}\n",
            "7:52: `Retail` and `Shop` become the same value of `b`: which of them comes back is not said | say \
             it with `back: {..: Retail}`, or let the field go one way with `direction: a-to-b`",
        ),
        (
            "    kind: {b: client_kind, values: {Retail: Small}, back: {Small: Trade}}\n",
            "7:67: `Trade` of `a` does not become `Small`, so it cannot come back from it",
        ),
        (
            "    disabled: {b: state, values: {0: Open}, rest: keep}\n",
            "7:51: `disabled` is `Check` on `a` and `Select` on `b`, so that no value can be kept | name all \
             values and write `rest: park`, or give the rest a value",
        ),
        (
            "    credit: {b: limit, values: {x: 1}}\n",
            "7:33: `x` is no number, as `credit` is on `a` (`Currency`)",
        ),
        (
            "    credit: {b: limit, missing: clear}\n",
            "7:33: `credit` is no link, so that none can be missing",
        ),
        (
            "    credit: client_kind\n",
            "7:5: `credit` cannot travel: it is `Currency` here and `Select` on the other side (on `a`)",
        ),
        (
            "  default: {b: {scor: 1}}\n",
            "7:17: `Client` has no field `scor` on `b` | did you mean `score`?",
        ),
        (
            "  default: {b: {state: Shut}}\n",
            "7:24: `Shut` is no choice of `state` on `b` | known are `Open`, `Closed`",
        ),
        (
            "  compute: {b: {scor: doc.name}}\n",
            "7:17: `Client` has no field `scor` on `b` | did you mean `score`?",
        ),
        (
            "  compute:\n    b:\n      score: \"doc.name ~ doc.credt\"\n",
            "9:30: `Customer` has no field `credt` on `a` | did you mean `credit`?",
        ),
        (
            "  compute:\n    b:\n      score: |\n        doc.name\n          ~ doc.kin\n",
            "11:17: `Customer` has no field `kin` on `a` | did you mean `kind`?",
        ),
        (
            "  compute: {b: {score: nowdate()}}\n",
            "7:24: `nowdate` cannot be here: an expression has no clock | the same document must always give \
             the same value: take a field that holds the time",
        ),
        (
            "  compute: {b: {score: doc.kind | uper}}\n",
            "7:35: there is no filter `uper` | did you mean `upper`?",
        ),
        (
            "  compute: {b: {score: fltt(doc.credit)}}\n",
            "7:24: there is no function `fltt` | did you mean `flt`?",
        ),
        (
            "  compute: {b: {score: kind}}\n",
            "7:24: `kind` means nothing here | a field is written `doc.kind`, a text `\"kind\"`",
        ),
        (
            "  compute: {b: {score: doc.modified}}\n",
            "7:28: `modified` cannot be here: it is other than what people wrote | take a field of the DocType",
        ),
        (
            "  compute: {b: {score: doc.secret}}\n",
            "7:28: `secret` is a password, which is never read | take a field that holds a value",
        ),
        (
            "tables: {contacts: {b: peple}}\n",
            "7:24: `Client` has no child table `peple` on `b` | did you mean `people`?",
        ),
        (
            "tables: {contacts: {b: people, map: {person: whom}}}\n",
            "7:46: `Person` has no field `whom` on `b` | did you mean `who`?",
        ),
        (
            "tables: {contacts: {b: people, map: {person: who}, filters: {a: [[phon, is, set]]}}}\n",
            "7:67: `Contact` has no field `phon` on `a` | did you mean `phone`?",
        ),
        (
            "tables: {contacts: {b: people, direction: a-to-b, map: {person: {b: who, direction: b-to-a}}}}\n",
            "7:85: the rows go from `a` to `b` only, and so do their fields",
        ),
    ] {
        let diagnostics = resolve_texts(&[&format!("{HEAD}{MAP}{text}")], &world);
        let Err(diagnostics) = diagnostics else {
            panic!("nothing is wrong with {text}");
        };
        let said: Vec<String> = diagnostics
            .iter()
            .map(|found| match &found.help {
                Some(help) => format!("{found} | {help}"),
                None => found.to_string(),
            })
            .collect();
        if said != [format!("1.yaml:{expected}")] {
            wrong.push((text, said));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_part_of_a_key_is_a_field_of_the_document_itself() {
    let text = "version: 1\ndoctype: {a: Customer, b: Client}\nidentity: [group.title]\n";
    let diagnostics = resolve_texts(&[text], &parties()).expect_err("it cannot be");
    let said: Vec<String> = diagnostics.iter().map(|found| found.report()).collect();
    let said = said.join("\n");
    assert!(
        said.contains("3:12: `group.title` cannot be part of the natural key"),
        "{said}"
    );
    assert!(said.contains("write `group`"), "{said}");
    let linked =
        "version: 1\ndoctype: {a: Customer, b: Client}\nidentity: [group, customer_name]\n";
    assert!(resolve_texts(&[&format!("{linked}{MAP}")], &parties()).is_ok());
}

#[test]
fn what_no_site_can_look_for_is_no_part_of_a_key() {
    let said = |key: &str, rest: &str| {
        let head = format!("version: 1\ndoctype: {{a: Customer, b: Client}}\nidentity: [{key}]\n");
        let resolved = resolve_texts(&[&format!("{head}{MAP}{rest}")], &parties());
        resolved.map_err(|diagnostics| diagnostics[0].to_string())
    };
    let kind = |table: &str| format!("    kind: {{b: client_kind, values: {table}}}\n");
    assert!(said("kind", &kind("{Retail: Small, Trade: Big}")).is_ok());
    for table in [
        "{Retail: Small, Shop: Small}, back: {Small: Shop}",
        "{Retail: Small}, rest: {b: Big}",
    ] {
        let expected = "1.yaml:3:12: `kind` cannot be part of the natural key: several of its values are one on \
                        the other side";
        assert_eq!(said("kind", &kind(table)), Err(expected.to_owned()));
    }
    let expected = "1.yaml:3:12: `title` cannot be part of the natural key: an expression gives it, and no site can \
                    look for that";
    let computed = "  compute: {a: {title: doc.state}}\n";
    assert_eq!(said("title", computed), Err(expected.to_owned()));
}

/// A table of values in which no two of `a` become one of `b`.
fn one_to_one() -> impl Strategy<Value = Vec<(String, String)>> {
    let words = || proptest::collection::btree_set("[a-zA-Z][a-z]{0,5}", 1..6);
    (words(), words()).prop_flat_map(|(a, b)| {
        let a: Vec<String> = a.into_iter().collect();
        let b: Vec<String> = b.into_iter().collect();
        Just(b)
            .prop_shuffle()
            .prop_map(move |b| a.iter().cloned().zip(b).collect())
    })
}

proptest! {
    /// What can be mapped back comes back: through renamed fields and tables of values, from either side.
    #[test]
    fn what_goes_across_comes_back(table in one_to_one(), free in "[ -~]{0,12}", rest in any::<bool>()) {
        let entries: Vec<String> = table.iter().map(|(a, b)| format!("{a:?}: {b:?}")).collect();
        let rest = if rest { "keep" } else { "park" };
        let site = |field: &str| {
            Site::default().with("Thing", "prompt", &format!("{field} | Data | |\n note_{field} | Data | |"))
        };
        let text = format!(
            "version: 1\ndoctype: Thing\nfields:\n  map:\n    one: {{b: two, values: {{{}}}, rest: {rest}}}\n    note_one: note_two\n",
            entries.join(", ")
        );
        let mapping = resolved(&text, &world(&site("one"), &site("two")));
        let named = field(&mapping, "one");
        for (a, b) in &table {
            prop_assert_eq!(across(named, Side::A, &json!(a)), Translated::Value(json!(b)));
            prop_assert_eq!(across(named, Side::B, &json!(b)), Translated::Value(json!(a)));
        }
        let note = field(&mapping, "note_one");
        for from in Side::BOTH {
            let Translated::Value(there) = across(note, from, &json!(free)) else {
                panic!("a text has terms");
            };
            prop_assert_eq!(across(note, from.other(), &there), Translated::Value(json!(free)));
        }
    }
}
