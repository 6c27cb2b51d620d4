//! What the demo promised, and whether it was so.

use serde::Serialize;

use crate::error::CliError;
use crate::render::style::{BAD, FAINT, GOOD, HEADING};
use crate::ui::Ui;

/// Everything that the demo promised, `frappe-sync/demo@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DemoReport {
    /// `frappe-sync/demo@1`.
    pub(crate) format: &'static str,
    /// All promises were kept.
    pub(crate) kept: bool,
    /// Each promise, in the order of the story.
    pub(crate) promises: Vec<Promise>,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
    /// Where the files are, if they were kept.
    pub(crate) folder: Option<String>,
}

/// One promise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Promise {
    /// The act of the story that it belongs to.
    pub(crate) act: String,
    /// What was promised.
    pub(crate) promise: String,
    /// It was so.
    pub(crate) kept: bool,
    /// What was seen.
    pub(crate) seen: String,
}

/// Tells the story, and keeps account of its promises.
pub(super) struct Teller<'a> {
    ui: &'a Ui,
    act: String,
    promises: Vec<Promise>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(ui: &'a Ui) -> Self {
        Self {
            ui,
            act: String::new(),
            promises: Vec::new(),
        }
    }

    /// Begins an act.
    pub(super) fn act(&mut self, title: &str) -> Result<(), CliError> {
        self.act = title.to_owned();
        self.ui.text(&format!("\n{HEADING}{title}{HEADING:#}"))
    }

    /// Says what happens.
    pub(super) fn say(&self, text: &str) -> Result<(), CliError> {
        self.ui.text(&format!("  {text}"))
    }

    /// Shows what a command prints.
    pub(super) fn show(&self, command: &str, output: &str) -> Result<(), CliError> {
        self.ui
            .text(&format!("  {FAINT}$ frappe-sync {command}{FAINT:#}"))?;
        for line in output.lines() {
            self.ui.text(&format!("  {line}"))?;
        }
        Ok(())
    }

    /// Tells whether a promise was kept.
    pub(super) fn promise(
        &mut self,
        promise: &str,
        kept: bool,
        seen: impl Into<String>,
    ) -> Result<(), CliError> {
        let seen = seen.into();
        let mark = if kept {
            format!("{GOOD}ok{GOOD:#}  ")
        } else {
            format!("{BAD}FAIL{BAD:#}")
        };
        let shown = if seen.is_empty() {
            String::new()
        } else {
            format!(" {FAINT}({seen}){FAINT:#}")
        };
        self.promises.push(Promise {
            act: self.act.clone(),
            promise: promise.to_owned(),
            kept,
            seen,
        });
        self.ui.text(&format!("  {mark} {promise}{shown}"))
    }

    /// Ends the story.
    pub(super) fn into_report(self, seconds: f64, folder: Option<String>) -> DemoReport {
        DemoReport {
            format: "frappe-sync/demo@1",
            kept: self.promises.iter().all(|promise| promise.kept),
            promises: self.promises,
            seconds,
            folder,
        }
    }
}
