//! `sandbox`: serves a Frappe-compatible site for rehearsals.

use std::net::SocketAddr;

use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use frappe_sync_sandbox::fixture::{self, Size};
use frappe_sync_sandbox::{Profile, Sandbox, SiteError, SiteOptions, UserOptions};
use serde::Serialize;

use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::interrupt;
use crate::render::style::{FAINT, HEADING};
use crate::ui::Ui;

/// The user that the printed key belongs to.
const USER: &str = "sync@sandbox.example.com";

/// Serves a Frappe-compatible site for rehearsals
///
/// The site lives in memory, with a small company on it, until it is asked to stop. It answers as Frappe does
/// in everything that frappe-sync relies on. Serve two of them to rehearse a sync.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync sandbox --listen 127.0.0.1:0 --profile 16")]
pub struct SandboxArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8801")]
    listen: SocketAddr,

    /// The version of Frappe to behave as
    #[arg(long, value_enum, value_name = "VERSION", default_value = "15")]
    profile: Version,

    /// The site's time zone
    #[arg(long, value_name = "ZONE", default_value = "Asia/Kolkata")]
    time_zone: Tz,

    /// Where the made-up documents come from; the same seed makes the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// How many customers to make
    #[arg(long, value_name = "N", default_value_t = Size::default().customers)]
    customers: usize,

    /// How many addresses to make; none without customers
    #[arg(long, value_name = "N", default_value_t = Size::default().addresses)]
    addresses: usize,

    /// How many items to make
    #[arg(long, value_name = "N", default_value_t = Size::default().items)]
    items: usize,

    /// How many employees to make
    #[arg(long, value_name = "N", default_value_t = Size::default().employees)]
    employees: usize,

    /// How many sales orders to make
    #[arg(long, value_name = "N", default_value_t = Size::default().orders)]
    orders: usize,

    /// Make only what Frappe itself brings: no company, no DocTypes of an app
    #[arg(long, conflicts_with_all = ["seed", "customers", "addresses", "items", "employees", "orders"])]
    empty: bool,
}

/// A major version of Frappe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Version {
    #[value(name = "14")]
    V14,
    #[value(name = "15")]
    V15,
    #[value(name = "16")]
    V16,
}

impl From<Version> for Profile {
    fn from(version: Version) -> Self {
        match version {
            Version::V14 => Self::V14,
            Version::V15 => Self::V15,
            Version::V16 => Self::V16,
        }
    }
}

/// How to reach a sandbox, `frappe-sync/sandbox@1`. Its key opens nothing but this sandbox.
#[derive(Debug, Serialize)]
struct SandboxReport {
    format: &'static str,
    url: String,
    user: &'static str,
    api_key: String,
    api_secret: String,
    frappe_version: &'static str,
    time_zone: &'static str,
}

/// Serves until it is asked to stop.
pub(crate) async fn run(args: &SandboxArgs, ui: &Ui) -> Result<Exit, CliError> {
    let profile = Profile::from(args.profile);
    let sandbox = Sandbox::new(SiteOptions {
        profile,
        time_zone: args.time_zone,
        seed: args.seed,
        ..SiteOptions::default()
    });
    let (api_key, api_secret) = (format!("key{}", args.seed), format!("secret{}", args.seed));
    fill(&sandbox, args, &api_key, &api_secret).map_err(refused)?;
    let server = sandbox.serve(args.listen).await.map_err(|error| {
        CliError::new(ErrorKind::Failed, "the address cannot be listened on")
            .at(args.listen.to_string())
            .because(error)
            .remedy("name another with `--listen`; port 0 takes a free one")
    })?;
    let report = SandboxReport {
        format: "frappe-sync/sandbox@1",
        url: server.url(),
        user: USER,
        api_key,
        api_secret,
        frappe_version: profile.version(),
        time_zone: args.time_zone.name(),
    };
    ui.report(&report, text)?;
    ui.tell("Ctrl-C ends it; everything on it is then gone.");
    interrupt::signal().await.map_err(|error| {
        CliError::new(ErrorKind::Failed, "signals cannot be heard").because(error)
    })?;
    Ok(Exit::Done)
}

fn fill(
    sandbox: &Sandbox,
    args: &SandboxArgs,
    api_key: &str,
    api_secret: &str,
) -> Result<(), SiteError> {
    if !args.empty {
        fixture::install_doctypes(sandbox)?;
        let size = Size {
            customers: args.customers,
            addresses: if args.customers == 0 {
                0
            } else {
                args.addresses
            },
            items: args.items,
            employees: args.employees,
            orders: args.orders,
            ..Size::default()
        };
        fixture::load(sandbox, args.seed, size)?;
    }
    sandbox.add_user(UserOptions {
        email: USER.to_owned(),
        roles: vec!["System Manager".to_owned()],
        api_key: api_key.to_owned(),
        api_secret: api_secret.to_owned(),
    })
}

fn refused(error: SiteError) -> CliError {
    CliError::new(ErrorKind::Failed, "the sandbox could not be filled").because(error)
}

fn text(report: &SandboxReport) -> String {
    format!(
        "{HEADING}A sandbox of Frappe {} in {}{HEADING:#}\n  url         {}\n  api_key     {}\n  \
         api_secret  {}  {FAINT}(user {}; good for this sandbox alone){FAINT:#}\n",
        report.frappe_version,
        report.time_zone,
        report.url,
        report.api_key,
        report.api_secret,
        report.user,
    )
}
