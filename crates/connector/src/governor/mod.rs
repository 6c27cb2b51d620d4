//! How many requests a site gets at once.

mod aimd;
mod gate;

pub use aimd::{Aimd, Signal};
pub(crate) use gate::Gate;
