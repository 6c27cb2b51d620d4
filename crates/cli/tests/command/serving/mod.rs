//! `serve`: the real binary, two sites, and whoever asks it.

mod asked;
mod browser;
mod inbox;
mod running;
mod served;
