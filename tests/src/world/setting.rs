//! What a world is like before anything happens in it.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use frappe_sync_model::{ConflictPolicy, Deletes, Direction, PerSide, Side};
use frappe_sync_sandbox::Profile;
use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::kind::{Kind, ORDER_KEY};

/// Everything that is decided before the first step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Where the names that sites make up begin, and the latencies.
    pub seed: u64,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// The sites.
    pub sites: PerSide<SiteSetting>,
    /// The mappings.
    pub mappings: Vec<MappingSetting>,
}

/// One site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteSetting {
    /// The Frappe version.
    pub profile: Profile,
    /// Its zone, by its name in the IANA database.
    pub zone: String,
    /// How far its clock is ahead, in milliseconds.
    pub skew_ms: i64,
}

/// How one kind is synced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappingSetting {
    /// The kind.
    pub kind: Kind,
    /// Which way.
    pub direction: Direction,
    /// Who wins.
    pub conflict: ConflictPolicy,
    /// Who wins a tie.
    pub prefer: Side,
    /// What becomes of deletes.
    pub deletes: Deletes,
    /// Orders that are alike in their key are the same.
    pub by_key: bool,
    /// Rows are paired by their marker.
    pub rows_by_key: bool,
}

/// Sets of kinds that hold every link that must be set.
const KINDS: [&[Kind]; 9] = [
    &[Kind::Item],
    &[Kind::Customer],
    &[Kind::Group, Kind::Customer],
    &[Kind::Item, Kind::Customer],
    &[Kind::Item, Kind::Customer, Kind::Order],
    &[Kind::Item, Kind::Customer, Kind::Order],
    &[Kind::Voucher],
    &[Kind::Customer, Kind::Voucher],
    &Kind::ALL,
];

/// Zones, some of which have summer time.
pub(crate) const ZONES: [Tz; 6] = [
    chrono_tz::UTC,
    chrono_tz::Asia::Kolkata,
    chrono_tz::Europe::Berlin,
    chrono_tz::Europe::Berlin,
    chrono_tz::America::New_York,
    chrono_tz::Pacific::Auckland,
];

/// Days on which clocks change in some of the zones, and one on which none does.
const STARTS: [&str; 5] = [
    "2026-03-11T09:00:00Z",
    "2026-10-24T23:40:00Z",
    "2026-03-29T00:30:00Z",
    "2026-11-01T05:20:00Z",
    "2026-07-01T12:00:00Z",
];

impl Setting {
    /// Draws one.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let start = dice.pick(&STARTS).and_then(|start| start.parse().ok());
        let kinds = dice.pick(&KINDS).copied().unwrap_or_default();
        Self {
            seed: dice.seed(),
            start: start.unwrap_or(DateTime::UNIX_EPOCH),
            sites: PerSide::from_fn(|_| SiteSetting::draw(dice)),
            mappings: kinds
                .iter()
                .map(|kind| MappingSetting::draw(*kind, dice))
                .collect(),
        }
    }

    /// The kinds in it.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.mappings.iter().map(|mapping| mapping.kind).collect()
    }

    /// How a kind is synced.
    pub(crate) fn mapping(&self, kind: Kind) -> Option<&MappingSetting> {
        self.mappings.iter().find(|mapping| mapping.kind == kind)
    }
}

impl SiteSetting {
    fn draw(dice: &mut Dice) -> Self {
        let profiles = [Profile::V14, Profile::V15, Profile::V15, Profile::V16];
        Self {
            profile: dice.pick(&profiles).copied().unwrap_or_default(),
            zone: dice
                .pick(&ZONES)
                .copied()
                .unwrap_or_default()
                .name()
                .to_owned(),
            skew_ms: if dice.percent(50) {
                0
            } else {
                dice.between(-90_000, 90_000)
            },
        }
    }

    /// Its zone.
    pub(crate) fn zone(&self) -> Tz {
        self.zone.parse().unwrap_or_default()
    }

    /// How far its clock is ahead.
    pub(crate) fn skew(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.skew_ms)
    }
}

impl MappingSetting {
    fn draw(kind: Kind, dice: &mut Dice) -> Self {
        use {ConflictPolicy as Policy, Direction as Way};
        Self {
            kind,
            direction: dice.weighted(&[(80, Way::Both), (10, Way::AToB), (10, Way::BToA)]),
            conflict: dice.weighted(&[
                (50, Policy::Newest),
                (15, Policy::A),
                (15, Policy::B),
                (20, Policy::Manual),
            ]),
            prefer: dice.weighted(&[(1, Side::A), (1, Side::B)]),
            deletes: dice.weighted(&[(1, Deletes::Ignore), (1, Deletes::Propagate)]),
            by_key: kind == Kind::Order && dice.percent(50),
            rows_by_key: dice.percent(30),
        }
    }

    /// The mapping file.
    pub(crate) fn file(&self) -> String {
        let shape = self.kind.shape();
        let direction = match self.direction {
            Direction::Both => "both",
            Direction::AToB => "a-to-b",
            Direction::BToA => "b-to-a",
        };
        let conflict = match self.conflict {
            ConflictPolicy::Newest => "newest",
            ConflictPolicy::A => "a",
            ConflictPolicy::B => "b",
            ConflictPolicy::Manual => "manual",
        };
        let deletes = match self.deletes {
            Deletes::Ignore => "ignore",
            Deletes::Propagate => "propagate",
        };
        let identity = if self.by_key {
            format!("[{ORDER_KEY}]")
        } else if self.kind.has_chosen_names() {
            "name".to_owned()
        } else {
            "create".to_owned()
        };
        let mut file = format!(
            "version: 1\ndoctype: {}\ndirection: {direction}\nidentity: {identity}\nconflict: \
             {conflict}\nprefer: {}\ndeletes: {deletes}\n",
            shape.doctype, self.prefer,
        );
        if let Some(rows) = shape.rows.filter(|_| self.rows_by_key) {
            file.push_str(&format!("tables:\n  {}:\n    key: [marker]\n", rows.field));
        }
        file
    }
}
