//! Tables of values against what both sides take.

use std::collections::BTreeMap;

use frappe_sync_model::{DocType, FieldKind, FieldMeta, PerSide, Side, canonical};
use serde_json::Value;

use super::problems::Problems;
use super::scope::Scope;
use crate::FieldMapping;
use crate::selection::{RestEntry, ValuesEntry};
use crate::source::{Placed, Position};
use crate::values::{Rest, ValueTable};

/// Checks the table of a field, whose direction is known by now.
pub(super) fn value_table(
    entry: &ValuesEntry,
    field: &FieldMapping,
    scope: &Scope<'_>,
    problems: &mut Problems<'_>,
) -> ValueTable {
    let mut checking = Checking { field, problems };
    let mut across: PerSide<BTreeMap<String, Value>> = PerSide::default();
    // For each value of `b`, those of `a` that become it.
    let mut sources: BTreeMap<String, Vec<Source<'_>>> = BTreeMap::new();
    for (a, b) in &entry.pairs {
        let a_value = checking.typed(Side::A, &a.value, a.at);
        checking.check(Side::B, &b.value, b.at);
        let form = checking.form(Side::A, &a_value);
        if across.a.insert(form.clone(), b.value.clone()).is_some() {
            let message = format!("`{}` is named twice", a.value);
            checking.problems.add(a.at, message);
        }
        let of_b = checking.form(Side::B, &b.value);
        sources.entry(of_b).or_default().push(Source {
            form,
            value: a_value,
            named: a,
        });
    }
    for (b, a) in &entry.back {
        let b_value = checking.typed(Side::B, &b.value, b.at);
        let of_b = checking.form(Side::B, &b_value);
        let wanted = checking.form(Side::A, &a.value);
        let source = sources
            .get(&of_b)
            .and_then(|sources| sources.iter().find(|source| source.form == wanted));
        match source {
            Some(source) => drop(across.b.insert(of_b, source.value.clone())),
            None => {
                let message = format!(
                    "`{}` of `a` does not become `{}`, so it cannot come back from it",
                    shown(&a.value),
                    b.value
                );
                checking.problems.add(a.at, message);
            }
        }
    }
    for (of_b, sources) in sources {
        if across.b.contains_key(&of_b) {
            continue;
        }
        let [first, rest @ ..] = sources.as_slice() else {
            continue;
        };
        if let Some(second) = rest.first()
            && field.direction.writes_to(Side::A)
        {
            let message = format!(
                "`{}` and `{}` become the same value of `b`: which of them comes back is not said",
                first.named.value, second.named.value
            );
            let help = format!(
                "say it with `back: {{..: {}}}`, or let the field go one way with `direction: a-to-b`",
                first.named.value
            );
            checking
                .problems
                .add_with_help(second.named.at, message, help);
        }
        across.b.insert(of_b, first.value.clone());
    }
    let rest = PerSide::from_fn(|side| match &entry.rest[side] {
        RestEntry::Park => Rest::Park,
        RestEntry::Keep(at) => {
            checking.check_kept(*at, scope);
            Rest::Keep
        }
        RestEntry::Value(value) => {
            checking.check(side, &value.value, value.at);
            Rest::Value(value.value.clone())
        }
    });
    if field.meta.a.kind == FieldKind::DynamicLink || field.meta.b.kind == FieldKind::DynamicLink {
        let message = format!(
            "`{}` names documents of any DocType: no table can hold them",
            field.id
        );
        checking.problems.add(entry.at, message);
    }
    ValueTable { across, rest }
}

/// A value of `a` that a table names.
struct Source<'e> {
    form: String,
    value: Value,
    named: &'e Placed<String>,
}

struct Checking<'c, 'f> {
    field: &'c FieldMapping,
    problems: &'c mut Problems<'f>,
}

impl Checking<'_, '_> {
    fn form(&self, side: Side, value: &Value) -> String {
        let form = canonical(value, self.field.meta[side].kind);
        form.as_str().to_owned()
    }

    /// Takes a key of the file, which is text, as the value that it stands for.
    fn typed(&mut self, side: Side, text: &str, at: Position) -> Value {
        let value = match kind_of(&self.field.meta[side]) {
            Kind::Number => match text {
                "true" => Value::from(1),
                "false" => Value::from(0),
                _ => serde_json::from_str(text)
                    .ok()
                    .filter(Value::is_number)
                    .unwrap_or_else(|| Value::from(text)),
            },
            Kind::Text => Value::from(text),
        };
        self.check(side, &value, at);
        value
    }

    /// Checks that a side takes a value.
    fn check(&mut self, side: Side, value: &Value, at: Position) {
        check_value(side, &self.field.meta[side], value, at, self.problems);
    }

    /// A value can be kept only where it means the same on both sides.
    fn check_kept(&mut self, at: Position, scope: &Scope<'_>) {
        let meta = &self.field.meta;
        let targets = meta
            .as_ref()
            .map(|field| DocType::from(field.options.as_str()));
        let differ = if meta.a.kind != meta.b.kind {
            Some(("is", &meta.a.fieldtype, &meta.b.fieldtype))
        } else if meta.a.kind == FieldKind::Link && !scope.are_counterparts(&targets.a, &targets.b)
        {
            Some(("links to", &meta.a.options, &meta.b.options))
        } else {
            None
        };
        if let Some((what, a, b)) = differ
            && !self.problems.speak_of(at)
        {
            let message = format!(
                "`{}` {what} `{a}` on `a` and `{b}` on `b`, so that no value can be kept",
                self.field.id
            );
            let help =
                "name all values and write `rest: park`, or give the rest a value".to_owned();
            self.problems.add_with_help(at, message, help);
        }
    }
}

enum Kind {
    Number,
    Text,
}

fn kind_of(field: &FieldMeta) -> Kind {
    match field.kind {
        FieldKind::Int | FieldKind::Check | FieldKind::Decimal => Kind::Number,
        _ => Kind::Text,
    }
}

/// Checks that a field takes a value of the file.
pub(super) fn check_value(
    side: Side,
    field: &FieldMeta,
    value: &Value,
    at: Position,
    problems: &mut Problems<'_>,
) {
    if matches!(kind_of(field), Kind::Number) && !value.is_number() {
        let message = format!(
            "`{}` is no number, as `{}` is on `{side}` (`{}`)",
            shown(value),
            field.name,
            field.fieldtype
        );
        problems.add(at, message);
        return;
    }
    if field.kind != FieldKind::Select || field.options.trim().is_empty() {
        return;
    }
    let text = shown(value);
    let choices: Vec<&str> = field.options.split('\n').map(str::trim).collect();
    if !text.is_empty() && !choices.contains(&text.as_str()) {
        let message = format!("`{text}` is no choice of `{}` on `{side}`", field.name);
        let choices: Vec<&str> = choices.into_iter().filter(|it| !it.is_empty()).collect();
        problems.add_unlisted(at, message, &text, &choices);
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
