//! Two DocTypes side by side.

use frappe_sync_model::{
    ConflictPolicy, Direction, DocTypeMeta, FieldKind, FieldMeta, FieldName, MissingLinks, Naming,
    PerSide, Side,
};

use super::problems::Problems;
use crate::effective::AMENDED_FROM;
use crate::selection::{FieldEntry, Selection};
use crate::{LeftOut, LeftOutReason};

/// Two DocTypes whose fields are compared: those of a mapping, or those of a table's rows.
pub(super) struct Matter<'m> {
    pub(super) metas: PerSide<&'m DocTypeMeta>,
    pub(super) selection: &'m Selection,
    /// The table whose rows these are.
    pub(super) table: Option<&'m FieldName>,
    /// The DocTypes of the documents that hold these rows.
    pub(super) parents: Option<PerSide<&'m DocTypeMeta>>,
    pub(super) direction: Direction,
    pub(super) conflict: ConflictPolicy,
    pub(super) missing: MissingLinks,
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
        Side::BOTH
            .into_iter()
            .flat_map(move |side| stored_fields(metas[side]))
    }

    /// Finds the field of the other side that goes with a field of this one, if there is one and no expression
    /// gives either.
    pub(super) fn partner(&self, side: Side, name: &FieldName) -> Option<&'m FieldMeta> {
        let across = self.selection.name_across(side, name)?;
        let is_computed =
            self.selection.computes(side, name) || self.selection.computes(side.other(), &across);
        if is_computed {
            return None;
        }
        self.field(side.other(), &across)
    }

    /// Tells whether the mapping gives the field's like-named one on the other side something else.
    pub(super) fn goes_elsewhere(&self, side: Side, name: &FieldName) -> bool {
        self.partner(side, name).is_none() && self.field(side.other(), name).is_some()
    }

    /// Returns the word for a field that a side's DocType does not have.
    pub(super) fn not_on(&self, side: Side, name: &FieldName) -> String {
        let doctype = &self.metas[side].name;
        format!("`{doctype}` has no field `{name}` on `{side}`")
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
            if self.selection.entry(Side::A, name).is_some() {
                continue;
            }
            let missing: Vec<Side> = Side::BOTH
                .into_iter()
                .filter(|side| self.field(*side, name).is_none())
                .collect();
            let message = match missing.as_slice() {
                [] => continue,
                [side] => self.not_on(*side, name),
                _ => self.no_such_field(name),
            };
            problems.add_unknown(named.at, message, name.as_str(), self.known_fields());
        }
        for entry in &self.selection.map {
            self.check_entry(entry, problems);
        }
    }

    /// Checks that a side has the field that an entry names there; a name that stands for both is complained of once.
    fn check_entry(&self, entry: &FieldEntry, problems: &mut Problems<'_>) {
        for side in Side::BOTH {
            let named = &entry.names[side];
            let message = match self.field(side, &named.value).map(|field| field.kind) {
                Some(FieldKind::Table) => {
                    format!(
                        "`{}` is a child table: it has its place under `tables`",
                        named.value
                    )
                }
                Some(_) => continue,
                None => self.not_on(side, &named.value),
            };
            if !Side::BOTH
                .iter()
                .any(|side| problems.speak_of(entry.names[*side].at))
            {
                let known = stored_fields(self.metas[side]);
                problems.add_unknown(named.at, message, named.value.as_str(), known);
            }
        }
    }

    /// Tells whether a field may go this way: that of a document goes as it likes, that of a row only where rows go.
    pub(super) fn may_go(&self, direction: Direction) -> bool {
        self.table.is_none() || self.direction == Direction::Both || self.direction == direction
    }

    /// Says why a field of a row may not go another way.
    pub(super) fn rows_go_one_way(&self) -> String {
        let way = match self.direction {
            Direction::BToA => "from `b` to `a`",
            _ => "from `a` to `b`",
        };
        format!("the rows go {way} only, and so do their fields")
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
    fn gives_the_name(&self, names: PerSide<&FieldName>) -> bool {
        Side::BOTH.into_iter().any(
            |side| matches!(&self.metas[side].naming, Naming::Field(source) if source == names[side]),
        )
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
    pub(super) fn not_selected(&self, names: PerSide<&FieldName>) -> Option<LeftOutReason> {
        if self.selection.excludes(names.a) || self.selection.excludes(names.b) {
            Some(LeftOutReason::Except)
        } else if self.selection.only.is_some()
            && self.selection.names(names.a).is_none()
            && !self.gives_the_name(names)
            && !self.is_amendment(names.a)
        {
            Some(LeftOutReason::NotListed)
        } else {
            None
        }
    }
}

/// Returns the names of the fields that store something.
pub(super) fn stored_fields(meta: &DocTypeMeta) -> impl Iterator<Item = &str> {
    let fields = meta.fields.iter();
    fields
        .filter(|field| field.kind != FieldKind::Layout)
        .map(|field| field.name.as_str())
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
