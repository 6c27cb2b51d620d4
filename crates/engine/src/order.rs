//! Which mapping links to which, and the order of work that follows from it.

use std::collections::{BTreeMap, HashMap};

use frappe_sync_mapper::{EffectiveMapping, FieldMapping, LinkRule, TableMapping};
use frappe_sync_model::DocType;
use frappe_sync_planner::{DocTypeEdge, DocTypeOrder, doctype_order};

/// What a Dynamic Link names is not known before its documents are read; parties, by far the most of them,
/// come before what speaks of them.
const PARTIES: [&str; 5] = ["Customer", "Supplier", "Employee", "Lead", "Company"];

/// What comes after what, though no link says so before its documents are read: a site refuses to deliver what is not in
/// stock, and to book against what is not submitted.
const COMES_AFTER: [(&str, &[&str]); 4] = [
    ("Delivery Note", &BRING_STOCK),
    ("Sales Invoice", &BRING_STOCK),
    ("Journal Entry", &["Sales Invoice", "Purchase Invoice"]),
    (
        "Payment Entry",
        &[
            "Sales Invoice",
            "Purchase Invoice",
            "Sales Order",
            "Purchase Order",
            "Journal Entry",
        ],
    ),
];

/// What brings stock.
const BRING_STOCK: [&str; 4] = [
    "Stock Reconciliation",
    "Stock Entry",
    "Purchase Receipt",
    "Purchase Invoice",
];

/// A field through which documents of one mapping name documents of others.
#[derive(Clone, Debug)]
pub(crate) struct LinkingField<'a> {
    /// The mapping that links, by number.
    pub(crate) from: usize,
    /// The table whose rows hold the field; none for a field of the document itself.
    pub(crate) table: Option<&'a TableMapping>,
    /// The field.
    pub(crate) field: &'a FieldMapping,
    /// The mappings that it leads to, by number, its own among them; none where what it names is not mapped.
    pub(crate) to: Vec<usize>,
}

impl LinkingField<'_> {
    /// Tells whether a document cannot be saved without it, on at least one side. A Dynamic Link may name
    /// anything, so that nothing has to come before it.
    pub(crate) fn is_mandatory(&self) -> bool {
        let is_link = matches!(self.field.link, LinkRule::Link { .. });
        is_link && (self.field.meta.a.required || self.field.meta.b.required)
    }
}

/// Returns the fields that link, in the order of mappings, a document's own before those of its rows.
pub(crate) fn linking_fields<'a>(mappings: &[&'a EffectiveMapping]) -> Vec<LinkingField<'a>> {
    let by_doctype: HashMap<&DocType, usize> = mappings
        .iter()
        .enumerate()
        .map(|(index, mapping)| (&mapping.doctypes.a, index))
        .collect();
    let parties: Vec<usize> = mappings
        .iter()
        .enumerate()
        .filter(|(_, mapping)| PARTIES.iter().any(|party| mapping.doctypes.a == *party))
        .map(|(index, _)| index)
        .collect();
    let mut found = Vec::new();
    for (from, mapping) in mappings.iter().enumerate() {
        let own = mapping.fields.iter().map(|field| (None, field));
        let of_rows = mapping
            .tables
            .iter()
            .flat_map(|table| table.fields.iter().map(move |field| (Some(table), field)));
        for (table, field) in own.chain(of_rows) {
            let to = match &field.link {
                LinkRule::None | LinkRule::File | LinkRule::FilesInText => continue,
                LinkRule::Link { doctypes } | LinkRule::Row { doctypes, .. } => {
                    by_doctype.get(&doctypes.a).copied().into_iter().collect()
                }
                // A file names the document that it is attached to, a comment the one that it is on.
                LinkRule::Dynamic { .. } if mapping.hangs.is_some() => {
                    let on = mapping.hangs.iter().flat_map(|hangs| &hangs.on);
                    on.filter_map(|doctypes| by_doctype.get(&doctypes.a).copied())
                        .collect()
                }
                LinkRule::Dynamic { .. } => {
                    let others = parties.iter().copied().filter(|to| *to != from);
                    others.collect()
                }
            };
            found.push(LinkingField {
                from,
                table,
                field,
                to,
            });
        }
    }
    found
}

/// Returns which mapping links to which, itself left out.
pub(crate) fn edges(mappings: &[&EffectiveMapping]) -> Vec<DocTypeEdge> {
    let mut strongest: BTreeMap<(usize, usize), bool> = BTreeMap::new();
    for linking in linking_fields(mappings) {
        for &to in linking.to.iter().filter(|to| **to != linking.from) {
            *strongest.entry((linking.from, to)).or_default() |= linking.is_mandatory();
        }
    }
    let called = |name: &str| {
        let mut mappings = mappings.iter();
        mappings.position(|mapping| mapping.doctypes.a == *name)
    };
    for (later, earlier) in COMES_AFTER {
        let Some(from) = called(later) else { continue };
        for to in earlier.iter().filter_map(|name| called(name)) {
            strongest.entry((from, to)).or_default();
        }
    }
    strongest
        .into_iter()
        .map(|((from, to), mandatory)| DocTypeEdge {
            from,
            to,
            mandatory,
        })
        .collect()
}

/// Returns the mappings by name, and the order of work among them: the order in the configuration means
/// nothing.
pub(crate) fn order_of<'a>(
    mappings: impl IntoIterator<Item = &'a EffectiveMapping>,
) -> (Vec<&'a EffectiveMapping>, DocTypeOrder) {
    let mut mappings: Vec<&EffectiveMapping> = mappings.into_iter().collect();
    mappings.sort_by(|left, right| left.name.cmp(&right.name));
    let order = doctype_order(mappings.len(), &edges(&mappings));
    (mappings, order)
}

/// Puts mappings in order: those that others link to first.
pub(crate) fn in_order(mut mappings: Vec<EffectiveMapping>) -> Vec<EffectiveMapping> {
    mappings.sort_by(|left, right| left.name.cmp(&right.name));
    let (_, order) = order_of(&mappings);
    let mut slots: Vec<Option<EffectiveMapping>> = mappings.into_iter().map(Some).collect();
    order
        .groups
        .into_iter()
        .flatten()
        .filter_map(|index| slots[index].take())
        .collect()
}
