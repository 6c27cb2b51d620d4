//! Fields that name other documents.

use frappe_sync_model::{DocType, FieldName, PerSide, Side};

/// The DocType of DocTypes: a link to it names a DocType, not a document that could be paired.
pub(crate) const DOCTYPE: &str = "DocType";

/// How the names in a field are translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkRule {
    /// The field names no document.
    None,
    /// It names documents of one DocType. Where that is `DocType` itself, the value is a DocType's name
    /// and is translated as such.
    Link {
        /// The DocType on each side.
        doctypes: PerSide<DocType>,
    },
    /// It names documents of the DocType that a sibling field holds.
    Dynamic {
        /// That sibling on each side.
        type_field: PerSide<FieldName>,
    },
    /// It names a row of the document that a link beside it names.
    Row {
        /// That link on each side.
        of: PerSide<FieldName>,
        /// The DocType of the document on each side.
        doctypes: PerSide<DocType>,
    },
    /// It holds the address of a file: that of the counterpart where the site stores it itself.
    File,
    /// It is a text with addresses of files in it, as those of pictures.
    FilesInText,
}

impl LinkRule {
    /// The rule of a field that holds the name of a DocType.
    pub(crate) fn to_doctype() -> Self {
        Self::Link {
            doctypes: PerSide::from_fn(|_: Side| DocType::from(DOCTYPE)),
        }
    }
}

/// A mapped field that makes documents of one DocType depend on documents of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkEdge {
    /// The table whose rows hold the field, by its id; none for a field of the document itself.
    pub table: Option<FieldName>,
    /// The field's id.
    pub field: FieldName,
    /// The DocType that it names on each side; none for a Dynamic Link, which can name any.
    pub targets: Option<PerSide<DocType>>,
    /// A document cannot be saved without it, on at least one side.
    pub mandatory: bool,
    /// It names documents of the mapping's own DocType, as a tree's parent field does.
    pub to_self: bool,
}
