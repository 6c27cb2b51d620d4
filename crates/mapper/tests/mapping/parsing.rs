use frappe_sync_mapper::parse;
use frappe_sync_model::{
    Cancelled, ConflictPolicy, Deletes, Direction, Docstatus, Filter, Identity, NameKeeping,
    PerSide, Side,
};
use serde_json::json;

/// A file that is wrong, with the place, the message and the help that it must give.
struct Wrong {
    text: &'static str,
    says: &'static str,
    help: Option<&'static str>,
}

const fn wrong(text: &'static str, says: &'static str, help: Option<&'static str>) -> Wrong {
    Wrong { text, says, help }
}

#[test]
fn a_short_file_means_both_ways_by_name_and_newest_wins() {
    let file = parse("version: 1\ndoctype: Customer\n", "customer.yaml").unwrap();
    assert_eq!(file.name().as_str(), "Customer");
    assert_eq!(file.doctypes.b.as_str(), "Customer");
    assert_eq!(file.direction, Direction::Both);
    assert_eq!(file.identity, Identity::Name);
    assert!(!file.shared_names);
    assert_eq!(file.filters, PerSide::default());
    assert_eq!(file.conflict, ConflictPolicy::Newest);
    assert_eq!(file.prefer, Side::A);
    assert_eq!(file.deletes, Deletes::Ignore);
    assert_eq!(file.docstatus, Docstatus::Follow);
    assert_eq!(file.cancelled, Cancelled::Replay);
    assert_eq!(file.naming, NameKeeping::Own);
}

#[test]
fn a_long_file_says_all_of_it() {
    let text = r#"
version: 1
doctype: {a: Customer, b: Client}
direction: a-to-b
identity: [tax_id, country]
shared_names: true
filters: {a: [["disabled", "=", 0], [country, in, [NO, yes]]], b: [["disabled", "=", true]]}
conflict: manual
prefer: b
deletes: propagate
docstatus: draft
cancelled: skip
naming: keep
fields: {except: [image]}
tables:
  contacts: {key: [person], only: [person, phone]}
"#;
    let file = parse(text, "customer.yaml").unwrap();
    assert_eq!(file.name().as_str(), "Customer:Client");
    assert_eq!(file.direction, Direction::AToB);
    let key = vec!["tax_id".into(), "country".into()];
    assert_eq!(file.identity, Identity::Key(key));
    assert!(file.shared_names);
    assert_eq!(
        file.filters,
        PerSide {
            a: vec![
                Filter::new("disabled", "=", 0),
                Filter::new("country", "in", json!(["NO", "yes"])),
            ],
            b: vec![Filter::new("disabled", "=", 1)],
        }
    );
    assert_eq!(file.conflict, ConflictPolicy::Manual);
    assert_eq!(file.prefer, Side::B);
    assert_eq!(file.deletes, Deletes::Propagate);
    assert_eq!(file.docstatus, Docstatus::Draft);
    assert_eq!(file.cancelled, Cancelled::Skip);
    assert_eq!(file.naming, NameKeeping::Keep);
}

#[test]
fn one_list_of_filters_holds_for_both_sides() {
    let text = "version: 1\ndoctype: X\nfilters: [[\"code\", \"=\", \"007\"]]\n";
    let file = parse(text, "x.yaml").unwrap();
    assert_eq!(file.filters.a, vec![Filter::new("code", "=", "007")]);
    assert_eq!(file.filters.b, file.filters.a);
}

#[test]
fn a_choice_can_be_any_of_its_words() {
    for (key, words) in [
        ("direction", &["both", "a-to-b", "b-to-a"] as &[&str]),
        ("conflict", &["newest", "a", "b", "manual"]),
        ("prefer", &["a", "b"]),
        ("deletes", &["ignore", "propagate"]),
        ("docstatus", &["follow", "draft"]),
        ("cancelled", &["replay", "skip"]),
        ("identity", &["name", "create", "[x]"]),
        ("shared_names", &["true", "false"]),
    ] {
        for word in words {
            let text = format!("version: 1\ndoctype: X\n{key}: {word}\n");
            assert!(parse(&text, "x.yaml").is_ok(), "{text}");
        }
    }
}

