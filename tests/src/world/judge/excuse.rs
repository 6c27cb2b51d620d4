//! Why two sides may differ: it is recorded, and the world knows that the cause holds.

use frappe_sync_model::{
    ConflictPolicy, Deletes, Direction, FieldPath, Parked, ParkedCause, PerSide, Side,
};

use super::compare::Difference;
use super::pairing::{Couple, Pairing, Single};
use super::records::Records;
use super::snapshot::{Seen, Snapshot};
use super::{Invariant, Violation};
use crate::world::kind::{Kind, links_to};
use crate::world::setting::MappingSetting;
use crate::world::site::{World, text};

/// What a judge has before them.
pub(super) struct Bench<'j> {
    pub(super) world: &'j World,
    pub(super) records: &'j Records,
    pub(super) snapshot: &'j Snapshot,
    pub(super) pairing: &'j Pairing<'j>,
}

impl Bench<'_> {
    /// Whether a couple may differ in everything.
    pub(super) fn is_excused(&self, couple: &Couple<'_>) -> Result<bool, Violation> {
        for side in Side::BOTH {
            let seen = couple.seen[side];
            if let Some(parked) = self.records.parked(side, couple.kind, &seen.name) {
                self.has_cause(parked, Some(couple))?;
                return Ok(true);
            }
        }
        // A person decides whether it stays deleted.
        let is_undecided = Side::BOTH
            .into_iter()
            .any(|side| self.may_stay_deleted(side, couple.kind, &couple.seen[side].name));
        Ok(is_undecided || self.drifts(couple.kind, couple.seen))
    }

    /// Whether people deleted the counterpart on the side that a one-way mapping writes to: whatever has its name there
    /// by now is nobody's.
    fn was_deleted_beyond(&self, side: Side, kind: Kind, name: &str) -> bool {
        let target = self.mapping(kind).and_then(is_target_of);
        let own = self.snapshot.find(side, kind, name);
        let lineage = own.map(|seen| (kind, seen.marker.clone()));
        target == Some(side.other())
            && lineage.is_some_and(|it| self.world.book().has_deleted(side.other(), &it))
    }

    /// Whether a person is to decide between an edit of this document and its delete on the other side.
    fn may_stay_deleted(&self, side: Side, kind: Kind, name: &str) -> bool {
        self.records.conflicts.iter().any(|open| {
            open.mapping == *kind.doctype()
                && open.path == FieldPath::Field("(deleted)".into())
                && open.names[side] == *name
        })
    }

    /// A difference of a couple: an open conflict of it is recorded, or it is wrong.
    pub(super) fn differ(
        &self,
        couple: &Couple<'_>,
        difference: &Difference,
    ) -> Result<(), Violation> {
        if self.stays_beside(difference) {
            return Ok(());
        }
        let path = &difference.path;
        let name = &couple.seen.a.name;
        // What is cancelled is never written to; a difference is told once and stays.
        let is_cancelled = Side::BOTH
            .iter()
            .any(|side| couple.seen[*side].docstatus == 2);
        let told = || self.records.ever_in_conflict(couple.kind, name);
        if is_cancelled && told().iter().any(|told| covers(told, path)) {
            return Ok(());
        }
        let mut conflicts = self.records.conflicts_of(couple.kind, name);
        let manual = self
            .mapping(couple.kind)
            .is_some_and(|mapping| mapping.conflict == ConflictPolicy::Manual);
        // What waits for a person holds back the submit too.
        let is_stage = *path == FieldPath::Field("docstatus".into());
        if manual && conflicts.any(|open| is_stage || covers(open, path)) {
            return Ok(());
        }
        let message = format!(
            "{} `{}` on a and `{}` on b differ in `{path}`: {} and {}",
            couple.kind.doctype(),
            couple.seen.a.name,
            couple.seen.b.name,
            difference.values.a,
            difference.values.b
        );
        Err(Violation::new(difference.invariant, message))
    }

    /// A document may stand on one side alone, or it is wrong.
    pub(super) fn excuse_single(&self, single: &Single<'_>) -> Result<(), Violation> {
        let (kind, side, seen) = (single.kind, single.side, single.seen);
        if let Some(parked) = self.records.parked(side, kind, &seen.name) {
            return self.has_cause(parked, None);
        }
        let Some(mapping) = self.mapping(kind) else {
            return Ok(());
        };
        let lineage = (kind, seen.marker.clone());
        if self.stands_in_line(single) {
            return Ok(());
        }
        let deleted = self.world.book().has_deleted(side.other(), &lineage);
        let waits = self.is_in_conflict(kind, side, &seen.name);
        if deleted && waits && mapping.conflict == ConflictPolicy::Manual {
            return Ok(());
        }
        let is_target = is_target(mapping, side);
        let is_source = is_target_of(mapping) == Some(side.other());
        if is_target || (deleted && (is_source || mapping.deletes == Deletes::Ignore)) {
            return Ok(());
        }
        let message = format!(
            "{} `{}` ({}) is on {side} alone{}",
            kind.doctype(),
            seen.name,
            seen.marker,
            if deleted {
                ", and was deleted on the other side"
            } else {
                ""
            }
        );
        Err(Violation::new(Invariant::Equal, message))
    }

    /// Whether two documents of this side claim to be one of the other side's, by names that people moved, and the other
    /// of them is parked for it.
    fn stands_in_line(&self, single: &Single<'_>) -> bool {
        let lineage = (single.kind, single.seen.marker.clone());
        let kin = self.world.book().kin_of(&lineage);
        let mut others = self.snapshot.of(single.side, single.kind).iter();
        others.any(|seen| {
            let parked = self.records.parked(single.side, single.kind, &seen.name);
            seen.marker != single.seen.marker
                && kin.contains(&(single.kind, seen.marker.clone()))
                && parked.is_some_and(|parked| parked.cause == ParkedCause::Collision)
        })
    }

    fn mapping(&self, kind: Kind) -> Option<&MappingSetting> {
        self.world.setting.mapping(kind)
    }

    /// Whether people edited the side that a one-way mapping leaves alone.
    fn drifts(&self, kind: Kind, seen: PerSide<&Seen>) -> bool {
        let Some(target) = self.mapping(kind).and_then(is_target_of) else {
            return false;
        };
        let book = self.world.book();
        Side::BOTH
            .into_iter()
            .any(|side| book.has_touched(target, &(kind, seen[side].marker.clone())))
    }

    /// Whether what a parked document waits for is so.
    fn has_cause(&self, parked: &Parked, couple: Option<&Couple<'_>>) -> Result<(), Violation> {
        let Some(kind) = Kind::of_doctype(parked.mapping.as_str()) else {
            return Ok(());
        };
        let holds = match &parked.cause {
            ParkedCause::Refused { exc_type } => match exc_type.as_str() {
                "NestedSetRecursionError" => self.would_loop(kind, parked),
                "NestedSetChildExistsError" | "LinkExistsError" => self.is_linked(kind, parked),
                "UpdateAfterSubmitError" => self.world.book().rewrites(parked.side.other(), kind),
                _ => self.is_refused(kind, parked, couple) || self.is_root(kind, parked),
            },
            ParkedCause::MissingTarget { .. } => self.is_missing(parked, &mut Vec::new()),
            ParkedCause::IndependentAmendments => self.are_amended_twice(kind, parked),
            ParkedCause::Docstatus => {
                couple.is_some_and(|couple| self.is_too_late(couple))
                    || self.awaits_predecessor(kind, parked)
            }
            ParkedCause::AmbiguousIdentity | ParkedCause::Collision => {
                self.is_crowded(kind, parked)
            }
            _ => false,
        };
        if holds {
            return Ok(());
        }
        let message = format!(
            "{}: {} `{}` is parked without a cause: {:?}, {}",
            parked.side, parked.mapping, parked.key.name, parked.cause, parked.message
        );
        Err(Violation::new(Invariant::ParkedWithCause, message))
    }

    /// Whether an app on the other side refuses the document, as it is on either.
    fn is_refused(&self, kind: Kind, parked: &Parked, couple: Option<&Couple<'_>>) -> bool {
        let book = self.world.book();
        let mut refused = book.refused(parked.side.other(), kind);
        let own = self
            .snapshot
            .find(parked.side, kind, parked.key.name.as_str());
        let other = couple.map(|couple| couple.seen[parked.side.other()]);
        refused.any(|choice| {
            [own, other]
                .into_iter()
                .flatten()
                .any(|seen| seen.values.get("sort").map(text).as_deref() == Some(choice))
        })
    }

    /// Whether a node that is to be deleted stands at the top, where Frappe deletes none.
    fn is_root(&self, kind: Kind, parked: &Parked) -> bool {
        let name = parked.key.name.as_str();
        let own = self.snapshot.find(parked.side, kind, name);
        let parent = |seen: &Seen| seen.values.get("parent_group").map(text);
        kind == Kind::Group && own.is_some_and(|seen| parent(seen).is_none_or(|it| it.is_empty()))
    }

    /// Whether documents of the same side link to one.
    fn is_linked(&self, kind: Kind, parked: &Parked) -> bool {
        let name = parked.key.name.as_str();
        self.world.setting.kinds().into_iter().any(|of| {
            let mut seen = self.snapshot.of(parked.side, of).iter();
            seen.any(|seen| links_to(of, &seen.whole, kind, name))
        })
    }

    /// Whether both sides amended one document on their own.
    fn are_amended_twice(&self, kind: Kind, parked: &Parked) -> bool {
        let amended = |seen: &Seen| seen.whole.get("amended_from").map(text);
        let own = self
            .snapshot
            .find(parked.side, kind, parked.key.name.as_str());
        let Some(predecessor) = own.and_then(amended) else {
            return false;
        };
        let across = self.pairing.counterpart(parked.side, kind, &predecessor);
        let mut others = self.snapshot.of(parked.side.other(), kind).iter();
        across.is_some() && others.any(|seen| amended(seen).as_deref() == across)
    }

    /// Whether what a document amends, or its counterpart, waits itself, for the sync or for a person.
    fn awaits_predecessor(&self, kind: Kind, parked: &Parked) -> bool {
        let name = parked.key.name.as_str();
        let own = self.snapshot.find(parked.side, kind, name);
        let Some(before) = own.and_then(|seen| seen.whole.get("amended_from").map(text)) else {
            return false;
        };
        let across = self.pairing.counterpart(parked.side, kind, &before);
        let other = parked.side.other();
        self.records.parked(parked.side, kind, &before).is_some()
            || across.is_some_and(|name| self.records.parked(other, kind, name).is_some())
            || self.is_in_conflict(kind, parked.side, &before)
    }

    /// Whether a person is to decide about a document.
    fn is_in_conflict(&self, kind: Kind, side: Side, name: &str) -> bool {
        let mut conflicts = self.records.conflicts.iter();
        conflicts.any(|open| open.mapping == *kind.doctype() && open.names[side] == *name)
    }

    /// Whether two documents differ of which one is submitted.
    fn is_too_late(&self, couple: &Couple<'_>) -> bool {
        let is_submitted = Side::BOTH
            .iter()
            .any(|side| couple.seen[*side].docstatus > 0);
        let book = self.world.book();
        let is_rewritten = Side::BOTH
            .into_iter()
            .any(|side| book.rewrites(side, couple.kind));
        drop(book);
        let differ = || {
            self.differences(couple)
                .is_ok_and(|found| !found.is_empty())
        };
        is_submitted && (is_rewritten || differ())
    }

    /// Whether a document links to one without a counterpart, or to one that itself waits with a cause. Those that
    /// only wait for each other have none.
    fn is_missing<'p>(&'p self, parked: &'p Parked, seen: &mut Vec<&'p Parked>) -> bool {
        let ParkedCause::MissingTarget { doctype, name, .. } = &parked.cause else {
            return true;
        };
        if seen.contains(&parked) {
            return false;
        }
        seen.push(parked);
        let Some(target) = Kind::of_doctype(doctype.as_str()) else {
            return false;
        };
        let Some(across) = self.pairing.counterpart(parked.side, target, name.as_str()) else {
            return true;
        };
        if self.may_stay_deleted(parked.side, target, name.as_str())
            || self.was_deleted_beyond(parked.side, target, name.as_str())
        {
            return true;
        }
        let (side, other) = (parked.side, parked.side.other());
        [(side, name.as_str()), (other, across)]
            .into_iter()
            .filter_map(|(side, name)| self.records.parked(side, target, name))
            .any(|target| self.is_missing(target, seen))
    }

    /// Whether a node would stand below itself on the other side, because both sides moved nodes below each other.
    fn would_loop(&self, kind: Kind, parked: &Parked) -> bool {
        let name = parked.key.name.as_str();
        let Some(own) = self.snapshot.find(parked.side, kind, name) else {
            return false;
        };
        let other = parked.side.other();
        let across = |name: &str| self.pairing.counterpart(parked.side, kind, name);
        let parent = |seen: &Seen| {
            seen.values
                .get("parent_group")
                .map(text)
                .unwrap_or_default()
        };
        let mut at = across(&parent(own)).map(str::to_owned);
        for _ in self.snapshot.of(other, kind) {
            if at.as_deref() == across(name) {
                return true;
            }
            at = at
                .and_then(|name| self.snapshot.find(other, kind, &name))
                .map(parent);
        }
        false
    }

    /// Whether several documents claim to be the counterpart of one, or a name that is taken.
    fn is_crowded(&self, kind: Kind, parked: &Parked) -> bool {
        let name = parked.key.name.as_str();
        let Some(own) = self.snapshot.find(parked.side, kind, name) else {
            return false;
        };
        let key = |seen: &Seen| seen.values.get("ref_no").map(text).unwrap_or_default();
        Side::BOTH.into_iter().any(|side| {
            let alike = self.snapshot.of(side, kind).iter().filter(|seen| {
                seen.marker != own.marker
                    && (seen.name.eq_ignore_ascii_case(name) || key(seen) == key(own))
            });
            alike.count() > 0
        })
    }
}

/// The side that a one-way mapping writes to.
fn is_target_of(mapping: &MappingSetting) -> Option<Side> {
    match mapping.direction {
        Direction::Both => None,
        Direction::AToB => Some(Side::B),
        Direction::BToA => Some(Side::A),
    }
}

pub(super) fn is_target(mapping: &MappingSetting, side: Side) -> bool {
    is_target_of(mapping) == Some(side)
}

/// Whether an open conflict speaks of a value: its own, or of the row or table around it.
fn covers(open: &FieldPath, path: &FieldPath) -> bool {
    match (open, path) {
        (FieldPath::RowField(table, row, field), FieldPath::RowField(of, named, other)) => {
            table == of && row == named && (field == other || *field == "name")
        }
        (FieldPath::RowField(table, ..), FieldPath::Table(of)) => table == of,
        (FieldPath::Table(table), FieldPath::RowField(of, ..)) => table == of,
        (open, path) => open == path,
    }
}
