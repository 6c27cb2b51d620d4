//! People who work at the sites, and an observer who notes what they see and what they do.

mod edit;
mod late;
mod make;
mod observe;
mod remove;
mod rows;
mod status;
mod values;

use frappe_sync_model::Side;
use frappe_sync_sandbox::SiteError;

use super::book::Book;
use super::dice::Dice;
use super::history::Act;
use super::kind::Kind;
use super::site::World;

/// What came of an act: it was done, or there was nothing to do it to; an error is what the site refused.
pub(crate) type Acted = Result<Done, SiteError>;

/// Whether an act was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Yes,
    NothingToDo,
}

/// A person about to do something.
pub(super) struct Doer<'w> {
    pub(super) world: &'w World,
    pub(super) side: Side,
    pub(super) dice: Dice,
}

/// Does something.
pub(crate) fn act(world: &World, side: Side, act: Act, seed: u64) {
    late::commit_due(world);
    // What is written without a trace over a write of ours that was not read back, or under one that comes later, is
    // the stated bound.
    let now = world.time.now();
    let is_in_between =
        |book: &Book| book.is_unsettled || book.running_until.is_some_and(|until| now <= until);
    let is_bound = act == Act::Silent && is_in_between(&world.book());
    let act = if is_bound { Act::Edit } else { act };
    let mut doer = Doer {
        world,
        side,
        dice: Dice::of(seed),
    };
    let acted = match act {
        Act::Create => doer.create(0),
        Act::CreateSubmitted => doer.create(1),
        Act::CreateLate => doer.create_late(),
        Act::Edit => doer.edit(),
        Act::EditLate => doer.edit_late(),
        Act::Clear => doer.clear(),
        Act::Save => doer.save(),
        Act::EditRow => doer.edit_row(),
        Act::AddRow => doer.add_row(),
        Act::DropRow => doer.drop_row(),
        Act::MoveRow => doer.move_row(),
        Act::BulkWrite => doer.bulk(true),
        Act::BulkTouch => doer.bulk(false),
        Act::Silent => doer.silent(),
        Act::Delete => doer.delete(),
        Act::Reuse => doer.reuse(),
        Act::Rename => doer.rename(),
        Act::Merge => doer.merge(),
        Act::Submit => doer.submit(),
        Act::Cancel => doer.cancel(),
        Act::Amend => doer.amend(),
    };
    let outcome = match acted {
        Ok(Done::Yes) => "",
        Ok(Done::NothingToDo) => " (nothing to do)",
        Err(_) => " (refused)",
    };
    let kind = format!("{act:?}{outcome}");
    world.book().tally.add("people", kind);
}

pub(crate) use late::{commit_all, commit_due, commit_those_in};

impl Doer<'_> {
    /// One of the kinds of the world.
    fn kind(&mut self, fits: impl Fn(Kind) -> bool) -> Option<Kind> {
        let mut kinds = self.world.setting.kinds();
        kinds.retain(|kind| fits(*kind));
        self.dice.pick(&kinds).copied()
    }

    /// A document, and often one that somebody has worked on lately.
    fn document(&mut self, fits: impl Fn(Kind) -> bool) -> Option<(Kind, String)> {
        let hot: Vec<(Kind, String)> = {
            let book = self.world.book();
            let fit = book.hot.iter().filter(|(kind, _)| fits(*kind));
            fit.cloned().collect()
        };
        if self.dice.percent(55)
            && let Some((kind, marker)) = self.dice.pick(&hot).cloned()
        {
            let names = self.world.names(self.side, kind);
            let found = names.into_iter().find(|(_, known)| *known == marker);
            if let Some((name, _)) = found {
                return Some((kind, name));
            }
        }
        let kind = self.kind(fits)?;
        let names = self.world.names(self.side, kind);
        let (name, _) = self.dice.pick(&names)?;
        Some((kind, name.clone()))
    }
}
