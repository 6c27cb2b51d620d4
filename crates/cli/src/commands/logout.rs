//! `logout`: makes the tokens of a site void, and removes them.

use clap::Args;
use serde::Serialize;

use crate::config::AuthConfig;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::failure;
use crate::render::style::HEADING;
use crate::wiring::connect;

/// Takes back a `login`: makes the tokens void on the site, and removes them here
///
/// A run then cannot reach the site until somebody has logged in again. Where the site cannot be told, the tokens stay.
/// A gateway that `token_url` names is not told; end the login there as well. For any other kind of login there is
/// nothing to be done.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync logout hq")]
pub struct LogoutArgs {
    /// The site, by its name in the configuration
    #[arg(value_name = "SITE")]
    site: String,
}

/// What became of the tokens of a site, `frappe-sync/logout@1`.
#[derive(Debug, Serialize)]
struct LogoutReport {
    format: &'static str,
    site: String,
    url: String,
    kind: &'static str,
    outcome: &'static str,
}

/// Ends the login.
pub(crate) async fn run(args: &LogoutArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let site = context.site(&args.site)?;
    let outcome = match &site.auth {
        AuthConfig::OAuth(_) => {
            let client = connect(context.ui, site)?;
            let ended = Box::pin(client.end_login()).await;
            match ended.map_err(|error| failure::of_site(error, site))? {
                Some(true) => "revoked",
                Some(false) => "removed",
                None => "nothing",
            }
        }
        AuthConfig::Keys(_) | AuthConfig::Session(_) => "nothing",
    };
    let report = LogoutReport {
        format: "frappe-sync/logout@1",
        site: site.name.clone(),
        url: site.url.to_string(),
        kind: site.auth.kind(),
        outcome,
    };
    context.ui.report(&report, text)?;
    Ok(Exit::Done)
}

fn text(report: &LogoutReport) -> String {
    let told = match report.outcome {
        "revoked" => "the tokens are void on the site, and removed here",
        "removed" => {
            "the tokens are removed here; the gateway was not told, so end the login there as well"
        }
        _ if report.kind == "oauth" => "nobody was logged in",
        _ => "this kind of login keeps nothing that could be taken back",
    };
    format!("{HEADING}Site {}{HEADING:#}: {told}\n", report.site)
}
