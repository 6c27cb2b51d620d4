//! The mapping files that come with frappe-sync.
