//! What goes wrong elsewhere, by reading the tools that do this job today: a scenario for each that no other
//! file has. `docs/proof.md` lists all of them.

mod addresses;
mod doubles;
mod echoes;
mod pages;
mod schemas;
mod secrets;
mod texts;
