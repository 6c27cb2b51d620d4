//! What runs always: when each sync is due, what people see of it, and what they may ask for.
//!
//! [`Schedule`] and [`Hours`] tell instants, [`Roster`] tells which run begins now, [`Telling`] whether somebody is to
//! be told, all of it without clock, files or executor: the time is an argument. [`metrics`] and [`web`] show it.
//! Who carries out the runs implements [`web::Office`].

mod hours;
pub mod metrics;
mod roster;
mod schedule;
mod telling;
pub mod web;

pub use hours::{Hours, HoursError};
pub use roster::{Ended, Glance, Plan, Roster, Wish, Work};
pub use schedule::{Schedule, ScheduleError};
pub use telling::{Standing, Tale, Telling, Topic};
