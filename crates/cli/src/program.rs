//! The program from the words that were typed to the exit code.

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind as Usage};

use crate::args::Cli;
use crate::commands;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::log;
use crate::ui::{Color, Format, Ui, Volume};

/// Runs the program with these words, its own name first, and returns how it ended.
pub fn main(words: impl IntoIterator<Item = OsString>) -> Exit {
    let words: Vec<OsString> = words.into_iter().collect();
    let cli = match Cli::try_parse_from(&words) {
        Ok(cli) => cli,
        Err(error) => return misunderstood(&error, &words),
    };
    let global = &cli.global;
    let format = if global.json {
        Format::Json
    } else {
        Format::Text
    };
    let volume = if global.quiet {
        Volume::Quiet
    } else {
        Volume::Normal
    };
    let ui = Ui::of_process(format, volume, global.color);
    log::start(global.verbose, global.log_format, ui.bars());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(commands::dispatch(&cli, &ui)),
        Err(error) => {
            Err(CliError::new(ErrorKind::Failed, "the program could not start").because(error))
        }
    };
    ended.unwrap_or_else(|error| {
        ui.error(&error);
        error.exit()
    })
}

/// Tells that the words make no sense, or shows the help or version that was asked for.
fn misunderstood(error: &clap::Error, words: &[OsString]) -> Exit {
    let is_asked_for = matches!(error.kind(), Usage::DisplayHelp | Usage::DisplayVersion);
    if !is_asked_for && words.iter().any(|word| word == "--json") {
        let message = error.to_string();
        let first = message.lines().next().unwrap_or_default();
        let told = first.strip_prefix("error: ").unwrap_or(first);
        let meant = suggested(error);
        let remedy = meant.unwrap_or_else(|| "`frappe-sync --help` shows the commands".to_owned());
        Ui::of_process(Format::Json, Volume::Normal, Color::Never)
            .error(&CliError::new(ErrorKind::Usage, told).remedy(remedy));
    } else {
        // Help goes to standard output, the rest to standard error; a reader that went away is no failure.
        let _unwritten = error.print();
    }
    if is_asked_for {
        Exit::Done
    } else {
        Exit::Usage
    }
}

/// Says which known word is nearest to the one that was not understood.
fn suggested(error: &clap::Error) -> Option<String> {
    let kinds = [
        ContextKind::SuggestedValue,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
    ];
    let meant = kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(word) => Some(word),
        ContextValue::Strings(words) => words.first(),
        _ => None,
    })?;
    Some(format!("did you mean `{meant}`?"))
}
