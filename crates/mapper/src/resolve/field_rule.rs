//! The rule on which fields travel by themselves.

use frappe_sync_model::{DocTypeMeta, FieldKind, FieldMeta, Naming, is_standard_field};

use crate::LeftOutReason;
use crate::effective::AMENDED_FROM;

/// Fields by which a site keeps a tree (protocol 8).
const TREE: [&str; 3] = ["lft", "rgt", "old_parent"];

/// Returns why a field can never travel, even if the mapping names it. Only where `docstatus` is followed
/// does the link of amendments travel all the same.
pub(super) fn never_travels(field: &FieldMeta) -> Option<LeftOutReason> {
    let name = field.name.as_str();
    if is_standard_field(name) {
        Some(LeftOutReason::Standard)
    } else if field.kind == FieldKind::Password {
        Some(LeftOutReason::Password)
    } else if field.is_virtual {
        Some(LeftOutReason::Virtual)
    } else if TREE.contains(&name) {
        Some(LeftOutReason::TreeInternal)
    } else if name == AMENDED_FROM {
        Some(LeftOutReason::Amendment)
    } else {
        None
    }
}

/// Returns why a field does not travel unless the mapping names it.
pub(super) fn stays_by_default(field: &FieldMeta) -> Option<LeftOutReason> {
    if field.read_only && field.no_copy {
        return Some(LeftOutReason::Derived);
    }
    match &field.fetch_from {
        Some(from) if !field.fetch_if_empty => Some(LeftOutReason::Fetched(from.clone())),
        _ => None,
    }
}

/// Tells whether a field only tells whether documents keep the date that they are given: without it a
/// site posts them today. It is sent with every date, so a document that was dated today on its own site
/// differs in it for good.
pub(super) fn is_posting_switch(field: &FieldMeta, doctype: &DocTypeMeta) -> bool {
    field.name == "set_posting_time" && doctype.field("posting_date").is_some()
}

/// Tells whether a field takes a value when a document is made and never again.
///
/// The field that gives the name is put back to the name at every save (protocol 5.2).
pub(super) fn is_fixed_at_create(field: &FieldMeta, doctype: &DocTypeMeta) -> bool {
    let gives_the_name = match &doctype.naming {
        Naming::Field(source) => *source == field.name,
        _ => false,
    };
    field.set_only_once || field.name == "naming_series" || gives_the_name
}
