//! The `frappe-sync` command: arguments, configuration, wiring, printing, exit codes.
//!
//! Everything that decides or does lives in the other crates; here it is put together. [`main`] is the whole
//! program. One command is one file under `commands`; a report becomes text under `render`; all output goes
//! through [`Ui`]; every failure is a [`CliError`] and every end an [`Exit`].

mod args;
mod books;
mod checks;
mod commands;
pub mod config;
mod consent;
mod context;
mod copy;
mod credentials;
mod demo;
mod error;
mod event_streaming;
mod exit;
mod failure;
mod guard;
mod html;
mod init;
mod interrupt;
mod log;
mod login;
mod options;
mod output_file;
mod program;
mod progress;
mod render;
mod report;
mod run_id;
mod serve;
mod ui;
mod webhooks;
mod wiring;
mod work;

pub use args::{Cli, Command};
pub use error::{CliError, ErrorKind, ErrorReport};
pub use exit::Exit;
pub use options::{GlobalArgs, LogFormat, SyncArgs};
pub use program::main;
pub use ui::{Color, Format, Ui, Volume};
