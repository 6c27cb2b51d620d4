//! Asking whether a write is in the plan.

use frappe_sync_model::{DocName, DocType, Document, PerSide, Side, Site, SiteTime, StateStore};

use super::planned::{Gate, Moved, Skip, Source, Standing};
use super::same::{Before, Names, differing, named_operations};
use crate::Clock;
use crate::applied::SkipReason;
use crate::compose::MissingLink;
use crate::decide::Decision;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::report::{Action, Operation, PlannedChange};
use crate::session::Session;

/// A document as it is found now.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// When it was saved last.
    pub(crate) modified: Option<SiteTime>,
    /// Who saved it, where that was read.
    pub(crate) by: Option<String>,
    /// Our own user saved it last.
    ours: bool,
    /// Our own user saved it last, since this run began: a hook of what we wrote did.
    ours_meanwhile: bool,
}

impl Seen {
    /// Takes what a document says.
    pub(crate) fn of<S: Site, T: StateStore, C: Clock>(
        session: &Session<'_, S, T, C>,
        side: Side,
        document: &Document,
    ) -> Self {
        let modified = document.key.modified.clone();
        let ours = session.is_ours(side, document);
        let since = |now: &SiteTime| now.is_after(&session.started[side]);
        Self {
            ours_meanwhile: ours && modified.as_ref().is_some_and(since),
            ours,
            by: Some(document.modified_by.clone()),
            modified,
        }
    }

    /// Takes a `modified` of which it is not known who made it.
    pub(crate) fn at(modified: Option<SiteTime>) -> Self {
        Self {
            modified,
            by: None,
            ours: false,
            ours_meanwhile: false,
        }
    }
}

/// A write that the engine has decided on.
pub(crate) struct Wanted<'w> {
    /// The site that is written to.
    pub(crate) site: Side,
    /// What is done.
    pub(crate) action: Action,
    /// DocType and name of the document that it comes from, on the other side.
    pub(crate) source: (&'w DocType, &'w DocName),
    /// DocType and name of the document that is written, where there is one yet.
    pub(crate) own: Option<(&'w DocType, &'w DocName)>,
    /// Both documents, as far as they were read.
    pub(crate) seen: PerSide<Option<Seen>>,
    /// What is changed.
    pub(crate) changes: &'w [PlannedChange],
    /// Links that are left out for now.
    pub(crate) missing: &'w [MissingLink],
}

impl Wanted<'_> {
    fn source(&self) -> Source {
        (self.site, self.source.0.clone(), self.source.1.clone())
    }
}

/// What the plan says of one write.
enum Verdict {
    /// It is this operation.
    Planned(usize),
    /// This operation was meant, and is another one now.
    Differs(usize, Skip),
    /// The plan does not have it.
    Outside,
}

/// Tells whether writes that go together may be sent: always in a run, else where all of them are in the plan as
/// they are now. What may not be sent stays queued.
pub(crate) fn permits<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    wanted: &[Wanted<'_>],
) -> Result<bool, EngineError> {
    let Some(gate) = &mut ledger.gate else {
        return Ok(true);
    };
    let mut verdicts = Vec::with_capacity(wanted.len());
    for one in wanted {
        verdicts.push(judge(session, gate, one)?);
    }
    let all = verdicts
        .iter()
        .all(|verdict| matches!(verdict, Verdict::Planned(_)));
    for (one, verdict) in wanted.iter().zip(verdicts) {
        match verdict {
            Verdict::Planned(index) if all => gate.standing[index] = Standing::Sent,
            Verdict::Planned(index) => {
                let message = "what belongs with it on the other site is not as planned";
                gate.skip(index, Skip::new(SkipReason::Together, message));
            }
            Verdict::Differs(index, skip) => gate.skip(index, skip),
            Verdict::Outside => {
                gate.note_outside(one.source(), one.action);
                overtaken(gate, one);
            }
        }
    }
    Ok(all)
}

/// Notes that a planned operation waits for a document that is not there.
pub(crate) fn waits_for(
    ledger: &mut Ledger,
    (site, doctype, name): (Side, &DocType, &DocName),
    message: impl Fn() -> String,
) {
    let Some(gate) = &mut ledger.gate else { return };
    for index in gate.from(&(site, doctype.clone(), name.clone())) {
        gate.skip(index, Skip::new(SkipReason::Depends, message()));
    }
}

/// Notes what the plan had for a pair that needs no write any more, or not that one.
pub(crate) fn not_wanted<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    decision: &Decision,
) {
    let Some(gate) = &mut ledger.gate else { return };
    let doctypes = &session.mappings[mapping].doctypes;
    for site in Side::BOTH {
        let from = site.other();
        let name = decision.documents[from].name().clone();
        for index in gate.from(&(site, doctypes[from].clone(), name)) {
            let standing = &gate.standing[index];
            if !matches!(standing, Standing::Waiting | Standing::Skipped(_)) {
                continue;
            }
            let operation = &gate.operations[index];
            let goes_on = decision.is_to_go_on || !decision.missing.is_empty();
            let waits = decision
                .conflicts
                .iter()
                .any(|conflict| conflict.winner.is_none());
            if waits {
                let seen = PerSide::from_fn(|side| {
                    Some(Seen::of(session, side, &decision.documents[side]))
                });
                let skip = moved(gate, index, &seen).err().unwrap_or_else(|| {
                    let message = "both sites changed it: a person decides";
                    Skip::new(SkipReason::Conflict, message)
                });
                gate.skip(index, skip);
            } else if !goes_on && operation.action != Action::Rename {
                gate.standing[index] = Standing::NotNeeded;
            }
        }
    }
}

