//! The ready mapping files, which know what their DocTypes' apps do.

/// A mapping file that comes with the program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ready {
    /// The DocType that it is for.
    pub(super) doctype: &'static str,
    /// Its text.
    pub(super) text: &'static str,
    /// The DocTypes that it is to be used with.
    pub(super) with: &'static [&'static str],
}

const READY: [Ready; 9] = [
    Ready {
        doctype: "Customer Group",
        text: include_str!("../../../../mappings/customer_group.yaml"),
        with: &[],
    },
    Ready {
        doctype: "Territory",
        text: include_str!("../../../../mappings/territory.yaml"),
        with: &[],
    },
    Ready {
        doctype: "Item Group",
        text: include_str!("../../../../mappings/item_group.yaml"),
        with: &[],
    },
    Ready {
        doctype: "UOM",
        text: include_str!("../../../../mappings/uom.yaml"),
        with: &[],
    },
    Ready {
        doctype: "Customer",
        text: include_str!("../../../../mappings/customer.yaml"),
        with: &["Customer Group", "Territory"],
    },
    Ready {
        doctype: "Item",
        text: include_str!("../../../../mappings/item.yaml"),
        with: &["Item Group", "UOM"],
    },
    Ready {
        doctype: "Address",
        text: include_str!("../../../../mappings/address.yaml"),
        with: &["Customer"],
    },
    Ready {
        doctype: "Employee",
        text: include_str!("../../../../mappings/employee.yaml"),
        with: &[],
    },
    Ready {
        doctype: "Sales Order",
        text: include_str!("../../../../mappings/sales_order.yaml"),
        with: &["Customer", "Item", "Address"],
    },
];

/// Returns the ready file for a DocType.
pub(super) fn ready(doctype: &str) -> Option<Ready> {
    READY.into_iter().find(|ready| ready.doctype == doctype)
}

/// Returns the DocTypes that there is a ready file for, those that others link to first.
pub(crate) fn ready_doctypes() -> impl Iterator<Item = &'static str> {
    READY.into_iter().map(|ready| ready.doctype)
}
