use crate::world::{Site, World, company, resolve_texts, world};

/// Returns everything that is wrong as `file:line:column: message`, each with its help after a bar.
fn complaints(texts: &[&str], world: &World) -> Vec<String> {
    let diagnostics = resolve_texts(texts, world).expect_err("something is wrong here");
    diagnostics
        .iter()
        .map(|diagnostic| match &diagnostic.help {
            Some(help) => format!("{diagnostic} | {help}"),
            None => diagnostic.to_string(),
        })
        .collect()
}

fn alike(site: Site) -> World {
    world(&site, &site)
}

#[test]
fn every_mistake_against_the_metadata_is_told_by_line_and_column() {
    let world = alike(company());
    for (text, expected) in [
        (
            "version: 1\ndoctype: Custmer\n",
            &[
                "2:10: `a` has no DocType `Custmer` | did you mean `Customer`?",
                "2:10: `b` has no DocType `Custmer` | did you mean `Customer`?",
            ] as &[&str],
        ),
        (
            "version: 1\ndoctype: {a: Customer, b: Client}\n",
            &[
                "2:27: `b` has no DocType `Client` | write its name as the site does, with capitals and \
                 spaces; the app that brings it must be installed there",
            ],
        ),
        (
            "version: 1\ndoctype: Sales Order Item\n",
            &[
                "2:10: `Sales Order Item` is a child table on `a`, which cannot be mapped | its rows \
               travel with their documents: map the DocType that holds the table",
                "2:10: `Sales Order Item` is a child table on `b`, which cannot be mapped | its rows \
               travel with their documents: map the DocType that holds the table",
            ],
        ),
        (
            "version: 1\ndoctype: Customer\nfields: {except: [credit_limt]}\n",
            &["3:19: `Customer` has no field `credit_limt` | did you mean `credit_limit`?"],
        ),
        (
            "version: 1\ndoctype: Customer\nfields: {except: [details]}\n",
            &["3:19: `Customer` has no field `details`"],
        ),
        (
            "version: 1\ndoctype: Customer\nfields: {only: [customer_name, secret]}\n",
            &["3:32: `secret` cannot travel: passwords never travel (on `a`)"],
        ),
        (
            "version: 1\ndoctype: Customer\nfields: {only: [age]}\n",
            &["3:17: `age` cannot travel: virtual: computed, never stored (on `a`)"],
        ),
        (
            "version: 1\ndoctype: Customer\ntables: {contact: {key: [person]}}\n",
            &["3:10: `Customer` has no child table `contact` | did you mean `contacts`?"],
        ),
        (
            "version: 1\ndoctype: Customer\ntables: {addresses: {key: [person]}}\n",
            &["3:10: `Customer` has no child table `addresses` | known are `contacts`"],
        ),
        (
            "version: 1\ndoctype: Customer\ntables: {contacts: {key: [persn]}}\n",
            &["3:27: `Customer Contact` has no field `persn` | did you mean `person`?"],
        ),
        (
            "version: 1\ndoctype: Customer\ntables: {contacts: {key: [password]}}\n",
            &["3:27: `password` does not travel, so it cannot tell rows apart"],
        ),
        (
            "version: 1\ndoctype: Customer\ntables: {contacts: {except: [phon]}}\n",
            &["3:30: `Customer Contact` has no field `phon` | did you mean `phone`?"],
        ),
        (
            "version: 1\ndoctype: Customer\nfields: {except: [contacts]}\ntables: {contacts: {}}\n",
            &["4:10: the table `contacts` cannot travel: the mapping leaves it out (on `a`)"],
        ),
        (
            "version: 1\ndoctype: Customer\nidentity: [customer_nam]\n",
            &["3:12: `Customer` has no field `customer_nam` | did you mean `customer_name`?"],
        ),
        (
            "version: 1\ndoctype: Customer\nidentity: [contacts]\n",
            &["3:12: `contacts` cannot be part of the natural key: it is a child table"],
        ),
        (
            "version: 1\ndoctype: Customer\nidentity: [total_billed]\n",
            &[
                "3:12: `total_billed` cannot be part of the natural key: it is left out, read-only and \
               not copied: the site works it out (on `a`)",
            ],
        ),
        (
            "version: 1\ndoctype: Customer\nfilters: [[disable, \"=\", 0], [contacts, is, set]]\n",
            &[
                "3:12: `Customer` has no field `disable` on `a` | did you mean `disabled`?",
                "3:31: `contacts` of `Customer` holds no value to filter by",
            ],
        ),
        (
            "version: 1\ndoctype: Customer\nfilters: {b: [[age, \"=\", 1]]}\n",
            &["3:16: `age` of `Customer` is never stored"],
        ),
    ] {
        let expected: Vec<String> = expected
            .iter()
            .map(|says| format!("1.yaml:{says}"))
            .collect();
        assert_eq!(complaints(&[text], &world), expected, "{text}");
    }
}

