//! Reads the comment that a rename or a merge leaves (protocol 8).

use frappe_sync_model::DocName;

/// Begins a name in such a comment; no name holds `<` (protocol 5.2).
const BEGIN: &str = "<strong>";
/// Ends one.
const END: &str = "</strong>";

/// What stands between the names where a translation of Frappe has the new one first: Burmese (renamed) and
/// Uzbek (merged). All others have the old one first, as English has.
const BETWEEN_TURNED: [&str; 2] = [" \u{1019}\u{103e} ", " ga birlashtirilgan "];

/// The two names of a comment, each in every spelling that it may have had: the comment was sanitised as
/// HTML, which writes `&` as `&amp;` and leaves what already was `&amp;`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RenameComment {
    old: [DocName; 2],
    new: [DocName; 2],
}

impl RenameComment {
    /// Reads `renamed from <strong>old</strong> to <strong>new</strong>`, in the language of whoever renamed;
    /// `None` where it is another comment.
    pub(crate) fn parse(content: &str) -> Option<Self> {
        let (_, first, rest) = next_name(content)?;
        let (between, second, rest) = next_name(rest)?;
        if next_name(rest).is_some() {
            return None;
        }
        let (first, second) = (spellings(first), spellings(second));
        let (old, new) = if BETWEEN_TURNED.contains(&between) {
            (second, first)
        } else {
            (first, second)
        };
        Some(Self { old, new })
    }

    /// Returns the name before: the spelling that `is_known` tells, else the likelier one.
    pub(crate) fn old(&self, is_known: impl Fn(&DocName) -> bool) -> &DocName {
        chosen(&self.old, is_known)
    }

    /// Returns the name afterwards: the spelling that `is_known` tells, else the likelier one.
    pub(crate) fn new_name(&self, is_known: impl Fn(&DocName) -> bool) -> &DocName {
        chosen(&self.new, is_known)
    }
}

/// Returns what stands before the next name, the name, and what follows it.
fn next_name(content: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = content.split_once(BEGIN)?;
    let (name, rest) = rest.split_once(END)?;
    (!name.is_empty()).then_some((before, name, rest))
}

/// The likelier one first.
fn spellings(html: &str) -> [DocName; 2] {
    [
        DocName::new(html.replace("&amp;", "&")),
        DocName::from(html),
    ]
}

fn chosen(spellings: &[DocName; 2], is_known: impl Fn(&DocName) -> bool) -> &DocName {
    let [likelier, verbatim] = spellings;
    if !is_known(likelier) && is_known(verbatim) {
        verbatim
    } else {
        likelier
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(content: &str, reference: &str) -> Option<(String, String)> {
        let reference = DocName::from(reference);
        let comment = RenameComment::parse(content)?;
        let new = comment.new_name(|name| *name == reference);
        Some((
            comment.old(|_| false).as_str().to_owned(),
            new.as_str().to_owned(),
        ))
    }

    #[test]
    fn names_are_read_whatever_the_words_around_them() {
        for (content, reference, old, new) in [
            (
                "renamed from <strong>A &amp; B</strong> to <strong>C/D \"x\"</strong>",
                "C/D \"x\"",
                "A & B",
                "C/D \"x\"",
            ),
            (
                "<strong>A</strong>\u{5408}\u{5e76}\u{4e3a}<strong>B</strong>",
                "B",
                "A",
                "B",
            ),
            // Turned by the translation.
            (
                "<strong>B</strong> ga birlashtirilgan <strong>A</strong>",
                "B",
                "A",
                "B",
            ),
            (
                "<strong>B</strong> \u{1019}\u{103e} <strong>A</strong> \u{1000}",
                "B",
                "A",
                "B",
            ),
            // Renamed back since.
            (
                "renamed from <strong>A</strong> to <strong>B</strong>",
                "A",
                "A",
                "B",
            ),
            // Renamed again since.
            (
                "renamed from <strong>A</strong> to <strong>B</strong>",
                "C",
                "A",
                "B",
            ),
            // The new name does hold an entity.
            (
                "renamed from <strong>A</strong> to <strong>x&amp;y</strong>",
                "x&amp;y",
                "A",
                "x&amp;y",
            ),
            // Names hold no `<`, so this is how they were written.
            (
                "renamed from <strong>&lt;A&nbsp;</strong> to <strong>B</strong>",
                "B",
                "&lt;A&nbsp;",
                "B",
            ),
        ] {
            let expected = Some((old.to_owned(), new.to_owned()));
            assert_eq!(names(content, reference), expected, "{content}");
        }
    }

    #[test]
    fn an_old_name_is_spelt_as_it_was_known() {
        let content = "renamed from <strong>R&amp;D</strong> to <strong>B</strong>";
        let comment = RenameComment::parse(content).unwrap();
        for (known, old) in [("R&D", "R&D"), ("R&amp;D", "R&amp;D"), ("other", "R&D")] {
            assert_eq!(comment.old(|name| *name == known), &old);
        }
    }

    #[test]
    fn other_comments_tell_of_no_rename() {
        for content in [
            "",
            "restored A as B",
            "<strong>A</strong>",
            "<strong></strong> to <strong>B</strong>",
            "<strong>A</strong> <strong>B</strong> <strong>C</strong>",
            "<strong>A <strong>B",
        ] {
            assert_eq!(names(content, "B"), None, "{content}");
        }
    }
}