#[test]
fn every_mistake_is_told_by_line_and_column() {
    let cases = [
        // The file as a whole.
        wrong(
            "",
            "1:1: expected the keys of a mapping file, found nothing",
            None,
        ),
        wrong(
            "- version: 1\n",
            "1:1: expected the keys of a mapping file, found a list",
            None,
        ),
        wrong(
            "doctype: X\n",
            "1:1: the key `version` is missing",
            Some("for example `version: 1`"),
        ),
        wrong(
            "version: 1\n",
            "1:1: the key `doctype` is missing",
            Some("for example `doctype: Customer`"),
        ),
        wrong(
            "version: 2\ndoctype: X\n",
            "1:10: version 2 of mapping files is not known here",
            Some("this frappe-sync reads `version: 1`"),
        ),
        wrong(
            "version: \"1\"\ndoctype: X\n",
            "1:10: expected the number 1, found the text `1`",
            None,
        ),
        wrong(
            "version: 1\ndoctype: X\ndirecton: both\n",
            "3:1: unknown key `directon`",
            Some("did you mean `direction`?"),
        ),
        wrong(
            "version: 1\ndoctype: X\nschedule: daily\n",
            "3:1: unknown key `schedule`",
            Some(
                "known here: `version`, `doctype`, `direction`, `identity`, `shared_names`, `naming`, \
                 `filters`, `conflict`, `prefer`, `deletes`, `docstatus`, `cancelled`, `files`, `comments`, `tags`, \
                 `links`, `fields`, `tables`",
            ),
        ),
        wrong(
            "version: 1\ndoctype: X\ndoctype: Y\n",
            "3:1: the key `doctype` is given twice",
            Some("keep one of the two"),
        ),
        wrong(
            "version: 1\ndoctype: X\n---\nversion: 1\n",
            "4:1: a second document starts here",
            Some("a file holds one document: remove the line `---`"),
        ),
        wrong(
            "version: 1\n bad: 2\n",
            "2:5: mapping values are not allowed in this context",
            None,
        ),
        wrong(
            "version: 1\ndoctype: *x\n",
            "2:10: reference to unknown value",
            None,
        ),
        // DocTypes.
        wrong(
            "version: 1\ndoctype:\n",
            "2:8: expected the name of a DocType, found nothing",
            None,
        ),
        wrong(
            "version: 1\ndoctype: 42\n",
            "2:10: expected the name of a DocType, found the number `42`",
            Some("put it in quotes if it is meant as text"),
        ),
        wrong(
            "version: 1\ndoctype: {a: Customer}\n",
            "2:10: the key `b` is missing",
            Some("for example `doctype: {a: Customer, b: Client}`"),
        ),
        wrong(
            "version: 1\ndoctype: {a: Customer, c: Client}\n",
            "2:24: unknown key `c`",
            Some("did you mean `a`?"),
        ),
        // Choices.
        wrong(
            "version: 1\ndoctype: X\ndirection: a_to_b\n",
            "3:12: expected one of `both`, `a-to-b`, `b-to-a`, found `a_to_b`",
            Some("did you mean `a-to-b`?"),
        ),
        wrong(
            "version: 1\ndoctype: X\nconflict: [newest]\n",
            "3:11: expected one of `newest`, `a`, `b`, `manual`, found a list",
            None,
        ),
        wrong(
            "version: 1\ndoctype: X\nshared_names: yes\n",
            "3:15: expected `true` or `false`, found the text `yes`",
            None,
        ),
        wrong(
            "version: 1\ndoctype: X\ndocstatus: follows\n",
            "3:12: expected one of `follow`, `draft`, found `follows`",
            Some("did you mean `follow`?"),
        ),
        // Identity.
        wrong(
            "version: 1\ndoctype: X\nidentity: tax_id\n",
            "3:11: expected `name`, `create` or a list of fields, found the text `tax_id`",
            Some("a natural key is a list: `identity: [tax_id]`"),
        ),
        wrong(
            "version: 1\ndoctype: X\nidentity: []\n",
            "3:11: the natural key names no field",
            Some("for example `identity: [customer_name]`"),
        ),
        wrong(
            "version: 1\ndoctype: X\nidentity: [tax_id, tax_id]\n",
            "3:20: `tax_id` is named twice",
            None,
        ),
        // Filters.
        wrong(
            "version: 1\ndoctype: X\nfilters: disabled\n",
            "3:10: expected a list of filters, found the text `disabled`",
            Some("for example `[[\"disabled\", \"=\", 0]]`"),
        ),
        wrong(
            "version: 1\ndoctype: X\nfilters: [disabled, \"=\", 0]\n",
            "3:11: expected a filter, `[field, operator, value]`, found the text `disabled`",
            Some("filters are a list of lists, for example `[[\"disabled\", \"=\", 0]]`"),
        ),
        wrong(
            "version: 1\ndoctype: X\nfilters: [[X, disabled, \"=\", 0]]\n",
            "3:11: a filter has three parts, `[field, operator, value]`, this one has 4",
            Some("for example `[[\"disabled\", \"=\", 0]]`"),
        ),
        wrong(
            "version: 1\ndoctype: X\nfilters: [[disabled, \"==\", 0]]\n",
            "3:22: `==` is no operator of a filter",
            Some(
                "a filter is written `[field, operator, value]`, with one of the operators \
                 = != > < >= <= like, not like, in, not in, is, between",
            ),
        ),
        wrong(
            "version: 1\ndoctype: X\nfilters: [[code, \"=\", 007]]\n",
            "3:23: `007` without quotes is the number 7",
            Some("write `\"007\"` for the text, or the number as `7`"),
        ),
        wrong(
            "version: 1\ndoctype: X\nfilters: [[code, \"=\", 1.10]]\n",
            "3:23: `1.10` without quotes is the number 1.1",
            Some("write `\"1.10\"` for the text, or the number as `1.1`"),
        ),
        wrong(
            "version: 1\ndoctype: X\nfilters: [[code, \"=\", null]]\n",
            "3:23: expected a value, found nothing",
            Some("to ask for an empty field, write `[field, \"is\", \"not set\"]`"),
        ),
        wrong(
            "version: 1\ndoctype: X\nfilters: [[country, in, NO]]\n",
            "3:25: expected a list of values after `in`, found the text `NO`",
            None,
        ),
        wrong(
            "version: 1\ndoctype: X\nfilters: [[date, between, [2026-01-01]]]\n",
            "3:27: expected a list of two values after `between`, found a list",
            None,
        ),
        wrong(
            "version: 1\ndoctype: X\nfilters: [[date, is, empty]]\n",
            "3:22: expected `set` or `not set` after `is`, found the text `empty`",
            None,
        ),
        wrong(
            "version: 1\ndoctype: X\nfilters: [[date, \"=\", [1, 2]]]\n",
            "3:23: expected a single value after `=`, found a list",
            None,
        ),
        // Fields and tables.
        wrong(
            "version: 1\ndoctype: X\nfields: [name]\n",
            "3:9: expected `only`, `except`, `except_if_present` or `map` with fields, found a list",
            None,
        ),
        wrong(
            "version: 1\ndoctype: X\nfields: {excpt: [image]}\n",
            "3:10: unknown key `excpt`",
            Some("did you mean `except`?"),
        ),
        wrong(
            "version: 1\ndoctype: X\nfields:\n  only: [x]\n  except: [y]\n",
            "5:3: `except` says nothing beside `only`",
            Some("`only` lists all that travels: keep one of the two"),
        ),
        wrong(
            "version: 1\ndoctype: X\nfields:\n  except: [x]\n  except_if_present: [x]\n",
            "5:23: `x` is named twice",
            None,
        ),
        wrong(
            "version: 1\ndoctype: X\nfields: {except: image}\n",
            "3:18: expected a list of fieldnames, found the text `image`",
            None,
        ),
        wrong(
            "version: 1\ndoctype: X\ntables: [items]\n",
            "3:9: expected a child table field with its keys, found a list",
            None,
        ),
        wrong(
            "version: 1\ndoctype: X\ntables:\n  items:\n    keys: [x]\n",
            "5:5: unknown key `keys`",
            Some("did you mean `key`?"),
        ),
    ];
    for case in &cases {
        let diagnostic = parse(case.text, "x.yaml").expect_err(case.text);
        let expected = format!("x.yaml:{}", case.says);
        assert_eq!(diagnostic.to_string(), expected, "{}", case.text);
        assert_eq!(diagnostic.help.as_deref(), case.help, "{}", case.text);
    }
}
