//! The sets of mapping files that come with frappe-sync, each folder as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use frappe_sync_mapper::{LinkRule, MappingFile, parse, resolve};
use frappe_sync_model::{ConflictPolicy, Deletes, Direction, DocTypeMeta, Identity, Side};

use crate::world::{Site, world};

/// Reads a folder of ready files: their names, texts and what they say.
fn folder(name: &str) -> Vec<(String, String, MappingFile)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../mappings")
        .join(name);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("its entries can be read").path();
        let text = std::fs::read_to_string(&path).expect("a ready mapping can be read");
        let name = path.file_name().expect("it has a name");
        let name = name.to_string_lossy().into_owned();
        let file = parse(&text, &name).unwrap_or_else(|wrong| panic!("{}", wrong.report()));
        files.push((name, text, file));
    }
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files
}

/// Returns the words of a text that name mapping files.
fn named_files(text: &str) -> impl Iterator<Item = &str> {
    let comments = text.lines().filter(|line| line.starts_with('#'));
    let words = comments.flat_map(|line| line.split([' ', ',', ';', ':', '(', ')']));
    words
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.ends_with(".yaml"))
}

#[test]
fn a_set_holds_every_file_that_its_files_are_to_be_used_with() {
    for set in ["erpnext", "crm"] {
        let files = folder(set);
        let names: BTreeSet<&str> = files.iter().map(|(name, ..)| name.as_str()).collect();
        for (name, text, _) in &files {
            for other in named_files(text) {
                assert!(names.contains(other), "{set}/{name} names {other}");
            }
        }
    }
}

#[test]
fn a_set_maps_each_doctype_once_and_its_files_are_called_after_them() {
    let files = folder("erpnext");
    let mut doctypes = BTreeSet::new();
    for (name, _, file) in &files {
        let expected = file.doctypes.a.as_str().to_lowercase().replace(' ', "_");
        assert_eq!(name, &format!("{expected}.yaml"));
        assert_eq!(file.doctypes.a, file.doctypes.b);
        assert!(doctypes.insert(file.doctypes.a.to_string()), "{name}");
    }
    for doctype in [
        "UOM",
        "Item Attribute",
        "Brand",
        "Payment Term",
        "Payment Terms Template",
        "Price List",
        "Mode of Payment",
        "Sales Taxes and Charges Template",
        "Item Group",
        "Customer Group",
        "Supplier Group",
        "Territory",
        "Sales Person",
        "Account",
        "Cost Center",
        "Warehouse",
        "Department",
        "Customer",
        "Supplier",
        "Sales Partner",
        "Item",
        "Item Price",
        "Address",
        "Contact",
        "Quotation",
        "Sales Order",
        "Delivery Note",
        "Sales Invoice",
        "Purchase Order",
        "Purchase Receipt",
        "Purchase Invoice",
        "Payment Entry",
        "Journal Entry",
    ] {
        assert!(doctypes.contains(doctype), "{doctype} is missing");
    }
}

/// Files are one mapping of a sync, so whoever lets them travel must say the same of them.
#[test]
fn a_set_is_of_one_mind_where_files_travel() {
    let files = folder("erpnext");
    let with_files: Vec<_> = files.iter().filter(|(_, _, file)| file.files).collect();
    assert!(with_files.len() > 10);
    for (name, _, file) in with_files {
        let said = (file.direction, file.deletes, file.conflict, file.prefer);
        let expected = (
            Direction::Both,
            Deletes::Ignore,
            ConflictPolicy::Newest,
            Side::A,
        );
        assert_eq!(said, expected, "{name}");
    }
}

/// Documents that a series names are never taken for the same by their numbers.
#[test]
fn documents_with_numbers_of_a_site_get_twins() {
    for (name, _, file) in folder("erpnext") {
        let numbered = [
            "quotation",
            "sales_order",
            "delivery_note",
            "sales_invoice",
            "purchase_order",
            "purchase_receipt",
            "purchase_invoice",
            "payment_entry",
            "journal_entry",
        ];
        let is_numbered = numbered.contains(&name.trim_end_matches(".yaml"));
        assert_eq!(file.identity == Identity::Create, is_numbered, "{name}");
    }
}

