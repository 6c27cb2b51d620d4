//! What may still be written to documents that are submitted or cancelled.

use frappe_sync_model::{PerSide, Side};

use crate::stage::ahead;
use crate::{SideValue, Stage, TableMerge, Verdict};

/// Whose values stand where a side cannot be written any more and the other one can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// Those of the side that is further: the other follows it.
    Further,
    /// A person decides.
    Open,
    /// Nobody's: the other side does not follow.
    Nobody,
}

/// How far both documents of a pair have got, and who leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How far each has got.
    pub stages: PerSide<Stage>,
    /// Who leads.
    pub lead: Lead,
}

/// What a decision comes to once it is clear what may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit<T> {
    /// This is carried out.
    Carry(T),
    /// The two stay apart for good, because a cancelled document takes nothing.
    Apart {
        /// The side whose value cannot be overwritten.
        kept: Side,
    },
    /// A submitted document will not take it.
    Refused {
        /// The side that it should go to.
        to: Side,
    },
}

/// How a table is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableWay {
    /// As it was merged.
    Merged,
    /// As this side holds it, whatever the other did to it.
    TakenFrom(Side),
    /// Not at all: both changed it, and a person decides.
    Conflict,
}

impl Standing {
    /// Tells whether a value can be written to `side`; `allowed` tells whether it may change after submit.
    pub fn is_writable(&self, side: Side, allowed: bool) -> bool {
        match self.stages[side] {
            Stage::Draft => true,
            Stage::Submitted => allowed,
            Stage::Cancelled => false,
        }
    }

    /// Fits the verdict on one value to what may be written; `allowed` tells for each side whether the
    /// value may change after submit.
    ///
    /// - A side that is further keeps its value, and the other one takes it.
    /// - What a cancelled document will not take stays apart.
    /// - What a submitted one will not take from a document that is submitted too was written past the rules.
    pub fn fit_value(
        &self,
        verdict: Verdict,
        values: &PerSide<SideValue>,
        allowed: &PerSide<bool>,
    ) -> Fit<Verdict> {
        let writable = PerSide::from_fn(|side| self.is_writable(side, allowed[side]));
        match verdict {
            Verdict::Write { to, .. } if !writable[to] => match self.way_round(to) {
                Fit::Carry(Lead::Further) => {
                    let from = to;
                    Fit::Carry(if values[from].across {
                        Verdict::Write {
                            to: from.other(),
                            conflict: true,
                        }
                    } else {
                        Verdict::MissingTarget { from }
                    })
                }
                Fit::Carry(_) => Fit::Carry(Verdict::Conflict),
                Fit::Apart { kept } => Fit::Apart { kept },
                Fit::Refused { to } => Fit::Refused { to },
            },
            // Whatever a person decides, it cannot be carried out.
            Verdict::Conflict if !writable.a && !writable.b => self.stuck(),
            verdict => Fit::Carry(verdict),
        }
    }

    /// Fits a merged table to what may be written; `allowed` tells for each side whether the merged list may
    /// be written after submit.
    pub fn fit_table(&self, merge: &TableMerge, allowed: &PerSide<bool>) -> Fit<TableWay> {
        let fits = |side: Side| !merge.write[side] || self.is_writable(side, allowed[side]);
        let to = match (fits(Side::A), fits(Side::B)) {
            (true, true) => {
                let is_open = merge.conflicts.iter().any(|one| one.winner.is_none());
                let takes_any = Side::BOTH
                    .into_iter()
                    .any(|side| self.is_writable(side, allowed[side]));
                return if is_open && !takes_any {
                    self.stuck()
                } else {
                    Fit::Carry(TableWay::Merged)
                };
            }
            (false, true) => Side::A,
            (true, false) => Side::B,
            (false, false) => return self.stuck(),
        };
        match self.way_round(to) {
            Fit::Carry(Lead::Further) => Fit::Carry(TableWay::TakenFrom(to)),
            Fit::Carry(_) => Fit::Carry(TableWay::Conflict),
            Fit::Apart { kept } => Fit::Apart { kept },
            Fit::Refused { to } => Fit::Refused { to },
        }
    }

    /// Says what becomes of a value that `to` cannot take: whether it goes the other way round, and who says so.
    fn way_round(&self, to: Side) -> Fit<Lead> {
        if self.stages[to.other()] == Stage::Draft && self.lead != Lead::Nobody {
            return Fit::Carry(self.lead);
        }
        match self.stages {
            PerSide {
                a: Stage::Cancelled,
                ..
            }
            | PerSide {
                b: Stage::Cancelled,
                ..
            } => Fit::Apart { kept: to },
            _ => Fit::Refused { to },
        }
    }

    /// Says what becomes of a value that neither side can take.
    fn stuck<T>(&self) -> Fit<T> {
        let further = ahead(&self.stages).unwrap_or(Side::A);
        if self.stages[further] == Stage::Cancelled {
            Fit::Apart { kept: further }
        } else {
            Fit::Refused { to: further }
        }
    }
}
