//! What is typed: the options that every command knows, and the commands.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use frappe_sync_model::Side;

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
use crate::ui::Color;

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

/// Options that every command knows.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// The configuration; else `frappe-sync.yaml`, looked for upwards from the working directory
    #[arg(long, global = true, value_name = "FILE", env = "FRAPPE_SYNC_CONFIG")]
    pub config: Option<PathBuf>,

    /// The state file, in place of the configured one
    #[arg(long, global = true, value_name = "FILE", env = "FRAPPE_SYNC_STATE")]
    pub state: Option<PathBuf>,

    /// Print results for programs: one JSON object to a line
    #[arg(long, global = true)]
    pub json: bool,

    /// When to use colour; `NO_COLOR` is respected
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,

    /// Say only what went wrong; for cron
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Log what is done to standard error; `-vv` and `-vvv` log more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// The form of the log
    #[arg(long, global = true, value_enum, value_name = "FORM", default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object to a line.
    Json,
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

/// Which syncs a command works on.
#[derive(Args, Debug)]
pub struct SyncArgs {
    /// The sync; without it, every sync of the configuration
    #[arg(value_name = "SYNC")]
    pub sync: Option<String>,
}

/// One of the two sites of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SideArg {
    /// The site called `a`.
    A,
    /// The site called `b`.
    B,
}

impl From<SideArg> for Side {
    fn from(side: SideArg) -> Self {
        match side {
            SideArg::A => Self::A,
            SideArg::B => Self::B,
        }
    }
}