/// The chain from an order to its payment, as far as it must be decided on here.
fn chain() -> Site {
    let from = |rows: &str| format!("item_code | Link | Item | reqd\n{rows}");
    let document = |items: &str| {
        format!(
            "naming_series | Select | X- | set_only_once
             customer      | Link   | Customer | reqd
             is_return     | Check  |   | read_only no_copy
             items         | Table  | {items} | reqd"
        )
    };
    Site::default()
        .with(
            "Customer",
            "naming_series:",
            "customer_name | Data | | reqd",
        )
        .with(
            "Item",
            "field:item_code",
            "item_code | Data | | reqd unique",
        )
        .with(
            "Sales Order",
            "naming_series:",
            &document("Sales Order Item"),
        )
        .with(
            "Sales Order Item",
            "hash",
            &from(
                "prevdoc_docname | Link | Quotation | read_only no_copy
                   quotation_item  | Data |           | read_only no_copy",
            ),
        )
        .with(
            "Quotation",
            "naming_series:",
            "quotation_to | Link | DocType | reqd\nitems | Table | Quotation Item |",
        )
        .with("Quotation Item", "hash", "item_code | Link | Item | reqd")
        .with(
            "File",
            "hash",
            "file_name | Data\n is_private | Check\n attached_to_doctype | Link | DocType\n attached_to_name | Data
             attached_to_field | Data\n content_hash | Data",
        )
}

#[test]
fn a_row_that_comes_from_a_row_of_another_document_names_it() {
    let files: Vec<MappingFile> = folder("erpnext")
        .into_iter()
        .map(|(_, _, file)| file)
        .filter(|file| {
            let doctype = file.doctypes.a.as_str();
            ["Customer", "Item", "Quotation", "Sales Order"].contains(&doctype)
        })
        // Files are a matter of their own.
        .map(|mut file| {
            file.files = false;
            file
        })
        .collect();
    let mappings = resolve(&files, &world(&chain(), &chain())).unwrap_or_else(|wrong| {
        let reports: Vec<String> = wrong.iter().map(|found| found.report()).collect();
        panic!("{}", reports.join("\n"));
    });
    let order = mappings
        .iter()
        .find(|mapping| mapping.doctypes.a == "Sales Order");
    let rows = &order.expect("the order is mapped").tables[0];
    let rules: BTreeMap<&str, &LinkRule> = rows
        .fields
        .iter()
        .map(|field| (field.id.as_str(), &field.link))
        .collect();
    assert!(matches!(rules["prevdoc_docname"], LinkRule::Link { .. }));
    let LinkRule::Row { of, doctypes } = rules["quotation_item"] else {
        panic!("`quotation_item` is {:?}", rules["quotation_item"]);
    };
    assert_eq!(of[Side::B], "prevdoc_docname");
    assert_eq!(doctypes[Side::A], "Quotation");
}

