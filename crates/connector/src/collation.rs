//! Which names a site's collation holds for one, as nearly as can be told from outside (protocol 3.2).

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use frappe_sync_model::DocName;

/// Tells whether two names are one for a site. Only used to match what a site returned for a name that it
/// was asked for; which of two comes first is the site's to say.
pub(crate) fn is_same_name(found: &DocName, asked: &DocName) -> bool {
    found == asked || folded(found.as_str()) == folded(asked.as_str())
}

/// Drops what `utf8mb4_unicode_ci` does not look at: case, accents, control characters, spaces at the end.
pub(crate) fn folded(name: &str) -> String {
    let mut folded = String::new();
    let parts = name.trim_end_matches(' ').nfkd();
    for part in parts.filter(|part| !is_combining_mark(*part) && !part.is_control()) {
        for lower in part.to_lowercase() {
            match lower {
                'ß' => folded.push_str("ss"),
                'ς' => folded.push('σ'),
                other => folded.push(other),
            }
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_collation_holds_for_one_are_one() {
        for (found, asked, same) in [
            ("P-v1", "p-V1  ", true),
            ("Müller", "muller", true),
            ("Straße", "STRASSE", true),
            ("a\tb", "ab", true),
            ("12", "12b", false),
            ("a", " a", false),
            ("a b", "ab", false),
        ] {
            let (found, asked) = (DocName::from(found), DocName::from(asked));
            assert_eq!(is_same_name(&found, &asked), same, "{found} {asked}");
        }
    }
}
