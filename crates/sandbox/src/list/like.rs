//! The `like` operator under the collation.

use crate::value::fold;

/// A pattern with `%` and `_`.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Letter(char),
}

impl Pattern {
    /// Reads a pattern. A backslash stands for itself, as Frappe doubles it.
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '%' | '_' => {
                    push_literal(&mut parts, &mut literal);
                    parts.push(if letter == '%' { Part::Any } else { Part::One });
                }
                other => literal.push(other),
            }
            if letters.peek().is_none() {
                push_literal(&mut parts, &mut literal);
            }
        }
        Self(parts)
    }

    /// Whether the pattern covers the whole text.
    pub(super) fn matches(&self, text: &str) -> bool {
        let letters: Vec<char> = fold_with_end(text).chars().collect();
        let (mut part, mut letter) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while letter < letters.len() {
            match self.0.get(part) {
                Some(Part::Any) => {
                    retry = Some((part, letter));
                    part += 1;
                    continue;
                }
                Some(Part::One) => {}
                Some(Part::Letter(wanted)) if *wanted == letters[letter] => {}
                _ => {
                    let Some((any, from)) = retry else {
                        return false;
                    };
                    retry = Some((any, from + 1));
                    part = any + 1;
                    letter = from + 1;
                    continue;
                }
            }
            part += 1;
            letter += 1;
        }
        self.0[part..].iter().all(|part| *part == Part::Any)
    }
}

fn push_literal(parts: &mut Vec<Part>, literal: &mut String) {
    parts.extend(fold_with_end(literal).chars().map(Part::Letter));
    literal.clear();
}

/// `like` does not pad: trailing spaces count.
fn fold_with_end(text: &str) -> String {
    let trimmed = text.trim_end_matches(' ');
    let mut folded = fold(trimmed);
    let space = fold("x x").chars().nth(1).unwrap_or(' ');
    folded.extend(std::iter::repeat_n(space, text.len() - trimmed.len()));
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_by_collation() {
        let matches = |pattern: &str, text: &str| Pattern::parse(pattern).matches(text);
        assert!(matches("%MÜL%", "Die Muller AG"));
        assert!(matches("a_c", "ABC"));
        assert!(!matches("a_c", "ac"));
        assert!(matches("%", ""));
        assert!(matches("%a%b", "xaab"));
        assert!(!matches("abc", "abc "));
        assert!(matches("x y%", "X Y Z"));
    }
}