/// A site of ERPNext and one of Frappe CRM, as far as the mappings between them must decide.
fn erpnext_and_crm() -> (Site, Site) {
    let erpnext = Site::default()
        .with(
            "Lead",
            "naming_series:",
            "naming_series | Select | CRM-LEAD-.YYYY.- | no_copy set_only_once
             first_name    | Data   |               |
             last_name     | Data   |               |
             lead_name     | Data   |               | read_only
             company_name  | Data   |               |
             email_id      | Data   |               |
             status        | Select | Lead,Open,Replied,Opportunity,Quotation,Lost Quotation,Interested,Converted,Do Not Contact | reqd no_copy
             lead_owner    | Link   | User          |
             source        | Link   | Lead Source   |
             industry      | Link   | Industry Type |
             territory     | Link   | Territory     |
             website       | Data   |               |",
        )
        .with(
            "Opportunity",
            "naming_series:",
            "customer_name      | Data     |             | read_only
             status             | Select   | Open,Quotation,Converted,Lost,Replied,Closed | reqd no_copy
             expected_closing   | Date     |             | no_copy
             opportunity_amount | Currency |             |
             currency           | Link     | Currency    |
             probability        | Percent  |             |
             industry           | Link     | Industry Type |
             job_title          | Data     |             |
             no_of_employees    | Select   | 1-10,11-50  |
             source             | Link     | Lead Source |
             territory          | Link     | Territory   |
             website            | Data     |             |",
        )
        .with("Lead Source", "field:source_name", "source_name | Data | | reqd unique")
        .with("Industry Type", "field:industry", "industry | Data | | reqd unique")
        .with(
            "Territory",
            "field:territory_name",
            "territory_name   | Data | | reqd unique
             is_group         | Check | |
             parent_territory | Link | Territory |
             territory_manager | Link | Sales Person |",
        );
    let crm = Site::default()
        .with(
            "CRM Lead",
            "naming_series:",
            "naming_series | Select | CRM-LEAD-.YYYY.- |
             first_name    | Data   |                 | reqd
             last_name     | Data   |                 |
             lead_name     | Data   |                 |
             organization  | Data   |                 |
             email         | Data   |                 |
             status        | Link   | CRM Lead Status | reqd
             lead_owner    | Link   | User            |
             source        | Link   | CRM Lead Source |
             industry      | Link   | CRM Industry    |
             territory     | Link   | CRM Territory   |
             website       | Data   |                 |",
        )
        .with(
            "CRM Deal",
            "naming_series:",
            "organization_name     | Data     |                 |
             status                | Link     | CRM Deal Status | reqd
             expected_closure_date | Date     |                 |
             deal_value            | Currency |                 |
             currency              | Link     | Currency        |
             probability           | Percent  |                 |
             industry              | Link     | CRM Industry    |
             job_title             | Data     |                 |
             no_of_employees       | Select   | 1-10,11-50      |
             source                | Link     | CRM Lead Source |
             territory             | Link     | CRM Territory   |
             website               | Data     |                 |",
        )
        .with(
            "CRM Lead Status",
            "field:lead_status",
            "lead_status | Data | | reqd",
        )
        .with(
            "CRM Deal Status",
            "field:deal_status",
            "deal_status | Data | | reqd",
        )
        .with(
            "CRM Lead Source",
            "field:source_name",
            "source_name | Data | | reqd",
        )
        .with("CRM Industry", "field:industry", "industry | Data | |")
        .with(
            "CRM Territory",
            "field:territory_name",
            "territory_name       | Data | | reqd
             is_group             | Check | |
             parent_crm_territory | Link | CRM Territory |
             territory_manager    | Link | User |",
        );
    // Choices stand on lines of their own.
    let choices = |meta: &mut DocTypeMeta| {
        for field in &mut meta.fields {
            field.options = field.options.replace(',', "\n");
        }
    };
    let erpnext = erpnext
        .changed("Lead", choices)
        .changed("Opportunity", choices);
    (erpnext, crm.changed("CRM Deal", choices))
}

#[test]
fn the_set_for_frappe_crm_holds_between_an_erpnext_and_a_crm() {
    let files: Vec<MappingFile> = folder("crm").into_iter().map(|(_, _, file)| file).collect();
    let (erpnext, crm) = erpnext_and_crm();
    let mappings = resolve(&files, &world(&erpnext, &crm)).unwrap_or_else(|wrong| {
        let reports: Vec<String> = wrong.iter().map(|found| found.report()).collect();
        panic!("{}", reports.join("\n"));
    });
    assert_eq!(mappings.len(), files.len());
    let lead = mappings.iter().find(|mapping| mapping.doctypes.a == "Lead");
    let travels: Vec<String> = lead
        .expect("leads are mapped")
        .fields
        .iter()
        .map(|field| field.id.to_string())
        .collect();
    assert_eq!(
        travels,
        [
            "company_name",
            "email_id",
            "first_name",
            "industry",
            "last_name",
            "source",
            "status",
            "territory",
            "website",
        ]
    );
}
