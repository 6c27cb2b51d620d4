//! A mapping after it was checked against both sites: what really travels.

use std::collections::BTreeMap;

use frappe_sync_model::{
    CANONICAL_VERSION, Cancelled, ConflictPolicy, Deletes, Direction, DocType, Docstatus, Document,
    FieldName, FieldPath, Filter, Identity, MappingName, MetaBundle, NameKeeping, Naming, PerSide,
    Side,
};
use serde_json::{Map, Value, json};

use crate::field_mapping::{fields_form, filters_form, sorted_names};
use crate::link::DOCTYPE;
use crate::resolve::names_mean_the_same;
use crate::{FieldMapping, LeftOut, LinkEdge, LinkRule, TableMapping};

/// The link from an amended document to the one that it takes the place of (protocol 7).
pub(crate) const AMENDED_FROM: &str = "amended_from";

/// The rule for names that are numbers of the database (protocol 5.2).
pub(crate) const AUTOINCREMENT: &str = "autoincrement";

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
    /// What a document is called where it is made; how it comes by that name,
    /// [`loads_names`](Self::loads_names) tells.
    pub naming: NameKeeping,
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
    /// What each side is given when a document is made there, beside what travels: fields that nothing else fills.
    pub given: PerSide<BTreeMap<FieldName, Value>>,
    /// What stays behind, and why.
    pub left_out: Vec<LeftOut>,
    /// What its documents hang on, where it comes of `files: true`, `comments: true` or `tags: true`.
    pub hangs: Option<Hangs>,
}

/// Documents that belong to others and travel with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hangs {
    /// What they are.
    pub what: Hanging,
    /// The DocTypes of the documents that they hang on.
    pub on: Vec<PerSide<DocType>>,
}

/// What hangs on documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hanging {
    /// Files that are attached; they are made by bringing over their bytes.
    Files,
    /// What people said of a document.
    Comments,
    /// Words that people put on a document; a site does that itself, by a method of its own.
    Tags,
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
        let mut tables: Vec<&TableMapping> = self.tables.iter().collect();
        tables.sort_by_key(|table| &table.id);
        let tables: Vec<Value> = tables
            .into_iter()
            .map(|table| table.form(self.direction))
            .collect();
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

    /// Tells whether what is made on a side gets the name of its source, though that site would hand out a name of its
    /// own: then it comes there by Data Import (protocol 5.6).
    pub fn loads_names(&self, side: Side) -> bool {
        let meta = &self.meta[side].doctype;
        self.naming == NameKeeping::Keep
            && !self.is_of_files()
            && !names_mean_the_same(meta)
            && matches!(&meta.naming, Naming::SiteGiven(rule) if rule != AUTOINCREMENT)
    }

    /// Tells whether its documents are files, so that their bytes travel along.
    pub fn is_of_files(&self) -> bool {
        self.is_of(Hanging::Files)
    }

    /// Tells whether its documents are comments.
    pub fn is_of_comments(&self) -> bool {
        self.is_of(Hanging::Comments)
    }

    /// Tells whether its documents are tags on documents.
    pub fn is_of_tags(&self) -> bool {
        self.is_of(Hanging::Tags)
    }

    fn is_of(&self, what: Hanging) -> bool {
        self.hangs.as_ref().is_some_and(|hangs| hangs.what == what)
    }

    /// Adds what expressions over a document of `side` give, as if the site showed it: under names that no field of a
    /// DocType has. What they cannot give is known to [`translate`](crate::translate) only.
    pub fn compute(&self, side: Side, document: &mut Document) {
        let given: Vec<(String, Value)> = self
            .fields
            .iter()
            .filter_map(|field| field.computed_of(side))
            .filter_map(|(name, computed)| {
                let value = computed.value(&with_own_facts(document), None)?;
                Some((name.to_string(), value))
            })
            .collect();
        document.fields.extend(given);
        for table in &self.tables {
            let computed: Vec<_> = table
                .fields
                .iter()
                .filter_map(|field| field.computed_of(side))
                .collect();
            if computed.is_empty() {
                continue;
            }
            let parent = with_own_facts(document);
            let rows = document.tables.get_mut(&table.names[side]);
            for row in rows.into_iter().flatten() {
                for (name, computed) in &computed {
                    if let Some(value) = computed.value(&parent, Some(&row.fields)) {
                        row.fields.insert(name.to_string(), value);
                    }
                }
            }
        }
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

    /// Returns which way a value goes, by its place under the names of `a`.
    pub fn direction_of(&self, path: &FieldPath) -> Direction {
        let field = |id: &FieldName| self.fields.iter().find(|field| &field.id == id);
        let table = |id: &FieldName| self.tables.iter().find(|table| &table.id == id);
        let known = match path {
            FieldPath::Field(id) => field(id).map(|field| field.direction),
            FieldPath::Table(id) => table(id).map(|table| table.direction),
            FieldPath::RowField(id, _, in_row) => table(id).map(|table| {
                let mut fields = table.fields.iter();
                let field = fields.find(|field| &field.id == in_row);
                field.map_or(table.direction, |field| field.direction)
            }),
        };
        known.unwrap_or(self.direction)
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
            LinkRule::Link { doctypes } | LinkRule::Row { doctypes, .. } => Some(doctypes.clone()),
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

/// Returns a document's fields with what a site says of every document, for expressions.
fn with_own_facts(document: &Document) -> Map<String, Value> {
    let mut fields = document.fields.clone();
    fields.insert("name".to_owned(), document.name().as_str().into());
    fields.insert("owner".to_owned(), document.key.owner.as_str().into());
    fields.insert("docstatus".to_owned(), document.docstatus.into());
    fields
}
