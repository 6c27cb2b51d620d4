//! A mapping file as it was written.

use frappe_sync_model::{
    Cancelled, ConflictPolicy, Deletes, Direction, DocType, Docstatus, Filter, Identity,
    MappingName, MissingLinks, NameKeeping, PerSide, Side,
};

use crate::address::FILE;
use crate::resolve::{COMMENT, TAG_LINK};
use crate::selection::{Selection, TableEntry};
use crate::source::{Position, Source};

/// A mapping file: what it says, and where it says it.
///
/// Made by [`parse`](crate::parse); nothing in it has been compared with a site yet.
#[derive(Clone, Debug)]
pub struct MappingFile {
    /// The file, as the caller named it.
    pub file: String,
    /// The DocType on each side.
    pub doctypes: PerSide<DocType>,
    /// Which way changes go.
    pub direction: Direction,
    /// What makes two documents the same one.
    pub identity: Identity,
    /// Names that the sites hand out mean the same document on both: the sites were once one.
    pub shared_names: bool,
    /// What a document is called where it is made.
    pub naming: NameKeeping,
    /// Which documents of each side take part.
    pub filters: PerSide<Vec<Filter>>,
    /// Who wins where both sides changed the same value.
    pub conflict: ConflictPolicy,
    /// Who wins a tie.
    pub prefer: Side,
    /// What becomes of a document whose counterpart was deleted.
    pub deletes: Deletes,
    /// What becomes of `docstatus`.
    pub docstatus: Docstatus,
    /// What becomes of a cancelled document that has no counterpart.
    pub cancelled: Cancelled,
    /// What is attached to a document travels with it.
    pub files: bool,
    /// What people said of a document travels with it.
    pub comments: bool,
    /// The tags of a document travel with it.
    pub tags: bool,
    /// What becomes of links whose target has no counterpart.
    pub missing: MissingLinks,
    pub(crate) fields: Selection,
    pub(crate) tables: Vec<TableEntry>,
    pub(crate) places: Places,
    pub(crate) text: String,
}

impl MappingFile {
    /// Returns the mapping's name: the DocType, or `Customer:Client` where the sides differ.
    pub fn name(&self) -> MappingName {
        let PerSide { a, b } = &self.doctypes;
        if a == b {
            MappingName::from(a.as_str())
        } else {
            MappingName::from(format!("{a}:{b}"))
        }
    }

    /// Returns the DocTypes of a side whose metadata it needs: its own, and those of files, comments and tags where they travel.
    pub fn doctypes_read(&self, side: Side) -> impl Iterator<Item = DocType> + use<> {
        let files = self.files.then(|| DocType::from(FILE));
        let comments = self.comments.then(|| DocType::from(COMMENT));
        let own = std::iter::once(self.doctypes[side].clone());
        let tags = self.tags.then(|| DocType::from(TAG_LINK));
        own.chain(files).chain(comments).chain(tags)
    }

    pub(crate) fn source(&self) -> Source<'_> {
        Source {
            file: &self.file,
            text: &self.text,
        }
    }
}

/// Where the file says what.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) doctypes: PerSide<Position>,
    /// The value of `identity`, if it was given.
    pub(crate) identity: Option<Position>,
    /// The value of `naming`, if it was given.
    pub(crate) naming: Option<Position>,
    /// The value of `files`, if it was given.
    pub(crate) files: Option<Position>,
    pub(crate) comments: Option<Position>,
    pub(crate) tags: Option<Position>,
    /// The fields of the natural key.
    pub(crate) key: Vec<Position>,
    /// The field of every filter.
    pub(crate) filters: PerSide<Vec<Position>>,
}
