//! The owner of standard output and standard error: results go to the first, everything else to the second.

use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use crate::error::CliError;
use crate::render::style::{BAD, CAUTION, HELP};

type Stream = AutoStream<Box<dyn Write + Send>>;

/// For whom results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// People.
    #[default]
    Text,
    /// Programs: one JSON object to a line.
    Json,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Volume {
    /// Only what went wrong.
    Quiet,
    /// Results, hints and progress.
    #[default]
    Normal,
}

/// Whether colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    fn resolve(self, automatic: ColorChoice) -> ColorChoice {
        match self {
            Self::Auto => automatic,
            Self::Always => ColorChoice::AlwaysAnsi,
            Self::Never => ColorChoice::Never,
        }
    }
}

/// Prints. Nothing else writes to standard output or standard error, but for the log, which goes through
/// [`Ui::bars`].
pub struct Ui {
    stdout: RefCell<Stream>,
    stderr: RefCell<Stream>,
    answers: Option<RefCell<Box<dyn BufRead + Send>>>,
    on_terminal: bool,
    bars: MultiProgress,
    format: Format,
    volume: Volume,
}

impl Ui {
    /// Prints to the streams of this process; bars are shown on a terminal only.
    pub fn of_process(format: Format, volume: Volume, color: Color) -> Self {
        let stdout = color.resolve(AutoStream::choice(&io::stdout()));
        let stderr = color.resolve(AutoStream::choice(&io::stderr()));
        // indicatif hides what it draws by itself where standard error is no terminal.
        let target = match volume {
            Volume::Quiet => ProgressDrawTarget::hidden(),
            Volume::Normal => ProgressDrawTarget::stderr(),
        };
        let stdin = io::stdin();
        let answers: Option<RefCell<Box<dyn BufRead + Send>>> = stdin
            .is_terminal()
            .then(|| RefCell::new(Box::new(io::BufReader::new(stdin)) as Box<_>));
        Self {
            stdout: RefCell::new(AutoStream::new(Box::new(io::stdout()), stdout)),
            stderr: RefCell::new(AutoStream::new(Box::new(io::stderr()), stderr)),
            on_terminal: answers.is_some(),
            answers,
            bars: MultiProgress::with_draw_target(target),
            format,
            volume,
        }
    }

    /// Prints without colour to `stdout` and `stderr`, and shows no bars.
    pub fn to_streams(
        format: Format,
        volume: Volume,
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
    ) -> Self {
        Self {
            stdout: RefCell::new(AutoStream::never(stdout)),
            stderr: RefCell::new(AutoStream::never(stderr)),
            answers: None,
            on_terminal: false,
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            format,
            volume,
        }
    }

    /// Takes answers to questions from `answers`.
    #[must_use]
    pub fn answered_by(mut self, answers: Box<dyn BufRead + Send>) -> Self {
        self.answers = Some(RefCell::new(answers));
        self.on_terminal = false;
        self
    }

    /// Tells for whom results are written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Tells how much is said.
    pub fn volume(&self) -> Volume {
        self.volume
    }

    /// Returns the place where progress bars are shown; hidden where nobody watches.
    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Prints a result: as JSON, or as the text that `text` makes of it.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn report<T: Serialize>(
        &self,
        report: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<(), CliError> {
        match self.format {
            Format::Json => self.json(report),
            Format::Text => self.text(&text(report)),
        }
    }

    /// Prints text to standard output; with `--json` nothing.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn text(&self, text: &str) -> Result<(), CliError> {
        match self.format {
            Format::Json => Ok(()),
            Format::Text => self.line(text.trim_end_matches('\n')),
        }
    }

