//! Fields and child tables that travel.

use std::collections::BTreeMap;

use frappe_sync_model::{
    ConflictPolicy, Direction, DocType, FieldKind, FieldMeta, FieldName, Filter, MissingLinks,
    PerSide, Side, canonical,
};
use serde_json::{Map, Value, json};

use crate::{Expression, LinkRule, ValueTable};

/// A field that travels.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldMapping {
    /// Its name on `a`, which names it in state and reports; `=full_name` where an expression gives the field
    /// `full_name` of `b`.
    pub id: FieldName,
    /// Its name on each side. Where an expression gives it, that of the side without a field is one that no DocType has.
    pub names: PerSide<FieldName>,
    /// What each site says of it.
    pub meta: PerSide<FieldMeta>,
    /// Which way its changes go.
    pub direction: Direction,
    /// Who wins where both sides changed it.
    pub conflict: ConflictPolicy,
    /// It is sent when a document is made and never again: a later change is refused, or put back in
    /// silence (protocol 5.2 and 7).
    pub on_create_only: bool,
    /// How the names in it are translated.
    pub link: LinkRule,
    /// What becomes of a link whose target has no counterpart.
    pub missing: MissingLinks,
    /// Which value of one side is which of the other.
    pub values: Option<ValueTable>,
    /// What each side gets when a document is made there and the source has no value.
    pub default: PerSide<Option<Value>>,
    /// The expression that gives it.
    pub computed: Option<Computed>,
}

/// A field that an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// The side whose documents the expression is about.
    pub from: Side,
    /// The expression.
    pub expression: Expression,
}

/// Stands in place of the value that an expression could not give: no field holds such a one.
const FAILED: &str = "=failed";

impl Computed {
    /// Evaluates the expression; nothing where a field that it names is not shown.
    pub(crate) fn value(
        &self,
        document: &Map<String, Value>,
        row: Option<&Map<String, Value>>,
    ) -> Option<Value> {
        self.expression
            .evaluate(document, row)
            .unwrap_or_else(|why| Some(json!({ FAILED: why })))
    }

    /// Returns why an expression gave no value.
    pub(crate) fn failure(value: &Value) -> Option<&str> {
        value.get(FAILED)?.as_str()
    }
}

impl FieldMapping {
    /// Tells whether a site stores the field on `side`, so that it can be written there.
    pub fn is_stored_on(&self, side: Side) -> bool {
        self.computed_of(side).is_none()
    }

    /// Tells whether a link of `from` is left empty on the other side while its target is missing there.
    pub fn may_clear(&self, from: Side) -> bool {
        self.missing == MissingLinks::Clear && !self.meta[from.other()].required
    }

    /// Tells whether a value of `side` is nothing, and the mapping gives nothing a meaning neither.
    pub fn is_empty(&self, side: Side, value: &Value) -> bool {
        let form = canonical(value, self.meta[side].kind);
        let has_meaning = self
            .values
            .as_ref()
            .is_some_and(|values| values.names(side, form.as_str()));
        form.is_empty() && !has_meaning
    }

    /// Returns the expression over documents of `side` that gives the field, with the name of what it gives.
    pub(crate) fn computed_of(&self, side: Side) -> Option<(&FieldName, &Computed)> {
        let computed = self.computed.as_ref()?;
        (computed.from == side).then_some((&self.names[side], computed))
    }

    fn form(&self) -> Value {
        let mut form = json!({
            "direction": self.direction,
            "id": self.id,
            "kinds": { "a": self.meta.a.kind, "b": self.meta.b.kind },
            "names": { "a": self.names.a, "b": self.names.b },
        });
        if let Some(values) = &self.values {
            form["values"] = values.form();
        }
        if let Some(computed) = &self.computed {
            form["expression"] = json!(computed.expression.as_str());
        }
        if self.missing != MissingLinks::default() {
            form["missing"] = json!(self.missing);
        }
        if let LinkRule::Row { of, .. } = &self.link {
            form["row_of"] = json!({ "a": of.a, "b": of.b });
        }
        // An address that was taken as it stood says something else once it is translated.
        if matches!(self.link, LinkRule::File | LinkRule::FilesInText) {
            form["files"] = json!(true);
        }
        form
    }
}

/// A child table that travels.
#[derive(Clone, Debug, PartialEq)]
pub struct TableMapping {
    /// Its name on `a`.
    pub id: FieldName,
    /// Its name on each side.
    pub names: PerSide<FieldName>,
    /// The DocType of its rows on each side.
    pub child: PerSide<DocType>,
    /// Which way its rows go.
    pub direction: Direction,
    /// Who wins where both sides changed a row.
    pub conflict: ConflictPolicy,
    /// The fields of a row that travel, by id.
    pub fields: Vec<FieldMapping>,
    /// The fields, by id, whose equal values make two rows the same one; empty where the mapping names
    /// none.
    pub key: Vec<FieldName>,
    /// Which rows of each side take part.
    pub filters: PerSide<Vec<Filter>>,
    /// The kinds of the fields that filters ask for.
    pub filter_kinds: PerSide<BTreeMap<String, FieldKind>>,
    /// What a row is given when it is made on a side, beside what travels.
    pub given: PerSide<BTreeMap<FieldName, Value>>,
}

impl TableMapping {
    /// Tells whether a row of `side` takes part. One that is paired does so whatever it holds.
    pub fn admits(&self, side: Side, row: &Map<String, Value>) -> bool {
        self.filters[side].iter().all(|filter| {
            let kind = self.filter_kinds[side].get(&filter.field);
            let kind = kind.copied().unwrap_or(FieldKind::Text);
            filter.admits(row.get(&filter.field).unwrap_or(&Value::Null), kind)
        })
    }

    pub(crate) fn form(&self, direction: Direction) -> Value {
        let mut form = json!({
            "child": { "a": self.child.a, "b": self.child.b },
            "fields": fields_form(&self.fields),
            "id": self.id,
            "key": sorted_names(&self.key),
            "names": { "a": self.names.a, "b": self.names.b },
        });
        if self.direction != direction {
            form["direction"] = json!(self.direction);
        }
        if !(self.filters.a.is_empty() && self.filters.b.is_empty()) {
            form["filters"] = json!({
                "a": filters_form(&self.filters.a),
                "b": filters_form(&self.filters.b),
            });
        }
        form
    }
}

pub(crate) fn sorted_names(names: &[FieldName]) -> Vec<&FieldName> {
    let mut sorted: Vec<&FieldName> = names.iter().collect();
    sorted.sort();
    sorted
}

pub(crate) fn fields_form(fields: &[FieldMapping]) -> Vec<Value> {
    let mut sorted: Vec<&FieldMapping> = fields.iter().collect();
    sorted.sort_by_key(|field| &field.id);
    sorted.into_iter().map(FieldMapping::form).collect()
}

/// Filters hold together whatever their order.
pub(crate) fn filters_form(filters: &[Filter]) -> Vec<Value> {
    let mut forms: Vec<Value> = filters.iter().cloned().map(Value::from).collect();
    forms.sort_by_cached_key(Value::to_string);
    forms.dedup();
    forms
}
