//! Documents that people delete, rename and merge.

use super::{Acted, Doer, Done};
use crate::world::book::Lineage;
use crate::world::kind::{Kind, links_to};

impl Doer<'_> {
    /// Deletes a document.
    pub(super) fn delete(&mut self) -> Acted {
        let Some((kind, name)) = self.document(|_| true) else {
            return Ok(Done::NothingToDo);
        };
        self.remove(kind, &name)
    }

    /// Deletes a document and makes another one, of the same name where people choose names.
    pub(super) fn reuse(&mut self) -> Acted {
        let Some((kind, name)) = self.document(|_| true) else {
            return Ok(Done::NothingToDo);
        };
        self.remove(kind, &name)?;
        let values = self.new_document(kind, Some(&name));
        self.insert(kind, values)
    }

    /// Renames a document.
    pub(super) fn rename(&mut self) -> Acted {
        let Some((kind, name)) = self.document(|_| true) else {
            return Ok(Done::NothingToDo);
        };
        let new = if self.dice.percent(30) {
            self.new_name(kind)
        } else {
            None
        };
        let new = new.unwrap_or_else(|| format!("{} {}", kind.doctype(), self.dice.between(1, 9)));
        let person = self.person();
        if let Some(marker) = self.marker_of(kind, &name) {
            self.world
                .book()
                .renamed
                .insert((self.side, (kind, marker)));
        }
        self.observed(kind, "renamed", &[&name], || {
            person.rename(kind.doctype(), &name, &new)?;
            Ok(vec![new])
        })
    }

    /// Merges a document into another one.
    pub(super) fn merge(&mut self) -> Acted {
        let Some((kind, from)) = self.document(|kind| !kind.shape().is_submittable) else {
            return Ok(Done::NothingToDo);
        };
        let mut others = self.world.names(self.side, kind);
        others.retain(|(name, _)| *name != from);
        let Some((into, _)) = self.dice.pick(&others).cloned() else {
            return Ok(Done::NothingToDo);
        };
        // The site repoints them, and leaves no trace of it.
        let repointed = self.linking_to(kind, &from);
        let side = self.side;
        let silent = repointed.into_iter().map(|lineage| (side, lineage));
        {
            let mut book = self.world.book();
            book.touched.extend(silent.clone());
            book.silent.extend(silent);
        }
        let person = self.person();
        self.observed(kind, "merged", &[&from, &into], || {
            person.merge(kind.doctype(), &from, &into)?;
            Ok(Vec::new())
        })
    }

    /// The documents that link to one.
    fn linking_to(&self, kind: Kind, name: &str) -> Vec<Lineage> {
        let mut linking = Vec::new();
        for of in self.world.setting.kinds() {
            for (other, marker) in self.world.names(self.side, of) {
                let document = self.world.read(self.side, of, &other).unwrap_or_default();
                if links_to(of, &document, kind, name) {
                    linking.push((of, marker));
                }
            }
        }
        linking
    }

    fn remove(&self, kind: Kind, name: &str) -> Acted {
        let person = self.person();
        self.observed(kind, "deleted", &[name], || {
            person.delete(kind.doctype(), name)?;
            Ok(Vec::new())
        })
    }
}