#[test]
fn standard_fields_can_be_filtered_by() {
    let text = "version: 1\ndoctype: Customer\nfilters: [[modified, \">\", \"2026-01-01\"], [_assign, is, set]]\n";
    assert!(resolve_texts(&[text], &alike(company())).is_ok());
}

#[test]
fn equal_names_need_names_that_people_choose() {
    let text = "version: 1\ndoctype: Sales Order\nidentity: name\nfields: {except: [customer]}\n";
    let help = "write a natural key (`identity: [po_no]`), `identity: create` to give every document its \
                own twin, or `shared_names: true` if the two sites were once one";
    let with_required = company().changed("Sales Order", |meta| {
        meta.fields[2].required = true;
    });
    assert_eq!(
        complaints(&[text], &alike(with_required)),
        [format!(
            "1.yaml:3:11: equal names do not mean the same `Sales Order`: both sites hand out its names \
             (`naming_series:`) | {help}"
        )]
    );
    let chosen_on_a = company().with("Sales Order", "prompt", "po_no | Data | | reqd");
    let without_identity = "version: 1\ndoctype: Sales Order\n";
    let only_b = complaints(&[without_identity], &world(&chosen_on_a, &company()));
    assert_eq!(only_b.len(), 1);
    assert!(
        only_b[0].starts_with(
            "1.yaml:2:10: equal names do not mean the same `Sales Order`: `b` hands out its names"
        ),
        "{only_b:?}"
    );
}

#[test]
fn each_remedy_for_handed_out_names_is_accepted() {
    let world = alike(company());
    for remedy in [
        "identity: create",
        "identity: [po_no]",
        "shared_names: true",
    ] {
        let text = format!("version: 1\ndoctype: Sales Order\n{remedy}\n");
        assert!(resolve_texts(&[&text], &world).is_ok(), "{remedy}");
    }
}

#[test]
fn names_made_from_a_title_or_a_uuid_mean_the_same_on_both_sides() {
    let world = alike(
        Site::default()
            .with("Warehouse", "", "warehouse_name | Data | | reqd")
            .with("Ticket", "UUID", "subject | Data | | reqd"),
    );
    for doctype in ["Warehouse", "Ticket"] {
        let text = format!("version: 1\ndoctype: {doctype}\n");
        assert!(resolve_texts(&[&text], &world).is_ok(), "{doctype}");
    }
}

#[test]
fn a_link_to_unmapped_documents_with_handed_out_names_is_refused() {
    let customers_by_series =
        company().with("Customer", "naming_series:", "tax_id | Data | | reqd");
    let order = "version: 1\ndoctype: Sales Order\nidentity: create\n";
    let refused = "`customer` links to `Customer`, which no mapping covers and whose names";
    let help = "map `Customer` too, leave what links to it out with `except`, or write \
                `shared_names: true` if the two sites were once one";

    let both = alike(customers_by_series.clone());
    assert_eq!(
        complaints(&[order], &both),
        [format!(
            "1.yaml:2:10: {refused} both sites hand out | {help}"
        )]
    );
    let only_b = world(&company(), &customers_by_series);
    assert_eq!(
        complaints(&[order], &only_b),
        [format!("1.yaml:2:10: {refused} `b` hands out | {help}")]
    );
    let named = format!("{order}fields: {{only: [customer]}}\n");
    assert_eq!(
        complaints(&[&named], &both),
        [format!(
            "1.yaml:4:17: {refused} both sites hand out | {help}"
        )]
    );

    let customer = "version: 1\ndoctype: Customer\nidentity: [tax_id]\n";
    assert!(resolve_texts(&[order, customer], &both).is_ok());
    let without = format!("{order}fields: {{except: [customer]}}\n");
    assert!(resolve_texts(&[&without], &both).is_ok());
    let shared = "version: 1\ndoctype: Sales Order\nshared_names: true\n";
    assert!(resolve_texts(&[shared], &both).is_ok());
}

