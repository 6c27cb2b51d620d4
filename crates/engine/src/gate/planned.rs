//! The operations of a plan, and where each of them stands.

use std::collections::{BTreeSet, HashMap};

use frappe_sync_model::{DocName, DocType, Side, SiteTime};

use crate::applied::SkipReason;
use crate::report::{Action, Operation};

/// What an operation is told apart by: the site that is written to, and the document that it comes from.
pub(super) type Source = (Side, DocType, DocName);

/// A document that was saved since the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// The side that it stands on.
    pub(crate) side: Side,
    /// `modified` when the plan was made.
    pub(crate) planned: Option<SiteTime>,
    /// `modified` now; none where the document is not there any more.
    pub(crate) now: Option<SiteTime>,
    /// Who saved it, where that was read.
    pub(crate) by: Option<String>,
}

/// Why a planned operation was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skip {
    /// In a word.
    pub(crate) reason: SkipReason,
    /// For people.
    pub(crate) message: String,
    /// The document that moved, where that is why.
    pub(crate) moved: Option<Moved>,
}

impl Skip {
    /// Makes one that no moved document is behind.
    pub(super) fn new(reason: SkipReason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            moved: None,
        }
    }

    /// Makes one because a document was saved since the plan.
    pub(super) fn moved(moved: Moved) -> Self {
        let by = moved
            .by
            .as_deref()
            .map_or_else(String::new, |user| format!(" by {user}"));
        let message = match &moved.now {
            Some(now) => format!(
                "saved on `{}` since the plan was made, at {now}{by}",
                moved.side
            ),
            None => format!(
                "its document on `{}` has moved since the plan was made",
                moved.side
            ),
        };
        Self {
            reason: SkipReason::Moved,
            message,
            moved: Some(moved),
        }
    }
}

/// Where a planned operation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The engine has not come to it.
    Waiting,
    /// It was let through; what came of it is not known yet.
    Sent,
    /// It is carried out.
    Done {
        /// The site holds the planned values.
        as_planned: bool,
    },
    /// What it would bring about is there already.
    NotNeeded,
    /// It is not carried out.
    Skipped(Skip),
}

/// The operations of a plan, and where each of them stands.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The operations, in the order of the plan.
    pub(crate) operations: Vec<Operation>,
    /// Where each of them stands.
    pub(crate) standing: Vec<Standing>,
    /// Writes that were wanted and that the plan does not have.
    outside: BTreeSet<(Source, Action)>,
    by_source: HashMap<Source, Vec<usize>>,
    by_id: HashMap<u64, usize>,
    /// Operations that give a document another name, and merge it into none.
    renames: Vec<usize>,
}

impl Gate {
    /// Lets through what is among these operations.
    pub(crate) fn new(operations: Vec<Operation>) -> Self {
        let mut by_source: HashMap<Source, Vec<usize>> = HashMap::new();
        let mut by_id = HashMap::new();
        let renames = operations
            .iter()
            .enumerate()
            .filter(|(_, it)| is_rename(it));
        let renames = renames.map(|(place, _)| place).collect();
        for (index, operation) in operations.iter().enumerate() {
            by_id.insert(operation.id, index);
            if let Some(source) = source_of(operation) {
                by_source.entry(source).or_default().push(index);
            }
        }
        Self {
            standing: vec![Standing::Waiting; operations.len()],
            outside: BTreeSet::new(),
            operations,
            by_source,
            by_id,
            renames,
        }
    }

    /// Returns how many writes were wanted that the plan does not have.
    pub(crate) fn outside(&self) -> u64 {
        self.outside.len() as u64
    }

    /// Tells whether the plan has anything of the kind for a document; what it does not have is counted.
    pub(crate) fn speaks_of(
        &mut self,
        site: Side,
        action: Action,
        (doctype, name): (&DocType, &DocName),
    ) -> bool {
        let source = (site, doctype.clone(), name.clone());
        let known = self.from(&source);
        let speaks = known
            .iter()
            .any(|index| self.operations[*index].action == action);
        if !speaks {
            self.note_outside(source, action);
        }
        speaks
    }

    /// Returns the operations that come from a document, by their place. What the plan itself has renamed stands in it
    /// under the name from before.
    pub(super) fn from(&self, (site, doctype, name): &Source) -> Vec<usize> {
        let is_renamed = |old: &&DocName| self.now_called(site.other(), doctype, old) == name;
        let names = self
            .renames
            .iter()
            .map(|place| &self.operations[*place].name);
        let old = names.flatten().find(is_renamed).unwrap_or(name);
        let source = (*site, doctype.clone(), old.clone());
        self.by_source.get(&source).cloned().unwrap_or_default()
    }

    /// Returns what a document of a side is called now that had this name when the plan was made.
    pub(super) fn now_called<'n>(
        &'n self,
        side: Side,
        doctype: &DocType,
        name: &'n DocName,
    ) -> &'n DocName {
        let renamed = self
            .renames
            .iter()
            .map(|place| (&self.operations[*place], *place));
        renamed
            .filter(|(rename, place)| {
                let is_it = rename.site == side
                    && &rename.doctype == doctype
                    && rename.name.as_ref() == Some(name);
                is_it && self.is_there(*place)
            })
            .find_map(|(rename, _)| rename.counterpart.as_ref())
            .map_or(name, |now| &now.name)
    }

    /// Returns the operation of a number, by its place.
    pub(super) fn by_id(&self, id: u64) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Notes a write that the plan does not have.
    pub(super) fn note_outside(&mut self, source: Source, action: Action) {
        self.outside.insert((source, action));
    }

    /// Says why an operation is not carried out, unless it is.
    pub(super) fn skip(&mut self, index: usize, skip: Skip) {
        if !self.is_done(index) {
            self.standing[index] = Standing::Skipped(skip);
        }
    }

    /// Tells whether an operation is carried out.
    pub(super) fn is_done(&self, index: usize) -> bool {
        matches!(self.standing[index], Standing::Done { .. })
    }

    /// Tells whether what an operation brings about is there.
    fn is_there(&self, index: usize) -> bool {
        matches!(
            self.standing[index],
            Standing::Done { .. } | Standing::NotNeeded
        )
    }

    /// Tells whether an earlier operation of the plan, which is carried out or not needed any more, wrote the
    /// document of this one on a side.
    pub(super) fn wrote_before(&self, index: usize, side: Side) -> bool {
        let own = &self.operations[index];
        let earlier = self.operations[..index].iter().enumerate();
        earlier
            .filter(|(_, earlier)| earlier.site == side)
            .any(|(place, earlier)| {
                let same = if side == own.site {
                    earlier.counterpart == own.counterpart
                } else {
                    let from = own.counterpart.as_ref();
                    from.is_some_and(|from| {
                        earlier.doctype == from.doctype && earlier.name.as_ref() == Some(&from.name)
                    })
                };
                same && self.is_there(place)
            })
    }
}

/// Returns what an operation is told apart by.
pub(super) fn source_of(operation: &Operation) -> Option<Source> {
    let counterpart = operation.counterpart.as_ref()?;
    Some((
        operation.site,
        counterpart.doctype.clone(),
        counterpart.name.clone(),
    ))
}

fn is_rename(operation: &Operation) -> bool {
    let name = operation
        .changes
        .first()
        .and_then(|change| change.to.as_str());
    let source = operation
        .counterpart
        .as_ref()
        .map(|source| source.name.as_str());
    operation.action == Action::Rename && name == source
}
