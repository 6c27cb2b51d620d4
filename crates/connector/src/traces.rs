//! Reads the traces that deletes and renames leave (protocol 8).

use std::collections::HashMap;

use serde_json::{Map, Value};

use frappe_sync_model::{
    Deletion, DocKey, DocName, DocType, Filter, Renaming, SiteError, SiteTime, TraceQuery,
};

use crate::collation::folded;
use crate::list::{List, NAMES_PER_PAGE};
use crate::rename_comment::RenameComment;
use crate::trace_list::{Place, TraceList};
use crate::transport::Transport;
use crate::wire_document::{key_of, name_of};

/// Reads deletes, oldest first.
pub(crate) async fn deletions(
    transport: &Transport,
    query: &TraceQuery,
) -> Result<Vec<Deletion>, SiteError> {
    if query.doctypes.is_empty() {
        return Ok(Vec::new());
    }
    let mut list = TraceList {
        doctype: "Deleted Document".into(),
        fields: &["deleted_doctype", "deleted_name", "owner", "restored"],
        filters: vec![in_doctypes("deleted_doctype", query)],
        since: query.since.as_ref(),
    };
    if query.names.is_empty() {
        return list.read(transport, deletion).await;
    }
    let mut deletions = Vec::new();
    for names in query.names.chunks(NAMES_PER_PAGE) {
        let names = names.iter().map(DocName::as_str);
        list.filters = vec![
            in_doctypes("deleted_doctype", query),
            Filter::is_in("deleted_name", names),
        ];
        deletions.extend(list.read(transport, deletion).await?);
    }
    deletions.sort_by(|one, other| (&one.at, &one.record).cmp(&(&other.at, &other.record)));
    // Two spellings of one name may stand in two chunks.
    deletions.dedup_by(|one, other| one.record == other.record);
    Ok(deletions)
}

fn deletion(place: Place, row: &Map<String, Value>) -> Option<Deletion> {
    Some(Deletion {
        doctype: text(row, "deleted_doctype").into(),
        name: row.get("deleted_name").and_then(name_of)?,
        record: place.name,
        at: place.creation,
        by: text(row, "owner").to_owned(),
        restored: row.get("restored").and_then(Value::as_i64) == Some(1),
    })
}

/// Reads renames and merges, oldest first.
///
/// The names in a comment are text, so those of the query are looked for here and not by the site.
pub(crate) async fn renamings(
    transport: &Transport,
    query: &TraceQuery,
) -> Result<Vec<Renaming>, SiteError> {
    if query.doctypes.is_empty() {
        return Ok(Vec::new());
    }
    let list = TraceList {
        doctype: "Comment".into(),
        fields: &["reference_doctype", "reference_name", "content"],
        filters: vec![
            Filter::new("comment_type", "=", "Edit"),
            in_doctypes("reference_doctype", query),
        ],
        since: query.since.as_ref(),
    };
    let asked = AskedNames::of(&query.names);
    let comments = list.read(transport, comment).await?;
    Ok(comments
        .into_iter()
        .filter_map(|comment| comment.renaming(&asked))
        .collect())
}

/// A comment that may tell of a rename.
struct Comment {
    doctype: DocType,
    /// The name that the document has by now.
    reference: Option<DocName>,
    content: String,
    at: SiteTime,
}

fn comment(place: Place, row: &Map<String, Value>) -> Option<Comment> {
    Some(Comment {
        doctype: text(row, "reference_doctype").into(),
        reference: row.get("reference_name").and_then(name_of),
        content: text(row, "content").to_owned(),
        at: place.creation,
    })
}

impl Comment {
    /// Returns the rename that it tells of, if it is of a name that is asked for.
    ///
    /// A comment holds the old name as it was typed, which may differ in case from the document's.
    fn renaming(self, asked: &AskedNames<'_>) -> Option<Renaming> {
        let reference = self.reference?;
        let names = RenameComment::parse(&self.content)?;
        let typed = names.old(|name| asked.spelt(name).is_some());
        Some(Renaming {
            old: asked.spelt(typed).or(asked.any.then_some(typed))?.clone(),
            new: names.new_name(|name| *name == reference).clone(),
            doctype: self.doctype,
            at: self.at,
        })
    }
}

/// The names that are asked for.
struct AskedNames<'a> {
    /// Any name is.
    any: bool,
    folded: HashMap<String, &'a DocName>,
}

impl<'a> AskedNames<'a> {
    fn of(names: &'a [DocName]) -> Self {
        let folded = names.iter().map(|name| (folded(name.as_str()), name));
        Self {
            any: names.is_empty(),
            folded: folded.collect(),
        }
    }

    /// Returns the name as it is asked for.
    fn spelt(&self, name: &DocName) -> Option<&'a DocName> {
        self.folded.get(&folded(name.as_str())).copied()
    }
}

/// Reads the key that a deleted document had.
pub(crate) async fn deleted_key(
    transport: &Transport,
    record: &DocName,
) -> Result<Option<DocKey>, SiteError> {
    let list = List {
        doctype: &"Deleted Document".into(),
        parent: None,
        fields: vec!["name", "data"],
        filters: vec![Filter::new("name", "=", record.as_str())],
        or_filters: Vec::new(),
        order_by: "name asc",
        limit: 1,
    };
    let request = list.request(format!("read Deleted Document {record}"));
    let rows = transport.send(&request).await?.into_rows(&request)?;
    let data = rows.first().and_then(|row| row.get("data"));
    Ok(data.and_then(Value::as_str).and_then(key_in))
}

/// Reads a key out of the JSON text that a document was kept as.
fn key_in(data: &str) -> Option<DocKey> {
    match serde_json::from_str(data) {
        Ok(Value::Object(document)) => key_of(&document),
        _ => None,
    }
}

fn in_doctypes(field: &str, query: &TraceQuery) -> Filter {
    Filter::is_in(field, query.doctypes.iter().map(DocType::as_str))
}

fn text<'a>(row: &'a Map<String, Value>, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}
