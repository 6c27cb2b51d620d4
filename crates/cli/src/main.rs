//! The `frappe-sync` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    frappe_sync_cli::main(std::env::args_os()).into()
}
