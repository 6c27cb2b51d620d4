//! Fields that an expression gives.

use frappe_sync_model::{Direction, DocTypeMeta, FieldKind, FieldMeta, FieldName, PerSide, Side};

use super::field_rule::{is_fixed_at_create, never_travels};
use super::matter::{Matter, stored_fields};
use super::problems::Problems;
use crate::expression::{Scope, Slip, scan};
use crate::selection::Given;
use crate::{Computed, Expression, FieldMapping, LinkRule};

/// What a site says of every document and an expression may ask for. Not `modified`: our own writes move it.
const OWN_FACTS: [&str; 3] = ["name", "owner", "docstatus"];

/// Checks every expression; those that are sound come back as fields that go one way.
pub(super) fn computed_fields(
    matter: &Matter<'_>,
    problems: &mut Problems<'_>,
) -> Vec<FieldMapping> {
    let mut fields: Vec<FieldMapping> = Vec::new();
    for to in Side::BOTH {
        for given in &matter.selection.compute[to] {
            let twice = fields
                .iter()
                .any(|field| field.names[to] == given.field.value);
            if twice {
                let message = format!("`{}` is named twice", given.field.value);
                problems.add(given.field.at, message);
                continue;
            }
            let target = target(matter, to, given, problems);
            let expression = expression(matter, to.other(), given, problems);
            if let (Some(target), Some(expression)) = (target, expression) {
                fields.push(field(matter, to, target, expression));
            }
        }
    }
    fields
}

/// Finds the field that an expression gives.
fn target<'m>(
    matter: &Matter<'m>,
    to: Side,
    given: &Given<String>,
    problems: &mut Problems<'_>,
) -> Option<&'m FieldMeta> {
    let (name, at) = (&given.field.value, given.field.at);
    let Some(target) = matter.field(to, name) else {
        let known = stored_fields(matter.metas[to]);
        problems.add_unknown(at, matter.not_on(to, name), name.as_str(), known);
        return None;
    };
    let reason = if target.kind == FieldKind::Table {
        Some("it is a child table".to_owned())
    } else if matter.selection.excludes(name) {
        Some("the mapping leaves it out".to_owned())
    } else {
        never_travels(target).map(|reason| reason.to_string())
    };
    if let Some(reason) = reason {
        problems.add(
            at,
            format!("`{name}` cannot be given: {reason} (on `{to}`)"),
        );
        return None;
    }
    if !matter.may_go(way(to)) {
        problems.add(at, matter.rows_go_one_way());
        return None;
    }
    Some(target)
}

/// Checks an expression over documents of `from`.
fn expression(
    matter: &Matter<'_>,
    from: Side,
    given: &Given<String>,
    problems: &mut Problems<'_>,
) -> Option<Expression> {
    let (text, at) = (given.value.value.as_str(), given.value.at);
    let named = match scan(text, matter.table.is_some()) {
        Ok(named) => named,
        Err(slip) => {
            slipped(slip, at, problems);
            return None;
        }
    };
    let mut sound = true;
    for one in &named {
        let (meta, is_document) = match (one.scope, &matter.parents) {
            (Scope::Document, Some(parents)) => (parents[from], true),
            (Scope::Document, None) => (matter.metas[from], true),
            (Scope::Row, _) => (matter.metas[from], false),
        };
        if let Some((message, help)) = unknown(meta, from, &one.field, is_document) {
            let place = problems.word_at(at, one.field.as_str(), one.nth);
            match help {
                Some(help) => problems.add_with_help(place, message, help),
                None => {
                    let known = stored_fields(meta);
                    problems.add_unknown(place, message, one.field.as_str(), known);
                }
            }
            sound = false;
        }
    }
    let named = named.into_iter().map(|one| (one.scope, one.field));
    match Expression::new(text, named.collect()) {
        Ok(expression) => sound.then_some(expression),
        Err(why) => {
            problems.add(at, format!("the expression cannot be read: {why}"));
            None
        }
    }
}

/// Returns why a field cannot stand in an expression, and what to do where the nearest word is no help.
fn unknown(
    meta: &DocTypeMeta,
    side: Side,
    name: &FieldName,
    is_document: bool,
) -> Option<(String, Option<String>)> {
    if is_document && OWN_FACTS.contains(&name.as_str()) {
        return None;
    }
    if ["modified", "modified_by", "creation"].contains(&name.as_str()) {
        let message = format!("`{name}` cannot be here: it is other than what people wrote");
        return Some((message, Some("take a field of the DocType".to_owned())));
    }
    let field = meta.field(name.as_str());
    let Some(field) = field.filter(|field| field.kind != FieldKind::Layout) else {
        let message = format!("`{}` has no field `{name}` on `{side}`", meta.name);
        return Some((message, None));
    };
    let reason = if field.kind == FieldKind::Table {
        "is a child table"
    } else if field.kind == FieldKind::Password {
        "is a password, which is never read"
    } else if field.is_virtual {
        "is virtual: computed, never stored"
    } else {
        return None;
    };
    let help = "take a field that holds a value".to_owned();
    Some((format!("`{name}` {reason}"), Some(help)))
}

fn slipped(slip: Slip, at: crate::source::Position, problems: &mut Problems<'_>) {
    let place = problems.word_at(at, &slip.word, slip.nth);
    match slip.help {
        Some(help) => problems.add_with_help(place, slip.message, help),
        None => problems.add_unlisted(place, slip.message, &slip.word, slip.known),
    }
}

fn way(to: Side) -> Direction {
    match to {
        Side::A => Direction::BToA,
        Side::B => Direction::AToB,
    }
}

fn field(
    matter: &Matter<'_>,
    to: Side,
    target: &FieldMeta,
    expression: Expression,
) -> FieldMapping {
    let from = to.other();
    // No field of a DocType is called so.
    let computed = FieldName::new(format!("={}", target.name));
    let names = PerSide::of(to, target.name.clone(), computed.clone());
    let source = FieldMeta {
        name: computed,
        required: false,
        unique: false,
        ..target.clone()
    };
    FieldMapping {
        id: names.a.clone(),
        names,
        meta: PerSide::of(to, target.clone(), source),
        direction: way(to),
        conflict: matter.conflict,
        on_create_only: is_fixed_at_create(target, matter.metas[to]),
        link: LinkRule::None,
        missing: matter.missing,
        values: None,
        default: PerSide::default(),
        computed: Some(Computed { from, expression }),
    }
}
