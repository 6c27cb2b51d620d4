//! What a site says of its DocTypes (protocol 9).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DocType, FieldName};

/// What kind of value a field holds, as far as a sync must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FieldKind {
    /// `Int` and `Long Int`.
    Int,
    /// `Check`: 0 or 1.
    Check,
    /// `Float`, `Currency`, `Percent`, `Duration` and `Rating`: decimals with at most nine places.
    Decimal,
    /// `Date`.
    Date,
    /// `Datetime`.
    Datetime,
    /// `Time`, a duration in Frappe (protocol 3.3).
    Time,
    /// `JSON`.
    Json,
    /// `Select`.
    Select,
    /// `Link`: `options` names the DocType.
    Link,
    /// `Dynamic Link`: `options` names the sibling field that holds the DocType.
    DynamicLink,
    /// `Table` and `Table MultiSelect`: `options` names the child DocType.
    Table,
    /// `Password`; never read, never written.
    Password,
    /// `Attach` and `Attach Image`: the address of a file.
    Attach,
    /// Every other text.
    Text,
    /// A field that only shapes the form and stores nothing, such as `Section Break`.
    Layout,
}

impl FieldKind {
    /// Returns the kind of a Frappe fieldtype; an unknown fieldtype is text.
    pub fn of_fieldtype(fieldtype: &str) -> Self {
        match fieldtype {
            "Int" | "Long Int" => Self::Int,
            "Check" => Self::Check,
            "Float" | "Currency" | "Percent" | "Duration" | "Rating" => Self::Decimal,
            "Date" => Self::Date,
            "Datetime" => Self::Datetime,
            "Time" => Self::Time,
            "JSON" => Self::Json,
            "Select" => Self::Select,
            "Link" => Self::Link,
            "Dynamic Link" => Self::DynamicLink,
            "Table" | "Table MultiSelect" => Self::Table,
            "Password" => Self::Password,
            "Attach" | "Attach Image" => Self::Attach,
            "Section Break" | "Column Break" | "Tab Break" | "HTML" | "Button" | "Image"
            | "Fold" | "Heading" => Self::Layout,
            _ => Self::Text,
        }
    }

    /// Tells whether the field holds one value of its own, as against a table or nothing.
    pub fn holds_value(self) -> bool {
        !matches!(self, Self::Table | Self::Layout)
    }
}

/// One field of a DocType.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldMeta {
    /// The fieldname.
    pub name: FieldName,
    /// The label that people see.
    pub label: String,
    /// Frappe's own word for the type, such as `Currency`.
    pub fieldtype: String,
    /// The kind of value.
    pub kind: FieldKind,
    /// DocType of a Link or table, sibling field of a Dynamic Link, choices of a Select.
    pub options: String,
    /// The longest text that a Data field takes; 0 where the type decides.
    pub length: u32,
    /// A value must be given.
    pub required: bool,
    /// No two documents may hold one value.
    pub unique: bool,
    /// People cannot change it in the form; REST can (protocol 7).
    pub read_only: bool,
    /// A copy leaves it out.
    pub no_copy: bool,
    /// Overwritten from a link's target at every save (protocol 7).
    pub fetch_from: Option<String>,
    /// `fetch_from` only fills it where it is empty.
    pub fetch_if_empty: bool,
    /// Computed and never stored.
    pub is_virtual: bool,
    /// Can be set by the insert only.
    pub set_only_once: bool,
    /// May change once the document is submitted.
    pub allow_on_submit: bool,
    /// Above 0 a role must allow it, or writes are put back in silence (protocol 7).
    pub permlevel: u32,
    /// The value that an insert without one gets.
    pub default: Option<String>,
}

impl FieldMeta {
    /// Tells whether it holds text with pictures and links in it.
    pub fn is_rich_text(&self) -> bool {
        matches!(
            self.fieldtype.as_str(),
            "Text Editor" | "HTML Editor" | "Markdown Editor"
        )
    }
}

/// Fields that every document has and the site writes (protocol 5.1).
pub const DOCUMENT_FIELDS: [&str; 7] = [
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
];

/// Those that a row of a child table has besides.
pub const ROW_FIELDS: [&str; 3] = ["parent", "parentfield", "parenttype"];

/// Tells whether a field is one of those that the site writes in every document or row.
pub fn is_standard_field(name: &str) -> bool {
    DOCUMENT_FIELDS.contains(&name) || ROW_FIELDS.contains(&name)
}

