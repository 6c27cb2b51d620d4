//! The mapping files that come with frappe-sync, against two kinds of sites.

use std::collections::BTreeMap;

use frappe_sync_mapper::{EffectiveMapping, MappingFile, parse, resolve};
use frappe_sync_model::Identity;

use crate::world::{Site, world};

const FILES: [(&str, &str); 9] = [
    (
        "address.yaml",
        include_str!("../../../../mappings/address.yaml"),
    ),
    (
        "customer.yaml",
        include_str!("../../../../mappings/customer.yaml"),
    ),
    (
        "customer_group.yaml",
        include_str!("../../../../mappings/customer_group.yaml"),
    ),
    (
        "employee.yaml",
        include_str!("../../../../mappings/employee.yaml"),
    ),
    ("item.yaml", include_str!("../../../../mappings/item.yaml")),
    (
        "item_group.yaml",
        include_str!("../../../../mappings/item_group.yaml"),
    ),
    (
        "sales_order.yaml",
        include_str!("../../../../mappings/sales_order.yaml"),
    ),
    (
        "territory.yaml",
        include_str!("../../../../mappings/territory.yaml"),
    ),
    ("uom.yaml", include_str!("../../../../mappings/uom.yaml")),
];

fn files() -> Vec<MappingFile> {
    FILES
        .iter()
        .map(|(name, text)| parse(text, name).expect("a ready mapping parses"))
        .collect()
}

fn mapped(a: &Site, b: &Site) -> BTreeMap<String, EffectiveMapping> {
    let mappings = resolve(&files(), &world(a, b)).unwrap_or_else(|diagnostics| {
        let reports: Vec<String> = diagnostics.iter().map(|found| found.report()).collect();
        panic!("a ready mapping does not hold:\n{}", reports.join("\n"));
    });
    mappings
        .into_iter()
        .map(|mapping| (mapping.name.to_string(), mapping))
        .collect()
}

/// The DocTypes as a plain ERPNext has them, as far as the ready mappings must decide on them.
fn erpnext() -> Site {
    Site::default()
        .with(
            "Customer Group",
            "field:customer_group_name",
            "customer_group_name   | Data  |                | reqd unique no_copy
             parent_customer_group | Link  | Customer Group |
             is_group              | Check |                |
             lft                   | Int   |                | no_copy
             rgt                   | Int   |                | no_copy
             old_parent            | Link  | Customer Group | no_copy
             accounts              | Table | Party Account  |",
        )
        .with("Party Account", "hash", "account | Link | Account |")
        .with(
            "Territory",
            "field:territory_name",
            "territory_name | Data | | reqd unique no_copy\nparent_territory | Link | Territory |",
        )
        .with(
            "Item Group",
            "field:item_group_name",
            "item_group_name | Data | | reqd unique
             parent_item_group | Link | Item Group |
             item_group_defaults | Table | Item Default |",
        )
        .with("Item Default", "hash", "company | Link | Company | reqd\ndefault_supplier | Link | Supplier |")
        .with("UOM", "field:uom_name", "uom_name | Data | | reqd unique\nenabled | Check | |")
        .with(
            "Customer",
            "naming_series:",
            "naming_series            | Select    | CUST-          | no_copy set_only_once
             customer_name            | Data      |                | reqd no_copy
             customer_group           | Link      | Customer Group |
             territory                | Link      | Territory      |
             lead_name                | Link      | Lead           | no_copy
             account_manager          | Link      | User           |
             customer_primary_contact | Link      | Contact        |
             customer_primary_address | Link      | Address        |
             mobile_no                | Read Only |                | fetch=customer_primary_contact.mobile_no
             accounts                 | Table     | Party Account  |
             portal_users             | Table     | Portal User    |",
        )
        .with("Portal User", "hash", "user | Link | User | reqd")
        .with(
            "Item",
            "field:item_code",
            "item_code           | Data     |                       | reqd unique
             naming_series       | Select   | STO-ITEM-.YYYY.-      | set_only_once
             item_group          | Link     | Item Group            | reqd
             stock_uom           | Link     | UOM                   | reqd
             variant_of          | Link     | Item                  | read_only set_only_once
             opening_stock       | Float    |                       |
             default_bom         | Link     | BOM                   | read_only no_copy
             customer            | Link     | Customer              |
             total_projected_qty | Float    |                       | read_only
             uoms                | Table    | UOM Conversion Detail |
             item_defaults       | Table    | Item Default          |",
        )
        .with(
            "UOM Conversion Detail",
            "hash",
            "uom | Link | UOM |\nconversion_factor | Float | |",
        )
        .with(
            "Address",
            "",
            "address_title | Data   |              |
             address_type  | Select |              | reqd
             address_line1 | Data   |              | reqd
             city          | Data   |              | reqd
             links         | Table  | Dynamic Link |",
        )
        .with(
            "Dynamic Link",
            "hash",
            "link_doctype | Link         | DocType      | reqd
             link_name    | Dynamic Link | link_doctype | reqd
             link_title   | Read Only    |              | read_only",
        )
        .with(
            "Employee",
            "naming_series:",
            "employee      | Data   |          | no_copy
             naming_series | Select | HR-EMP-  | no_copy set_only_once
             first_name    | Data   |          | reqd
             employee_name | Data   |          | read_only
             date_of_birth | Date   |          | reqd
             user_id       | Link   | User     |
             reports_to    | Link   | Employee |",
        )
        .with(
            "Sales Order",
            "naming_series:",
            "naming_series    | Select  | SAL-ORD-.YYYY.-        | reqd no_copy set_only_once
             customer         | Link    | Customer               | reqd
             customer_name    | Data    |                        | read_only fetch=customer.customer_name
             amended_from     | Link    | Sales Order            | read_only no_copy
             transaction_date | Date    |                        | reqd no_copy
             customer_address | Link    | Address                |
             contact_person   | Link    | Contact                |
             project          | Link    | Project                |
             grand_total      | Currency |                       | read_only
             status           | Select  |                        | reqd read_only no_copy
             delivery_status  | Select  |                        | no_copy
             per_delivered    | Percent |                        | read_only no_copy
             per_billed       | Percent |                        | read_only no_copy
             items            | Table   | Sales Order Item       | reqd
             taxes            | Table   | Sales Taxes and Charges |
             packed_items     | Table   | Packed Item            |",
        )
        .with(
            "Sales Order Item",
            "hash",
            "item_code       | Link     | Item      | reqd
             qty             | Float    |           | reqd
             rate            | Currency |           |
             amount          | Currency |           | read_only
             delivered_qty   | Float    |           | read_only no_copy
             prevdoc_docname | Link     | Quotation | read_only no_copy
             project         | Link     | Project   |
             warehouse       | Link     | Warehouse |",
        )
        .with(
            "Sales Taxes and Charges",
            "hash",
            "account_head | Link | Account | reqd\nproject | Link | Project |\ntotal | Currency | | read_only",
        )
        .with("Packed Item", "hash", "item_code | Link | Item | read_only")
        .with("Account", "", "account_name | Data | | reqd")
        .with("BOM", "", "item | Link | Item | reqd")
        .with("Company", "field:company_name", "company_name | Data | | reqd")
        .with("Contact", "", "first_name | Data | |")
        .with("Lead", "naming_series:", "lead_name | Data | |")
        .with("Project", "naming_series:", "project_name | Data | | reqd")
        .with("Quotation", "naming_series:", "party_name | Data | |")
        .with("Supplier", "naming_series:", "supplier_name | Data | | reqd")
        .with("User", "", "email | Data | | reqd")
        .with("Warehouse", "", "warehouse_name | Data | | reqd")
}

