//! The mappings of what hangs on documents: files that are attached, comments, tags.

use std::collections::BTreeMap;

use frappe_sync_model::{
    Cancelled, DocType, Docstatus, FieldMeta, FieldName, Filter, Identity, MetaBundle,
    MissingLinks, NameKeeping, PerSide, Side,
};
use serde_json::{Value, json};

use super::scope::Metas;
use crate::address::FILE;
use crate::effective::{Hanging, Hangs};
use crate::file::MappingFile;
use crate::link::DOCTYPE;
use crate::{Diagnostic, EffectiveMapping, FieldMapping, LinkRule};

/// The DocType of comments.
pub(crate) const COMMENT: &str = "Comment";

/// The DocType of tags on documents; a `Tag` is only the word.
pub(crate) const TAG_LINK: &str = "Tag Link";

/// How documents of one DocType hang on others.
struct Kind {
    what: Hanging,
    doctype: &'static str,
    /// The key of mapping files, which is also the word for them.
    key: &'static str,
    /// The field with the DocType of the document that one hangs on.
    of_doctype: &'static str,
    /// The field with the name of that document.
    of_name: &'static str,
    /// What makes two of them the same, beside what they hang on.
    same: &'static str,
    /// The other fields that travel.
    fields: &'static [&'static str],
    /// Fields that can only be given when one is made.
    fixed: &'static [&'static str],
}

/// Files: their address is the site's own, and so is what follows from the bytes.
const FILES: Kind = Kind {
    what: Hanging::Files,
    doctype: FILE,
    key: "files",
    of_doctype: "attached_to_doctype",
    of_name: "attached_to_name",
    // Equal bytes have equal ones.
    same: "content_hash",
    fields: &["attached_to_field", "file_name", "is_private"],
    fixed: &["attached_to_field", "file_name", "content_hash"],
};

/// What people said of a document; the trail of what happened to it is each site's own.
const COMMENTS: Kind = Kind {
    what: Hanging::Comments,
    doctype: COMMENT,
    key: "comments",
    of_doctype: "reference_doctype",
    of_name: "reference_name",
    same: "comment_email",
    fields: &["comment_type", "comment_by", "content"],
    fixed: &["comment_type", "comment_by", "comment_email"],
};

/// A tag that is put on a document is there or not: nothing else can change in it.
const TAGS: Kind = Kind {
    what: Hanging::Tags,
    doctype: TAG_LINK,
    key: "tags",
    of_doctype: "document_type",
    of_name: "document_name",
    same: "tag",
    fields: &[],
    fixed: &["tag"],
};

impl Kind {
    fn is_asked_for(&self, file: &MappingFile) -> bool {
        match self.what {
            Hanging::Files => file.files,
            Hanging::Comments => file.comments,
            Hanging::Tags => file.tags,
        }
    }

    /// Which of its documents hang on something as meant.
    fn condition(&self) -> Option<Filter> {
        let (field, value): (_, Value) = match self.what {
            Hanging::Files => ("is_folder", json!(0)),
            Hanging::Comments => ("comment_type", json!("Comment")),
            Hanging::Tags => return None,
        };
        Some(Filter::new(field, "=", value))
    }

    fn complaint(&self, file: &MappingFile, message: String, help: String) -> Diagnostic {
        let place = match self.what {
            Hanging::Files => file.places.files,
            Hanging::Comments => file.places.comments,
            Hanging::Tags => file.places.tags,
        };
        let at = place.unwrap_or(file.places.doctypes.a);
        file.source().diagnostic(at, message).with_help(help)
    }
}

/// Makes the one mapping of all files that are attached to documents of mappings with `files: true`, the one of all
/// comments on documents of mappings with `comments: true`, and the one of all tags on documents of mappings with
/// `tags: true`.
///
/// # Errors
///
/// Where those mappings do not agree on what becomes of them, or a site does not describe them.
pub(super) fn map_hanging(
    files: &[MappingFile],
    metas: &Metas,
) -> Result<Vec<EffectiveMapping>, Diagnostic> {
    let mappings = [FILES, COMMENTS, TAGS].map(|kind| map_kind(&kind, files, metas));
    let mappings: Result<Vec<_>, _> = mappings.into_iter().collect();
    Ok(mappings?.into_iter().flatten().collect())
}

