//! What happens in a world, step by step.
//!
//! Every step carries its own seed, so that a step that is left out does not change what the others do.

use frappe_sync_model::Side;
use frappe_sync_sandbox::{Action, Rewrite};
use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::kind::Kind;
use super::scope::Scope;
use super::setting::{Setting, ZONES};

/// What somebody does at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Makes a document.
    Create,
    /// Makes a document; the save begins now and is committed later.
    CreateLate,
    /// Changes some fields of a document.
    Edit,
    /// Changes a field; the save begins now and is committed later.
    EditLate,
    /// Empties a field.
    Clear,
    /// Saves a document as it is.
    Save,
    /// Changes a row.
    EditRow,
    /// Puts a row in.
    AddRow,
    /// Takes a row out.
    DropRow,
    /// Puts a row in another place.
    MoveRow,
    /// Writes a value into many documents at once, with one `modified` for all.
    BulkWrite,
    /// Gives many documents one and the same new `modified`, and nothing else.
    BulkTouch,
    /// Writes a value and leaves `modified` as it was.
    Silent,
    /// Deletes a document.
    Delete,
    /// Deletes a document and makes another one of its name.
    Reuse,
    /// Renames a document.
    Rename,
    /// Merges a document into another one.
    Merge,
    /// Submits a document.
    Submit,
    /// Makes a document and submits it at once.
    CreateSubmitted,
    /// Cancels a document.
    Cancel,
    /// Makes a new version of a cancelled document.
    Amend,
}

/// What an app of a site does from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppHook {
    /// It rewrites the field of long text.
    Rewrites(Rewrite),
    /// It stamps documents once more after each save.
    Bumps,
    /// It commits after each save.
    Commits,
    /// It makes an order for every new customer.
    MakesOrder,
    /// It refuses documents with this choice.
    Refuses(String),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Somebody does something.
    Act {
        /// Where.
        side: Side,
        /// What.
        act: Act,
        /// The dice of the rest.
        seed: u64,
    },
    /// An app is installed.
    Hook {
        /// Where.
        side: Side,
        /// On documents of this kind.
        kind: Kind,
        /// What it does.
        hook: AppHook,
    },
    /// Nothing happens for a while.
    Wait {
        /// How long.
        seconds: i64,
    },
    /// A site's clock is put forward or back.
    ClockStep {
        /// Where.
        side: Side,
        /// By how much.
        seconds: i64,
    },
    /// A site moves to another zone.
    Zone {
        /// Where.
        side: Side,
        /// Its new zone.
        zone: String,
    },
    /// The sync runs.
    Run {
        /// The dice of latencies.
        seed: u64,
        /// A sweep of all keys is due.
        sweep: bool,
        /// What comes in between.
        meddling: Vec<Meddling>,
        /// Where it carries out a plan: what people do after the plan was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        planned: Option<Vec<Doing>>,
    },
}

/// What somebody does somewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Doing {
    /// Where.
    pub side: Side,
    /// What.
    pub act: Act,
    /// The dice of the rest.
    pub seed: u64,
}

/// Which of the events of a run is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A request to either site.
    Request,
    /// A request that writes.
    WriteRequest,
    /// A write to the state.
    StateWrite,
}

/// Before or after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before it is carried out.
    Before,
    /// After it was carried out, and before anybody knows.
    After,
}

/// Something that comes in between, in the middle of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meddling {
    /// At which event.
    pub at: Event,
    /// The so-manieth of the run, from 1.
    pub nth: u32,
    /// What.
    pub what: Meddle,
}

/// What comes in between.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meddle {
    /// A fault hits the request.
    Fault(Action),
    /// Somebody does something.
    Act {
        /// Before or after the request.
        when: When,
        /// Where.
        side: Side,
        /// What.
        act: Act,
        /// The dice of the rest.
        seed: u64,
    },
    /// The engine is killed.
    Kill(When),
    /// The engine is killed while the request is on its way, and the site carries it out so much later.
    KillInFlight {
        /// How much later.
        millis: u64,
    },
}

/// A world and all that happens in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The world.
    pub setting: Setting,
    /// The steps.
    pub steps: Vec<Step>,
}

impl History {
    /// The history of a seed.
    pub fn of_seed(seed: u64, scope: Scope) -> Self {
        let mut dice = Dice::of(seed);
        let setting = Setting::draw(&mut dice);
        let calm = dice.percent(20);
        let mut steps = Vec::new();
        for _ in 0..dice.below(4) {
            steps.push(hook(&setting, &mut dice));
        }
        for _ in 0..dice.between(2, 8) {
            let side = side(&mut dice);
            let act = dice.weighted(&[(6, Act::Create), (1, Act::CreateSubmitted)]);
            steps.push(Step::Act {
                side,
                act: scope.instead(act),
                seed: dice.seed(),
            });
        }
        steps.push(run(scope, calm, &mut dice));
        for _ in 0..dice.between(4, 32) {
            steps.push(step(scope, calm, &setting, &mut dice));
        }
        steps.push(run(scope, calm, &mut dice));
        Self { setting, steps }
    }
}

fn side(dice: &mut Dice) -> Side {
    if dice.percent(50) { Side::A } else { Side::B }
}

