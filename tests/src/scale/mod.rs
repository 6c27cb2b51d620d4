//! Many documents on two sandboxes, and the real program beside them: how long it takes, and how much memory it
//! holds at most. The sandboxes live in this process, so that the figures are those of the program alone.

mod measured;
mod sites;

pub use measured::{Figures, Program};
pub use sites::{FRESH, HELD, ScaleSites};
