//! Two DocTypes side by side.

use frappe_sync_model::{
    Direction, DocTypeMeta, FieldKind, FieldMeta, FieldName, Naming, PerSide, Side,
};

use super::problems::Problems;
use crate::effective::AMENDED_FROM;
use crate::file::Selection;
use crate::{LeftOut, LeftOutReason};

/// Two DocTypes whose fields are compared: those of a mapping, or those of a table's rows.
pub(super) struct Matter<'m> {
    pub(super) metas: PerSide<&'m DocTypeMeta>,
    pub(super) selection: &'m Selection,
    /// The table whose rows these are.
    pub(super) table: Option<&'m FieldName>,
    pub(super) direction: Direction,
    /// Submits, cancels and amendments travel; never so for rows, which have none of their own.
    pub(super) follows_docstatus: bool,
    /// Files travel, so that their addresses are translated.
    pub(super) carries_files: bool,
}

impl<'m> Matter<'m> {
    /// Finds a field that stores something on a side.
    pub(super) fn field(&self, side: Side, name: &FieldName) -> Option<&'m FieldMeta> {
        self.metas[side]
            .field(name.as_str())
            .filter(|field| field.kind != FieldKind::Layout)
    }

    /// Returns the names of all fields that store something, of both sides.
    pub(super) fn known_fields(&self) -> impl Iterator<Item = &'m str> {
        let metas = self.metas;
        Side::BOTH.into_iter().flat_map(move |side| {
            let fields = metas[side].fields.iter();
            fields
                .filter(|field| field.kind != FieldKind::Layout)
                .map(|field| field.name.as_str())
        })
    }

    /// Returns the word for a field of one of the two DocTypes that neither has.
    pub(super) fn no_such_field(&self, name: &FieldName) -> String {
        let PerSide { a, b } = self.metas.map(|meta| &meta.name);
        if a == b {
            format!("`{a}` has no field `{name}`")
        } else {
            format!("neither `{a}` nor `{b}` has a field `{name}`")
        }
    }

    /// Checks that every field which the selection names exists.
    ///
    /// What `except` names must exist on a side, what `only` names on both.
    pub(super) fn check_names(&self, problems: &mut Problems<'_>) {
        for named in &self.selection.except {
            let name = &named.value;
            if Side::BOTH
                .iter()
                .all(|side| self.field(*side, name).is_none())
            {
                let message = self.no_such_field(name);
                problems.add_unknown(named.at, message, name.as_str(), self.known_fields());
            }
        }
        for named in self.selection.only.iter().flatten() {
            let name = &named.value;
            let missing: Vec<Side> = Side::BOTH
                .into_iter()
                .filter(|side| self.field(*side, name).is_none())
                .collect();
            let message = match missing.as_slice() {
                [] => continue,
                [side] => {
                    let doctype = &self.metas[*side].name;
                    format!("`{doctype}` has no field `{name}` on `{side}`")
                }
                _ => self.no_such_field(name),
            };
            problems.add_unknown(named.at, message, name.as_str(), self.known_fields());
        }
    }

    /// Leaves a field out, on the sides for which there is a reason.
    pub(super) fn leave_out(
        &self,
        name: &FieldName,
        reasons: PerSide<Option<LeftOutReason>>,
        left_out: &mut Vec<LeftOut>,
    ) {
        let path = match self.table {
            Some(table) => format!("{table}[].{name}"),
            None => name.to_string(),
        };
        leave_path_out(&path, reasons, left_out);
    }

    /// Tells whether documents get their names from a field: they cannot be made without it.
    fn gives_the_name(&self, name: &FieldName) -> bool {
        Side::BOTH
            .into_iter()
            .any(|side| matches!(&self.metas[side].naming, Naming::Field(source) if source == name))
    }

    /// Tells whether a field links amendments to what they amend, and travels along with `docstatus`.
    pub(super) fn is_amendment(&self, name: &FieldName) -> bool {
        self.follows_docstatus
            && *name == AMENDED_FROM
            && Side::BOTH.into_iter().all(|side| {
                self.field(side, name).is_some_and(|field| {
                    field.kind == FieldKind::Link && field.options == self.metas[side].name.as_str()
                })
            })
    }

    /// Returns why the selection leaves a field out, if it does.
    pub(super) fn not_selected(&self, name: &FieldName) -> Option<LeftOutReason> {
        if self.selection.excludes(name) {
            Some(LeftOutReason::Except)
        } else if self.selection.only.is_some()
            && self.selection.names(name).is_none()
            && !self.gives_the_name(name)
            && !self.is_amendment(name)
        {
            Some(LeftOutReason::NotListed)
        } else {
            None
        }
    }
}

/// Adds an entry for each side that has a reason.
pub(super) fn leave_path_out(
    path: &str,
    reasons: PerSide<Option<LeftOutReason>>,
    left_out: &mut Vec<LeftOut>,
) {
    for (side, reason) in [(Side::A, reasons.a), (Side::B, reasons.b)] {
        if let Some(reason) = reason {
            left_out.push(LeftOut {
                side,
                field: path.to_owned(),
                reason,
            });
        }
    }
}

/// Returns one reason for both sides.
pub(super) fn on_both(reason: LeftOutReason) -> PerSide<Option<LeftOutReason>> {
    PerSide {
        a: Some(reason.clone()),
        b: Some(reason),
    }
}
