//! The word that somebody probably meant.

/// Returns the known word nearest to `word`, if one is near enough to be a slip of the pen.
///
/// Case, hyphens, spaces and underscores count as equal; otherwise one edit in three characters is
/// allowed. Of equally near words the first in alphabetical order wins.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let folded = fold(word);
    let limit = (folded.chars().count() / 3).max(1);
    known
        .into_iter()
        .filter(|candidate| *candidate != word)
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&folded, &fold(candidate));
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

fn fold(word: &str) -> String {
    word.to_lowercase().replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["direction", "doctype", "identity", "fields"];
        for (word, meant) in [
            ("directon", Some("direction")),
            ("driection", Some("direction")),
            ("DocType", Some("doctype")),
            ("field", Some("fields")),
            ("price", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn of_equally_near_words_the_first_in_order_wins() {
        assert_eq!(nearest("rat", ["rats", "rate"]), Some("rate"));
    }

    #[test]
    fn hyphens_and_underscores_are_one() {
        assert_eq!(
            nearest("shared-names", ["shared_names"]),
            Some("shared_names")
        );
    }
}
