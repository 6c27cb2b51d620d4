//! What is wrong in a file, where, and what to do.

use std::fmt;

/// Something wrong in a file of the user's, at a line and column.
///
/// It prints as `file:line:column: message`; [`Diagnostic::report`] adds the line itself and the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, a lower-case fragment.
    pub message: String,
    /// The nearest right word, or what to do.
    pub help: Option<String>,
    excerpt: Option<Box<Excerpt>>,
}

/// The line that a diagnostic speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Excerpt {
    line: String,
    /// How many characters are meant, at least 1.
    width: usize,
}

impl Diagnostic {
    /// Makes a diagnostic without help and without a snippet.
    pub fn new(
        file: impl Into<String>,
        line: usize,
        column: usize,
        message: impl Into<String>,
    ) -> Self {
        Self {
            file: file.into(),
            line,
            column,
            message: message.into(),
            help: None,
            excerpt: None,
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Takes the line that is spoken of from the file's text, and marks `width` characters of it.
    #[must_use]
    pub fn with_excerpt(mut self, text: &str, width: usize) -> Self {
        let line = text
            .trim_start_matches('\u{feff}')
            .lines()
            .nth(self.line.saturating_sub(1));
        self.excerpt = line.map(|line| {
            let printable = line.replace(char::is_control, " ");
            let left = printable
                .chars()
                .count()
                .saturating_sub(self.column.saturating_sub(1));
            Box::new(Excerpt {
                line: printable,
                width: width.clamp(1, left.max(1)),
            })
        });
        self
    }

    /// Returns the line with what is meant underlined, if the text was at hand.
    pub fn snippet(&self) -> Option<String> {
        let excerpt = self.excerpt.as_ref()?;
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let indent = " ".repeat(self.column.saturating_sub(1));
        let marks = "^".repeat(excerpt.width);
        Some(format!(
            "{margin} |\n{number} | {line}\n{margin} | {indent}{marks}",
            line = excerpt.line
        ))
    }

    /// Returns the whole message for a person: place, message, snippet and help, without a last newline.
    pub fn report(&self) -> String {
        let mut report = self.to_string();
        if let Some(snippet) = self.snippet() {
            report.push('\n');
            report.push_str(&snippet);
        }
        if let Some(help) = &self.help {
            report.push_str("\nhelp: ");
            report.push_str(help);
        }
        report
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )
    }
}

impl std::error::Error for Diagnostic {}
