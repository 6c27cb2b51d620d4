use frappe_sync_mapper::{EffectiveMapping, LeftOutReason, LinkRule};
use frappe_sync_model::{DocType, PerSide, Side};

use crate::world::{company, resolved, world};

fn ids(mapping: &EffectiveMapping) -> Vec<&str> {
    mapping
        .fields
        .iter()
        .map(|field| field.id.as_str())
        .collect()
}

/// Returns what is left out on `a`, as `path: reason`.
fn left_out(mapping: &EffectiveMapping, side: Side) -> Vec<String> {
    mapping
        .left_out
        .iter()
        .filter(|entry| entry.side == side)
        .map(|entry| format!("{}: {}", entry.field, entry.reason))
        .collect()
}

#[test]
fn what_both_sides_have_travels_unless_the_site_works_it_out() {
    let world = world(&company(), &company());
    let mapping = resolved("version: 1\ndoctype: Customer\n", &world);
    assert_eq!(
        ids(&mapping),
        [
            "credit_limit",
            "customer_group",
            "customer_name",
            "disabled",
            "naming_series",
            "territory"
        ]
    );
    assert_eq!(mapping.table_fields(Side::B), ["contacts"]);
    assert_eq!(
        left_out(&mapping, Side::A),
        [
            "age: virtual: computed, never stored",
            "contacts[].password: passwords never travel",
            "mobile_no: fetched from `contact.mobile_no` at every save",
            "secret: passwords never travel",
            "total_billed: read-only and not copied: the site works it out",
        ]
    );
    assert_eq!(left_out(&mapping, Side::A), left_out(&mapping, Side::B));
}

#[test]
fn what_gives_the_name_and_what_is_set_once_is_sent_on_create_only() {
    let world = world(&company(), &company());
    let mapping = resolved("version: 1\ndoctype: Customer\n", &world);
    let fixed: Vec<&str> = mapping
        .fields
        .iter()
        .filter(|field| field.on_create_only)
        .map(|field| field.id.as_str())
        .collect();
    assert_eq!(fixed, ["customer_name", "naming_series"]);
}

#[test]
fn a_rule_that_stands_on_one_side_is_told_of_that_side() {
    let other = company().changed("Customer", |meta| {
        meta.fields[3].read_only = true;
        meta.fields[3].no_copy = true;
    });
    let mapping = resolved(
        "version: 1\ndoctype: Customer\n",
        &world(&company(), &other),
    );
    let entries: Vec<_> = mapping
        .left_out
        .iter()
        .filter(|entry| entry.field == "credit_limit")
        .collect();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].side, Side::B);
    assert_eq!(entries[0].reason, LeftOutReason::Derived);
}

#[test]
fn only_takes_what_a_site_works_out_if_it_is_named() {
    let world = world(&company(), &company());
    let text =
        "version: 1\ndoctype: Customer\nfields: {only: [total_billed, mobile_no, contacts]}\n";
    let mapping = resolved(text, &world);
    assert_eq!(
        ids(&mapping),
        ["customer_name", "mobile_no", "total_billed"]
    );
    assert_eq!(mapping.table_fields(Side::A), ["contacts"]);
    assert!(left_out(&mapping, Side::A).contains(&"disabled: not listed under `only`".to_owned()));
}

#[test]
fn only_leaves_tables_out_unless_they_are_named_somewhere() {
    let world = world(&company(), &company());
    let text = "version: 1\ndoctype: Customer\nfields: {only: [disabled]}\n";
    assert!(resolved(text, &world).tables.is_empty());
    let with_entry = format!("{text}tables: {{contacts: {{only: [phone]}}}}\n");
    let mapping = resolved(&with_entry, &world);
    assert_eq!(mapping.tables.len(), 1);
    assert_eq!(mapping.tables[0].fields.len(), 1);
    assert!(mapping.tables[0].key.is_empty());
}

#[test]
fn except_if_present_and_if_present_accept_what_is_not_there() {
    let world = world(&company(), &company());
    let text = "version: 1\ndoctype: Customer\nfields: {except_if_present: [image, disabled]}\n\
                tables:\n  portal_users: {if_present: true, key: [user]}\n  \
                contacts: {if_present: true, key: [person]}\n";
    let mapping = resolved(text, &world);
    assert!(!ids(&mapping).contains(&"disabled"));
    assert_eq!(mapping.tables[0].key, ["person"]);
}

#[test]
fn what_one_side_lacks_stays_with_a_reason() {
    let other = company().changed("Customer", |meta| {
        meta.fields.retain(|field| field.name != "disabled");
        for field in &mut meta.fields {
            if field.name == "contacts" {
                field.name = "people".into();
            }
        }
    });
    let mapping = resolved(
        "version: 1\ndoctype: Customer\n",
        &world(&company(), &other),
    );
    assert!(mapping.tables.is_empty());
    let missing = "the other side has no such field";
    let on_a = left_out(&mapping, Side::A);
    assert!(on_a.contains(&format!("disabled: {missing}")), "{on_a:?}");
    assert!(on_a.contains(&format!("contacts[]: {missing}")), "{on_a:?}");
    let on_b = left_out(&mapping, Side::B);
    assert!(on_b.contains(&format!("people[]: {missing}")), "{on_b:?}");
}

