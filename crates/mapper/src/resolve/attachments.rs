//! The mapping of the files that are attached to documents.

use std::collections::BTreeMap;

use frappe_sync_model::{
    Cancelled, DocType, Docstatus, FieldMeta, FieldName, Filter, Identity, MetaBundle,
    MissingLinks, NameKeeping, PerSide, Side,
};

use super::scope::Metas;
use crate::address::FILE;
use crate::file::MappingFile;
use crate::link::DOCTYPE;
use crate::{Diagnostic, EffectiveMapping, FieldMapping, LinkRule};

/// The DocType of the document that a file is attached to.
const ATTACHED_TO_DOCTYPE: &str = "attached_to_doctype";

/// The name of that document.
const ATTACHED_TO_NAME: &str = "attached_to_name";

/// What the site works out of the bytes; equal bytes have equal ones.
const CONTENT_HASH: &str = "content_hash";

/// The fields of a file that travel. Its address is the site's own, and so is what follows from the bytes.
const FIELDS: [&str; 6] = [
    ATTACHED_TO_DOCTYPE,
    ATTACHED_TO_NAME,
    "attached_to_field",
    "file_name",
    "is_private",
    CONTENT_HASH,
];

/// Fields that can only be given when a file is made.
const FIXED: [&str; 3] = ["attached_to_field", "file_name", CONTENT_HASH];

/// Makes the one mapping of all files that are attached to documents of mappings with `files: true`.
///
/// # Errors
///
/// Where those mappings do not agree on what becomes of files, or a site does not describe them.
pub(super) fn map_attachments(
    files: &[MappingFile],
    metas: &Metas,
) -> Result<Option<EffectiveMapping>, Diagnostic> {
    let mut carrying = files.iter().filter(|file| file.files);
    let Some(first) = carrying.next() else {
        return Ok(None);
    };
    let of = |file: &MappingFile| file.doctypes.clone();
    let mut files_of = vec![of(first)];
    for file in carrying {
        if let Some(key) = disagreement(first, file) {
            return Err(complaint(
                file,
                format!(
                    "`{}` and `{}` say different things of `{key}`, and the files of a sync follow one rule",
                    first.name(),
                    file.name()
                ),
                format!("give both the same `{key}`, or leave `files` out of one of them"),
            ));
        }
        files_of.push(of(file));
    }
    files_of.sort_by(|one, other| (&one.a, &one.b).cmp(&(&other.a, &other.b)));
    let bundle = |side: Side| match metas[side].get(FILE) {
        Some(bundle) if bundle.doctype.field(ATTACHED_TO_NAME).is_some() => Ok(bundle.clone()),
        _ => Err(complaint(
            first,
            format!("`{side}` does not describe its files (`{FILE}`)"),
            "give the sync's user the right to read them".to_owned(),
        )),
    };
    let meta = PerSide {
        a: bundle(Side::A)?,
        b: bundle(Side::B)?,
    };
    let filters = PerSide::from_fn(|side| {
        let doctypes = files_of.iter().map(|doctypes| doctypes[side].as_str());
        vec![
            Filter::is_in(ATTACHED_TO_DOCTYPE, doctypes),
            Filter::new("is_folder", "=", 0),
        ]
    });
    Ok(Some(EffectiveMapping {
        name: FILE.into(),
        doctypes: PerSide::from_fn(|_: Side| DocType::from(FILE)),
        direction: first.direction,
        identity: Identity::Key(
            [ATTACHED_TO_NAME, ATTACHED_TO_DOCTYPE, CONTENT_HASH]
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
        fields: fields(&meta, first),
        meta,
        tables: Vec::new(),
        given: PerSide::default(),
        left_out: Vec::new(),
        files_of,
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

fn complaint(file: &MappingFile, message: String, help: String) -> Diagnostic {
    let at = file.places.files.unwrap_or(file.places.doctypes.a);
    file.source().diagnostic(at, message).with_help(help)
}

fn fields(meta: &PerSide<MetaBundle>, file: &MappingFile) -> Vec<FieldMapping> {
    let by_name: BTreeMap<&str, PerSide<&FieldMeta>> = FIELDS
        .into_iter()
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
                // A file without its document is nothing that travels.
                required: name == ATTACHED_TO_NAME,
                ..field.clone()
            }),
            direction: file.direction,
            conflict: file.conflict,
            on_create_only: FIXED.contains(&name),
            link: match name {
                ATTACHED_TO_DOCTYPE => LinkRule::Link {
                    doctypes: PerSide::from_fn(|_: Side| DocType::from(DOCTYPE)),
                },
                ATTACHED_TO_NAME => LinkRule::Dynamic {
                    type_field: PerSide::from_fn(|_: Side| ATTACHED_TO_DOCTYPE.into()),
                },
                _ => LinkRule::None,
            },
            missing: MissingLinks::default(),
            values: None,
            default: PerSide::default(),
            computed: None,
        })
        .collect()
}