/// How documents of a DocType get their names (protocol 5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Naming {
    /// People type the name (`prompt`).
    Prompt,
    /// The name is the value of a field.
    Field(FieldName),
    /// A format of fields without a counter: as good as a chosen name.
    FormatOfFields(String),
    /// The site hands names out: series, counters, hashes, numbers, or an app's own code.
    SiteGiven(String),
    /// A UUID, which the client may choose (16 only).
    Uuid,
}

impl Naming {
    /// Reads the `autoname` of a DocType.
    pub fn of_autoname(autoname: &str) -> Self {
        let lower = autoname.to_ascii_lowercase();
        if lower == "prompt" {
            Self::Prompt
        } else if lower == "uuid" {
            Self::Uuid
        } else if lower.starts_with("field:") {
            Self::Field(autoname["field:".len()..].trim().into())
        } else if lower.starts_with("format:") && !autoname.contains('#') {
            Self::FormatOfFields(autoname["format:".len()..].to_owned())
        } else {
            Self::SiteGiven(autoname.to_owned())
        }
    }

    /// Tells whether people choose the names, so that equal names mean the same document.
    pub fn is_chosen(&self) -> bool {
        matches!(
            self,
            Self::Prompt | Self::Field(_) | Self::FormatOfFields(_)
        )
    }

    /// Tells whether an insert keeps the name that the client sends.
    pub fn keeps_client_name(&self) -> bool {
        matches!(self, Self::Prompt | Self::Uuid)
    }
}

/// A DocType with its Custom Fields and Property Setters applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocTypeMeta {
    /// Its name.
    pub name: DocType,
    /// How its documents are named.
    pub naming: Naming,
    /// Documents can be submitted and cancelled.
    pub is_submittable: bool,
    /// Documents form a nested set.
    pub is_tree: bool,
    /// There is one document, named as the DocType.
    pub is_single: bool,
    /// Documents are rows of other documents.
    pub is_table: bool,
    /// Nothing is stored; a controller answers.
    pub is_virtual: bool,
    /// Field that people read as the title.
    pub title_field: Option<FieldName>,
    /// The fields, in the form's order.
    pub fields: Vec<FieldMeta>,
}

impl DocTypeMeta {
    /// Finds a field.
    pub fn field(&self, name: &str) -> Option<&FieldMeta> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns the fields that hold child tables that are stored.
    pub fn tables(&self) -> impl Iterator<Item = &FieldMeta> {
        self.fields
            .iter()
            .filter(|field| field.kind == FieldKind::Table && !field.is_virtual)
    }

    /// Returns the field that names the parent in a tree, such as `parent_item_group`.
    pub fn parent_field(&self) -> Option<&FieldMeta> {
        if !self.is_tree {
            return None;
        }
        let scrubbed = self.name.as_str().to_lowercase().replace([' ', '-'], "_");
        let named = self.field(&format!("parent_{scrubbed}"));
        // A controller may choose another field (Employee: `reports_to`); it links to its own DocType.
        named.or_else(|| {
            self.fields.iter().find(|field| {
                field.kind == FieldKind::Link
                    && field.name != "old_parent"
                    && field.options == self.name.as_str()
            })
        })
    }
}

/// A DocType with the DocTypes of its child tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaBundle {
    /// The DocType itself.
    pub doctype: DocTypeMeta,
    /// Its child DocTypes by name.
    pub children: BTreeMap<DocType, DocTypeMeta>,
}

impl MetaBundle {
    /// Returns the child DocType behind a table field.
    pub fn child_of(&self, table: &str) -> Option<&DocTypeMeta> {
        let field = self.doctype.field(table)?;
        self.children.get(field.options.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn naming_tells_chosen_names_from_those_that_the_site_hands_out() {
        assert!(Naming::of_autoname("Prompt").is_chosen());
        assert_eq!(
            Naming::of_autoname("field:item_code"),
            Naming::Field("item_code".into())
        );
        assert!(Naming::of_autoname("format:{a}-{b}").is_chosen());
        for given in [
            "format:X-{####}",
            "naming_series:",
            "hash",
            "",
            "SO-.#####",
            "autoincrement",
        ] {
            assert!(!Naming::of_autoname(given).is_chosen(), "{given}");
        }
    }
}
