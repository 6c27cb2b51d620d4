//! Which way a DocType can travel, from what our user may do on both sites.

use frappe_sync_connector::{Permission, Permissions};
use frappe_sync_model::{Direction, PerSide, Side};

/// Returns the widest direction that the rights allow, or on which site one is missing.
pub(super) fn direction_of(
    rights: &PerSide<Permissions>,
) -> Result<Direction, (Side, &'static str)> {
    for side in Side::BOTH {
        if !rights[side].allows(Permission::Read) {
            return Err((side, "read"));
        }
    }
    let writes = PerSide::from_fn(|side| {
        rights[side].allows(Permission::Write) && rights[side].allows(Permission::Create)
    });
    match writes {
        PerSide { a: true, b: true } => Ok(Direction::Both),
        PerSide { b: true, .. } => Ok(Direction::AToB),
        PerSide { a: true, .. } => Ok(Direction::BToA),
        PerSide { .. } => Err((Side::A, "write or create")),
    }
}

/// Returns the word of a mapping file for a direction.
pub(super) fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Both => "both",
        Direction::AToB => "a-to-b",
        Direction::BToA => "b-to-a",
    }
}

/// Tells whether documents can be submitted and cancelled wherever they are written.
pub(super) fn may_follow_docstatus(direction: Direction, rights: &PerSide<Permissions>) -> bool {
    Side::BOTH
        .into_iter()
        .filter(|side| direction.writes_to(*side))
        .all(|side| {
            rights[side].allows(Permission::Submit) && rights[side].allows(Permission::Cancel)
        })
}
