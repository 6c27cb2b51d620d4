//! One child table on two sites, that people edit and merges are carried out on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use frappe_sync_model::{DocName, FieldBaseline, PerSide, RowBaseline, Side};
use frappe_sync_planner::{
    MergeRules, MergedRow, RowInput, TableInput, TableMerge, Verdict, merge_table, take_table,
};

use crate::values::{field, own, side_value};

pub(crate) const FIELDS: usize = 3;

/// One stored row.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StoredRow {
    pub(crate) name: DocName,
    pub(crate) values: [u64; FIELDS],
}

/// What a person, or an app, does to the table of one side. Places wrap around.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Set(usize, usize, u64),
    Delete(usize),
    Insert(usize, [u64; FIELDS]),
    Move(usize, usize),
    /// Gives every row another name, as a nameless replacement does.
    Rename,
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) rows: PerSide<Vec<StoredRow>>,
    pub(crate) baseline: Option<Vec<RowBaseline>>,
    /// Fields that a side does not show.
    pub(crate) hidden: PerSide<BTreeSet<usize>>,
    /// Side `b` stores even numbers only.
    pub(crate) b_rounds: bool,
    /// The number of fields, from the first, that tell rows apart.
    key_length: usize,
    made: usize,
}

impl World {
    /// A table that was never compared.
    pub(crate) fn strange(a: &[[u64; FIELDS]], b: &[[u64; FIELDS]]) -> Self {
        let mut world = Self {
            rows: PerSide::default(),
            baseline: None,
            hidden: PerSide::default(),
            b_rounds: false,
            key_length: 0,
            made: 0,
        };
        for (side, rows) in [(Side::A, a), (Side::B, b)] {
            for &values in rows {
                let name = world.new_name(side);
                world.rows[side].push(StoredRow { name, values });
            }
        }
        world
    }

    /// A table that both sides agreed on.
    pub(crate) fn agreed(rows: &[[u64; FIELDS]]) -> Self {
        let mut world = Self::strange(rows, rows);
        let pairs = world.rows.a.iter().zip(&world.rows.b);
        world.baseline = Some(
            pairs
                .map(|(a, b)| RowBaseline {
                    names: PerSide {
                        a: a.name.clone(),
                        b: b.name.clone(),
                    },
                    fields: (0..FIELDS)
                        .map(|number| {
                            (field(number), agreed_on(a.values[number], b.values[number]))
                        })
                        .collect(),
                })
                .collect(),
        );
        world
    }

    /// The same table with a key of its first fields.
    pub(crate) fn with_key(mut self, key_length: usize) -> Self {
        self.key_length = key_length;
        self
    }

    pub(crate) fn has_key(&self) -> bool {
        self.key_length > 0
    }

    pub(crate) fn hides_something(&self) -> bool {
        Side::BOTH.iter().any(|&side| !self.hidden[side].is_empty())
    }

    pub(crate) fn edit(&mut self, side: Side, edit: &Edit) {
        let count = self.rows[side].len();
        match *edit {
            Edit::Insert(place, values) => {
                let name = self.new_name(side);
                let values = self.stored(side, values);
                self.rows[side].insert(place % (count + 1), StoredRow { name, values });
            }
            Edit::Rename => {
                for place in 0..count {
                    self.rows[side][place].name = self.new_name(side);
                }
            }
            _ if count == 0 => {}
            Edit::Set(place, number, value) => {
                let row = place % count;
                self.rows[side][row].values[number] = value;
                let values = self.rows[side][row].values;
                self.rows[side][row].values = self.stored(side, values);
            }
            Edit::Delete(place) => {
                self.rows[side].remove(place % count);
            }
            Edit::Move(from, to) => {
                let row = self.rows[side].remove(from % count);
                self.rows[side].insert(to % count, row);
            }
        }
    }

    pub(crate) fn merge(&self, rules: &MergeRules) -> TableMerge {
        let key: Vec<_> = (0..self.key_length).map(field).collect();
        merge_table(
            &TableInput {
                rows: PerSide::from_fn(|side| self.shown(side)),
                baseline: self.baseline.as_deref(),
                key: &key,
                own_rules: &BTreeMap::new(),
            },
            rules,
        )
    }

    /// Takes the table from one side.
    pub(crate) fn take(&self, from: Side) -> TableMerge {
        let key: Vec<_> = (0..self.key_length).map(field).collect();
        take_table(
            &TableInput {
                rows: PerSide::from_fn(|side| self.shown(side)),
                baseline: self.baseline.as_deref(),
                key: &key,
                own_rules: &BTreeMap::new(),
            },
            from,
        )
    }

