//! The text of a file, and places in it.

use serde_saphyr::Location;

use crate::Diagnostic;
use crate::expression::places_of;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in characters, from 1.
    pub(crate) column: usize,
    /// Where the value starts in the text, in bytes.
    start: usize,
    /// How long it is, in bytes; 0 for a block of keys or items.
    length: usize,
}

impl Position {
    /// The start of a file.
    pub(crate) const START: Self = Self {
        line: 1,
        column: 1,
        start: 0,
        length: 0,
    };
}

impl From<Location> for Position {
    fn from(location: Location) -> Self {
        let span = location.span();
        let bytes =
            |count: Option<u64>| count.map_or(0, |count| usize::try_from(count).unwrap_or(0));
        Self {
            line: usize::try_from(location.line()).unwrap_or(0).max(1),
            column: usize::try_from(location.column()).unwrap_or(0).max(1),
            start: bytes(span.byte_offset()),
            length: bytes(span.byte_len()),
        }
    }
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) at: Position,
}

/// A file's name and text, to speak of places in it.
#[derive(Clone, Copy)]
pub(crate) struct Source<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
}

impl<'t> Source<'t> {
    /// Returns what stands at a place, as it is written.
    pub(crate) fn written(self, at: Position) -> &'t str {
        self.text
            .get(at.start..at.start + at.length)
            .unwrap_or_default()
    }

    /// Finds a word inside a value, the `nth` of its like from 0; the value itself where it is not found.
    pub(crate) fn word_at(self, at: Position, word: &str, nth: usize) -> Position {
        let written = self.written(at);
        let Some(offset) = places_of(word, written).nth(nth) else {
            return at;
        };
        let before = &written[..offset];
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        let lines = before.matches('\n').count();
        let column = last_line.chars().count();
        Position {
            line: at.line + lines,
            column: if lines == 0 {
                at.column + column
            } else {
                column + 1
            },
            start: at.start + offset,
            length: word.len(),
        }
    }

    /// Makes a diagnostic for a place.
    pub(crate) fn diagnostic(self, at: Position, message: impl Into<String>) -> Diagnostic {
        let first_line = self.written(at).lines().next().unwrap_or_default();
        Diagnostic::new(self.file, at.line, at.column, message)
            .with_excerpt(self.text, first_line.chars().count())
    }
}
