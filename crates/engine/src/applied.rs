//! What carrying out a plan tells: the JSON shape of `frappe-sync/apply@1`.

use frappe_sync_model::{DocName, DocType, Side, SiteTime};
use serde::{Deserialize, Serialize};

use crate::report::{Action, RunReport};

/// How much of a plan came out as planned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Operations of the plan.
    pub planned: u64,
    /// Those that were carried out, and whose values the site holds as planned.
    pub as_planned: u64,
    /// The same in percent; an empty plan came out as planned.
    pub percent: f64,
}

impl Prediction {
    /// Puts two counts in relation.
    pub fn new(planned: u64, as_planned: u64) -> Self {
        let percent = match planned {
            0 => 100.0,
            // Tenths of a percent, as whole numbers, are exact.
            _ => (as_planned.saturating_mul(1000) / planned) as f64 / 10.0,
        };
        Self {
            planned,
            as_planned,
            percent,
        }
    }
}

/// Why an operation of a plan was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// A document was saved since the plan was made.
    Moved,
    /// A document is not there any more.
    Gone,
    /// It needs another operation, or a document, that is not there.
    Depends,
    /// What belongs with it on the other site is not as planned.
    Together,
    /// Other values would be written now.
    OtherValues,
    /// Both sides changed the value, and a person decides.
    Conflict,
    /// A guard stopped its mapping.
    Guard,
    /// The site would not take it, or it cannot be applied.
    Parked,
    /// It was sent, and its outcome is not known yet.
    Unknown,
    /// It is still queued.
    Waits,
}

/// An operation of a plan that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedReport {
    /// Its number in the plan.
    pub op: u64,
    /// The site that it would have written to.
    pub site: Side,
    /// DocType there.
    pub doctype: DocType,
    /// Name there; of a document that was to be made and has no certain name, the name of its source.
    pub name: DocName,
    /// What it would have done.
    pub action: Action,
    /// Why it was not done, in a word.
    pub reason: SkipReason,
    /// The same for people.
    pub message: String,
    /// The side whose document moved.
    pub moved_on: Option<Side>,
    /// `modified` of that document when the plan was made, in its site's time.
    pub planned_modified: Option<SiteTime>,
    /// `modified` of that document now, in its site's time.
    pub modified: Option<SiteTime>,
    /// Who saved it, where that was read.
    pub modified_by: Option<String>,
}

/// An operation of a plan that is not needed any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotNeededReport {
    /// Its number in the plan.
    pub op: u64,
    /// The site that it would have written to.
    pub site: Side,
    /// DocType there.
    pub doctype: DocType,
    /// Name there; of a document that was to be made and has no certain name, the name of its source.
    pub name: DocName,
    /// What it would have done.
    pub action: Action,
}

/// The report of carrying out a plan, `frappe-sync/apply@1`: that of its run, and what became of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApplyReport {
    /// The run that carried it out; its `format` is `frappe-sync/apply@1`.
    #[serde(flatten)]
    pub run: RunReport,
    /// The plan.
    pub plan_id: String,
    /// Numbers of the operations that were carried out.
    pub done: Vec<u64>,
    /// Operations that were not carried out; their documents stay queued for the next plan or run.
    pub skipped: Vec<SkippedReport>,
    /// Operations whose effect was there already.
    pub not_needed: Vec<NotNeededReport>,
    /// Writes that a run would have made and the plan does not have; their documents stay queued.
    pub not_in_plan: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_is_in_percent_and_never_rounded_up() {
        assert_eq!(Prediction::new(0, 0).percent, 100.0);
        assert_eq!(Prediction::new(3, 3).percent, 100.0);
        assert_eq!(Prediction::new(3, 2).percent, 66.6);
        assert_eq!(Prediction::new(100_000, 99_999).percent, 99.9);
        assert_eq!(Prediction::new(5, 0).percent, 0.0);
    }
}
