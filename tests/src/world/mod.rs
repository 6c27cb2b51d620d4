//! The two-site world: a simulation in which one seed decides everything.
//!
//! Two sandboxes with clocks, zones and versions of their own; people who work on both, also in the middle of a run;
//! apps that rewrite, refuse and commit by themselves; a network that loses requests and answers; saves that are
//! committed late; and an engine that is killed at any request and at any write to its state, and started
//! again. Then everything calms down, and the judges look at both sites: the same under the mapping,
//! nothing lost, nothing twice, and quiet.
//!
//! Nothing in it waits for real time or reads a clock, so the same seed gives the same world. A history that breaks
//! something is made as short as possible ([`shrink`]) and can be kept as a file.

mod book;
mod crooked;
mod dice;
mod fate;
mod history;
mod judge;
mod kind;
mod people;
mod planted;
mod play;
mod schema;
mod scope;
mod script;
mod setting;
mod shrink;
mod site;
mod store;
mod sync;
mod tally;
mod template;
mod time;
mod token;
mod wire;

pub(crate) use dice::Dice;
pub use history::{Act, AppHook, Doing, Event, History, Meddle, Meddling, Step, When};
pub use judge::{Invariant, Violation};
pub use kind::Kind;
pub use planted::Planted;
pub use play::{Played, play, play_with};
pub use scope::Scope;
pub use setting::{MappingSetting, Setting, SiteSetting};
pub use shrink::{shrink, shrink_with};
pub use tally::Tally;
