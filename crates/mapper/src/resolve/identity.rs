//! Whether what makes two documents the same one can hold.

use frappe_sync_model::{FieldKind, FieldName, Identity, Naming, Side};

use super::matter::Matter;
use super::naming::{describe, names_mean_the_same};
use super::problems::Problems;
use crate::file::MappingFile;
use crate::{FieldMapping, LeftOut, LeftOutReason};

/// Checks the identity of a mapping against the names and the fields of both sides.
pub(super) fn check_identity(
    file: &MappingFile,
    matter: &Matter<'_>,
    fields: &[FieldMapping],
    left_out: &[LeftOut],
    problems: &mut Problems<'_>,
) {
    match &file.identity {
        Identity::Name => check_names(file, matter, fields, problems),
        Identity::Key(key) => {
            for (name, at) in key.iter().zip(&file.places.key) {
                if let Some(field) = fields.iter().find(|field| field.id == *name) {
                    if let Some(reason) = cannot_be_looked_for(field) {
                        let message =
                            format!("`{name}` cannot be part of the natural key: {reason}");
                        problems.add(*at, message);
                    }
                    continue;
                }
                if let Some((link, _)) = name.as_str().split_once('.') {
                    let help = format!(
                        "a Link in the key is compared by its counterpart: write `{link}`, and map what it \
                         links to"
                    );
                    let message = format!(
                        "`{name}` cannot be part of the natural key: it is a field of another document"
                    );
                    problems.add_with_help(*at, message, help);
                    continue;
                }
                match why_not(matter, name, left_out) {
                    Some(reason) => problems.add(
                        *at,
                        format!("`{name}` cannot be part of the natural key: {reason}"),
                    ),
                    None => {
                        let message = matter.no_such_field(name);
                        let known = fields.iter().map(|field| field.id.as_str());
                        problems.add_unknown(*at, message, name.as_str(), known);
                    }
                }
            }
        }
        Identity::Create => {}
    }
}

/// Returns why documents cannot be found by a field that travels, if so.
fn cannot_be_looked_for(field: &FieldMapping) -> Option<&'static str> {
    if field.computed.is_some() {
        Some("an expression gives it, and no site can look for that")
    } else if field
        .values
        .as_ref()
        .is_some_and(|values| !values.is_one_to_one())
    {
        Some("several of its values are one on the other side")
    } else {
        None
    }
}

/// Where a field gives the name, a document cannot be made without it (protocol 5.2), so it must travel
/// to that side. A field that the site fills by itself need not.
pub(super) fn check_name_fields(
    file: &MappingFile,
    matter: &Matter<'_>,
    fields: &[FieldMapping],
    left_out: &[LeftOut],
    problems: &mut Problems<'_>,
) {
    let mut told = Vec::new();
    for side in Side::BOTH {
        let meta = matter.metas[side];
        let Naming::Field(name) = &meta.naming else {
            continue;
        };
        let travels = fields.iter().any(|field| field.names[side] == *name);
        if travels || told.contains(&name) || !file.direction.writes_to(side) {
            continue;
        }
        let entry = left_out
            .iter()
            .find(|entry| entry.side == side && *name == entry.field.as_str());
        let Some(reason) = entry.map(|entry| &entry.reason) else {
            continue;
        };
        if matches!(
            reason,
            LeftOutReason::Derived | LeftOutReason::Fetched(_) | LeftOutReason::Virtual
        ) {
            continue;
        }
        told.push(name);
        problems.add(
            matter
                .selection
                .excluded_at(name)
                .unwrap_or(file.places.doctypes[side]),
            format!(
                "`{name}` must travel, it gives `{}` its name on `{side}`: {reason}",
                meta.name
            ),
        );
    }
}

/// Returns why a field that exists cannot be part of the key, or nothing if there is no such field.
fn why_not(matter: &Matter<'_>, name: &FieldName, left_out: &[LeftOut]) -> Option<String> {
    let fields = Side::BOTH.map(|side| matter.field(side, name));
    let kinds: Vec<FieldKind> = fields
        .into_iter()
        .flatten()
        .map(|field| field.kind)
        .collect();
    if kinds.is_empty() {
        None
    } else if kinds.contains(&FieldKind::Table) {
        Some("it is a child table".to_owned())
    } else {
        let entry = left_out.iter().find(|entry| *name == entry.field.as_str());
        Some(match entry {
            Some(entry) => format!("it is left out, {} (on `{}`)", entry.reason, entry.side),
            None => "it does not travel".to_owned(),
        })
    }
}

/// Equal names mean the same document only where people choose them.
fn check_names(
    file: &MappingFile,
    matter: &Matter<'_>,
    fields: &[FieldMapping],
    problems: &mut Problems<'_>,
) {
    if file.shared_names {
        return;
    }
    let given: Vec<Side> = Side::BOTH
        .into_iter()
        .filter(|side| !names_mean_the_same(matter.metas[*side]))
        .collect();
    let Some(first) = given.first() else {
        return;
    };
    let meta = matter.metas[*first];
    let who = match given.as_slice() {
        [side] => format!("`{side}` hands out"),
        _ => "both sites hand out".to_owned(),
    };
    let example = key_example(fields);
    problems.add_with_help(
        file.places.identity.unwrap_or(file.places.doctypes[*first]),
        format!(
            "equal names do not mean the same `{}`: {who} its names ({})",
            meta.name,
            describe(&meta.naming)
        ),
        format!(
            "write a natural key (`identity: [{example}]`), `identity: create` to give every document \
             its own twin, or `shared_names: true` if the two sites were once one"
        ),
    );
}

/// Returns a field that could serve as a key: a unique text, else one that must be filled, else any.
fn key_example(fields: &[FieldMapping]) -> &str {
    let text = |field: &&FieldMapping| field.meta.a.kind == FieldKind::Text;
    let texts = || fields.iter().filter(text);
    let unique = texts().find(|field| field.meta.a.unique && field.meta.b.unique);
    let required = || texts().find(|field| field.meta.a.required && field.meta.b.required);
    unique
        .or_else(required)
        .or_else(|| texts().next())
        .map_or("a_field", |field| field.id.as_str())
}
