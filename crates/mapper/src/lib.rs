//! Mapping files of frappe-sync: parse, check against metadata, transform both ways.
