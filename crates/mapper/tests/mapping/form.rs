use frappe_sync_mapper::EffectiveMapping;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{company, resolved, world};

fn order() -> EffectiveMapping {
    let world = world(&company(), &company());
    resolved(
        "version: 1\ndoctype: Sales Order\nidentity: create\nfilters: [[po_no, is, set], [docstatus, \"=\", 0]]\n",
        &world,
    )
}

#[test]
fn the_form_names_all_that_stored_knowledge_rests_on() {
    let form = order().effective_form();
    let keys: Vec<&String> = form.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "canonical",
            "direction",
            "doctypes",
            "fields",
            "filters",
            "identity",
            "shared_names",
            "tables"
        ]
    );
    assert_eq!(form["identity"], json!("create"));
    assert_eq!(
        form["filters"]["a"],
        json!([["docstatus", "=", 0], ["po_no", "is", "set"]])
    );
    assert_eq!(
        form["fields"][0],
        json!({
            "direction": "both",
            "id": "customer",
            "kinds": {"a": "Link", "b": "Link"},
            "names": {"a": "customer", "b": "customer"},
        })
    );
}

#[test]
fn policies_leave_the_form_alone_and_everything_else_moves_it() {
    let world = world(&company(), &company());
    let form = |more: &str| -> Value {
        resolved(&format!("version: 1\ndoctype: Customer\n{more}"), &world).effective_form()
    };
    let plain = form("");
    for policy in [
        "conflict: manual\n",
        "prefer: b\n",
        "deletes: propagate\n",
        "cancelled: skip\n",
        "docstatus: draft\n",
    ] {
        assert_eq!(form(policy), plain, "{policy}");
    }
    for difference in [
        "direction: a-to-b\n",
        "identity: [customer_name]\n",
        "shared_names: true\n",
        "filters: [[disabled, \"=\", 0]]\n",
        "fields: {except: [disabled]}\n",
        "tables: {contacts: {key: [person]}}\n",
        "tables: {contacts: {except: [phone]}}\n",
    ] {
        assert_ne!(form(difference), plain, "{difference}");
    }
}

#[test]
fn whether_docstatus_is_followed_is_part_of_the_form() {
    let submittable = || {
        company().changed("Sales Order", |meta| {
            meta.is_submittable = true;
        })
    };
    let order = |more: &str, a, b| {
        let text = format!("version: 1\ndoctype: Sales Order\nidentity: create\n{more}");
        resolved(&text, &world(&a, &b))
    };
    let followed = order("", submittable(), submittable());
    assert!(followed.follows_docstatus());
    assert_eq!(followed.effective_form()["docstatus"], json!("follow"));
    for other in [
        order("docstatus: draft\n", submittable(), submittable()),
        order("", submittable(), company()),
        order("", company(), submittable()),
    ] {
        assert!(!other.follows_docstatus());
        assert!(other.effective_form().get("docstatus").is_none());
    }
}

proptest! {
    #[test]
    fn the_form_is_the_same_under_any_order(
        fields in Just(order().fields).prop_shuffle(),
        rows in Just(order().tables.remove(0).fields).prop_shuffle(),
        filters in Just(order().filters.a).prop_shuffle(),
    ) {
        let mut shuffled = order();
        shuffled.fields = fields;
        shuffled.tables[0].fields = rows;
        shuffled.filters.a = filters;
        prop_assert_eq!(
            shuffled.effective_form().to_string(),
            order().effective_form().to_string()
        );
    }

    #[test]
    fn the_order_of_the_sites_fields_changes_nothing(seed in Just((0..6).collect::<Vec<usize>>()).prop_shuffle()) {
        let shuffled = company().changed("Sales Order", |meta| {
            meta.fields = seed.iter().map(|index| meta.fields[*index].clone()).collect();
        });
        let text = "version: 1\ndoctype: Sales Order\nidentity: create\n";
        let one = resolved(text, &world(&shuffled, &company()));
        let other = resolved(text, &world(&company(), &company()));
        prop_assert_eq!(one.fields, other.fields);
        prop_assert_eq!(one.left_out, other.left_out);
    }
}
