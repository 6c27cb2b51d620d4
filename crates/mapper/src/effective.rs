//! A mapping after it was checked against both sites: what really travels.

use frappe_sync_model::{
    CANONICAL_VERSION, Cancelled, ConflictPolicy, Deletes, Direction, DocType, Docstatus,
    FieldMeta, FieldName, Filter, Identity, MappingName, MetaBundle, PerSide, Side,
};
use serde_json::{Value, json};

use crate::link::DOCTYPE;
use crate::{LeftOut, LinkEdge, LinkRule};

/// The link from an amended document to the one that it takes the place of (protocol 7).
pub(crate) const AMENDED_FROM: &str = "amended_from";

/// A mapping with the metadata of both sides and the fields that travel.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveMapping {
    /// Its name.
    pub name: MappingName,
    /// The DocType on each side.
    pub doctypes: PerSide<DocType>,
    /// What each site says of it.
    pub meta: PerSide<MetaBundle>,
    /// Which way changes go.
    pub direction: Direction,
    /// What makes two documents the same one.
    pub identity: Identity,
    /// Names that the sites hand out mean the same document on both.
    pub shared_names: bool,
    /// Which documents of each side take part.
    pub filters: PerSide<Vec<Filter>>,
    /// Who wins where both sides changed the same value.
    pub conflict: ConflictPolicy,
    /// Who wins a tie.
    pub prefer: Side,
    /// What becomes of a document whose counterpart was deleted.
    pub deletes: Deletes,
    /// What the mapping says of `docstatus`; whether it holds,
    /// [`follows_docstatus`](Self::follows_docstatus) tells.
    pub docstatus: Docstatus,
    /// What becomes of a cancelled document that has no counterpart.
    pub cancelled: Cancelled,
    /// The fields that travel, by id.
    pub fields: Vec<FieldMapping>,
    /// The child tables that travel, by id.
    pub tables: Vec<TableMapping>,
    /// What stays behind, and why.
    pub left_out: Vec<LeftOut>,
    /// The DocTypes whose files travel, where this is the mapping of the files themselves: it comes of `files: true`, and
    /// its documents are made by bringing over their bytes. Empty for every other mapping.
    pub files_of: Vec<PerSide<DocType>>,
}

/// A field that travels.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldMapping {
    /// Its name on `a`, which names it in state and reports.
    pub id: FieldName,
    /// Its name on each side.
    pub names: PerSide<FieldName>,
    /// What each site says of it.
    pub meta: PerSide<FieldMeta>,
    /// Which way its changes go.
    pub direction: Direction,
    /// It is sent when a document is made and never again: a later change is refused, or put back in
    /// silence (protocol 5.2 and 7).
    pub on_create_only: bool,
    /// How the names in it are translated.
    pub link: LinkRule,
}

/// A child table that travels.
#[derive(Clone, Debug, PartialEq)]
pub struct TableMapping {
    /// Its name on `a`.
    pub id: FieldName,
    /// Its name on each side.
    pub names: PerSide<FieldName>,
    /// The DocType of its rows on each side.
    pub child: PerSide<DocType>,
    /// The fields of a row that travel, by id.
    pub fields: Vec<FieldMapping>,
    /// The fields, by id, whose equal values make two rows the same one; empty where the mapping names
    /// none.
    pub key: Vec<FieldName>,
}

