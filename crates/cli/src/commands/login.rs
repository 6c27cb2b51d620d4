//! `login`: a person lets frappe-sync in to a site, once.

use std::time::Duration;

use clap::Args;
use frappe_sync_connector::{FrappeSite, OAuthClient, Pkce, random_word};
use secrecy::SecretString;
use serde::Serialize;

use crate::config::{AuthConfig, GrantConfig, OAuthConfig, SiteConfig};
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::login::{self, Answer, Listener};
use crate::render::style::HEADING;
use crate::ui::Ui;
use crate::wiring::connect;
use crate::{failure, interrupt};

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Logs in to a site in a browser, once, for `kind: oauth`
///
/// Prints an address. Whoever opens it in a browser logs in to the site as the sync's user and agrees; the browser
/// then brings a code to this machine, for which the site gives tokens. They are kept beside the state file, readable
/// for this user alone, and renewed by every run in time. For any other kind of login, it only looks whether the site
/// lets us in.
///
/// The site needs an OAuth Client document first: App Name `frappe-sync`, Scopes `all openid`, Redirect URIs and Default
/// Redirect URI `http://127.0.0.1:8765/callback`, Grant Type `Authorization Code`, Response Type `Code`. Its Client ID
/// is `client_id` in the configuration. Exit code 12: the site does not let us in.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: frappe-sync login hq
Example: frappe-sync login hq --open
Example: frappe-sync login hq --paste")]
pub struct LoginArgs {
    /// The site, by its name in the configuration
    #[arg(value_name = "SITE")]
    site: String,

    /// The port of this machine that the browser comes back to; the OAuth Client must name the same
    #[arg(long, value_name = "PORT", default_value_t = login::PORT)]
    port: u16,

    /// Open the browser of this machine
    #[arg(long)]
    open: bool,

    /// Listen on no port: read the address that the browser ends at from standard input. For a machine without a
    /// browser
    #[arg(long, conflicts_with = "open")]
    paste: bool,
}

/// Who we are to a site now, `frappe-sync/login@1`.
#[derive(Debug, Serialize)]
struct LoginReport {
    format: &'static str,
    site: String,
    url: String,
    kind: &'static str,
    outcome: &'static str,
    user: String,
    tokens: Option<String>,
}

/// Logs in, or looks whether we are let in.
pub(crate) async fn run(args: &LoginArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let ui = context.ui;
    let site = context.site(&args.site)?;
    let client = connect(ui, site)?;
    let mut outcome = "tested";
    if let AuthConfig::OAuth(oauth) = &site.auth
        && oauth.grant == GrantConfig::AuthorizationCode
    {
        Box::pin(in_browser(args, ui, site, oauth, &client)).await?;
        outcome = "logged_in";
    }
    let user = Box::pin(client.logged_user())
        .await
        .map_err(|error| failure::of_site(error, site))?;
    let tokens = match &site.auth {
        AuthConfig::OAuth(oauth) => Some(oauth.tokens.display().to_string()),
        AuthConfig::Keys(_) | AuthConfig::Session(_) => None,
    };
    let report = LoginReport {
        format: "frappe-sync/login@1",
        site: site.name.clone(),
        url: site.url.to_string(),
        kind: site.auth.kind(),
        outcome,
        user,
        tokens,
    };
    ui.report(&report, text)?;
    Ok(Exit::Done)
}

async fn in_browser(
    args: &LoginArgs,
    ui: &Ui,
    site: &SiteConfig,
    oauth: &OAuthConfig,
    client: &FrappeSite,
) -> Result<(), CliError> {
    let random = || CliError::new(ErrorKind::Failed, "this system gives no random bytes");
    let pkce = Pkce::random().ok_or_else(random)?;
    let state = random_word().ok_or_else(random)?;
    let mut listener = match args.paste {
        true => None,
        false => Some(listen(args.port, &state).await?),
    };
    let port = listener.as_ref().map_or(args.port, Listener::port);
    let redirect = login::redirect_uri(port);
    let oauth_client = OAuthClient {
        id: oauth.client_id.clone(),
        secret: None,
        scope: oauth.scope.clone(),
        authorize_url: oauth.authorize_url.clone(),
        token_url: oauth.token_url.clone(),
    };
    let address = oauth_client.authorize_address(&site.url, &redirect, &state, &pkce);
    // Standard output holds results alone, and this is none.
    ui.aside(&format!(
        "Open this in a browser, log in to site `{}` as the user of the sync, and agree:\n\n  {address}\n",
        site.name
    ));
    if args.open && !login::open(&address) {
        ui.warn("no browser could be opened here: open the address yourself");
    }
    let answer = match &mut listener {
        Some(listener) => waited_for(listener).await,
        None => pasted(ui, &state),
    };
    if let Some(listener) = listener {
        listener.end().await;
    }
    let code: SecretString = match answer? {
        Answer::Code(code) => code,
        Answer::Refused(word) => {
            let message = format!("site `{}` did not let us in: {word}", site.name);
            return Err(CliError::new(ErrorKind::NotAuthorised, message)
                .at(site.url.to_string())
                .remedy("log in as the user of the sync, and agree")
                .remedy(format!(
                    "the OAuth Client must allow the scopes `{}` and the redirect `{redirect}`",
                    oauth.scope
                )));
        }
    };
    let redeemed = Box::pin(client.redeem(&code, &pkce, &redirect)).await;
    redeemed.map_err(|error| failure::of_site(error, site))
}

async fn listen(port: u16, state: &str) -> Result<Listener, CliError> {
    Listener::bind(port, state).await.map_err(|error| {
        CliError::new(
            ErrorKind::Failed,
            format!("nothing can be listened for on port {port} of this machine"),
        )
        .at(format!("127.0.0.1:{port}"))
        .because(error)
        .remedy("name another with `--port`, and in the Redirect URIs of the OAuth Client")
        .remedy("or take `--paste`, which listens on none")
    })
}

async fn waited_for(listener: &mut Listener) -> Result<Answer, CliError> {
    let stopped = || CliError::new(ErrorKind::Interrupted, "interrupted: nobody has logged in");
    tokio::select! {
        answer = tokio::time::timeout(PATIENCE, listener.answer()) => match answer {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) | Err(_) => Err(CliError::new(
                ErrorKind::NotAuthorised,
                format!("nobody has logged in within {} minutes", PATIENCE.as_secs() / 60),
            )
            .remedy("on a machine without a browser, take `--paste`")),
        },
        _ = interrupt::signal() => Err(stopped()),
    }
}

fn pasted(ui: &Ui, state: &str) -> Result<Answer, CliError> {
    let line = ui.read_line(
        "Then paste the address that the browser ends at, which it cannot show, and press Enter:",
    )?;
    login::of_address(&line, state).ok_or_else(|| {
        CliError::new(
            ErrorKind::Usage,
            "what was pasted is not the answer to this login",
        )
        .remedy("paste the whole address, which begins with `http://127.0.0.1:` and holds `code=`")
        .remedy("an address of an earlier login counts no longer: begin again")
    })
}

fn text(report: &LoginReport) -> String {
    let LoginReport {
        site, url, user, ..
    } = report;
    let mut text = format!("{HEADING}Site {site}{HEADING:#}: we are {user} on {url}\n");
    match (&report.tokens, report.outcome) {
        (Some(tokens), "logged_in") => {
            text.push_str(&format!(
                "The tokens are kept in {tokens}, and renewed by themselves.\n"
            ));
        }
        _ => text.push_str(&format!(
            "`kind: {}` needs no `login`: this was a look whether the site lets us in.\n",
            report.kind
        )),
    }
    text
}