    /// Prints text that is the same for people and for programs.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn verbatim(&self, text: &str) -> Result<(), CliError> {
        self.line(text.trim_end_matches('\n'))
    }

    /// Prints one JSON object on a line of its own.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn json<T: Serialize>(&self, report: &T) -> Result<(), CliError> {
        self.bars.suspend(|| {
            let mut stdout = self.stdout.borrow_mut();
            // Written as it is made: a plan may be of any size.
            let mut writer = io::BufWriter::with_capacity(64 * 1024, &mut *stdout);
            serde_json::to_writer(&mut writer, report).map_err(io::Error::from)?;
            writer.write_all(b"\n")?;
            writer.flush()?;
            Ok(())
        })
    }

    /// Tells people something that is no result.
    pub fn tell(&self, text: &str) {
        if self.volume == Volume::Normal && self.format == Format::Text {
            self.aside(text);
        }
    }

    /// Tells people something that they should look at.
    pub fn warn(&self, text: &str) {
        self.aside(&format!("{CAUTION}warning{CAUTION:#}: {text}"));
    }

    /// Prints a failure: heading, lines of the file, causes, place, remedies. With `--json` it is a result,
    /// one object for each error.
    pub fn error(&self, error: &CliError) {
        if error.kind() == crate::error::ErrorKind::BrokenPipe {
            return;
        }
        for error in error.each() {
            match self.format {
                Format::Json => {
                    // Where even this cannot be written, the exit code is all that is left to tell.
                    let _unwritten = self.json(&error.to_report());
                }
                Format::Text => self.aside(&error_text(error)),
            }
        }
    }

    /// Asks a question on standard error and returns the line that is answered; `None` where standard input
    /// is no terminal, so that nobody is there to answer.
    ///
    /// # Errors
    ///
    /// The answer cannot be read.
    pub fn ask(&self, question: &str) -> Result<Option<String>, CliError> {
        self.answer(&format!("{question} [y/N] "))
    }

    /// Asks for a line of text; an empty one stands for `default`, and without one is asked for again.
    ///
    /// # Errors
    ///
    /// Nobody is there to answer: `flag` says the same on the command line.
    pub fn prompt(
        &self,
        question: &str,
        default: Option<&str>,
        flag: &str,
    ) -> Result<String, CliError> {
        let shown = match default {
            Some(default) => format!("{question} [{default}]: "),
            None => format!("{question}: "),
        };
        loop {
            let Some(answer) = self.answer(&shown)? else {
                return Err(nobody_answers(question, flag));
            };
            match (answer.trim(), default) {
                // The end of the input, as against an empty line.
                ("", None) if answer.is_empty() => return Err(nobody_answers(question, flag)),
                ("", None) => {}
                ("", Some(default)) => return Ok(default.to_owned()),
                (answer, _) => return Ok(answer.to_owned()),
            }
        }
    }

    /// Reads a line from standard input, whether a terminal or not.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(crate) fn read_line(&self, request: &str) -> Result<String, CliError> {
        self.aside(request);
        let mut line = String::new();
        match &self.answers {
            Some(answers) => answers.borrow_mut().read_line(&mut line),
            None => io::stdin().lock().read_line(&mut line),
        }
        .map_err(|error| {
            CliError::new(
                crate::error::ErrorKind::Failed,
                "standard input cannot be read",
            )
            .because(error)
        })?;
        Ok(line)
    }

    /// Asks for a secret, which a terminal does not show.
    ///
    /// # Errors
    ///
    /// As [`prompt`](Self::prompt).
    pub fn secret(&self, question: &str, flag: &str) -> Result<String, CliError> {
        if !self.on_terminal {
            return self.prompt(question, None, flag);
        }
        let asked = self
            .bars
            .suspend(|| dialoguer::Password::new().with_prompt(question).interact());
        asked.map_err(|error| nobody_answers(question, flag).because(error))
    }

    /// Asks on standard error and returns the line that is answered.
    fn answer(&self, question: &str) -> Result<Option<String>, CliError> {
        let Some(answers) = &self.answers else {
            return Ok(None);
        };
        self.bars.suspend(|| {
            let mut stderr = self.stderr.borrow_mut();
            write!(stderr, "{question}")?;
            stderr.flush()?;
            let mut answer = String::new();
            answers.borrow_mut().read_line(&mut answer)?;
            Ok(Some(answer))
        })
    }

    fn line(&self, text: &str) -> Result<(), CliError> {
        self.bars.suspend(|| {
            let mut stdout = self.stdout.borrow_mut();
            writeln!(stdout, "{text}")?;
            stdout.flush()?;
            Ok(())
        })
    }

    /// Prints to standard error, whatever the format: what a person needs to go on.
    pub(crate) fn aside(&self, text: &str) {
        self.bars.suspend(|| {
            // There is no place left to tell that standard error cannot be written.
            let _unwritten = writeln!(self.stderr.borrow_mut(), "{text}");
        });
    }
}

fn nobody_answers(question: &str, flag: &str) -> CliError {
    let message = format!("nobody can be asked here: {question}");
    CliError::new(crate::error::ErrorKind::Usage, message).remedy(format!("`{flag}` answers it"))
}

fn error_text(error: &CliError) -> String {
    let mut text = format!("{BAD}error{BAD:#}: {error}");
    if let Some(place) = error.place() {
        text.push_str(&format!("\n  --> {place}"));
    }
    if let Some(excerpt) = error.excerpt() {
        for line in excerpt.lines() {
            text.push_str(&format!("\n  {line}"));
        }
    }
    for cause in error.causes() {
        text.push_str(&format!("\n  cause: {cause}"));
    }
    for remedy in error.remedies() {
        text.push_str(&format!("\n  {HELP}help{HELP:#}: {remedy}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::error::ErrorKind;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Shared {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn ui(format: Format, volume: Volume) -> (Ui, Shared, Shared) {
        let (stdout, stderr) = (Shared::default(), Shared::default());
        let ui = Ui::to_streams(
            format,
            volume,
            Box::new(stdout.clone()),
            Box::new(stderr.clone()),
        );
        (ui, stdout, stderr)
    }

    fn failure() -> CliError {
        CliError::new(ErrorKind::Config, "unknown key `mapings`")
            .at("frappe-sync.yaml:12:5")
            .showing("12 |     mapings: []\n   |     ^")
            .remedy("did you mean `mappings`?")
    }

    #[test]
    fn an_error_goes_to_people_on_standard_error() {
        let (ui, stdout, stderr) = ui(Format::Text, Volume::Quiet);
        ui.error(&failure());
        assert_eq!(stdout.text(), "");
        assert_eq!(
            stderr.text(),
            "error: unknown key `mapings`\n  --> frappe-sync.yaml:12:5\n  12 |     mapings: []\n     |     ^\n  \
             help: did you mean `mappings`?\n"
        );
    }

    #[test]
    fn an_error_goes_to_programs_on_standard_output() {
        let (ui, stdout, stderr) = ui(Format::Json, Volume::Normal);
        ui.error(&failure());
        assert_eq!(stderr.text(), "");
        let report: serde_json::Value = serde_json::from_str(&stdout.text()).unwrap();
        assert_eq!(report["format"], "frappe-sync/error@1");
        assert_eq!(report["code"], 78);
        assert_eq!(report["where"], "frappe-sync.yaml:12:5");
    }

    #[test]
    fn quiet_says_only_what_went_wrong() {
        let (ui, stdout, stderr) = ui(Format::Text, Volume::Quiet);
        ui.tell("reading");
        assert_eq!((stdout.text(), stderr.text()), Default::default());
    }
}
