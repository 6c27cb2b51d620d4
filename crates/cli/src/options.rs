//! Options that several commands share.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};
use frappe_sync_model::Side;

use crate::ui::Color;

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
