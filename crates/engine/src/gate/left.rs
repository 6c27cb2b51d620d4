//! Planned operations that the engine did not come to, or of which nothing is known: what became of each.

use frappe_sync_model::{DocName, Pair, Side, Site, StateStore, Todo};

use super::planned::{Gate, Moved, Skip, Standing};
use crate::Clock;
use crate::applied::SkipReason;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::report::{Action, Operation};
use crate::session::Session;

/// Says of every operation that is not carried out whether it is needed any more, and if so why it is not.
pub(crate) fn judge_what_is_left<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &Ledger,
    gate: &mut Gate,
) -> Result<(), EngineError> {
    for index in 0..gate.operations.len() {
        if matches!(gate.standing[index], Standing::Waiting | Standing::Sent) {
            gate.standing[index] = Left { session, ledger }.judge(gate, index)?;
        }
    }
    Ok(())
}

struct Left<'l, 's, S, T, C> {
    session: &'l Session<'s, S, T, C>,
    ledger: &'l Ledger,
}

impl<S: Site, T: StateStore, C: Clock> Left<'_, '_, S, T, C> {
    fn judge(&self, gate: &Gate, index: usize) -> Result<Standing, EngineError> {
        let operation = &gate.operations[index];
        let (session, site) = (self.session, operation.site);
        let from = site.other();
        let skipped = |skip| Ok(Standing::Skipped(skip));
        let (Some(source), Some(mapping)) = (
            &operation.counterpart,
            session.mapping_of(site, &operation.doctype),
        ) else {
            let message = "no mapping of this sync has its DocType";
            return skipped(Skip::new(SkipReason::OtherValues, message));
        };
        if self.ledger.stopped.contains(&mapping) {
            let message = "a guard stopped its mapping";
            return skipped(Skip::new(SkipReason::Guard, message));
        }
        let source_name = gate.now_called(from, &source.doctype, &source.name);
        let of_source = (mapping, from, source_name);
        if self.is_under_way(of_source, operation) {
            let message = "its outcome is not known yet: the next run looks";
            return skipped(Skip::new(SkipReason::Unknown, message));
        }
        let own = operation.name.as_ref();
        let own = own.map(|own| gate.now_called(site, &operation.doctype, own));
        for (side, name) in [(from, Some(source_name)), (site, own)] {
            if let Some(message) = name.and_then(|name| self.parked((mapping, side, name))) {
                return skipped(Skip::new(SkipReason::Parked, message));
            }
        }
        let places = [(from, Some(source_name)), (site, own)];
        let mut waiting = None;
        for (side, name) in places {
            let Some(name) = name else { continue };
            if let Some(todo) = self.queued((mapping, side, name))? {
                let skip = waits(operation, side, &todo);
                if skip.reason == SkipReason::Moved {
                    return skipped(skip);
                }
                waiting = Some(skip);
            }
        }
        if let Some(skip) = waiting {
            return skipped(skip);
        }
        let pair = self.pair(of_source)?;
        Ok(match (operation.action, pair) {
            (Action::Create, Some(pair)) if pair.gone.is_none() => Standing::NotNeeded,
            (Action::Create, _) => Standing::Skipped(gone(from, &source.name)),
            (Action::Update | Action::Submit | Action::Cancel, Some(pair)) => match pair.gone {
                None => Standing::NotNeeded,
                Some(side) => Standing::Skipped(gone(side, &pair.sides[side].name)),
            },
            (Action::Update | Action::Submit | Action::Cancel, None) => {
                Standing::Skipped(gone(site, own.unwrap_or(&source.name)))
            }
            (Action::Delete | Action::Rename, _) => Standing::NotNeeded,
        })
    }

    fn is_under_way(
        &self,
        (mapping, side, name): (usize, Side, &DocName),
        operation: &Operation,
    ) -> bool {
        let mapping = self.session.name_of(mapping);
        self.ledger.intents.iter().any(|intent| {
            let is_source = intent.side != side && &intent.source.name == name;
            let is_own =
                intent.side != side && operation.name.as_ref() == Some(&intent.source.name);
            &intent.mapping == mapping && (is_source || is_own)
        })
    }

    fn parked(&self, (mapping, side, name): (usize, Side, &DocName)) -> Option<String> {
        let place = (self.session.name_of(mapping).clone(), side, name.clone());
        self.ledger
            .parked
            .get(&place)
            .map(|parked| parked.message.clone())
    }

    fn queued(
        &self,
        (mapping, side, name): (usize, Side, &DocName),
    ) -> Result<Option<Todo>, EngineError> {
        let name = std::slice::from_ref(name);
        let queued = self
            .session
            .store()
            .queued(self.session.name_of(mapping), side, name)?;
        Ok(queued.into_iter().next())
    }

    fn pair(
        &self,
        (mapping, side, name): (usize, Side, &DocName),
    ) -> Result<Option<Pair>, EngineError> {
        let name = std::slice::from_ref(name);
        let pairs = self
            .session
            .store()
            .pairs(self.session.name_of(mapping), side, name)?;
        Ok(pairs.into_iter().next())
    }
}

/// Says why something is still queued.
fn waits(operation: &Operation, side: Side, todo: &Todo) -> Skip {
    let planned = match side {
        Side::A => &operation.base.a_modified,
        Side::B => &operation.base.b_modified,
    };
    let now = &todo.key.modified;
    let is_as_it_was = match (planned, now) {
        (Some(planned), Some(now)) => planned.same_moment(now),
        _ => true,
    };
    if is_as_it_was {
        return Skip::new(
            SkipReason::Waits,
            "the engine could not come to it; it stays queued",
        );
    }
    Skip::moved(Moved {
        side,
        planned: planned.clone(),
        now: now.clone(),
        by: None,
    })
}

fn gone(side: Side, name: &DocName) -> Skip {
    Skip::new(
        SkipReason::Gone,
        format!("`{name}` is not on site `{side}` any more"),
    )
}
