//! Which row of one side is which of the other.

use std::collections::HashMap;

use frappe_sync_model::{DocName, PerSide, RowBaseline, Side};
use frappe_sync_planner::RowInput;

/// Two rows that belong together.
#[derive(Clone, Copy, Debug)]
pub(super) struct PairedRows<'v> {
    /// The rows.
    pub(super) rows: PerSide<&'v RowInput>,
    /// What they held when they last agreed; none where they never did.
    pub(super) baseline: Option<&'v RowBaseline>,
}

/// The rows of one child table of a pair.
#[derive(Debug)]
pub(super) struct Rows<'v> {
    /// Those that belong together, in the order of `a`.
    pub(super) paired: Vec<PairedRows<'v>>,
    /// Some stand on this side only.
    pub(super) alone: PerSide<bool>,
    /// The paired ones come in the same order on both sides.
    pub(super) same_order: bool,
    /// The rows of this side are those that were agreed on, in that order.
    pub(super) as_agreed: PerSide<bool>,
}

/// Pairs the rows of both sides: by what they agreed on, and what is new on both sides by its place.
pub(super) fn pair_rows<'v>(
    held: PerSide<&'v [RowInput]>,
    baseline: Option<&'v [RowBaseline]>,
) -> Rows<'v> {
    let agreed = baseline.unwrap_or_default();
    let known: PerSide<HashMap<&DocName, usize>> = PerSide::from_fn(|side| {
        let names = agreed.iter().map(|row| &row.names[side]);
        names
            .enumerate()
            .map(|(place, name)| (name, place))
            .collect()
    });
    let at_b: HashMap<&DocName, usize> = (0..held.b.len())
        .map(|place| (&held.b[place].name, place))
        .collect();
    let mut new_on_b = (0..held.b.len())
        .filter(|place| !known.b.contains_key(&held.b[*place].name))
        .collect::<Vec<_>>()
        .into_iter();
    let (mut paired, mut places) = (Vec::new(), Vec::new());
    for row in held.a {
        let base = known.a.get(&row.name).map(|place| &agreed[*place]);
        let other = match base {
            Some(base) => at_b.get(&base.names.b).copied(),
            None => new_on_b.next(),
        };
        if let Some(place) = other {
            places.push(place);
            paired.push(PairedRows {
                rows: PerSide {
                    a: row,
                    b: &held.b[place],
                },
                baseline: base,
            });
        }
    }
    Rows {
        alone: PerSide::from_fn(|side| paired.len() < held[side].len()),
        same_order: places.is_sorted(),
        as_agreed: PerSide::from_fn(|side: Side| {
            let names = held[side].iter().map(|row| &row.name);
            baseline.is_some() && names.eq(agreed.iter().map(|row| &row.names[side]))
        }),
        paired,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(names: &[&str]) -> Vec<RowInput> {
        let row = |name: &&str| RowInput {
            name: (*name).into(),
            fields: Default::default(),
        };
        names.iter().map(row).collect()
    }

    fn agreed(names: &[(&str, &str)]) -> Vec<RowBaseline> {
        let row = |(a, b): &(&str, &str)| RowBaseline {
            names: PerSide {
                a: (*a).into(),
                b: (*b).into(),
            },
            fields: Default::default(),
        };
        names.iter().map(row).collect()
    }

    fn names(rows: &Rows<'_>) -> Vec<(String, String)> {
        let name = |row: &RowInput| row.name.to_string();
        let paired = rows.paired.iter();
        paired
            .map(|row| (name(row.rows.a), name(row.rows.b)))
            .collect()
    }

    #[test]
    fn rows_are_paired_as_they_were_agreed_on_whatever_their_order() {
        let (a, b) = (rows(&["a1", "a2"]), rows(&["b2", "b1"]));
        let base = agreed(&[("a1", "b1"), ("a2", "b2")]);
        let rows = pair_rows(PerSide { a: &a, b: &b }, Some(&base));
        let expected = [("a1", "b1"), ("a2", "b2")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(names(&rows), expected);
        assert!(!rows.same_order);
        assert_eq!((rows.as_agreed.a, rows.as_agreed.b), (true, false));
        assert_eq!((rows.alone.a, rows.alone.b), (false, false));
    }

    #[test]
    fn new_rows_are_paired_by_place_and_what_is_over_stands_alone() {
        let (a, b) = (rows(&["a1", "x", "y"]), rows(&["z", "b1"]));
        let base = agreed(&[("a1", "b1")]);
        let rows = pair_rows(PerSide { a: &a, b: &b }, Some(&base));
        let expected = [("a1", "b1"), ("x", "z")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(names(&rows), expected);
        assert_eq!((rows.alone.a, rows.alone.b), (true, false));
    }
}
