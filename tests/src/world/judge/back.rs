//! What a person overwrote or deleted does not come back by itself.

use std::collections::BTreeSet;

use frappe_sync_model::{Direction, Side};

use super::excuse::Bench;
use super::pairing::Couple;
use super::{Invariant, Violation};
use crate::world::token;

impl Bench<'_> {
    /// Looks for overwritten values and deleted documents that are there again.
    pub(super) fn nothing_comes_back(&self, couple: &Couple<'_>) -> Result<(), Violation> {
        let mapping = self.world.setting.mapping(couple.kind);
        // One way, what was overwritten on the target is still what the source says.
        if mapping.is_none_or(|mapping| mapping.direction != Direction::Both) {
            return Ok(());
        }
        let book = self.world.book();
        let is_mixed = book.makes(couple.kind)
            || Side::BOTH.into_iter().any(|side| {
                // What is submitted goes before an edit of a draft.
                couple.seen[side].docstatus > 0
                    || book
                        .kin_of(&(couple.kind, couple.seen[side].marker.clone()))
                        .len()
                        > 1
            });
        if is_mixed {
            return Ok(());
        }
        for side in Side::BOTH {
            let seen = couple.seen[side];
            let lineage = (couple.kind, seen.marker.clone());
            if book.deleted.contains(&(side, lineage.clone())) {
                if book.touched.contains(&(side.other(), lineage)) {
                    // The edit of the other side won.
                    return Ok(());
                }
                let message = format!(
                    "{side}: {} `{}` was deleted, and nobody worked on it on the other side",
                    couple.kind.doctype(),
                    seen.name
                );
                return Err(Violation::new(Invariant::NothingComesBack, message));
            }
        }
        for side in Side::BOTH {
            let seen = couple.seen[side];
            // What an app makes of a value at each save is a change of its own.
            let is_rewritten = Side::BOTH
                .into_iter()
                .any(|side| book.rewrites(side, couple.kind));
            let fields = couple.kind.shape().fields.iter();
            for field in fields.filter(|_| !is_rewritten) {
                let mut there = BTreeSet::new();
                if let Some(value) = seen.values.get(field.name) {
                    token::collect(value, &mut there);
                }
                let back = there
                    .into_iter()
                    .find(|token| book.over.contains(token) && !book.shared.contains(token));
                if let Some(token) = back {
                    let message = format!(
                        "{side}: {} `{}` has ~{token}~ in `{}` again, which was overwritten",
                        couple.kind.doctype(),
                        seen.name,
                        field.name
                    );
                    return Err(Violation::new(Invariant::NothingComesBack, message));
                }
            }
        }
        Ok(())
    }
}
