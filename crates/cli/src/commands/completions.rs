//! `completions`: what a shell needs to complete our words.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::error::CliError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Prints the completions for a shell
///
/// Put them where the shell looks for them, and start a new shell.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: frappe-sync completions bash > ~/.local/share/bash-completion/completions/frappe-sync
Example: frappe-sync completions zsh > ~/.zfunc/_frappe-sync
Example: frappe-sync completions fish > ~/.config/fish/completions/frappe-sync.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Prints them.
pub(crate) fn run(args: &CompletionsArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "frappe-sync", &mut script);
    ui.verbatim(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
