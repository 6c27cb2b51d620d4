//! Values on their way from one side to the other.

use std::collections::BTreeSet;

use frappe_sync_model::{DocName, DocType, Document, FieldKind, Side, canonical};
use serde_json::{Map, Value};

use crate::address::{translate_address, translate_text};
use crate::link::DOCTYPE;
use crate::values::Known;
use crate::{Computed, EffectiveMapping, FieldMapping, FileAcross, FileAddress, LinkRule};

/// What is known of names on the two sides.
pub trait LinkContext {
    /// Returns how a DocType of `from` is called on the other side, if it is mapped there or exists there
    /// under the same name.
    fn doctype_across(&self, from: Side, doctype: &DocType) -> Option<DocType>;

    /// Returns the name on the other side of the document that is called `name` on `from`, if that document
    /// is there.
    fn counterpart(&self, from: Side, doctype: &DocType, name: &DocName) -> Option<DocName>;

    /// Returns the name on the other side of a row of the document that is called `parent` on `from`, if that document
    /// is paired and the row has a counterpart.
    fn row_across(
        &self,
        _from: Side,
        _doctype: &DocType,
        _parent: &DocName,
        _row: &DocName,
    ) -> Option<DocName> {
        None
    }

    /// Returns where a file that `from` stores is found on the other side.
    fn file_across(&self, _from: Side, _address: &FileAddress) -> FileAcross {
        FileAcross::Unknown
    }
}

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Translated {
    /// The value for the other side.
    Value(Value),
    /// It names something that the other side lacks.
    MissingTarget {
        /// The DocType on the side that the value comes from; empty for a Dynamic Link whose DocType is
        /// not told.
        doctype: DocType,
        /// The name on that side.
        name: DocName,
    },
    /// The mapping has nothing for it.
    Untold {
        /// Why, without the value itself unless it is a choice.
        why: String,
    },
}

/// Translates one value of `from` for the other side.
///
/// `siblings` are the values on `from` of the document or row that holds the field: a Dynamic Link's
/// DocType stands there. A name that is a number, of a DocType with numbered documents, becomes text.
pub fn translate(
    field: &FieldMapping,
    from: Side,
    value: &Value,
    siblings: &Map<String, Value>,
    context: &impl LinkContext,
) -> Translated {
    if field.computed_of(from).is_some()
        && let Some(why) = Computed::failure(value)
    {
        return Translated::Untold {
            why: format!("its expression fails: {why}"),
        };
    }
    match known(field, from, value) {
        None | Some(Known::Kept) => {}
        Some(Known::As(value)) => return Translated::Value(value.clone()),
        Some(Known::Nothing) => return Translated::Value(Value::Null),
        Some(Known::Unknown) => return unknown(field, from, value),
    }
    let Some(name) = name_in(value) else {
        return Translated::Value(value.clone());
    };
    let doctype = match &field.link {
        LinkRule::None => return Translated::Value(value.clone()),
        LinkRule::File => return translate_address(value, from, context),
        LinkRule::FilesInText => return translate_text(value, from, context),
        LinkRule::Row { of, doctypes } => {
            let parent = siblings.get(of[from].as_str()).and_then(name_in);
            return translate_row(from, &doctypes[from], parent, &name, context);
        }
        LinkRule::Link { doctypes } if doctypes[from] == DOCTYPE => {
            let across = context.doctype_across(from, &DocType::from(name.as_str()));
            return match across {
                Some(doctype) => Translated::Value(doctype.as_str().into()),
                None => Translated::MissingTarget {
                    doctype: doctypes[from].clone(),
                    name,
                },
            };
        }
        LinkRule::Link { doctypes } => doctypes[from].clone(),
        LinkRule::Dynamic { type_field } => {
            let told = siblings.get(type_field[from].as_str());
            let doctype = told.and_then(name_in);
            DocType::from(doctype.as_ref().map_or("", DocName::as_str))
        }
    };
    let across = if doctype.as_str().is_empty() {
        None
    } else {
        context.counterpart(from, &doctype, &name)
    };
    match across {
        Some(name) => Translated::Value(name.as_str().into()),
        None => Translated::MissingTarget { doctype, name },
    }
}

/// Translates the name of a row; one of no document says nothing.
fn translate_row(
    from: Side,
    doctype: &DocType,
    parent: Option<DocName>,
    row: &DocName,
    context: &impl LinkContext,
) -> Translated {
    let Some(parent) = parent else {
        return Translated::Value(Value::Null);
    };
    if let Some(across) = context.row_across(from, doctype, &parent, row) {
        return Translated::Value(across.as_str().into());
    }
    if context.counterpart(from, doctype, &parent).is_some() {
        return Translated::Untold {
            why: format!("{doctype} `{parent}` has no such row that travelled"),
        };
    }
    Translated::MissingTarget {
        doctype: doctype.clone(),
        name: parent,
    }
}

