//! What was measured on real sites with an app that streams events and with a naive loop, each case with what it
//! must be instead. `docs/proof.md` lists all of them.

mod both_ways;
mod one_way;
mod vouchers;