    /// Carries a merge out, as the engine does: whole lists of whole rows, baselines from a read-back.
    pub(crate) fn apply(&mut self, merge: &TableMerge) {
        let before = self.rows.clone();
        let mut names: PerSide<BTreeMap<usize, DocName>> = PerSide::default();
        for side in Side::BOTH {
            let mut list = Vec::new();
            for (index, row) in merge.rows.iter().enumerate() {
                if !row.belongs_to(side) {
                    continue;
                }
                let stored = self.carried_out(row, side, &before);
                names[side].insert(index, stored.name.clone());
                list.push(stored);
            }
            if merge.write[side] {
                let rounded_away = side == Side::B && self.b_rounds;
                assert!(
                    list != before[side] || rounded_away,
                    "a write that changes nothing on {side}"
                );
                self.rows[side] = list;
            } else {
                if merge.order_drift == Some(side.other()) {
                    // The list stands in the order of the other side, and this one is never written.
                    let place =
                        |name: &DocName| before[side].iter().position(|row| row.name == *name);
                    list.sort_by_key(|row| place(&row.name));
                }
                assert_eq!(
                    list, before[side],
                    "a change on {side} that is not announced"
                );
            }
        }

        let known = self.baseline.take().unwrap_or_default();
        let rows = merge.agreed_order.iter().filter_map(|&index| {
            let row = &merge.rows[index];
            let before = row.baseline.map(|at| &known[at]);
            if row.only.is_some() {
                return before.cloned();
            }
            let fields = row.fields.iter().filter_map(|(name, verdict)| {
                let kept = before.and_then(|before| before.fields.get(name)).copied();
                let number = (0..FIELDS).find(|&number| field(number) == *name)?;
                let settled = match verdict {
                    Verdict::Settle | Verdict::Write { .. } => {
                        let value = |side: Side| self.value(side, &names[side][&index], number);
                        Some(agreed_on(value(Side::A), value(Side::B)))
                    }
                    _ => kept,
                };
                Some((name.clone(), settled?))
            });
            Some(RowBaseline {
                names: PerSide::from_fn(|side| names[side][&index].clone()),
                fields: fields.collect(),
            })
        });
        self.baseline = Some(rows.collect());
    }

    /// Returns the values of a side's rows in fields that both sides show, by place.
    pub(crate) fn visible_values(&self, side: Side) -> Vec<Vec<u64>> {
        let visible = (0..FIELDS).filter(|number| {
            Side::BOTH
                .iter()
                .all(|&side| !self.hidden[side].contains(number))
        });
        let visible: Vec<usize> = visible.collect();
        self.rows[side]
            .iter()
            .map(|row| visible.iter().map(|&number| row.values[number]).collect())
            .collect()
    }

    pub(crate) fn row(&self, side: Side, name: &DocName) -> Option<&StoredRow> {
        self.rows[side].iter().find(|row| row.name == *name)
    }

    /// Returns the baseline of the row that has this name on `side`.
    pub(crate) fn known(&self, side: Side, name: &DocName) -> Option<&RowBaseline> {
        let known = self.baseline.as_deref().unwrap_or_default();
        known.iter().find(|row| row.names[side] == *name)
    }

    fn shown(&self, side: Side) -> Vec<RowInput> {
        let shown = |row: &StoredRow| RowInput {
            name: row.name.clone(),
            fields: (0..FIELDS)
                .filter(|number| !self.hidden[side].contains(number))
                .map(|number| (field(number), side_value(side, row.values[number])))
                .collect(),
        };
        self.rows[side].iter().map(shown).collect()
    }

    fn carried_out(
        &mut self,
        row: &MergedRow,
        side: Side,
        before: &PerSide<Vec<StoredRow>>,
    ) -> StoredRow {
        let held = |side: Side| {
            let name = row.names[side].as_ref()?;
            before[side].iter().find(|row| row.name == *name)
        };
        let mut stored = held(side).cloned().unwrap_or_else(|| StoredRow {
            name: self.new_name(side),
            values: [0; FIELDS],
        });
        for number in 0..FIELDS {
            let verdict = row.fields.get(&field(number));
            if verdict.is_some_and(|verdict| verdict.writes_to(side)) {
                let source = held(side.other()).expect("a value that is written comes from a row");
                stored.values[number] = source.values[number];
            }
        }
        stored.values = self.stored(side, stored.values);
        stored
    }

    fn stored(&self, side: Side, values: [u64; FIELDS]) -> [u64; FIELDS] {
        if side == Side::B && self.b_rounds {
            values.map(|value| value & !1)
        } else {
            values
        }
    }

    fn value(&self, side: Side, name: &DocName, number: usize) -> u64 {
        let row = self.row(side, name).expect("a settled row is stored");
        row.values[number]
    }

    fn new_name(&mut self, side: Side) -> DocName {
        self.made += 1;
        DocName::new(format!("{side}{}", self.made))
    }
}

// On few lines, because a failing case prints the world.
impl fmt::Debug for StoredRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, values } = self;
        write!(
            f,
            "{name} {}",
            values.map(|value| value.to_string()).join(",")
        )
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for side in Side::BOTH {
            let rows = self.rows[side].iter().map(|row| format!("{row:?}"));
            let rows: Vec<String> = rows.collect();
            let hidden = &self.hidden[side];
            write!(f, "\n  {side}: [{}] without {hidden:?}", rows.join(" | "))?;
        }
        let known = self.baseline.as_ref().map(|rows| {
            let names = rows
                .iter()
                .map(|row| format!("{}~{}", row.names.a, row.names.b));
            names.collect::<Vec<_>>()
        });
        write!(
            f,
            "\n  baseline: {known:?}, key of {}, b rounds: {}\n",
            self.key_length, self.b_rounds
        )
    }
}

fn agreed_on(a: u64, b: u64) -> FieldBaseline {
    PerSide {
        a: Some(own(Side::A, a)),
        b: Some(own(Side::B, b)),
    }
}
