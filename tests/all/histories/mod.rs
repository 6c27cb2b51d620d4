//! Histories that broke simpler rules, those that no other file plays. `docs/proof.md` lists all of them.

mod levels;
mod merges;
mod open_pairs;
mod reads;
mod slow_sites;
mod vouchers;
