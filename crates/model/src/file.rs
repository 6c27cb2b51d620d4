//! Stored files and their bytes.

use std::fmt;

use crate::{DocName, DocType, FieldName};

/// The bytes of a stored file, as they are to be sent to another site.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// The name that people see; a site adds the end of the hash to it where the name is taken (protocol 8, Files).
    pub file_name: String,
    /// Only those may read it who may read what it is attached to.
    pub is_private: bool,
    /// DocType of the document that it is attached to, on the site that receives it.
    pub doctype: DocType,
    /// Name of that document.
    pub name: DocName,
    /// The Attach field that shows it, where one does.
    pub field: Option<FieldName>,
    /// The bytes.
    pub content: Vec<u8>,
}

impl fmt::Debug for Upload {
    /// Without the bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("file_name", &self.file_name)
            .field("doctype", &self.doctype)
            .field("name", &self.name)
            .field("bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}
