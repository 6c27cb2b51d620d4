//! Order and equality of text under `utf8mb4_unicode_ci` (protocol 3.2): case and accents do not count, trailing spaces do not either.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::cell::Cell;

/// A sort key: two texts that the collation holds equal have the same key, and keys order as the collation does.
pub(crate) type Key = Arc<str>;

/// ASCII punctuation in the collation's order; all of it sorts before digits and letters.
const PUNCTUATION: &[u8; 33] = b" _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

/// Where the weights of punctuation begin: 33 of them fit below the digit zero.
const FIRST_WEIGHT: u8 = 0x0E;

const WEIGHTS: [u8; 128] = weights();

const fn weights() -> [u8; 128] {
    let mut table = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).to_ascii_lowercase();
        // Control characters carry no weight.
        if byte < 0x20 || byte == 0x7F {
            table[byte] = 0;
        }
        byte += 1;
    }
    let mut place = 0;
    while place < PUNCTUATION.len() {
        table[PUNCTUATION[place] as usize] = FIRST_WEIGHT + place as u8;
        place += 1;
    }
    table
}

/// The key of a text, as an owned string.
pub(crate) fn fold(text: &str) -> String {
    let trimmed = text.trim_end_matches(' ');
    let mut key = String::with_capacity(trimmed.len());
    if trimmed.is_ascii() {
        for byte in trimmed.bytes() {
            push_ascii(&mut key, byte);
        }
        return key;
    }
    for part in trimmed.nfkd().filter(|part| !is_combining_mark(*part)) {
        for lower in part.to_lowercase() {
            match lower {
                'ß' => key.push_str("ss"),
                // A final sigma is a sigma.
                'ς' => key.push('σ'),
                // The collation gives everything beyond the basic plane one and the same weight.
                beyond if beyond > '\u{FFFF}' => key.push('\u{FFFD}'),
                ascii if ascii.is_ascii() => push_ascii(&mut key, ascii as u8),
                other => key.push(other),
            }
        }
    }
    key
}

/// Whether the key of a text is this one, without making it where the text is ASCII.
pub(crate) fn folds_to(text: &str, key: &str) -> bool {
    let trimmed = text.trim_end_matches(' ');
    if !trimmed.is_ascii() {
        return fold(trimmed) == key;
    }
    trimmed
        .bytes()
        .map(|byte| WEIGHTS[usize::from(byte)])
        .filter(|weight| *weight != 0)
        .eq(key.bytes())
}

fn push_ascii(key: &mut String, byte: u8) {
    let weight = WEIGHTS[usize::from(byte)];
    if weight != 0 {
        key.push(char::from(weight));
    }
}

/// The key of a text.
pub(crate) fn collation_key(text: &str) -> Key {
    fold(text).into()
}

/// The key under which a document of this name is kept. Names that are numbers (autoincrement) order as numbers.
pub(crate) fn name_key(name: &Cell) -> Key {
    match name {
        Cell::Int(number) => format!("{number:020}").into(),
        other => collation_key(&other.to_text()),
    }
}

/// The key by which the rows of a document are found: their column holds its name as text, a number too.
pub(crate) fn parent_key(parent: &Cell) -> Key {
    collation_key(&parent.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_trailing_spaces_do_not_count() {
        assert_eq!(fold("P-v1"), fold("p-V1  "));
        assert_eq!(fold("Müller"), fold("muller"));
        assert_eq!(fold("Straße"), fold("STRASSE"));
        assert_ne!(fold(" a"), fold("a"));
    }

    #[test]
    fn comparing_without_a_key_is_the_same() {
        for (left, right) in [
            ("P-v1", "p-V1 "),
            ("Straße", "strasse"),
            ("a\tb", "AB"),
            ("a", "b"),
            ("", ""),
        ] {
            assert_eq!(
                folds_to(left, &fold(right)),
                fold(left) == fold(right),
                "{left} {right}"
            );
        }
    }

    #[test]
    fn punctuation_sorts_before_digits_and_digits_before_letters() {
        let mut names = ["b", "A", "1", "_x", "-x", "a b", "ab", "~"];
        names.sort_by_key(|name| fold(name));
        assert_eq!(names, ["_x", "-x", "~", "1", "A", "a b", "ab", "b"]);
    }

    #[test]
    fn weights_of_punctuation_stay_below_the_digits() {
        assert!(FIRST_WEIGHT as usize + PUNCTUATION.len() <= usize::from(b'0'));
        assert_eq!(WEIGHTS[usize::from(b'0')], b'0');
    }
}
