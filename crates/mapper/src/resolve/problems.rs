//! What is wrong with one mapping file, gathered.

use crate::file::MappingFile;
use crate::source::Position;
use crate::yaml_error::listed;
use crate::{Diagnostic, nearest};

/// Gathers the diagnostics of one file, so that a person sees all of them at once.
pub(super) struct Problems<'f> {
    file: &'f MappingFile,
    found: Vec<Diagnostic>,
}

impl<'f> Problems<'f> {
    pub(super) fn of(file: &'f MappingFile) -> Self {
        Self {
            file,
            found: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, at: Position, message: String) {
        let diagnostic = self.file.source().diagnostic(at, message);
        self.found.push(diagnostic);
    }

    pub(super) fn add_with_help(&mut self, at: Position, message: String, help: String) {
        let diagnostic = self.file.source().diagnostic(at, message).with_help(help);
        self.found.push(diagnostic);
    }

    /// Finds a word inside a value of the file.
    pub(super) fn word_at(&self, at: Position, word: &str, nth: usize) -> Position {
        self.file.source().word_at(at, word, nth)
    }

    /// Says that a word is none of those known, with the nearest that is.
    pub(super) fn add_unknown<'w>(
        &mut self,
        at: Position,
        message: String,
        word: &str,
        known: impl IntoIterator<Item = &'w str>,
    ) {
        match nearest(word, known) {
            Some(meant) => self.add_with_help(at, message, format!("did you mean `{meant}`?")),
            None => self.add(at, message),
        }
    }

    /// Says the same of a few words that can all be listed.
    pub(super) fn add_unlisted(
        &mut self,
        at: Position,
        message: String,
        word: &str,
        known: &[&str],
    ) {
        match nearest(word, known.iter().copied()) {
            None if !known.is_empty() => {
                let help = format!("known are {}", listed(known));
                self.add_with_help(at, message, help);
            }
            _ => self.add_unknown(at, message, word, known.iter().copied()),
        }
    }

    /// Tells whether there is a problem at a place already.
    pub(super) fn speak_of(&self, at: Position) -> bool {
        let mut places = self.found.iter().map(|found| (found.line, found.column));
        places.any(|place| place == (at.line, at.column))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Returns what was found, by its place in the file.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
        self.found
    }
}
