//! The documents that a run was asked for, where it is not for all that the mappings admit.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::{DocName, MappingName, Side};

/// Documents of one side by name: a run that is given them looks at no other.
///
/// Neither side is polled then, and nothing that an earlier run left queued or parked is gone on with, unless
/// it is chosen again.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The side on which they stand; the mappings must write to the other one only.
    pub side: Side,
    /// Those that somebody asked for: they are made, or updated where their counterpart is there.
    pub asked: BTreeMap<MappingName, BTreeSet<DocName>>,
    /// Those that they link to. A counterpart that is there is paired and left as it is.
    pub linked: BTreeMap<MappingName, BTreeSet<DocName>>,
    /// What becomes of a linked document without a counterpart.
    pub missing: MissingLinked,
}

/// What becomes of a linked document without a counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingLinked {
    /// It is made.
    Made,
    /// It is not, and what links to it is parked.
    Left,
}

/// How far a document takes part in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It is made or updated.
    Whole,
    /// It is made, or paired and left as it is.
    MadeOnly,
    /// It is paired and left as it is.
    PairedOnly,
}

impl Chosen {
    /// Tells how far a document of [`side`](Self::side) takes part.
    pub(crate) fn part_of(&self, mapping: &MappingName, name: &DocName) -> Part {
        let has = |of: &BTreeMap<MappingName, BTreeSet<DocName>>| {
            of.get(mapping).is_some_and(|names| names.contains(name))
        };
        if has(&self.asked) {
            Part::Whole
        } else if has(&self.linked) && self.missing == MissingLinked::Made {
            Part::MadeOnly
        } else {
            Part::PairedOnly
        }
    }

    /// Returns every chosen name of a mapping.
    pub(crate) fn names_of(&self, mapping: &MappingName) -> BTreeSet<DocName> {
        let of = |names: &BTreeMap<MappingName, BTreeSet<DocName>>| {
            names.get(mapping).cloned().unwrap_or_default()
        };
        let mut names = of(&self.asked);
        names.extend(of(&self.linked));
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeMap<MappingName, BTreeSet<DocName>> {
        let names = names.iter().map(|name| DocName::from(*name)).collect();
        BTreeMap::from([(MappingName::from("Item"), names)])
    }

    #[test]
    fn what_is_asked_for_counts_more_than_what_is_linked_to() {
        let mut chosen = Chosen {
            side: Side::A,
            asked: names(&["one"]),
            linked: names(&["one", "two"]),
            missing: MissingLinked::Made,
        };
        let item = MappingName::from("Item");
        assert_eq!(chosen.part_of(&item, &"one".into()), Part::Whole);
        assert_eq!(chosen.part_of(&item, &"two".into()), Part::MadeOnly);
        assert_eq!(chosen.part_of(&item, &"three".into()), Part::PairedOnly);
        assert_eq!(chosen.names_of(&item).len(), 2);
        chosen.missing = MissingLinked::Left;
        assert_eq!(chosen.part_of(&item, &"two".into()), Part::PairedOnly);
    }
}
