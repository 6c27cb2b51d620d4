//! Documents that are made under given names (protocol 5.6).

use crate::{DocName, DocType, SiteError};

/// Documents as the rows of a table, for a Data Import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// What tells this load from every other, on the site too: letters, digits and hyphens.
    pub label: String,
    /// The DocType of the documents.
    pub doctype: DocType,
    /// Fieldnames; those of child rows after the name of their table: `items.qty`. The first is `name`.
    pub columns: Vec<String>,
    /// The table. The first row of a document holds its own values, and all of its rows hold values of child rows.
    pub rows: Vec<Vec<String>>,
    /// Where in the table each document begins.
    pub starts: Vec<usize>,
}

/// How far a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadState {
    /// The site knows nothing of it: it did not begin, unless the request is still under way.
    Unknown,
    /// It has not come to its end.
    UnderWay,
    /// Nothing will come of it any more.
    Ended,
}

/// What became of one document of a load, as the site's log tells.
#[derive(Debug)]
pub enum LoadedDocument {
    /// The log says nothing of it.
    Untold,
    /// It was made, under this name.
    Made(DocName),
    /// The site refused it.
    Refused(SiteError),
}

/// What became of a load.
#[derive(Debug)]
pub struct Loaded {
    /// Nothing will come of it any more.
    pub ended: bool,
    /// What became of the documents, in their order.
    pub documents: Vec<LoadedDocument>,
    /// Why the site made none of them, in its words, where it turned the table down as a whole.
    pub turned_down: Option<String>,
}
