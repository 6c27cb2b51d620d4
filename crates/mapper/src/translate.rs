//! Values on their way from one side to the other.

use std::collections::BTreeSet;

use frappe_sync_model::{DocName, DocType, Document, Side};
use serde_json::{Map, Value};

use crate::address::{translate_address, translate_text};
use crate::link::DOCTYPE;
use crate::{EffectiveMapping, FieldMapping, FileAcross, FileAddress, LinkRule};

/// What is known of names on the two sides.
pub trait LinkContext {
    /// Returns how a DocType of `from` is called on the other side, if it is mapped there or exists there
    /// under the same name.
    fn doctype_across(&self, from: Side, doctype: &DocType) -> Option<DocType>;

    /// Returns the name on the other side of the document that is called `name` on `from`, if that document
    /// is there.
    fn counterpart(&self, from: Side, doctype: &DocType, name: &DocName) -> Option<DocName>;

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
    let Some(name) = name_in(value) else {
        return Translated::Value(value.clone());
    };
    let doctype = match &field.link {
        LinkRule::None => return Translated::Value(value.clone()),
        LinkRule::File => return translate_address(value, from, context),
        LinkRule::FilesInText => return translate_text(value, from, context),
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

/// Returns every document that a document names in its mapped fields and rows, each once and in order, to
/// be looked up in bulk.
///
/// Names of DocTypes are none of them; a Dynamic Link whose DocType is not told is left out.
pub fn links_of(
    mapping: &EffectiveMapping,
    side: Side,
    document: &Document,
) -> Vec<(DocType, DocName)> {
    let mut links = BTreeSet::new();
    collect(&mapping.fields, side, &document.fields, &mut links);
    for table in &mapping.tables {
        let rows = document.tables.get(&table.names[side]);
        for row in rows.into_iter().flatten() {
            collect(&table.fields, side, &row.fields, &mut links);
        }
    }
    links.into_iter().collect()
}

fn collect(
    fields: &[FieldMapping],
    side: Side,
    values: &Map<String, Value>,
    links: &mut BTreeSet<(DocType, DocName)>,
) {
    let name_of = |field: &str| values.get(field).and_then(name_in);
    for field in fields {
        let doctype = match &field.link {
            LinkRule::None | LinkRule::File | LinkRule::FilesInText => None,
            LinkRule::Link { doctypes } if doctypes[side] == DOCTYPE => None,
            LinkRule::Link { doctypes } => Some(doctypes[side].clone()),
            LinkRule::Dynamic { type_field } => {
                name_of(type_field[side].as_str()).map(|doctype| DocType::from(doctype.as_str()))
            }
        };
        if let (Some(doctype), Some(name)) = (doctype, name_of(field.names[side].as_str())) {
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
