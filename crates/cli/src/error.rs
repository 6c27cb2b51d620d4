//! The one error of the command line: what happened, where, why, and what to do about it.

use std::error::Error;
use std::fmt;
use std::io;

use serde::Serialize;

use crate::exit::Exit;

/// What kind of failure it is; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The command line makes no sense.
    Usage,
    /// The configuration or a mapping is invalid.
    Config,
    /// A site refused the key, or the user lacks a permission.
    NotAuthorised,
    /// A site could not be reached.
    Unreachable,
    /// Another run holds the sync.
    Locked,
    /// The sync never ran.
    NotInitialised,
    /// A guard stopped it.
    Guard,
    /// It was asked to stop.
    Interrupted,
    /// Whoever read standard output went away, which is no failure of ours.
    BrokenPipe,
    /// Anything else.
    Failed,
}

impl ErrorKind {
    /// Returns how the program ends after such a failure.
    pub fn exit(self) -> Exit {
        match self {
            Self::Usage => Exit::Usage,
            Self::Config => Exit::ConfigInvalid,
            Self::NotAuthorised => Exit::NotAuthorised,
            Self::Unreachable => Exit::Unreachable,
            Self::Locked => Exit::Locked,
            Self::NotInitialised => Exit::NotInitialised,
            Self::Guard => Exit::Guard,
            Self::Interrupted => Exit::Interrupted,
            Self::BrokenPipe => Exit::Done,
            Self::Failed => Exit::Failed,
        }
    }
}

impl From<Exit> for ErrorKind {
    /// The failure that ends the program so.
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Usage => Self::Usage,
            Exit::ConfigInvalid => Self::Config,
            Exit::NotAuthorised => Self::NotAuthorised,
            Exit::Unreachable => Self::Unreachable,
            Exit::Locked => Self::Locked,
            Exit::NotInitialised => Self::NotInitialised,
            Exit::Guard => Self::Guard,
            Exit::Interrupted => Self::Interrupted,
            Exit::Done | Exit::Failed | Exit::Changes | Exit::Unfinished => Self::Failed,
        }
    }
}

/// A failure as it is told to people and, with `--json`, to programs. Holds no secret.
#[derive(Debug)]
pub struct CliError {
    kind: ErrorKind,
    // On the heap, as every result in the program is as large as its error.
    told: Box<Told>,
}

/// What is told of a failure.
#[derive(Debug)]
struct Told {
    place: Option<String>,
    message: String,
    excerpt: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
    remedies: Vec<String>,
    others: Vec<CliError>,
}

impl CliError {
    /// Makes an error; the message is a lower-case fragment without a final period.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let told = Told {
            place: None,
            message: message.into(),
            excerpt: None,
            source: None,
            remedies: Vec::new(),
            others: Vec::new(),
        };
        Self {
            kind,
            told: Box::new(told),
        }
    }

    /// Gathers several errors into one that tells them all; `None` of none.
    pub fn of_all(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut errors = errors.into_iter();
        let mut first = errors.next()?;
        first.told.others.extend(errors);
        Some(first)
    }

    /// Says where: a file with line and column, a site, a sync.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.told.place = Some(place.into());
        self
    }

    /// Shows the lines of a file that it is about.
    #[must_use]
    pub fn showing(mut self, excerpt: impl Into<String>) -> Self {
        self.told.excerpt = Some(excerpt.into());
        self
    }

    /// Keeps the cause underneath.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.told.source = Some(source.into());
        self
    }

    /// Says what to do about it; may be called more than once.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.told.remedies.push(remedy.into());
        self
    }

    /// Returns what kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns how the program ends after it and the errors told with it.
    pub fn exit(&self) -> Exit {
        Exit::of_all(self.each().map(|error| error.kind.exit()))
    }

    /// Returns it and the errors told with it.
    pub fn each(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.told.others)
    }

    /// Returns where it happened.
    pub fn place(&self) -> Option<&str> {
        self.told.place.as_deref()
    }

    /// Returns the lines of a file that it is about.
    pub fn excerpt(&self) -> Option<&str> {
        self.told.excerpt.as_deref()
    }

    /// Returns what to do about it, most useful first.
    pub fn remedies(&self) -> &[String] {
        &self.told.remedies
    }

    /// Returns the causes, nearest first, without those that only repeat the end of what was said already, or
    /// say it again with something before it.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            let known = causes.last().unwrap_or(&self.told.message);
            if !known.ends_with(&text) && !text.ends_with(known.as_str()) {
                causes.push(text);
            }
            cause = error.source();
        }
        causes
    }

    /// Returns the form `frappe-sync/error@1`, of this error alone.
    pub fn to_report(&self) -> ErrorReport {
        let mut message = self.told.message.clone();
        for cause in self.causes() {
            message.push_str(": ");
            message.push_str(&cause);
        }
        ErrorReport {
            format: "frappe-sync/error@1",
            code: self.kind.exit().code(),
            place: self.told.place.clone(),
            message,
            remedy: (!self.told.remedies.is_empty()).then(|| self.told.remedies.join("; ")),
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told.message)
    }
}

impl Error for CliError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.told
            .source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}

/// A failure to write a result.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::new(ErrorKind::BrokenPipe, "nobody reads the output").because(error)
        } else {
            Self::new(ErrorKind::Failed, "the output could not be written").because(error)
        }
    }
}

/// A failure as programs read it, `frappe-sync/error@1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    /// `frappe-sync/error@1`.
    pub format: &'static str,
    /// The exit code.
    pub code: u8,
    /// Where: a file with line and column, a site, a sync.
    #[serde(rename = "where")]
    pub place: Option<String>,
    /// What happened, with its causes.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        #[source]
        below: Option<Box<Self>>,
    }

    #[test]
    fn causes_are_told_once() {
        let error = CliError::new(ErrorKind::Failed, "it failed").because(Layer {
            text: "it failed",
            below: Some(Box::new(Layer {
                text: "the disk is full",
                below: None,
            })),
        });
        assert_eq!(error.causes(), ["the disk is full"]);
    }

    #[test]
    fn the_report_holds_the_exit_code_the_place_and_the_remedy() {
        let error = CliError::new(ErrorKind::Unreachable, "site `hq` could not be reached")
            .at("https://hq.example.com")
            .because(Layer {
                text: "connection refused",
                below: None,
            })
            .remedy("try again later");
        assert_eq!(
            serde_json::to_string(&error.to_report()).unwrap(),
            concat!(
                r#"{"format":"frappe-sync/error@1","code":75,"where":"https://hq.example.com","#,
                r#""message":"site `hq` could not be reached: connection refused","#,
                r#""remedy":"try again later"}"#
            )
        );
    }

    #[test]
    fn of_several_errors_the_exit_follows_the_precedence() {
        let errors = [ErrorKind::Failed, ErrorKind::Unreachable, ErrorKind::Guard]
            .map(|kind| CliError::new(kind, "it failed"));
        let error = CliError::of_all(errors).unwrap();
        assert_eq!(error.each().count(), 3);
        assert_eq!(error.exit(), Exit::Unreachable);
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let error = CliError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(error.exit(), Exit::Done);
    }
}
