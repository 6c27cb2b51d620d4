//! The script of faults of one site.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::script::{Action, Fault, Matcher, Moment, Rule};
use super::ticket::{Observer, Ticket};
use crate::random::Random;
use crate::sandbox::{RequestRecord, Sandbox};

/// Code of a test that runs in the middle of a request.
type Interposed = Box<dyn FnOnce(&Sandbox) + Send>;

/// What a request meets.
pub(crate) enum Effect {
    /// A scripted fault.
    Action(Action, Observer),
    /// Code of a test.
    Run(Moment, Interposed),
}

struct Entry {
    matcher: Matcher,
    seen: usize,
    effect: Effect,
}

#[derive(Default)]
struct Script {
    entries: Vec<Entry>,
    rules: Vec<Rule>,
    random: Option<Random>,
}

/// The faults of a site: a script, of which each entry hits one request, and rules that hit by chance. Clones are the same script.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Script>>);

impl Faults {
    /// Appends a fault. It hits the first request that matches it and that no earlier entry has hit.
    pub fn push(&self, fault: Fault) -> Ticket {
        let ticket = Ticket::new();
        let effect = Effect::Action(fault.action, ticket.observer());
        self.lock().entries.push(Entry {
            matcher: fault.matcher,
            seen: 0,
            effect,
        });
        ticket
    }

    /// Appends code that runs in the middle of one request, such as a person who edits between our read and our write.
    pub fn interpose(
        &self,
        matcher: Matcher,
        moment: Moment,
        run: impl FnOnce(&Sandbox) + Send + 'static,
    ) {
        let effect = Effect::Run(moment, Box::new(run));
        self.lock().entries.push(Entry {
            matcher,
            seen: 0,
            effect,
        });
    }

    /// Adds a rule. The dice are those of [`Faults::seed`], or of seed 0.
    pub fn add_rule(&self, rule: Rule) {
        self.lock().rules.push(rule);
    }

    /// Starts the dice of the rules anew.
    pub fn seed(&self, seed: u64) {
        self.lock().random = Some(Random::new(seed));
    }

    /// Forgets the script and the rules. What is held stays held.
    pub fn clear(&self) {
        let mut script = self.lock();
        script.entries.clear();
        script.rules.clear();
    }

    /// How many entries of the script have hit no request yet.
    pub fn pending(&self) -> usize {
        self.lock().entries.len()
    }

    /// What a request meets, if anything.
    pub(crate) fn take(&self, request: &RequestRecord) -> Option<Effect> {
        let mut script = self.lock();
        let hit = script.entries.iter_mut().position(|entry| {
            if !entry.matcher.covers(request) {
                return false;
            }
            entry.seen += 1;
            entry.matcher.nth.is_none_or(|nth| nth == entry.seen)
        });
        if let Some(place) = hit {
            return Some(script.entries.remove(place).effect);
        }
        let Script { rules, random, .. } = &mut *script;
        let random = random.get_or_insert_with(|| Random::new(0));
        let rule = rules
            .iter()
            .filter(|rule| rule.matcher.covers(request))
            .find(|rule| random.chance(rule.probability))?;
        Some(Effect::Action(
            rule.action.clone(),
            Ticket::new().observer(),
        ))
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        // Every change of the script is one step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let script = self.lock();
        formatter
            .debug_struct("Faults")
            .field("pending", &script.entries.len())
            .field("rules", &script.rules)
            .finish()
    }
}
