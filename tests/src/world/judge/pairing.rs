//! Which document of `a` is which of `b`, by what people wrote into them.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::{Direction, ParkedCause, PerSide, Side};

use super::records::Records;
use super::snapshot::{Seen, Snapshot};
use super::{Invariant, Violation};
use crate::world::kind::{Kind, ORDER_KEY};
use crate::world::site::{ROOT, World, text};

/// Two documents that are one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Couple<'s> {
    pub(super) kind: Kind,
    pub(super) seen: PerSide<&'s Seen>,
}

/// A document without a counterpart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Single<'s> {
    pub(super) kind: Kind,
    pub(super) side: Side,
    pub(super) seen: &'s Seen,
}

/// Which document of `a` is which of `b`.
pub(super) struct Pairing<'s> {
    pub(super) couples: Vec<Couple<'s>>,
    pub(super) singles: Vec<Single<'s>>,
}

impl<'s> Pairing<'s> {
    /// Pairs by marker, and where two people made one document, by what makes it one.
    pub(super) fn of(
        world: &World,
        records: &Records,
        snapshot: &'s Snapshot,
    ) -> Result<Self, Violation> {
        let mut pairing = Self {
            couples: Vec::new(),
            singles: Vec::new(),
        };
        for kind in world.setting.kinds() {
            let both = snapshot.both(kind);
            let mut twins = BTreeSet::new();
            let mut marked = PerSide {
                a: by_marker(world, Side::A, kind, both.a, &mut twins)?,
                b: by_marker(world, Side::B, kind, both.b, &mut twins)?,
            };
            for marker in twins {
                marked.a.remove(marker);
                marked.b.remove(marker);
            }
            let mut left: PerSide<Vec<&Seen>> = PerSide::default();
            for (marker, seen) in &marked.a {
                match marked.b.get(marker) {
                    Some(other) => pairing.couples.push(Couple {
                        kind,
                        seen: PerSide { a: seen, b: other },
                    }),
                    None => left.a.push(seen),
                }
            }
            let of_b = marked.b.iter();
            left.b = of_b
                .filter(|(marker, _)| !marked.a.contains_key(*marker))
                .map(|(_, seen)| *seen)
                .collect();
            pairing.by_identity(world, records, kind, left);
        }
        Ok(pairing)
    }

    fn by_identity(
        &mut self,
        world: &World,
        records: &Records,
        kind: Kind,
        mut left: PerSide<Vec<&'s Seen>>,
    ) {
        let by_key = world
            .setting
            .mapping(kind)
            .is_some_and(|mapping| mapping.by_key);
        let identity = |seen: &Seen| {
            if by_key {
                seen.values
                    .get(ORDER_KEY)
                    .map(text)
                    .filter(|key| !key.is_empty())
            } else {
                kind.has_chosen_names().then(|| seen.name.to_lowercase())
            }
        };
        let is_same = |seen: &Seen, other: &Seen| {
            let (own, across) = ((kind, seen.marker.clone()), (kind, other.marker.clone()));
            let book = world.book();
            // What people deleted on one side and the other keeps is not what has its name there by now.
            let stay = book.has_deleted(Side::B, &own) && book.has_deleted(Side::A, &across);
            let is_named_so = identity(seen).is_some() && identity(seen) == identity(other);
            let is_kin = book.kin_of(&own).contains(&across);
            // What people deleted on a side is none of those that are there still.
            let was_deleted =
                book.deleted.contains(&(Side::B, own)) || book.deleted.contains(&(Side::A, across));
            let is_kin = is_kin && !was_deleted;
            // Of several that became one, a document goes on with one that nobody was told of.
            let stands_in_line = |side, seen: &Seen| {
                let parked = records.parked(side, kind, &seen.name);
                parked.is_some_and(|parked| parked.cause == ParkedCause::Collision)
            };
            let is_free = !stands_in_line(Side::A, seen) && !stands_in_line(Side::B, other);
            // Of several that have one key, any is right: the one that the sync took.
            let is_taken =
                || records.counterpart(kind, &seen.name).as_deref() == Some(&*other.name);
            let is_taken = by_key && is_named_so && is_taken();
            [is_taken, is_kin && is_free, is_kin, is_named_so].map(|it| it && !stay)
        };
        // What has become one goes before what only has the same name now.
        for rule in 0..4 {
            left.a.retain(|seen| {
                let other = left.b.iter().position(|other| is_same(seen, other)[rule]);
                match other {
                    Some(place) => {
                        let other = left.b.remove(place);
                        self.couples.push(Couple {
                            kind,
                            seen: PerSide { a: seen, b: other },
                        });
                        false
                    }
                    None => true,
                }
            });
        }
        for side in Side::BOTH {
            let singles = left[side].iter().map(|seen| Single { kind, side, seen });
            self.singles.extend(singles);
        }
    }

    /// The name of the counterpart of a document.
    pub(super) fn counterpart(&self, side: Side, kind: Kind, name: &str) -> Option<&str> {
        if kind == Kind::Group && name == ROOT {
            return Some(ROOT);
        }
        self.couples
            .iter()
            .find(|couple| couple.kind == kind && couple.seen[side].name == name)
            .map(|couple| couple.seen[side.other()].name.as_str())
    }
}

/// Documents of one side by their markers. Where an app made one of its own beside the one that was brought over, neither is
/// compared: the marker goes to the `twins`.
fn by_marker<'s>(
    world: &World,
    side: Side,
    kind: Kind,
    documents: &'s [Seen],
    twins: &mut BTreeSet<&'s str>,
) -> Result<BTreeMap<&'s str, &'s Seen>, Violation> {
    let mut marked: BTreeMap<&str, &Seen> = BTreeMap::new();
    for seen in documents {
        if let Some(first) = marked.insert(&seen.marker, seen) {
            let book = world.book();
            let maker = (Kind::Customer, seen.marker.clone());
            let is_made_again = Side::BOTH
                .into_iter()
                .any(|side| book.has_deleted(side, &maker));
            let is_one_way = world
                .setting
                .mapping(kind)
                .is_some_and(|mapping| mapping.direction != Direction::Both);
            // Somebody changed the order that the app made, or the customer that it made it of, before it was carried over: the
            // other app's order holds something else.
            let is_changed = Side::BOTH.into_iter().any(|side| {
                let order = (kind, seen.marker.clone());
                book.rewrites(side, kind)
                    || [&order, &maker].into_iter().any(|lineage| {
                        book.has_touched(side, lineage)
                            || book.renamed.contains(&(side, lineage.clone()))
                    })
            });
            if book.makes(kind) && (is_made_again || is_one_way || is_changed) {
                // The app makes an order for every customer, also for one that was made again; and one way, what the
                // app of the target made is nobody's counterpart.
                twins.insert(&seen.marker);
                continue;
            }
            let message = format!(
                "{side}: {} `{}` and `{}` are the same document, `{}`",
                kind.doctype(),
                first.name,
                seen.name,
                seen.marker
            );
            return Err(Violation::new(Invariant::NothingTwice, message));
        }
    }
    Ok(marked)
}
