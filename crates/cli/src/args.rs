//! What is typed: the commands.

use clap::{Parser, Subcommand};

use crate::commands::apply::ApplyArgs;
use crate::commands::books::BooksArgs;
use crate::commands::check::CheckArgs;
use crate::commands::completions::CompletionsArgs;
use crate::commands::conflicts::ConflictsArgs;
use crate::commands::copy::CopyArgs;
use crate::commands::demo::DemoArgs;
use crate::commands::graph::GraphArgs;
use crate::commands::history::HistoryArgs;
use crate::commands::import::ImportArgs;
use crate::commands::init::InitArgs;
use crate::commands::login::LoginArgs;
use crate::commands::logout::LogoutArgs;
use crate::commands::man::ManArgs;
use crate::commands::parked::ParkedArgs;
use crate::commands::plan::PlanArgs;
use crate::commands::run::RunArgs;
use crate::commands::sandbox::SandboxArgs;
use crate::commands::schema::SchemaArgs;
use crate::commands::serve::ServeArgs;
use crate::commands::state::StateArgs;
use crate::commands::status::StatusArgs;
use crate::commands::undo::UndoArgs;
use crate::commands::verify::VerifyArgs;
use crate::commands::webhooks::WebhooksArgs;
use crate::commands::why::WhyArgs;
use crate::options::GlobalArgs;

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed
  2    `plan --detailed-exitcode` found changes
  3    finished, with documents parked, unknown or in conflict, or found different
  4    a guard stopped it
  10   never ran: there is no state yet
  11   another run holds the sync
  12   not authorised
  64   the command line makes no sense
  75   a site could not be reached; try later
  78   the configuration or a mapping is invalid
  130  interrupted";

/// Two-way data sync between Frappe sites, from outside, over REST alone.
#[derive(Debug, Parser)]
#[command(
    name = "frappe-sync",
    version,
    after_long_help = EXIT_CODES,
    after_help = "Start with `frappe-sync demo`: two sites of its own, no set-up, under a minute.",
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Options that every command knows.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "the help of a command is the documentation of its arguments; one here would take its place"
)]
pub enum Command {
    Demo(DemoArgs),
    Init(Box<InitArgs>),
    Import(ImportArgs),
    Login(LoginArgs),
    Logout(LogoutArgs),
    Check(CheckArgs),
    Plan(PlanArgs),
    Apply(ApplyArgs),
    Run(RunArgs),
    Copy(CopyArgs),
    Undo(UndoArgs),
    Status(StatusArgs),
    History(HistoryArgs),
    Why(WhyArgs),
    Conflicts(ConflictsArgs),
    Parked(ParkedArgs),
    Verify(VerifyArgs),
    Books(BooksArgs),
    Serve(ServeArgs),
    State(StateArgs),
    Graph(GraphArgs),
    Webhooks(WebhooksArgs),
    Sandbox(SandboxArgs),
    Schema(SchemaArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Calls `look` with every command that does something, and the words that lead to it.
    fn each(command: &clap::Command, words: &str, look: &mut impl FnMut(&clap::Command, &str)) {
        for below in command.get_subcommands() {
            let words = format!("{words} {}", below.get_name());
            look(below, &words);
            each(below, &words, look);
        }
    }

    #[test]
    fn every_command_has_an_example_and_takes_it() {
        each(&Cli::command(), "frappe-sync", &mut |command, words| {
            let help = command.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            let examples: Vec<&str> = help
                .lines()
                .filter_map(|line| line.strip_prefix("Example: "))
                .collect();
            assert!(!examples.is_empty(), "`{words}` shows no example");
            for example in examples {
                assert!(example.starts_with(words), "`{words}` shows: {example}");
                let typed = example.split(" > ").next().unwrap_or_default();
                let typed = typed.split_whitespace().map(|word| word.trim_matches('\''));
                if let Err(error) = Cli::try_parse_from(typed) {
                    panic!("{example}: {error}");
                }
            }
        });
    }
}
