//! Faults: what can go wrong between a client and a site, by script or by chance.

mod queue;
mod script;
mod ticket;

pub(crate) use queue::Effect;
pub use queue::Faults;
pub use script::{Action, Fault, Matcher, Moment, Rule};
pub(crate) use ticket::Observer;
pub use ticket::Ticket;
