//! Notes what an act did: which values were seen and overwritten, which are new.

use frappe_sync_sandbox::{Person, SiteError};

use super::late::commit_those_of;
use super::{Acted, Doer, Done};
use crate::world::book::Writing;
use crate::world::kind::{Kind, MARKER, ORDER_KEY};
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
        let alike = self.alike(kind, &later);
        let mut book = self.world.book();
        let writing = Writing {
            side: self.side,
            what: format!("{what} {} {later:?}", kind.doctype()),
        };
        for token in after.difference(&before) {
            let known = book.written.insert(*token, writing.clone());
            if known.is_some() || names.len() > 1 {
                book.shared.insert(*token);
            }
        }
        book.over.extend(before.difference(&after));
        if book.is_unsettled {
            // A write that was not read back does not prove that the person had seen it.
            book.shared.extend(before.difference(&after));
        }
        for marker in markers.iter().filter(|marker| !left.contains(marker)) {
            book.deleted.insert((self.side, (kind, marker.clone())));
        }
        for marker in &left {
            book.touched.insert((self.side, (kind, marker.clone())));
        }
        for (marker, other) in alike {
            book.join((kind, marker), (kind, other));
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

    /// The markers of these documents and of those on the other side that are made to be the same.
    fn alike(&self, kind: Kind, names: &[String]) -> Vec<(String, String)> {
        let by_key = self
            .world
            .setting
            .mapping(kind)
            .is_some_and(|mapping| mapping.by_key);
        let other = self.side.other();
        let mut alike = Vec::new();
        for name in names {
            let Some(own) = self.world.read(self.side, kind, name) else {
                continue;
            };
            for (there, marker) in self.world.names(other, kind) {
                let is_same = if by_key {
                    let across = self.world.read(other, kind, &there);
                    across.is_some_and(|across| across.get(ORDER_KEY) == own.get(ORDER_KEY))
                } else {
                    kind.has_chosen_names() && there.eq_ignore_ascii_case(name)
                };
                if is_same && let Some(own) = own.get(MARKER) {
                    alike.push((text(own), marker));
                }
            }
        }
        alike
    }

    fn markers(&self, kind: Kind, names: &[String]) -> Vec<String> {
        let names = names.iter();
        names
            .filter_map(|name| self.marker_of(kind, name))
            .collect()
    }
}
