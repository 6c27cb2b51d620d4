//! Two long texts as one, word by word: only what is around a change.

use similar::{Algorithm, DiffOp, TextDiff};

use super::style::{BAD, FAINT, GOOD};
use super::text::{cut, printable};

/// Words and spaces that are shown on both sides of a change.
const AROUND: usize = 12;

/// The most places that are shown.
const MOST_PLACES: usize = 8;

/// The longest that one part of a place is shown, in characters.
const PART_WIDTH: usize = 120;

/// Above this many bytes texts are compared line by line, since words would take too long.
const LONGEST_BY_WORDS: usize = 64 * 1024;

/// Returns the places where the texts differ, one to a line: `[-` and `-]` around what goes, `{+` and `+}`
/// around what comes.
pub(crate) fn word_diff(old: &str, new: &str) -> Vec<String> {
    let mut settings = TextDiff::configure();
    settings.algorithm(Algorithm::Patience);
    let (old, new): (Vec<&str>, Vec<&str>) = if old.len().max(new.len()) > LONGEST_BY_WORDS {
        let lines = |text| str::split_inclusive(text, '\n').collect();
        (lines(old), lines(new))
    } else {
        (words(old), words(new))
    };
    let diff = settings.diff_slices(&old, &new);
    let places = diff.grouped_ops(AROUND);
    let mut shown: Vec<String> = places
        .iter()
        .take(MOST_PLACES)
        .map(|place| place_text(place, &old, &new))
        .collect();
    if places.len() > MOST_PLACES {
        let more = places.len() - MOST_PLACES;
        shown.push(format!(
            "{FAINT}… and {more} more places; `--json` has the whole text{FAINT:#}"
        ));
    }
    shown
}

/// Cuts a text into words, spaces, and signs one by one, so that a comma or a tag is no part of a word.
fn words(text: &str) -> Vec<&str> {
    let kind = |character: char| match character {
        _ if character.is_alphanumeric() => 0,
        _ if character.is_whitespace() => 1,
        _ => 2,
    };
    let mut words = Vec::new();
    let (mut begin, mut last) = (0, 2);
    for (place, character) in text.char_indices() {
        let this = kind(character);
        if place > begin && (this != last || this == 2) {
            words.push(&text[begin..place]);
            begin = place;
        }
        last = this;
    }
    words.push(&text[begin..]);
    words
}

fn place_text(place: &[DiffOp], old: &[&str], new: &[&str]) -> String {
    let mut text = String::new();
    let begins = place.first().map_or(0, |first| first.old_range().start);
    let ends = place.last().map_or(0, |last| last.old_range().end);
    if begins > 0 {
        text.push('…');
    }
    let (mut gone, mut come) = (String::new(), String::new());
    for (index, step) in place.iter().enumerate() {
        let here = old[step.old_range()].concat();
        match step {
            // A space between two changes is no reason to tell of two.
            DiffOp::Equal { .. }
                if index > 0 && index + 1 < place.len() && here.trim().is_empty() =>
            {
                gone.push_str(&here);
                come.push_str(&here);
            }
            DiffOp::Equal { .. } => {
                text.push_str(&change(
                    &std::mem::take(&mut gone),
                    &std::mem::take(&mut come),
                ));
                text.push_str(&printable(&here));
            }
            _ => {
                gone.push_str(&here);
                come.push_str(&new[step.new_range()].concat());
            }
        }
    }
    text.push_str(&change(&gone, &come));
    if ends < old.len() {
        text.push('…');
    }
    text
}

/// Returns what goes and what comes in its place.
fn change(gone: &str, come: &str) -> String {
    let part = |text: &str| cut(&printable(text), PART_WIDTH);
    let mut text = String::new();
    if !gone.is_empty() {
        text.push_str(&format!("{BAD}[-{}-]{BAD:#}", part(gone)));
    }
    if !come.is_empty() {
        text.push_str(&format!("{GOOD}{{+{}+}}{GOOD:#}", part(come)));
    }
    text
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn plain(old: &str, new: &str) -> Vec<String> {
        let lines = word_diff(old, new);
        lines.iter().map(|it| strip_str(it).to_string()).collect()
    }

    #[test]
    fn only_what_is_around_a_change_is_shown() {
        let many = "word ".repeat(30);
        let old = format!("{many}the quick brown fox {many}jumps over the dog {many}");
        let new = format!("{many}the quick red fox {many}jumps over the lazy dog {many}");
        assert_eq!(
            plain(&old, &new),
            [
                "…word word word word the quick [-brown-]{+red+} fox word word word word word…",
                "…word word word jumps over the {+lazy +}dog word word word word word …",
            ]
        );
    }

    #[test]
    fn lines_stay_readable_and_nothing_reaches_the_terminal() {
        assert_eq!(
            plain("one\ntwo\n", "one\n\u{1b}[2Jthree\n"),
            ["one⏎[-two-]{+\\x1b[2Jthree+}⏎"]
        );
    }

    #[test]
    fn a_text_that_is_another_one_is_cut() {
        let [line] = plain(&"old ".repeat(99), &"new ".repeat(99))
            .try_into()
            .unwrap();
        assert!(line.chars().count() < 2 * PART_WIDTH + 20, "{line}");
    }

    #[test]
    fn very_long_texts_are_compared_by_lines() {
        let line = "a line of some words\n";
        let old = line.repeat(10_000);
        let new = format!("{old}one more\n");
        let shown = plain(&old, &new);
        assert!(shown[0].ends_with("{+one more⏎+}"), "{shown:?}");
    }
}