impl EffectiveMapping {
    /// Returns what the stored knowledge of a mapping rests on, always in the same order.
    ///
    /// It is stored, and where it differs from the stored one the mapping is read in full once. Policies
    /// are not in it: they decide what is done, not what is known.
    pub fn effective_form(&self) -> Value {
        let identity = match &self.identity {
            Identity::Name => json!("name"),
            Identity::Create => json!("create"),
            Identity::Key(key) => json!({ "key": sorted_names(key) }),
        };
        let mut tables: Vec<(&FieldName, Value)> = self
            .tables
            .iter()
            .map(|table| {
                let form = json!({
                    "child": { "a": table.child.a, "b": table.child.b },
                    "fields": fields_form(&table.fields),
                    "id": table.id,
                    "key": sorted_names(&table.key),
                    "names": { "a": table.names.a, "b": table.names.b },
                });
                (&table.id, form)
            })
            .collect();
        tables.sort_by_key(|(id, _)| *id);
        let tables: Vec<Value> = tables.into_iter().map(|(_, form)| form).collect();
        let mut form = json!({
            "canonical": CANONICAL_VERSION,
            "direction": self.direction,
            "doctypes": { "a": self.doctypes.a, "b": self.doctypes.b },
            "fields": fields_form(&self.fields),
            "filters": {
                "a": filters_form(&self.filters.a),
                "b": filters_form(&self.filters.b),
            },
            "identity": identity,
            "shared_names": self.shared_names,
            "tables": tables,
        });
        if self.follows_docstatus() {
            form["docstatus"] = json!("follow");
        }
        form
    }

    /// Tells whether submits and cancels travel: the mapping says so, and both DocTypes know them.
    pub fn follows_docstatus(&self) -> bool {
        self.docstatus == Docstatus::Follow
            && self.meta.a.doctype.is_submittable
            && self.meta.b.doctype.is_submittable
    }

    /// Tells whether its documents are files, so that their bytes travel along.
    pub fn is_of_files(&self) -> bool {
        !self.files_of.is_empty()
    }

    /// Returns the field that names the cancelled document which a document amends, where it travels.
    pub fn amendment(&self) -> Option<&FieldMapping> {
        self.fields.iter().find(|field| field.id == AMENDED_FROM)
    }

    /// Returns the fields that make documents depend on others, of the document and of its rows.
    ///
    /// A field that holds the name of a DocType is none of them.
    pub fn links(&self) -> impl Iterator<Item = LinkEdge> {
        let own = self.fields.iter().map(|field| (None, field));
        let rows = self.tables.iter().flat_map(|table| {
            let fields = table.fields.iter();
            fields.map(move |field| (Some(&table.id), field))
        });
        own.chain(rows)
            .filter_map(|(table, field)| self.edge(table, field))
    }

    /// Returns the names of the mapped child tables on a side.
    pub fn table_fields(&self, side: Side) -> Vec<&str> {
        self.tables
            .iter()
            .map(|table| table.names[side].as_str())
            .collect()
    }

    fn edge(&self, table: Option<&FieldName>, field: &FieldMapping) -> Option<LinkEdge> {
        let targets = match &field.link {
            LinkRule::None | LinkRule::File | LinkRule::FilesInText => return None,
            LinkRule::Link { doctypes } if doctypes.a == DOCTYPE => return None,
            LinkRule::Link { doctypes } => Some(doctypes.clone()),
            LinkRule::Dynamic { .. } => None,
        };
        Some(LinkEdge {
            table: table.cloned(),
            field: field.id.clone(),
            mandatory: field.meta.a.required || field.meta.b.required,
            to_self: targets.as_ref() == Some(&self.doctypes),
            targets,
        })
    }
}

fn sorted_names(names: &[FieldName]) -> Vec<&FieldName> {
    let mut sorted: Vec<&FieldName> = names.iter().collect();
    sorted.sort();
    sorted
}

fn fields_form(fields: &[FieldMapping]) -> Vec<Value> {
    let mut sorted: Vec<&FieldMapping> = fields.iter().collect();
    sorted.sort_by_key(|field| &field.id);
    sorted
        .into_iter()
        .map(|field| {
            let mut form = json!({
                "direction": field.direction,
                "id": field.id,
                "kinds": { "a": field.meta.a.kind, "b": field.meta.b.kind },
                "names": { "a": field.names.a, "b": field.names.b },
            });
            // An address that was taken as it stood says something else once it is translated.
            if matches!(field.link, LinkRule::File | LinkRule::FilesInText) {
                form["files"] = json!(true);
            }
            form
        })
        .collect()
}

/// Filters hold together whatever their order.
fn filters_form(filters: &[Filter]) -> Vec<Value> {
    let mut forms: Vec<Value> = filters.iter().cloned().map(Value::from).collect();
    forms.sort_by_cached_key(Value::to_string);
    forms.dedup();
    forms
}