#[test]
fn a_link_whose_target_is_not_described_gets_no_verdict() {
    let site = Site::default().with("Note", "prompt", "lead | Link | Lead |");
    assert!(resolve_texts(&["version: 1\ndoctype: Note\n"], &alike(site)).is_ok());
}

#[test]
fn a_doctype_is_mapped_once() {
    let world = alike(company().with("Client", "prompt", "customer_name | Data | |"));
    assert_eq!(
        complaints(
            &[
                "version: 1\ndoctype: Customer\n",
                "version: 1\ndoctype: {a: Client, b: Customer}\n",
            ],
            &world
        ),
        [
            "2.yaml:2:25: `Customer` of `b` is mapped already, at 1.yaml:2:10 | a sync maps each DocType of \
          a site once"
        ]
    );
}

#[test]
fn half_a_single_and_virtual_doctypes_are_refused() {
    let single = company().changed("Customer", |meta| meta.is_single = true);
    let complaint = complaints(
        &["version: 1\ndoctype: Customer\n"],
        &world(&single, &company()),
    );
    assert_eq!(
        complaint,
        ["1.yaml:2:10: `Customer` is a Single on `a` only | map a Single to a Single"]
    );
    let computed = company().changed("Customer", |meta| meta.is_virtual = true);
    let complaint = complaints(
        &["version: 1\ndoctype: Customer\n"],
        &world(&company(), &computed),
    );
    assert_eq!(
        complaint,
        [
            "1.yaml:2:10: `Customer` is virtual on `b`, which cannot be mapped | its documents are computed \
          and never stored: remove this mapping"
        ]
    );
}

#[test]
fn a_field_named_under_only_must_be_alike_on_both_sides() {
    let other = company().changed("Customer", |meta| {
        meta.fields.retain(|field| field.name != "disabled");
        for field in &mut meta.fields {
            if field.name == "credit_limit" {
                field.fieldtype = "Data".to_owned();
                field.kind = frappe_sync_model::FieldKind::Text;
            }
            if field.name == "territory" {
                field.options = "Country".to_owned();
            }
        }
    });
    let text =
        "version: 1\ndoctype: Customer\nfields: {only: [disabled, credit_limit, territory]}\n";
    assert_eq!(
        complaints(&[text], &world(&company(), &other)),
        [
            "1.yaml:3:17: `Customer` has no field `disabled` on `b`",
            "1.yaml:3:27: `credit_limit` cannot travel: it is `Currency` here and `Data` on the other side \
             (on `a`)",
            "1.yaml:3:41: `territory` cannot travel: it links to `Territory` here and to `Country` on the \
             other side (on `a`)",
        ]
    );
}

#[test]
fn all_files_are_told_of_at_once_and_in_order() {
    let told = complaints(
        &[
            "version: 1\ndoctype: Custmer\n",
            "version: 1\ndoctype: Sales Order\nidentity: [po]\nfields: {except: [pono]}\n",
        ],
        &alike(company()),
    );
    let places: Vec<&str> = told
        .iter()
        .map(|text| text.split(": ").next().unwrap_or_default())
        .collect();
    assert_eq!(
        places,
        ["1.yaml:2:10", "1.yaml:2:10", "2.yaml:3:12", "2.yaml:4:19"]
    );
}

#[test]
fn a_field_that_gives_the_name_must_travel_to_where_documents_are_made() {
    let world = alike(company());
    let excluded = "version: 1\ndoctype: Customer\nfields: {except: [customer_name]}\n";
    let reason = "the mapping leaves it out";
    assert_eq!(
        complaints(&[excluded], &world),
        [format!(
            "1.yaml:3:19: `customer_name` must travel, it gives `Customer` its name on `a`: {reason}"
        )]
    );
    let only = "version: 1\ndoctype: Customer\nfields: {only: [disabled]}\n";
    let mappings =
        resolve_texts(&[only], &world).expect("the field that gives the name comes along");
    assert_eq!(mappings[0].fields.len(), 2);
    let elsewhere = company().with("Customer", "prompt", "tax_id | Data | |");
    let world = crate::world::world(&company(), &elsewhere);
    let both_ways = "version: 1\ndoctype: Customer\n";
    assert_eq!(
        complaints(&[both_ways], &world),
        [
            "1.yaml:2:10: `customer_name` must travel, it gives `Customer` its name on `a`: the other side has \
          no such field"
        ]
    );
    let one_way = format!("{both_ways}direction: a-to-b\n");
    assert!(resolve_texts(&[&one_way], &world).is_ok());
}
