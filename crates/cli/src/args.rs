//! What is typed: the commands.

use clap::{Parser, Subcommand};

use crate::commands::check::CheckArgs;
use crate::commands::conflicts::ConflictsArgs;
use crate::commands::demo::DemoArgs;
use crate::commands::parked::ParkedArgs;
use crate::commands::plan::PlanArgs;
use crate::commands::run::RunArgs;
use crate::commands::sandbox::SandboxArgs;
use crate::commands::state::StateArgs;
use crate::commands::status::StatusArgs;
use crate::commands::verify::VerifyArgs;
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
    Check(CheckArgs),
    Plan(PlanArgs),
    Run(RunArgs),
    Status(StatusArgs),
    Conflicts(ConflictsArgs),
    Parked(ParkedArgs),
    Verify(VerifyArgs),
    State(StateArgs),
    Sandbox(SandboxArgs),
}
