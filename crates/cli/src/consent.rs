//! Asking before something is done that cannot simply be taken back.

use clap::Args;

use crate::error::{CliError, ErrorKind};
use crate::ui::Ui;

/// Whether to ask.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ConsentArgs {
    /// Go ahead without asking; scripts must say so
    #[arg(short, long)]
    pub(crate) yes: bool,
}

impl ConsentArgs {
    /// Asks a person whether to go ahead, unless that was said already.
    ///
    /// # Errors
    ///
    /// The answer is not yes, or nobody can be asked.
    pub(crate) fn ask(self, ui: &Ui, question: &str) -> Result<(), CliError> {
        if self.yes {
            return Ok(());
        }
        match ui.ask(question)? {
            None => Err(CliError::new(
                ErrorKind::Usage,
                "nobody can be asked here whether to go ahead",
            )
            .remedy("`--yes` goes ahead without asking")),
            Some(answer) if is_yes(&answer) => Ok(()),
            Some(_) => Err(CliError::new(
                ErrorKind::Interrupted,
                "nothing was changed, because the answer was not yes",
            )),
        }
    }
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::exit::Exit;
    use crate::ui::{Format, Volume};

    fn asked(answer: Option<&'static str>, yes: bool) -> Result<(), CliError> {
        let ui = Ui::to_streams(
            Format::Text,
            Volume::Quiet,
            Box::new(io::sink()),
            Box::new(io::sink()),
        );
        let ui = match answer {
            Some(answer) => ui.answered_by(Box::new(answer.as_bytes())),
            None => ui,
        };
        ConsentArgs { yes }.ask(&ui, "Go ahead?")
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        for answer in ["y\n", "Yes\n", " YES "] {
            assert!(asked(Some(answer), false).is_ok(), "{answer:?}");
        }
        for answer in ["n\n", "\n", "", "yess\n", "no\ny\n"] {
            let error = asked(Some(answer), false).unwrap_err();
            assert_eq!(error.exit(), Exit::Interrupted, "{answer:?}");
        }
    }

    #[test]
    fn where_nobody_can_be_asked_it_must_be_said_before() {
        let error = asked(None, false).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(asked(None, true).is_ok());
    }
}