/// A site with the least that the ready mappings ask for, and customers named by their name.
fn small() -> Site {
    erpnext()
        .with(
            "Customer",
            "field:customer_name",
            "customer_name | Data | | reqd unique\ncustomer_group | Link | Customer Group | reqd",
        )
        .with("Item", "field:item_code", "item_code | Data | | reqd unique\nitem_group | Link | Item Group | reqd")
        .with(
            "Employee",
            "naming_series:",
            "employee_name | Data | | reqd\ndate_of_birth | Date | | reqd\nreports_to | Link | Employee |",
        )
        .with(
            "Sales Order",
            "naming_series:",
            "naming_series | Select | SO- | set_only_once
             customer | Link | Customer | reqd
             status | Select | | read_only no_copy
             items | Table | Sales Order Item | reqd",
        )
        .with(
            "Sales Order Item",
            "hash",
            "item_code | Link | Item | reqd\nqty | Float | | reqd\nrate | Currency | |",
        )
}

#[test]
fn the_ready_mappings_hold_on_large_and_small_sites_and_between_them() {
    for (a, b) in [
        (erpnext(), erpnext()),
        (small(), small()),
        (erpnext(), small()),
        (small(), erpnext()),
    ] {
        assert_eq!(mapped(&a, &b).len(), FILES.len());
    }
}

#[test]
fn what_a_site_works_out_itself_never_travels() {
    let mapped = mapped(&erpnext(), &erpnext());
    let travels = |doctype: &str| -> Vec<String> {
        let mapping = &mapped[doctype];
        let rows = mapping.tables.iter().flat_map(|table| {
            let fields = table.fields.iter();
            fields.map(move |field| format!("{}[].{}", table.id, field.id))
        });
        let own = mapping.fields.iter().map(|field| field.id.to_string());
        own.chain(rows).collect()
    };
    assert_eq!(
        travels("Sales Order"),
        [
            "customer",
            "customer_address",
            "naming_series",
            "transaction_date",
            "items[].item_code",
            "items[].qty",
            "items[].rate",
            "items[].warehouse",
            "taxes[].account_head",
        ]
    );
    assert_eq!(
        travels("Item"),
        [
            "item_code",
            "item_group",
            "naming_series",
            "stock_uom",
            "variant_of",
            "uoms[].conversion_factor",
            "uoms[].uom"
        ]
    );
    assert_eq!(
        travels("Customer"),
        [
            "customer_group",
            "customer_name",
            "naming_series",
            "territory"
        ]
    );
}

#[test]
fn documents_with_numbers_of_a_site_are_never_paired_by_name() {
    for mapping in mapped(&erpnext(), &erpnext()).values() {
        let numbered = matches!(
            mapping.name.as_str(),
            "Address" | "Customer" | "Employee" | "Sales Order"
        );
        assert_eq!(
            numbered,
            mapping.identity != Identity::Name,
            "{}",
            mapping.name
        );
        assert!(!mapping.shared_names);
    }
}