fn map_kind(
    kind: &Kind,
    files: &[MappingFile],
    metas: &Metas,
) -> Result<Option<EffectiveMapping>, Diagnostic> {
    let mut carrying = files.iter().filter(|file| kind.is_asked_for(file));
    let Some(first) = carrying.next() else {
        return Ok(None);
    };
    let of = |file: &MappingFile| file.doctypes.clone();
    let mut on = vec![of(first)];
    for file in carrying {
        if let Some(key) = disagreement(first, file) {
            return Err(kind.complaint(
                file,
                format!(
                    "`{}` and `{}` say different things of `{key}`, and the {what} of a sync follow one rule",
                    first.name(),
                    file.name(),
                    what = kind.key
                ),
                format!("give both the same `{key}`, or leave `{}` out of one of them", kind.key),
            ));
        }
        on.push(of(file));
    }
    on.sort_by(|one, other| (&one.a, &one.b).cmp(&(&other.a, &other.b)));
    let bundle = |side: Side| match metas[side].get(kind.doctype) {
        Some(bundle) if bundle.doctype.field(kind.of_name).is_some() => Ok(bundle.clone()),
        _ => Err(kind.complaint(
            first,
            format!(
                "`{side}` does not describe its {} (`{}`)",
                kind.key, kind.doctype
            ),
            "give the sync's user the right to read them".to_owned(),
        )),
    };
    let meta = PerSide {
        a: bundle(Side::A)?,
        b: bundle(Side::B)?,
    };
    let filters = PerSide::from_fn(|side| {
        let doctypes = on.iter().map(|doctypes| doctypes[side].as_str());
        let of_doctypes = Filter::is_in(kind.of_doctype, doctypes);
        std::iter::once(of_doctypes)
            .chain(kind.condition())
            .collect()
    });
    Ok(Some(EffectiveMapping {
        name: kind.doctype.into(),
        doctypes: PerSide::from_fn(|_: Side| DocType::from(kind.doctype)),
        direction: first.direction,
        identity: Identity::Key(
            [kind.of_name, kind.of_doctype, kind.same]
                .map(FieldName::from)
                .to_vec(),
        ),
        shared_names: false,
        naming: NameKeeping::Own,
        filters,
        conflict: first.conflict,
        prefer: first.prefer,
        deletes: first.deletes,
        docstatus: Docstatus::default(),
        cancelled: Cancelled::default(),
        fields: fields(kind, &meta, first),
        meta,
        tables: Vec::new(),
        given: PerSide::default(),
        left_out: Vec::new(),
        hangs: Some(Hangs {
            what: kind.what,
            on,
        }),
    }))
}

/// Returns the first key in which two mappings differ that decides on their files.
fn disagreement(first: &MappingFile, other: &MappingFile) -> Option<&'static str> {
    let differs = [
        ("direction", first.direction != other.direction),
        ("deletes", first.deletes != other.deletes),
        ("conflict", first.conflict != other.conflict),
        ("prefer", first.prefer != other.prefer),
    ];
    differs
        .into_iter()
        .find_map(|(key, differs)| differs.then_some(key))
}

fn fields(kind: &Kind, meta: &PerSide<MetaBundle>, file: &MappingFile) -> Vec<FieldMapping> {
    let own = [kind.of_doctype, kind.of_name, kind.same];
    let by_name: BTreeMap<&str, PerSide<&FieldMeta>> = own
        .into_iter()
        .chain(kind.fields.iter().copied())
        .filter_map(|name| {
            let a = meta.a.doctype.field(name)?;
            let b = meta.b.doctype.field(name)?;
            Some((name, PerSide { a, b }))
        })
        .collect();
    by_name
        .into_iter()
        .map(|(name, pair)| FieldMapping {
            id: name.into(),
            names: PerSide::from_fn(|_: Side| name.into()),
            meta: pair.map(|field| FieldMeta {
                // Without its document it is nothing that travels.
                required: name == kind.of_name,
                ..field.clone()
            }),
            direction: file.direction,
            conflict: file.conflict,
            on_create_only: kind.fixed.contains(&name),
            link: if name == kind.of_doctype {
                LinkRule::Link {
                    doctypes: PerSide::from_fn(|_: Side| DocType::from(DOCTYPE)),
                }
            } else if name == kind.of_name {
                LinkRule::Dynamic {
                    type_field: PerSide::from_fn(|_: Side| kind.of_doctype.into()),
                }
            } else {
                LinkRule::None
            },
            missing: MissingLinks::default(),
            values: None,
            default: PerSide::default(),
            computed: None,
        })
        .collect()
}
