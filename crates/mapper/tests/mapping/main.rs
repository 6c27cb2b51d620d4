//! Mapping files as a user meets them: what is accepted, what is said otherwise, what travels.

mod attachments;
mod configuration;
mod form;
mod language;
mod parsing;
mod ready;
mod ready_sets;
mod reference;
mod resolving;
mod selection;
mod snippets;
mod translation;
mod world;
