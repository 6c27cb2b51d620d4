//! Which row of one side is which row of the other.
//!
//! Row names settle it where the baseline knows them. Names go astray, though: a nameless replacement or
//! a hook that builds a table anew gives every row another (protocol 5.4), and a lost answer leaves rows
//! whose names were never heard. So what is left is recognised by what it holds.

use std::collections::BTreeMap;

use frappe_sync_model::{DocName, FieldName, PerSide, RowBaseline, Side};

use super::TableInput;
use super::content::{
    Signature, baseline_signature, common_signature, own_signature, queues, visible_fields,
};

/// A row of either side or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowPair {
    /// Its place on each side that holds it, at least one.
    pub(super) places: PerSide<Option<usize>>,
    /// The row of the baseline that it continues.
    pub(super) baseline: Option<usize>,
}

/// Pairs the rows of both sides; rows of `a` come first, by place, then those on `b` alone.
pub(super) fn pair_rows(input: &TableInput<'_>) -> Vec<RowPair> {
    let mut pairing = Pairing::from_baseline(input);
    pairing.pair_by_key();
    pairing.pair_by_content();
    pairing.into_pairs()
}

struct Pairing<'a> {
    input: &'a TableInput<'a>,
    /// The baseline row that each row continues, by place.
    origins: PerSide<Vec<Option<usize>>>,
    /// The place of each row's partner on the other side.
    partners: PerSide<Vec<Option<usize>>>,
}

impl<'a> Pairing<'a> {
    fn from_baseline(input: &'a TableInput<'a>) -> Self {
        let known = input.baseline.unwrap_or_default();
        let named = PerSide::from_fn(|side| named_places(input, known, side));
        let renamed = PerSide::from_fn(|side| renamed_places(input, known, &named[side], side));

        let mut pairing = Self {
            input,
            origins: PerSide::from_fn(|side| vec![None; input.rows[side].len()]),
            partners: PerSide::from_fn(|side| vec![None; input.rows[side].len()]),
        };
        for index in 0..known.len() {
            let found = PerSide::from_fn(|side| named[side][index].or(renamed[side][index]));
            for side in Side::BOTH {
                // A row that only resembles one which the other side deleted is a new row, and must not
                // be deleted in its stead.
                let place = if found[side.other()].is_some() {
                    found[side]
                } else {
                    named[side][index]
                };
                if let Some(place) = place {
                    pairing.origins[side][place] = Some(index);
                }
            }
            if let (Some(a), Some(b)) = (found.a, found.b) {
                pairing.join(a, b);
            }
        }
        pairing
    }

    /// Pairs rows whose key is equal, and unique on both sides.
    fn pair_by_key(&mut self) {
        let input = self.input;
        if input.key.is_empty() {
            return;
        }
        let places = PerSide::from_fn(|side| {
            queues(input.rows[side].iter().enumerate().map(|(place, row)| {
                let signature = common_signature(row, input.key);
                // A row without any key value is told apart by nothing.
                (
                    place,
                    signature.filter(|key| key.iter().any(Option::is_some)),
                )
            }))
        });
        for (key, on_a) in &places.a {
            let Some(on_b) = places.b.get(key) else {
                continue;
            };
            if on_a.len() == 1 && on_b.len() == 1 {
                let (a, b) = (on_a[0], on_b[0]);
                if self.is_alone(Side::A, a) && self.is_alone(Side::B, b) {
                    self.join(a, b);
                }
            }
        }
    }

    /// Pairs rows that say the same in every field that both sides show, first with first.
    fn pair_by_content(&mut self) {
        let input = self.input;
        let visible = PerSide::from_fn(|side| visible_fields(&input.rows[side]));
        let shared: Vec<&FieldName> = visible.a.intersection(&visible.b).copied().collect();
        if shared.is_empty() {
            return;
        }
        let mut places = PerSide::from_fn(|side| {
            let rows = input.rows[side].iter().enumerate();
            queues(
                rows.filter(|(place, _)| self.is_alone(side, *place))
                    .map(|(place, row)| (place, common_signature(row, shared.iter().copied()))),
            )
        });
        for (content, on_a) in places.a {
            let on_b = places.b.remove(&content).unwrap_or_default();
            for (a, b) in on_a.into_iter().zip(on_b) {
                self.join(a, b);
            }
        }
    }

    fn is_alone(&self, side: Side, place: usize) -> bool {
        self.partners[side][place].is_none()
    }

    fn join(&mut self, a: usize, b: usize) {
        self.partners.a[a] = Some(b);
        self.partners.b[b] = Some(a);
    }

    fn into_pairs(self) -> Vec<RowPair> {
        let on_a = self.partners.a.iter().enumerate().map(|(a, &partner)| {
            let origin = self.origins.a[a];
            let baseline = match partner.map(|b| self.origins.b[b]) {
                None | Some(None) => origin,
                Some(other) if origin.is_none() || origin == other => other,
                // Each side kept one of two like rows and deleted the other's: what they agreed on for
                // either says nothing of the two that are left.
                Some(_) => None,
            };
            RowPair {
                places: PerSide {
                    a: Some(a),
                    b: partner,
                },
                baseline,
            }
        });
        let on_b = self.partners.b.iter().enumerate();
        let only_b = on_b
            .filter(|(_, partner)| partner.is_none())
            .map(|(b, _)| RowPair {
                places: PerSide {
                    a: None,
                    b: Some(b),
                },
                baseline: self.origins.b[b],
            });
        on_a.chain(only_b).collect()
    }
}

/// Finds the rows of the baseline by their names on `side`.
fn named_places(input: &TableInput<'_>, known: &[RowBaseline], side: Side) -> Vec<Option<usize>> {
    let mut places: BTreeMap<&DocName, usize> = BTreeMap::new();
    for (place, row) in input.rows[side].iter().enumerate() {
        places.entry(&row.name).or_insert(place);
    }
    known
        .iter()
        .map(|row| places.remove(&row.names[side]))
        .collect()
}

/// Finds rows of the baseline whose name is gone from `side` under a name that the baseline does not
/// know, if they still hold exactly what they held.
fn renamed_places(
    input: &TableInput<'_>,
    known: &[RowBaseline],
    named: &[Option<usize>],
    side: Side,
) -> Vec<Option<usize>> {
    let rows = &input.rows[side];
    let mut taken = vec![false; rows.len()];
    for &place in named.iter().flatten() {
        taken[place] = true;
    }
    let fields = visible_fields(rows);
    if fields.is_empty() {
        return vec![None; known.len()];
    }
    let mut strangers: BTreeMap<Signature, _> = queues(
        rows.iter()
            .enumerate()
            .filter(|(place, _)| !taken[*place])
            .map(|(place, row)| (place, own_signature(row, &fields))),
    );
    known
        .iter()
        .zip(named)
        .map(|(row, place)| {
            if place.is_some() || strangers.is_empty() {
                return None;
            }
            let signature = baseline_signature(row, side, &fields)?;
            strangers.get_mut(&signature)?.pop_front()
        })
        .collect()
}
