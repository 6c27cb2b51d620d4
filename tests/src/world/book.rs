//! What people did, as a neutral observer notes it down.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use frappe_sync_model::Side;
use frappe_sync_sandbox::Ticket;

use super::history::AppHook;
use super::kind::Kind;
use super::tally::Tally;
use super::token::Token;

/// A save of a person that has begun and is not committed yet.
#[derive(Debug)]
pub(crate) struct LateSave {
    pub(crate) due: DateTime<Utc>,
    pub(crate) side: Side,
    pub(crate) kind: Kind,
    /// The document; none where it is made by the save.
    pub(crate) name: Option<String>,
    pub(crate) ticket: Ticket,
}

/// A document as people speak of it: by its kind and its marker.
pub(crate) type Lineage = (Kind, String);

/// Who wrote a value, and where.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    pub(crate) side: Side,
    /// What they did to which documents.
    pub(crate) what: String,
}

/// What people did.
#[derive(Debug, Default)]
pub(crate) struct Book {
    tokens: Token,
    /// Who wrote what, and where.
    pub(crate) written: BTreeMap<Token, Writing>,
    /// Tokens that a person overwrote or deleted, where the person could see them.
    pub(crate) over: BTreeSet<Token>,
    /// A run is under way, or ended with writes whose outcome it does not know: what people see of them is not settled.
    pub(crate) is_unsettled: bool,
    /// Until when a write of ours may still be running on a site, whatever the run that sent it says.
    pub(crate) running_until: Option<DateTime<Utc>>,
    /// Tokens that stand in several documents, or were overwritten in the middle of a run.
    pub(crate) shared: BTreeSet<Token>,
    /// Documents that people wrote to, by side.
    pub(crate) touched: BTreeSet<(Side, Lineage)>,
    /// Documents that people deleted or merged away, by side.
    pub(crate) deleted: BTreeSet<(Side, Lineage)>,
    /// Documents that people renamed, by side.
    pub(crate) renamed: BTreeSet<(Side, Lineage)>,
    /// Documents that were written to without a trace, by side.
    pub(crate) silent: BTreeSet<(Side, Lineage)>,
    /// Documents that were or may become one, because both sides made them alike.
    kin: Vec<BTreeSet<Lineage>>,
    /// Saves under way.
    pub(crate) late: Vec<LateSave>,
    /// What people worked on last.
    pub(crate) hot: Vec<Lineage>,
    /// The apps.
    pub(crate) hooks: Vec<(Side, Kind, AppHook)>,
    /// Counts.
    pub(crate) tally: Tally,
}

impl Book {
    /// A token that nobody has used.
    pub(crate) fn token(&mut self) -> Token {
        self.tokens += 1;
        self.tokens
    }

    /// Notes that somebody works on a document.
    pub(crate) fn heat(&mut self, lineage: Lineage) {
        self.hot.retain(|known| *known != lineage);
        self.hot.push(lineage);
        if self.hot.len() > 3 {
            self.hot.remove(0);
        }
    }

    /// Notes that two documents may become one.
    pub(crate) fn join(&mut self, one: Lineage, other: Lineage) {
        let mut joined = BTreeSet::from([one, other]);
        self.kin.retain(|kin| {
            let is_apart = kin.is_disjoint(&joined);
            if !is_apart {
                joined.extend(kin.iter().cloned());
            }
            is_apart
        });
        self.kin.push(joined);
    }

    /// A document, and those that it may have become one with.
    pub(crate) fn kin_of(&self, lineage: &Lineage) -> BTreeSet<Lineage> {
        let known = self.kin.iter().find(|kin| kin.contains(lineage));
        known
            .cloned()
            .unwrap_or_else(|| BTreeSet::from([lineage.clone()]))
    }

    /// Whether people of a side deleted a document, or one that it became one with.
    pub(crate) fn has_deleted(&self, side: Side, lineage: &Lineage) -> bool {
        let mut kin = self.kin_of(lineage).into_iter();
        kin.any(|lineage| self.deleted.contains(&(side, lineage)))
    }

    /// Whether people of a side wrote to a document, or to one that it became one with.
    pub(crate) fn has_touched(&self, side: Side, lineage: &Lineage) -> bool {
        let mut kin = self.kin_of(lineage).into_iter();
        kin.any(|lineage| self.touched.contains(&(side, lineage)))
    }

    /// Tokens that must not be lost.
    pub(crate) fn live(&self) -> impl Iterator<Item = (Token, &Writing)> {
        self.written
            .iter()
            .filter(|(token, _)| !self.over.contains(token))
            .map(|(token, writing)| (*token, writing))
    }

    /// Whether people deleted a document that they had renamed.
    pub(crate) fn renamed_and_deleted(&self) -> bool {
        !self.renamed.is_disjoint(&self.deleted)
    }

    /// Whether an app on a side rewrites a kind.
    pub(crate) fn rewrites(&self, side: Side, kind: Kind) -> bool {
        self.hooks.iter().any(|(at, of, hook)| {
            (*at, *of) == (side, kind) && matches!(hook, AppHook::Rewrites(_))
        })
    }

    /// Whether an app makes documents of a kind by itself.
    pub(crate) fn makes(&self, kind: Kind) -> bool {
        kind == Kind::Order
            && self
                .hooks
                .iter()
                .any(|(_, _, hook)| matches!(hook, AppHook::MakesOrder))
    }

    /// The choices that apps on a side refuse in documents of a kind.
    pub(crate) fn refused(&self, side: Side, kind: Kind) -> impl Iterator<Item = &str> {
        self.hooks
            .iter()
            .filter_map(move |(at, of, hook)| match hook {
                AppHook::Refuses(choice) if (*at, *of) == (side, kind) => Some(choice.as_str()),
                _ => None,
            })
    }
}
