//! The four DocTypes that are kept in sync, and what of them must be the same on both sites.

/// One DocType under test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) doctype: &'static str,
    /// The field that tells a document apart from every other, whatever its name; nobody edits it.
    pub(crate) marker: &'static str,
    /// Whether people choose the names, which are then the same on both sites.
    pub(crate) named_by_people: bool,
    /// Fields that are the same on both sites.
    pub(crate) fields: &'static [&'static str],
    /// Fields that point to a document of one of the four, with its DocType.
    pub(crate) links: &'static [(&'static str, &'static str)],
    /// The child table, and the fields of its rows.
    pub(crate) rows: Option<(&'static str, &'static [&'static str])>,
    /// Its mapping.
    pub(crate) mapping: &'static str,
}

/// Named by people, with rows.
pub(crate) const ITEM: Kind = Kind {
    doctype: "Item",
    marker: "item_name",
    named_by_people: true,
    fields: &["standard_rate", "weight_per_unit", "description"],
    links: &[],
    rows: Some(("uoms", &["uom", "conversion_factor"])),
    mapping: "version: 1\ndoctype: Item\ndeletes: propagate\n",
};

/// Named by people, who rename it.
pub(crate) const CUSTOMER: Kind = Kind {
    doctype: "Customer",
    marker: "tax_id",
    named_by_people: true,
    fields: &["website", "mobile_no", "customer_details"],
    links: &[],
    rows: None,
    mapping: "version: 1\ndoctype: Customer\ndeletes: propagate\nfields: { except: \
              [customer_primary_address] }\n",
};

/// Named by a series of each site, and linked to itself.
pub(crate) const EMPLOYEE: Kind = Kind {
    doctype: "Employee",
    marker: "cell_number",
    named_by_people: false,
    fields: &["first_name", "last_name", "designation", "date_of_joining"],
    links: &[("reports_to", "Employee")],
    rows: None,
    mapping: "version: 1\ndoctype: Employee\nidentity: create\ndeletes: propagate\n",
};

/// Named by a series of each site, with rows and links, and submitted.
pub(crate) const ORDER: Kind = Kind {
    doctype: "Sales Order",
    marker: "po_no",
    named_by_people: false,
    fields: &["transaction_date", "delivery_date", "terms", "docstatus"],
    links: &[("customer", "Customer")],
    rows: Some(("items", &["item_code", "qty", "rate"])),
    mapping: "version: 1\ndoctype: Sales Order\nidentity: create\ndeletes: propagate\nfields: { except: \
              [customer_address] }\n",
};

/// All four.
pub(crate) const KINDS: [Kind; 4] = [ITEM, CUSTOMER, EMPLOYEE, ORDER];