#[test]
fn a_table_on_one_side_and_a_value_on_the_other_is_told_once_for_each_side() {
    let other = company().with(
        "Customer",
        "field:customer_name",
        "contacts | Data | |\ncustomer_name | Data | |",
    );
    for (a, b) in [(&company(), &other), (&other, &company())] {
        let mapping = resolved("version: 1\ndoctype: Customer\n", &world(a, b));
        let entries: Vec<_> = mapping
            .left_out
            .iter()
            .filter(|entry| entry.field.starts_with("contacts"))
            .collect();
        assert_eq!(entries.len(), 2, "{entries:?}");
        assert_ne!(entries[0].side, entries[1].side);
        assert!(matches!(entries[0].reason, LeftOutReason::KindsDiffer(..)));
    }
}

#[test]
fn a_dynamic_link_travels_only_with_its_doctype() {
    let world = world(&company(), &company());
    let base = "version: 1\ndoctype: Address\nidentity: [title]\n";
    let mapping = resolved(base, &world);
    let rules: Vec<&LinkRule> = mapping.tables[0]
        .fields
        .iter()
        .map(|field| &field.link)
        .collect();
    assert!(matches!(rules[0], LinkRule::Link { doctypes } if doctypes.a == "DocType"));
    assert!(matches!(rules[1], LinkRule::Dynamic { type_field } if type_field.b == "link_doctype"));

    let text = format!("{base}tables: {{links: {{if_present: true, except: [link_doctype]}}}}\n");
    let mapping = resolved(&text, &world);
    assert!(mapping.tables.is_empty());
    assert!(left_out(&mapping, Side::A).contains(
        &"links[].link_name: its DocType stands in `link_doctype`, which is left out".to_owned()
    ));
}

#[test]
fn edges_name_their_targets_and_leave_names_of_doctypes_out() {
    let world = world(&company(), &company());
    let order = resolved(
        "version: 1\ndoctype: Sales Order\nidentity: create\n",
        &world,
    );
    let edges: Vec<_> = order.links().collect();
    assert_eq!(edges.len(), 1);
    assert_eq!(edges[0].field, "customer");
    assert!(edges[0].mandatory);
    assert!(!edges[0].to_self);

    let address = resolved("version: 1\ndoctype: Address\nidentity: [title]\n", &world);
    let edges: Vec<_> = address.links().collect();
    assert_eq!(edges.len(), 1);
    assert_eq!(edges[0].table, Some("links".into()));
    assert_eq!(edges[0].targets, None);

    let tree = company().with(
        "Territory",
        "prompt",
        "parent_territory | Link | Territory |",
    );
    let territory = resolved(
        "version: 1\ndoctype: Territory\n",
        &crate::world::world(&tree, &tree),
    );
    assert!(territory.links().all(|edge| edge.to_self));
    assert_eq!(territory.links().count(), 1);
}

#[test]
fn a_tree_keeps_its_own_bookkeeping() {
    let tree = company().with(
        "Territory",
        "field:territory_name",
        "territory_name | Data | | reqd
         parent_territory | Link | Territory |
         lft | Int | |
         rgt | Int | |
         old_parent | Link | Territory |
         amended_from | Link | Territory |",
    );
    let mapping = resolved("version: 1\ndoctype: Territory\n", &world(&tree, &tree));
    assert_eq!(ids(&mapping), ["parent_territory", "territory_name"]);
}

#[test]
fn amendments_travel_with_docstatus_and_are_given_by_the_insert_alone() {
    let submittable = company().changed("Sales Order", |meta| meta.is_submittable = true);
    let orders = world(&submittable, &submittable);
    for more in ["", "fields: {only: [customer]}\n"] {
        let text = format!(
            "version: 1\ndoctype: Sales Order\nidentity: create\nshared_names: true\n{more}"
        );
        let followed = resolved(&text, &orders);
        let field = followed.amendment().expect("amendments travel");
        assert!(field.on_create_only);
        let both = |name: &str| PerSide::from_fn(|_| DocType::from(name));
        let doctypes = both("Sales Order");
        assert_eq!(field.link, LinkRule::Link { doctypes });
    }
    let drafts = "version: 1\ndoctype: Sales Order\nidentity: create\nshared_names: true\ndocstatus: draft\n";
    let as_drafts = resolved(drafts, &orders);
    assert_eq!(as_drafts.amendment(), None);
    assert!(
        left_out(&as_drafts, Side::A)
            .contains(&"amended_from: amendments travel only where `docstatus` does".to_owned())
    );
}

#[test]
fn the_switch_of_a_posting_date_stays_where_there_is_one() {
    let invoice = |more: &str| {
        company().with(
            "Invoice",
            "field:title",
            &format!("title | Data | | reqd\n set_posting_time | Check | |\n {more}"),
        )
    };
    let text = "version: 1\ndoctype: Invoice\n";
    let dated = invoice("posting_date | Date | |");
    let mapping = resolved(text, &world(&dated, &dated));
    assert_eq!(ids(&mapping), ["posting_date", "title"]);
    assert_eq!(
        left_out(&mapping, Side::B),
        ["set_posting_time: sent along with every posting date"]
    );
    let plain = invoice("");
    let mapping = resolved(text, &world(&plain, &plain));
    assert_eq!(ids(&mapping), ["set_posting_time", "title"]);
}
