//! `serve`: every sync on its schedule, and a place to look at them.
//!
//! One loop decides, by the [`Roster`](frappe_sync_serve::Roster), what begins; runs and what people ask for are
//! futures beside it, all on one thread. The page is served by others: they read the state file for themselves, and
//! leave what is to be done in the loop's [`Inbox`](shared::Inbox).

mod desk;
mod figures;
mod news;
mod orders;
mod paused;
mod plans;
mod rounds;
mod settle;
mod shared;
mod signals;
mod work;

pub(crate) use figures::Figures;
pub(crate) use rounds::{Start, serve};