fn judge<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    gate: &Gate,
    wanted: &Wanted<'_>,
) -> Result<Verdict, EngineError> {
    let mut differs = None;
    for index in gate.from(&wanted.source()) {
        if gate.operations[index].action != wanted.action || gate.is_done(index) {
            continue;
        }
        match compare(session, gate, index, wanted)? {
            None => return Ok(Verdict::Planned(index)),
            Some(skip) => {
                differs.get_or_insert((index, skip));
            }
        }
    }
    Ok(match differs {
        Some((index, skip)) => Verdict::Differs(index, skip),
        None => Verdict::Outside,
    })
}

/// Says in what a write is other than its operation.
fn compare<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    gate: &Gate,
    index: usize,
    wanted: &Wanted<'_>,
) -> Result<Option<Skip>, EngineError> {
    let before = match moved(gate, index, &wanted.seen) {
        Ok(before) => before,
        Err(skip) => return Ok(Some(skip)),
    };
    let operation = &gate.operations[index];
    let mut names = renamed(gate);
    let mut needed = named_operations(&operation.changes);
    needed.extend(&operation.after);
    for id in needed {
        match made_by(session, gate, id)? {
            Some(name) => {
                names.made.insert(id, name);
            }
            None => {
                let message =
                    format!("it needs operation {id} of the plan, which is not carried out");
                return Ok(Some(Skip::new(SkipReason::Depends, message)));
            }
        }
    }
    let Some(path) = differing(&operation.changes, wanted.changes, before, &names) else {
        return Ok(None);
    };
    Ok(Some(match wanted.missing.first() {
        Some(missing) => Skip::new(SkipReason::Depends, needs(missing)),
        None => {
            let message = format!("`{path}` would not be given what the plan says");
            Skip::new(SkipReason::OtherValues, message)
        }
    }))
}

/// Says what a link needs.
pub(crate) fn needs(missing: &MissingLink) -> String {
    if let Some(why) = &missing.untold {
        return format!("`{}`: {why}", missing.field);
    }
    format!(
        "`{}` links to {} `{}`, which is not on site `{}` yet",
        missing.field,
        missing.doctype,
        missing.name,
        missing.from.other()
    )
}

/// Returns whether the values that the plan shows as there must be so still; that a document was saved since is the
/// error.
fn moved(gate: &Gate, index: usize, seen: &PerSide<Option<Seen>>) -> Result<Before, Skip> {
    let base = &gate.operations[index].base;
    let mut before = Before::AsPlanned;
    for (side, planned) in [(Side::A, &base.a_modified), (Side::B, &base.b_modified)] {
        if gate.wrote_before(index, side) {
            before = Before::Any;
        }
        let (Some(planned), Some(seen)) = (planned, &seen[side]) else {
            continue;
        };
        let same = seen
            .modified
            .as_ref()
            .is_some_and(|now| now.same_moment(planned));
        let own_doing = seen.ours_meanwhile || (seen.ours && before == Before::Any);
        if !same && !own_doing {
            return Err(Skip::moved(Moved {
                side,
                planned: Some(planned.clone()),
                now: seen.modified.clone(),
                by: seen.by.clone(),
            }));
        }
        if !same {
            before = Before::Any;
        }
    }
    Ok(before)
}

/// Notes why operations of a pair are not carried out, where something else is to be done to it now.
fn overtaken(gate: &mut Gate, wanted: &Wanted<'_>) {
    let mut places = gate.from(&wanted.source());
    if let Some((doctype, name)) = wanted.own {
        places.extend(gate.from(&(wanted.site.other(), doctype.clone(), name.clone())));
    }
    for index in places {
        if !matches!(gate.standing[index], Standing::Waiting)
            || !is_of_values(&gate.operations[index])
        {
            continue;
        }
        if let Err(skip) = moved(gate, index, &wanted.seen) {
            gate.skip(index, skip);
        }
    }
}

fn is_of_values(operation: &Operation) -> bool {
    matches!(
        operation.action,
        Action::Update | Action::Submit | Action::Cancel | Action::Create
    )
}

/// Returns the name of what an operation makes, once it is there; any other operation has none to give.
fn made_by<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    gate: &Gate,
    id: u64,
) -> Result<Option<DocName>, EngineError> {
    let Some(operation) = gate.by_id(id).map(|index| &gate.operations[index]) else {
        return Ok(None);
    };
    let (Some(source), from) = (&operation.counterpart, operation.site.other()) else {
        return Ok(None);
    };
    let Some(mapping) = session.mapping_of(from, &source.doctype) else {
        return Ok(None);
    };
    let name = std::slice::from_ref(&source.name);
    let pairs = session
        .store()
        .counterparts(session.name_of(mapping), from, name)?;
    Ok(pairs
        .into_iter()
        .find(|pair| pair.gone.is_none())
        .map(|pair| pair.other))
}

/// Returns what the plan has renamed so far.
fn renamed(gate: &Gate) -> Names {
    let mut names = Names::default();
    for (operation, standing) in gate.operations.iter().zip(&gate.standing) {
        let is_there = matches!(standing, Standing::Done { .. } | Standing::NotNeeded);
        if operation.action == Action::Rename
            && is_there
            && let (Some(old), Some(new)) = (&operation.name, &operation.counterpart)
        {
            names.renamed.insert(old.clone(), new.name.clone());
        }
    }
    names
}