/// Looks a value up in the field's table of values, where it has one.
fn known<'f>(field: &'f FieldMapping, from: Side, value: &Value) -> Option<Known<'f>> {
    let table = field.values.as_ref()?;
    let form = canonical(value, field.meta[from].kind);
    Some(table.look_up(from, &form))
}

fn unknown(field: &FieldMapping, from: Side, value: &Value) -> Translated {
    // Choices are words of the DocType, any other value is the document's.
    let shown = match (field.meta[from].kind, value) {
        (FieldKind::Select | FieldKind::Check, Value::String(text)) => format!("`{text}`"),
        (FieldKind::Select | FieldKind::Check, Value::Number(number)) => format!("`{number}`"),
        _ => "its value".to_owned(),
    };
    Translated::Untold {
        why: format!("{shown} is not in the mapping's table of values"),
    }
}

/// Returns the documents of which a document names rows, each once and in order.
pub fn row_parents_of(
    mapping: &EffectiveMapping,
    side: Side,
    document: &Document,
) -> Vec<(DocType, DocName)> {
    links_where(mapping, side, document, |field| {
        matches!(field.link, LinkRule::Row { .. })
    })
}

/// Returns every document that a document names in its mapped fields and rows, each once and in order, to
/// be looked up in bulk.
///
/// Names of DocTypes are none of them; a Dynamic Link whose DocType is not told is left out.
pub fn links_of(
    mapping: &EffectiveMapping,
    side: Side,
    document: &Document,
) -> Vec<(DocType, DocName)> {
    links_where(mapping, side, document, |_| true)
}

/// Returns those of them without which the document cannot be brought over: a link that the mapping leaves empty where
/// its target is missing is none.
pub fn strict_links_of(
    mapping: &EffectiveMapping,
    side: Side,
    document: &Document,
) -> Vec<(DocType, DocName)> {
    links_where(mapping, side, document, |field| !field.may_clear(side))
}

/// Returns those of them that the mapping leaves empty where their target is missing.
pub fn clearing_links_of(
    mapping: &EffectiveMapping,
    side: Side,
    document: &Document,
) -> Vec<(DocType, DocName)> {
    links_where(mapping, side, document, |field| field.may_clear(side))
}

fn links_where(
    mapping: &EffectiveMapping,
    side: Side,
    document: &Document,
    counts: impl Fn(&FieldMapping) -> bool,
) -> Vec<(DocType, DocName)> {
    let mut links = BTreeSet::new();
    let fields = mapping.fields.iter().filter(|field| counts(field));
    collect(fields, side, &document.fields, &mut links);
    for table in &mapping.tables {
        let rows = document.tables.get(&table.names[side]);
        for row in rows.into_iter().flatten() {
            let fields = table.fields.iter().filter(|field| counts(field));
            collect(fields, side, &row.fields, &mut links);
        }
    }
    links.into_iter().collect()
}

fn collect<'f>(
    fields: impl IntoIterator<Item = &'f FieldMapping>,
    side: Side,
    values: &Map<String, Value>,
    links: &mut BTreeSet<(DocType, DocName)>,
) {
    let name_of = |field: &str| values.get(field).and_then(name_in);
    for field in fields {
        let doctype = match &field.link {
            // The document is looked up for the sake of its rows.
            LinkRule::Row { of, doctypes } => {
                let row = name_of(field.names[side].as_str());
                if let (Some(_), Some(parent)) = (row, name_of(of[side].as_str())) {
                    links.insert((doctypes[side].clone(), parent));
                }
                continue;
            }
            LinkRule::None | LinkRule::File | LinkRule::FilesInText => None,
            LinkRule::Link { doctypes } if doctypes[side] == DOCTYPE => None,
            LinkRule::Link { doctypes } => Some(doctypes[side].clone()),
            LinkRule::Dynamic { type_field } => {
                name_of(type_field[side].as_str()).map(|doctype| DocType::from(doctype.as_str()))
            }
        };
        let Some(value) = values.get(field.names[side].as_str()) else {
            continue;
        };
        // A table of values says what it is called on the other side.
        let (doctype, name) = match known(field, side, value) {
            None | Some(Known::Kept) => (doctype, name_in(value)),
            Some(Known::As(across)) => match &field.link {
                LinkRule::Link { doctypes } => {
                    (Some(doctypes[side.other()].clone()), name_in(across))
                }
                _ => (None, None),
            },
            Some(Known::Nothing | Known::Unknown) => (None, None),
        };
        if let (Some(doctype), Some(name)) = (doctype, name) {
            links.insert((doctype, name));
        }
    }
}

/// Returns the name that a link's value holds; null and empty text hold none.
fn name_in(value: &Value) -> Option<DocName> {
    match value {
        Value::String(text) if !text.is_empty() => Some(DocName::from(text.as_str())),
        Value::Number(number) => Some(DocName::from(number.to_string())),
        _ => None,
    }
}
