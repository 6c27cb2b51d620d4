//! How wide text is, near enough for a box around it: nobody knows which font will show it.

/// The longest name that a box shows, in characters.
const LONGEST_NAME: usize = 30;

/// Returns a name as short as a box shows it.
pub(super) fn shortened(name: &str) -> String {
    super::super::text::cut(name, LONGEST_NAME)
}

/// Returns the width of a line of text, in pixels, at a font size of `size` pixels.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|it| size * relative(it)).sum()
}

/// Returns the width of a character as a part of the font size; rather too much than too little.
fn relative(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | 't' | 'f' | 'I' | ' ' | '.' | ',' | ':' | '\'' | '|' | '-' => 0.38,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
        'A'..='Z' => 0.74,
        '\u{1100}'.. => 1.05,
        _ => 0.63,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_are_wider() {
        assert!(width("WWW", 13.0) > width("iii", 13.0));
        assert!(width("顧客", 13.0) > width("ab", 13.0));
        assert!(width("ab", 26.0) > width("ab", 13.0));
    }

    #[test]
    fn names_are_cut_where_a_box_would_be_too_wide() {
        assert_eq!(shortened("Customer"), "Customer");
        assert_eq!(shortened(&"é".repeat(40)).chars().count(), LONGEST_NAME + 1);
    }
}
