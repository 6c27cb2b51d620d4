//! Both sides hold the same, or it is recorded why not.

use frappe_sync_model::{FieldPath, PerSide, Side};
use serde_json::Value;

use super::excuse::Bench;
use super::pairing::Couple;
use super::snapshot::RowSeen;
use super::{Invariant, Violation};
use crate::world::kind::{Field, Holds, Kind, Rows};
use crate::world::schema::is_installed;
use crate::world::site::text;

impl Bench<'_> {
    /// Compares every document with its counterpart.
    pub(super) fn equal(&self) -> Result<(), Violation> {
        for couple in &self.pairing.couples {
            if !self.is_excused(couple)? {
                self.same(couple)?;
                self.nothing_comes_back(couple)?;
            }
        }
        for single in &self.pairing.singles {
            self.excuse_single(single)?;
        }
        Ok(())
    }

    /// Compares two documents that should be alike.
    pub(super) fn same(&self, couple: &Couple<'_>) -> Result<(), Violation> {
        let kind = couple.kind;
        if couple.seen.a.docstatus != couple.seen.b.docstatus {
            self.differ(
                couple,
                Invariant::Equal,
                "docstatus",
                &couple.seen.map(|seen| Value::from(seen.docstatus)),
            )?;
        }
        let kinds = self.world.setting.kinds();
        let fields = kind.shape().fields.iter();
        for field in fields.filter(|field| is_installed(field, &kinds)) {
            let values = couple
                .seen
                .map(|seen| seen.values.get(field.name).cloned().unwrap_or_default());
            if !self.same_value(kind, field, &values) {
                self.differ(couple, invariant(field), field.name, &values)?;
            }
        }
        if let Some(rows) = kind.shape().rows {
            self.same_rows(couple, &rows)?;
        }
        Ok(())
    }

    fn same_rows(&self, couple: &Couple<'_>, rows: &Rows) -> Result<(), Violation> {
        for side in Side::BOTH {
            let list = &couple.seen[side].rows;
            for (place, row) in list.iter().enumerate() {
                if list[..place].iter().any(|other| other.marker == row.marker) {
                    let message = format!(
                        "{side}: {} `{}` holds row `{}` twice",
                        couple.kind.doctype(),
                        couple.seen[side].name,
                        row.marker
                    );
                    return Err(Violation::new(Invariant::NothingTwice, message));
                }
                if find(couple, side.other(), &row.marker).is_none() {
                    let values = PerSide::from_fn(|at| {
                        if at == side {
                            Value::from(row.marker.as_str())
                        } else {
                            Value::Null
                        }
                    });
                    let path = path_of(rows, row, "name");
                    self.differ(couple, Invariant::Equal, &path, &values)?;
                }
            }
        }
        let order = PerSide::from_fn(|side: Side| -> Vec<&str> {
            let list = couple.seen[side].rows.iter();
            list.filter(|row| find(couple, side.other(), &row.marker).is_some())
                .map(|row| row.marker.as_str())
                .collect()
        });
        if order.a != order.b {
            let values = order.map(Value::from);
            let path = FieldPath::Table(rows.field.into()).to_string();
            self.differ(couple, Invariant::Equal, &path, &values)?;
        }
        for row in &couple.seen.a.rows {
            let Some(other) = find(couple, Side::B, &row.marker) else {
                continue;
            };
            let both = PerSide { a: row, b: other };
            for field in rows.fields {
                let values =
                    both.map(|row| row.values.get(field.name).cloned().unwrap_or_default());
                if !self.same_value(couple.kind, field, &values) {
                    let path = path_of(rows, row, field.name);
                    self.differ(couple, invariant(field), &path, &values)?;
                }
            }
        }
        Ok(())
    }

    fn same_value(&self, kind: Kind, field: &Field, values: &PerSide<Value>) -> bool {
        match field.holds {
            Holds::Number => number(&values.a) == number(&values.b),
            Holds::Flag => number(&values.a) == number(&values.b),
            Holds::Link(target) => {
                let named = values.as_ref().map(text);
                if named.a.is_empty() || named.b.is_empty() {
                    return named.a == named.b;
                }
                self.pairing.counterpart(Side::A, target, &named.a) == Some(named.b.as_str())
            }
            Holds::LongText | Holds::Text if self.is_rewritten(kind) => {
                rewritten(&text(&values.a)) == rewritten(&text(&values.b))
            }
            _ => text(&values.a) == text(&values.b),
        }
    }

    fn is_rewritten(&self, kind: Kind) -> bool {
        let book = self.world.book();
        Side::BOTH.iter().any(|side| book.rewrites(*side, kind))
    }
}

fn invariant(field: &Field) -> Invariant {
    match field.holds {
        Holds::Link(_) => Invariant::Links,
        _ => Invariant::Equal,
    }
}

fn find<'s>(couple: &Couple<'s>, side: Side, marker: &str) -> Option<&'s RowSeen> {
    couple.seen[side]
        .rows
        .iter()
        .find(|row| row.marker == marker)
}

fn path_of(rows: &Rows, row: &RowSeen, field: &str) -> String {
    FieldPath::RowField(rows.field.into(), row.name.as_str().into(), field.into()).to_string()
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap_or(0.0),
        other => other.as_f64().unwrap_or(0.0),
    }
}

/// What is left of a text under all that apps make of it.
fn rewritten(text: &str) -> String {
    text.to_uppercase().replace(" (SEEN)", "")
}
