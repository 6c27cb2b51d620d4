//! Places in a file, and what is told of them without telling a secret.

use frappe_sync_mapper::Diagnostic;
use serde_saphyr::{Error, Location, Spanned};

use crate::error::{CliError, ErrorKind};

/// Words that make a line one that is not shown: it may hold a secret in the wrong place.
const DELICATE: [&str; 5] = ["secret", "password", "token", "api_key", "@"];

/// The name and text of the file that is read.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) file: &'t str,
    pub(super) text: &'t str,
}

impl Text<'_> {
    /// Says what is wrong with a value.
    pub(super) fn wrong<T>(self, value: &Spanned<T>, message: impl Into<String>) -> Diagnostic {
        self.wrong_at(value.referenced, message)
    }

    /// Says what is wrong at a place.
    pub(super) fn wrong_at(self, place: Location, message: impl Into<String>) -> Diagnostic {
        let number = |number: u64| usize::try_from(number).unwrap_or(1).max(1);
        let (line, column) = (number(place.line()), number(place.column()));
        let left = self
            .text
            .lines()
            .nth(line - 1)
            .map_or(0, |line| line.trim_end().chars().count())
            .saturating_sub(column - 1);
        let width = usize::try_from(place.span().len()).unwrap_or(1).min(left);
        Diagnostic::new(self.file, line, column, message).with_excerpt(self.text, width)
    }

    /// Says what the YAML reader found wrong.
    pub(super) fn unreadable(self, error: &Error) -> Diagnostic {
        let diagnostic = frappe_sync_mapper::diagnostic_of(error, self.text, self.file);
        let secrets = ["api_secret", "password", "client_secret", "webhook_secret"];
        let named = |key: &&str| diagnostic.message.contains(&format!("`{key}`"));
        match secrets.into_iter().find(named) {
            Some(key) => diagnostic.with_help(format!(
                "a secret has no place in this file: name where it is with `{key}_env`, `{key}_file` or \
                 `{key}_command`"
            )),
            None => diagnostic,
        }
    }
}

/// Turns a diagnostic into an error, with the line it is about unless that may hold a secret.
pub(crate) fn error_of(diagnostic: &Diagnostic) -> CliError {
    let place = format!(
        "{}:{}:{}",
        diagnostic.file, diagnostic.line, diagnostic.column
    );
    let mut error = CliError::new(ErrorKind::Config, diagnostic.message.clone()).at(place);
    if let Some(snippet) = diagnostic.snippet()
        && !is_delicate(&snippet)
    {
        error = error.showing(snippet);
    }
    match &diagnostic.help {
        Some(help) => error.remedy(help.clone()),
        None => error,
    }
}

fn is_delicate(snippet: &str) -> bool {
    let lower = snippet.to_lowercase();
    DELICATE.iter().any(|word| lower.contains(word))
}
