//! `serve`: the real binary, two sites, and whoever asks it.

mod asked;
mod browser;
mod inbox;
#[cfg(unix)]
mod notify;
mod running;
mod served;
