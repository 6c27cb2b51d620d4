//! DocTypes that each site keeps for itself.

/// What is set up once on each site, by its administrator or the setup wizard. A document of another DocType
/// that links to one of them expects it under the same name, and it is not proposed to be synced along.
const KEPT_BY_EACH_SITE: [&str; 24] = [
    "Account",
    "Branch",
    "Company",
    "Cost Center",
    "Country",
    "Currency",
    "Custom Field",
    "DocType",
    "Email Account",
    "Finance Book",
    "Fiscal Year",
    "Language",
    "Letter Head",
    "Mode of Payment",
    "Module Def",
    "Print Format",
    "Print Heading",
    "Print Style",
    "Property Setter",
    "Role",
    "User",
    "Warehouse",
    "Workflow",
    "Workflow State",
];

/// Tells whether a DocType is set up on each site.
pub(crate) fn is_kept_by_each_site(doctype: &str) -> bool {
    KEPT_BY_EACH_SITE.contains(&doctype)
}
