//! Which of several files with equal bytes on one document is the counterpart, and which of several comments.

use frappe_sync_model::{Document, Intent, Side};
use serde_json::Value;

use crate::view::View;

/// Takes the counterpart of a file out of those that are attached to the counterpart of its document with the same
/// bytes: the one of its name, else one that has the name of no other file of ours. Sites put the end of the hash into a
/// name that is taken, so another name alone makes no other file of it. What has no bytes of the site's own is told by
/// its name alone.
pub(crate) fn pick(
    file: &Document,
    found: &mut Vec<Document>,
    others: &[String],
) -> Option<Document> {
    let own = file_name(file);
    let same = found.iter().position(|found| file_name(found) == own);
    let free = || {
        let has_bytes = file
            .fields
            .get("content_hash")
            .and_then(Value::as_str)
            .is_some_and(|hash| !hash.is_empty());
        let is_free = |found: &Document| {
            let name = file_name(found);
            has_bytes && !others.iter().any(|other| other == name)
        };
        found.iter().position(is_free)
    };
    let at = same.or_else(free)?;
    Some(found.remove(at))
}

/// Tells whether a `File` may have come of a create that sent its bytes, though the site made something else of name or
/// bytes: other files of ours on the same document have nearly everything in common with it.
pub(crate) fn may_come_of(intent: &Intent, view: &View, side: Side) -> bool {
    let is_as_sent = |field: &str| is_as_sent(intent, view, side, field);
    is_as_sent("attached_to_name") && (is_as_sent("content_hash") || is_as_sent("file_name"))
}

/// Takes the counterpart of a comment out of those of its author on the counterpart of its document: the one that says
/// the same.
pub(crate) fn pick_comment(comment: &Document, found: &mut Vec<Document>) -> Option<Document> {
    let said = |comment: &Document| {
        let content = comment.fields.get("content").and_then(Value::as_str);
        content.unwrap_or_default().trim().to_owned()
    };
    let own = said(comment);
    let at = found.iter().position(|found| said(found) == own)?;
    Some(found.remove(at))
}

/// Tells whether a comment may have come of a create: those of one author on one document have nearly everything in
/// common.
pub(crate) fn may_be_that_comment(intent: &Intent, view: &View, side: Side) -> bool {
    is_as_sent(intent, view, side, "reference_name") && is_as_sent(intent, view, side, "content")
}

fn is_as_sent(intent: &Intent, view: &View, side: Side, field: &str) -> bool {
    let sent = intent.sent.fields.get(field).and_then(|sent| sent[side]);
    let held = view.fields.get(field).map(|value| value.own);
    sent.is_some() && sent == held
}

/// Returns the name that people see.
pub(crate) fn file_name(file: &Document) -> &str {
    let name = file.fields.get("file_name");
    name.and_then(Value::as_str).unwrap_or_default()
}
