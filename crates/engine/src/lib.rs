//! One sync run of frappe-sync, cut by phase.
