//! Everything known of one document: the JSON shape of `frappe-sync/why@1`.

use frappe_sync_engine::{
    ConflictReport, Explanation, NoteReport, Operation, ParkedReport, PlanReport,
};
use frappe_sync_model::{DocName, Side};
use serde::Serialize;

/// Everything known of one document, `frappe-sync/why@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct WhyReport {
    /// `frappe-sync/why@1`.
    pub(crate) format: &'static str,
    /// What both sites and the state say.
    #[serde(flatten)]
    pub(crate) known: Explanation,
    /// What the next plan says of it.
    pub(crate) next: NextPlan,
}

/// What the next plan says of a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct NextPlan {
    /// For people: why it is, or is not, in the plan.
    pub(crate) because: String,
    /// What it would write to either document.
    pub(crate) operations: Vec<Operation>,
    /// Conflicts that it finds.
    pub(crate) conflicts: Vec<ConflictReport>,
    /// It would be parked.
    pub(crate) parked: Vec<ParkedReport>,
    /// What else it says.
    pub(crate) notes: Vec<NoteReport>,
}

impl NextPlan {
    /// Takes out of a plan what is of this document.
    pub(crate) fn of(known: &Explanation, plan: PlanReport) -> Self {
        let is_it = |side: Side, name: &DocName| known.documents[side].name.as_ref() == Some(name);
        let guard = plan.guard;
        let mut next = Self {
            because: String::new(),
            operations: plan
                .operations
                .into_iter()
                .filter(|operation| {
                    let target = operation.name.as_ref();
                    let source = operation.counterpart.as_ref();
                    target.is_some_and(|name| is_it(operation.site, name))
                        || source.is_some_and(|source| is_it(operation.site.other(), &source.name))
                })
                .collect(),
            conflicts: plan
                .conflicts
                .into_iter()
                .filter(|conflict| {
                    is_it(Side::A, &conflict.a_name) || is_it(Side::B, &conflict.b_name)
                })
                .collect(),
            parked: plan
                .parked
                .into_iter()
                .filter(|parked| is_it(parked.site, &parked.name))
                .collect(),
            notes: plan
                .notes
                .into_iter()
                .filter(|note| {
                    note.name
                        .as_ref()
                        .is_some_and(|name| is_it(note.site, name))
                })
                .collect(),
        };
        next.because = match guard {
            Some(guard) if next.operations.is_empty() => {
                format!(
                    "the guard `{}` stops the plan: {}",
                    guard.name, guard.message
                )
            }
            _ => next.because(known),
        };
        next
    }

    fn because(&self, known: &Explanation) -> String {
        if let Some(first) = self.operations.first() {
            return format!("it is in the plan: {}", first.reason);
        }
        if let Some(parked) = self.parked.first() {
            return format!("it is parked: {}", parked.message);
        }
        if self
            .conflicts
            .iter()
            .any(|conflict| conflict.winner.is_none())
            || !known.conflicts.is_empty()
        {
            return "a person must decide a conflict first".to_owned();
        }
        let unselected = Side::BOTH
            .into_iter()
            .find(|side| known.documents[*side].selected == Some(false));
        if let Some(side) = unselected {
            return format!("the mapping's filters leave it out on `{side}`");
        }
        match &known.pair {
            Some(pair) if pair.gone.is_some() => {
                "its counterpart was deleted, and deletes are not carried over".to_owned()
            }
            Some(_) => "nothing differs from what both sides agreed on".to_owned(),
            None if !known.documents.a.exists && !known.documents.b.exists => {
                "neither site has it any more".to_owned()
            }
            None => "the mapping does not carry it over".to_owned(),
        }
    }
}