fn step(scope: Scope, calm: bool, setting: &Setting, dice: &mut Dice) -> Step {
    match dice.below(100) {
        0..=66 => Step::Act {
            side: side(dice),
            act: act(scope, dice),
            seed: dice.seed(),
        },
        67..=70 => Step::Wait {
            seconds: dice.weighted(&[(4, 30), (3, 150), (2, 1_200), (1, 7_200)]),
        },
        71..=72 if !calm => Step::ClockStep {
            side: side(dice),
            seconds: dice.weighted(&[(2, -30), (2, 30), (1, -900), (1, 900), (1, -5_400)]),
        },
        73 if !calm => Step::Zone {
            side: side(dice),
            zone: dice
                .pick(&ZONES)
                .copied()
                .unwrap_or_default()
                .name()
                .to_owned(),
        },
        74 => hook(setting, dice),
        _ => run(scope, calm, dice),
    }
}

fn act(scope: Scope, dice: &mut Dice) -> Act {
    let act = dice.weighted(&[
        (14, Act::Create),
        (2, Act::CreateLate),
        (26, Act::Edit),
        (4, Act::EditLate),
        (5, Act::Clear),
        (2, Act::Save),
        (8, Act::EditRow),
        (5, Act::AddRow),
        (5, Act::DropRow),
        (3, Act::MoveRow),
        (2, Act::BulkWrite),
        (2, Act::BulkTouch),
        (3, Act::Silent),
        (8, Act::Delete),
        (2, Act::Reuse),
        (6, Act::Rename),
        (3, Act::Merge),
        (7, Act::Submit),
        (3, Act::CreateSubmitted),
        (4, Act::Cancel),
        (3, Act::Amend),
    ]);
    scope.instead(act)
}

fn hook(setting: &Setting, dice: &mut Dice) -> Step {
    let kinds = setting.kinds();
    let kind = dice.pick(&kinds).copied().unwrap_or(Kind::Item);
    if kinds.contains(&Kind::Order) && dice.percent(15) {
        return Step::Hook {
            side: side(dice),
            kind: Kind::Customer,
            hook: AppHook::MakesOrder,
        };
    }
    let hook = match dice.below(5) {
        0 => AppHook::Rewrites(Rewrite::Uppercase),
        1 => AppHook::Rewrites(Rewrite::Append(" (seen)".to_owned())),
        2 => AppHook::Bumps,
        3 => AppHook::Commits,
        _ => AppHook::Refuses("Service".to_owned()),
    };
    Step::Hook {
        side: side(dice),
        kind,
        hook,
    }
}

fn run(scope: Scope, calm: bool, dice: &mut Dice) -> Step {
    let mut meddling = Vec::new();
    if !calm {
        let count = dice.weighted(&[(45, 0), (30, 1), (15, 2), (7, 3), (3, 5)]);
        for _ in 0..count {
            meddling.push(meddle(scope, dice));
        }
    }
    Step::Run {
        seed: dice.seed(),
        sweep: dice.percent(30),
        meddling,
        planned: (scope == Scope::Plans && dice.percent(50)).then(|| {
            let count = dice.weighted(&[(4, 0), (3, 1), (2, 2), (1, 4)]);
            let doing = |dice: &mut Dice| Doing {
                side: side(dice),
                act: act(scope, dice),
                seed: dice.seed(),
            };
            (0..count).map(|_| doing(dice)).collect()
        }),
    }
}

fn meddle(scope: Scope, dice: &mut Dice) -> Meddling {
    let at = dice.weighted(&[
        (30, Event::Request),
        (50, Event::WriteRequest),
        (20, Event::StateWrite),
    ]);
    let most = match at {
        Event::Request => 40,
        Event::WriteRequest => 5,
        Event::StateWrite => 25,
    };
    let when = dice.weighted(&[(1, When::Before), (1, When::After)]);
    let what = match (at, dice.below(100)) {
        (Event::StateWrite, _) => Meddle::Kill(when),
        (_, 0..=34) => Meddle::Act {
            when,
            side: side(dice),
            act: act(scope, dice),
            seed: dice.seed(),
        },
        (_, 35..=54) => Meddle::Kill(when),
        (_, 55..=59) => Meddle::KillInFlight {
            millis: later(dice),
        },
        _ => Meddle::Fault(fault(dice)),
    };
    Meddling {
        at,
        nth: u32::try_from(dice.between(1, most)).unwrap_or(1),
        what,
    }
}

/// How long a request runs on, which is less than the longest that one may.
fn later(dice: &mut Dice) -> u64 {
    u64::try_from(dice.between(1, 110_000)).unwrap_or(1)
}

fn fault(dice: &mut Dice) -> Action {
    match dice.below(11) {
        0 => Action::LoseRequest,
        1 | 2 => Action::FailAfterWrite,
        3 | 4 => Action::KeepRunning {
            millis: Some(later(dice)),
        },
        5 => Action::TooManyRequests {
            retry_after: Some(3),
        },
        6 => Action::HtmlBadGateway {
            executed: dice.percent(50),
        },
        7 => Action::CutBody,
        8 => Action::Deadlock,
        9 => Action::Slow {
            millis: u64::try_from(dice.between(500, 100_000)).unwrap_or(500),
        },
        _ => Action::WrongContentType,
    }
}
