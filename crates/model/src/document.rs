//! Documents as a site gives them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{DocName, DocType, FieldName, SiteTime};

/// What a poll reads of a document: enough to know whether its body is needed (protocol 12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocKey {
    /// The document's name, spelled as the site spells it.
    pub name: DocName,
    /// When it was last saved, in the site's own time; some writes leave it empty.
    pub modified: Option<SiteTime>,
    /// When it was made; survives a rename (protocol 8).
    pub creation: Option<SiteTime>,
    /// Who made it; survives a rename.
    pub owner: String,
    /// `lft` of a tree document, so that parents can come before their children.
    pub lft: Option<i64>,
}

/// One child row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The row's own name.
    pub name: DocName,
    /// Its place, from 1.
    pub idx: i64,
    /// Its values by fieldname; a field that the answer did not hold is absent, never null.
    pub fields: Map<String, Value>,
}

/// One document with its child rows, as list answers give it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What identifies it.
    pub key: DocKey,
    /// Who saved it last.
    pub modified_by: String,
    /// 0 draft, 1 submitted, 2 cancelled.
    pub docstatus: u8,
    /// Its values by fieldname; a field that the answer did not hold is absent, never null.
    pub fields: Map<String, Value>,
    /// Its child tables that were read, each with its rows by place.
    pub tables: BTreeMap<FieldName, Vec<Row>>,
}

impl Document {
    /// Returns the document's name.
    pub fn name(&self) -> &DocName {
        &self.key.name
    }
}

/// A document to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewDocument {
    /// Its DocType on the site that will hold it.
    pub doctype: DocType,
    /// The name that it shall have, where the DocType keeps a chosen name (protocol 5.2).
    pub name: Option<DocName>,
    /// Its values, child tables included as arrays of row objects.
    pub body: Map<String, Value>,
}
