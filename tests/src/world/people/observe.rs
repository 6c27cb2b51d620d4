//! Notes what an act did: which values were seen and overwritten, which are new.

use frappe_sync_sandbox::{Person, SiteError};

use super::late::commit_those_of;
use super::{Acted, Doer, Done};
use crate::world::kind::{Kind, MARKER};
use crate::world::site::{PERSON, text};

impl Doer<'_> {
    /// The person at the site.
    pub(super) fn person(&self) -> Person {
        self.world.sites[self.side].as_user(PERSON)
    }

    /// Does something to documents of these names. The work returns the names that it leaves behind.
    pub(super) fn observed(
        &self,
        kind: Kind,
        what: &str,
        names: &[&str],
        work: impl FnOnce() -> Result<Vec<String>, SiteError>,
    ) -> Acted {
        // Whoever saves a document waits for those who are saving it.
        commit_those_of(self.world, self.side, kind, names);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let before = self.world.tokens(self.side, kind, &names);
        let markers = self.markers(kind, &names);
        let result = work();
        let mut later = names.clone();
        later.extend(result.iter().flatten().cloned());
        later.sort();
        later.dedup();
        let after = self.world.tokens(self.side, kind, &later);
        let left = self.markers(kind, &later);
        let mut book = self.world.book();
        let note = format!("{} {what} {} {later:?}", self.side, kind.doctype());
        for token in after.difference(&before) {
            book.written.insert(*token, note.clone());
        }
        book.over.extend(before.difference(&after));
        for marker in markers.iter().filter(|marker| !left.contains(marker)) {
            book.deleted.insert((self.side, (kind, marker.clone())));
        }
        for known in left.iter().chain(&later) {
            book.touched.insert((self.side, (kind, known.clone())));
        }
        if let Some(marker) = left.last() {
            book.heat((kind, marker.clone()));
        }
        result.map(|_| Done::Yes)
    }

    /// The marker of a document.
    pub(super) fn marker_of(&self, kind: Kind, name: &str) -> Option<String> {
        let document = self.world.read(self.side, kind, name)?;
        document
            .get(MARKER)
            .map(text)
            .filter(|marker| !marker.is_empty())
    }

    fn markers(&self, kind: Kind, names: &[String]) -> Vec<String> {
        let names = names.iter();
        names
            .filter_map(|name| self.marker_of(kind, name))
            .collect()
    }
}
