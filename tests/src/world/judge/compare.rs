//! Both sides hold the same, or it is recorded why not.

use frappe_sync_model::{Deletes, FieldPath, PerSide, Side};
use serde_json::Value;

use super::excuse::{Bench, is_target};
use super::pairing::Couple;
use super::snapshot::RowSeen;
use super::{Invariant, Violation};
use crate::world::kind::{Field, Holds, Kind, Rows};
use crate::world::schema::is_installed;
use crate::world::site::text;

/// A value in which two documents differ.
pub(super) struct Difference {
    pub(super) invariant: Invariant,
    pub(super) path: FieldPath,
    pub(super) values: PerSide<Value>,
    /// What both name, where it is a link.
    pub(super) target: Option<Kind>,
}

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

    /// Compares two documents that should be alike, but for what is recorded.
    fn same(&self, couple: &Couple<'_>) -> Result<(), Violation> {
        let mut differences = self.differences(couple)?.into_iter();
        differences.try_for_each(|difference| self.differ(couple, &difference))
    }

    /// All in which two documents differ.
    pub(super) fn differences(&self, couple: &Couple<'_>) -> Result<Vec<Difference>, Violation> {
        let kind = couple.kind;
        let mut found = Vec::new();
        let stages = couple.seen.map(|seen| seen.docstatus);
        if stages.a != stages.b {
            found.push(Difference {
                invariant: Invariant::Equal,
                path: FieldPath::Field("docstatus".into()),
                values: stages.map(Value::from),
                target: None,
            });
        }
        let kinds = self.world.setting.kinds();
        let fields = kind.shape().fields.iter();
        for field in fields.filter(|field| is_installed(field, &kinds)) {
            let values = couple
                .seen
                .map(|seen| seen.values.get(field.name).cloned().unwrap_or_default());
            if !self.same_value(kind, field, &values) {
                found.push(Difference {
                    invariant: invariant(field),
                    path: FieldPath::Field(field.name.into()),
                    values,
                    target: target(field),
                });
            }
        }
        if let Some(rows) = kind.shape().rows {
            self.differing_rows(couple, &rows, &mut found)?;
        }
        Ok(found)
    }

    fn differing_rows(
        &self,
        couple: &Couple<'_>,
        rows: &Rows,
        found: &mut Vec<Difference>,
    ) -> Result<(), Violation> {
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
                    let marker = Value::from(row.marker.as_str());
                    found.push(Difference {
                        invariant: Invariant::Equal,
                        path: path_of(rows, row, "name"),
                        values: PerSide::from_fn(|at| {
                            if at == side {
                                marker.clone()
                            } else {
                                Value::Null
                            }
                        }),
                        target: None,
                    });
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
            found.push(Difference {
                invariant: Invariant::Equal,
                path: FieldPath::Table(rows.field.into()),
                values: order.map(Value::from),
                target: None,
            });
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
                    found.push(Difference {
                        invariant: invariant(field),
                        path: path_of(rows, row, field.name),
                        values,
                        target: target(field),
                    });
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

    /// Whether one side merged away what the other keeps, as the mapping says: what was merged into stands for it there.
    pub(super) fn stays_beside(&self, difference: &Difference) -> bool {
        let Some(kind) = difference.target else {
            return false;
        };
        let named = difference.values.as_ref().map(text);
        let Some(mapping) = self.world.setting.mapping(kind) else {
            return false;
        };
        Side::BOTH.into_iter().any(|side| {
            let seen = self.snapshot.find(side, kind, &named[side]);
            let lineage = seen.map(|seen| (kind, seen.marker.clone()));
            let stays = mapping.deletes == Deletes::Ignore || is_target(mapping, side.other());
            stays && lineage.is_some_and(|it| self.world.book().has_deleted(side.other(), &it))
        })
    }

    fn is_rewritten(&self, kind: Kind) -> bool {
        let book = self.world.book();
        Side::BOTH.iter().any(|side| book.rewrites(*side, kind))
    }
}

fn target(field: &Field) -> Option<Kind> {
    match field.holds {
        Holds::Link(target) => Some(target),
        _ => None,
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

fn path_of(rows: &Rows, row: &RowSeen, field: &str) -> FieldPath {
    FieldPath::RowField(rows.field.into(), row.name.as_str().into(), field.into())
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
