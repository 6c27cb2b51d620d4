//! A statement about Frappe that can be tried out.

use futures::future::BoxFuture;

use super::failure::Outcome;
use super::site::Site;
use super::version::Versions;

/// One behaviour, said in a sentence and shown by a few requests.
pub(super) struct Check {
    /// What Frappe does, as a sentence.
    pub(super) name: &'static str,
    /// The section of the protocol notes that states it.
    pub(super) section: &'static str,
    /// Where it is so.
    pub(super) versions: Versions,
    /// Makes its own documents, and fails if the site does otherwise.
    pub(super) run: for<'s> fn(&'s Site) -> BoxFuture<'s, Outcome>,
}

/// Checks about one thing.
pub(super) struct Topic {
    pub(super) name: &'static str,
    pub(super) checks: &'static [Check],
}

/// Declares the checks of a topic: versions, section, sentence, function.
macro_rules! checks {
    ($($versions:ident, $section:literal, $name:literal => $run:ident;)+) => {
        pub(super) const CHECKS: &[super::check::Check] = &[$(super::check::Check {
            name: $name,
            section: $section,
            versions: super::version::Versions::$versions,
            run: |site| Box::pin($run(site)),
        }),+];
    };
}

pub(super) use checks;
