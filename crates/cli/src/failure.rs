//! Failures of the other crates as errors of the command line: kind, place and remedy of each.

use frappe_sync_engine::EngineError;
use frappe_sync_model::{SiteError, SiteErrorKind, StateError};
use frappe_sync_store::{LockError, OpenError};

use crate::config::{AuthConfig, Config, GrantConfig, SiteConfig, SyncConfig, error_of};
use crate::error::{CliError, ErrorKind};

/// Tells what ended a run, a plan or a verification.
pub(crate) fn of_engine(error: EngineError, sync: &SyncConfig, config: &Config) -> CliError {
    match error {
        EngineError::Site { side, source } => of_site(source, config.site(&sync.sites[side])),
        EngineError::State(error) => of_state(error),
        EngineError::Mapping(diagnostics) => CliError::of_all(diagnostics.iter().map(error_of))
            .unwrap_or_else(|| {
                CliError::new(ErrorKind::Config, "the mappings do not fit the sites")
            }),
        EngineError::Guard(guard) => CliError::new(
            ErrorKind::Guard,
            format!(
                "{} (limit {}, seen {})",
                guard.message, guard.limit, guard.seen
            ),
        )
        .at(format!("sync `{}`", sync.name))
        .remedy(guard.remedy)
        .remedy(format!("`run --allow {}` lets it pass once", guard.name)),
        EngineError::Interrupted => CliError::new(ErrorKind::Interrupted, "interrupted")
            .at(format!("sync `{}`", sync.name))
            .remedy("run again: it goes on where it stopped"),
        EngineError::Unknown(_) => CliError::new(ErrorKind::Failed, error.to_string())
            .at(format!("sync `{}`", sync.name))
            .remedy(
                "`frappe-sync conflicts list --all` shows what there is; its document must be on the site, and \
                 its mapping in the configuration",
            ),
        EngineError::Refused(refusal) => CliError::new(
            ErrorKind::Config,
            format!("the plan cannot be carried out here: {refusal}"),
        )
        .at(format!("sync `{}`", sync.name))
        .remedy(format!("`frappe-sync plan {} --out FILE` makes a new one", sync.name)),
        other => CliError::new(ErrorKind::Failed, "the run could not go on")
            .at(format!("sync `{}`", sync.name))
            .because(other),
    }
}

/// Tells what is wrong with a site.
pub(crate) fn of_site(error: SiteError, site: &SiteConfig) -> CliError {
    let (kind, remedy) = match &error.kind {
        SiteErrorKind::Unreachable => (
            ErrorKind::Unreachable,
            "see whether `url` is right and the site is up; nothing is lost, the next run goes on from here",
        ),
        SiteErrorKind::Busy { .. } => (
            ErrorKind::Unreachable,
            "the site is busy or in maintenance: run again later",
        ),
        SiteErrorKind::OutcomeUnknown => (
            ErrorKind::Unreachable,
            "run again: what was under way is looked up first",
        ),
        SiteErrorKind::Tls => (
            ErrorKind::Unreachable,
            "a certificate of an authority of your own is named by `ca_file`; a site without TLS has an address \
             that begins with `http://`",
        ),
        SiteErrorKind::NotFrappe => (
            ErrorKind::Unreachable,
            "see whether `url` is the site itself, as a browser opens it",
        ),
        SiteErrorKind::NotAuthorised => (ErrorKind::NotAuthorised, not_let_in(&site.auth)),
        SiteErrorKind::NotPermitted => (
            ErrorKind::NotAuthorised,
            "give a role of the sync's user that permission, under Role Permissions Manager; `frappe-sync \
             check` tells of all that are missing",
        ),
        SiteErrorKind::NotFound => (
            ErrorKind::Failed,
            "see whether the app that brings this DocType is installed on the site",
        ),
        SiteErrorKind::Stale | SiteErrorKind::Duplicate | SiteErrorKind::Refused { .. } => {
            (ErrorKind::Failed, "see the site's Error Log")
        }
    };
    let mut told = CliError::new(kind, format!("site `{}`: {error}", site.name));
    told = match error.request.as_str() {
        "" => told.at(site.url.to_string()),
        request => told.at(format!("{}, {request}", site.url)),
    };
    if let Some(source) = error.source {
        told = told.because(source);
    }
    if kind == ErrorKind::NotAuthorised
        && error.kind == SiteErrorKind::NotAuthorised
        && let AuthConfig::OAuth(oauth) = &site.auth
        && oauth.grant == GrantConfig::AuthorizationCode
    {
        told = told.remedy(format!("log in: `frappe-sync login {}`", site.name));
    }
    told.remedy(remedy)
}

/// Says what to do where a site does not let us in.
fn not_let_in(auth: &AuthConfig) -> &'static str {
    match auth {
        AuthConfig::Keys(_) => {
            "see whether key and secret are those of this site, and their user is enabled; or make new ones under \
             User > Settings > API Access, which makes the old secret void"
        }
        AuthConfig::Session(_) => {
            "see whether user and password are those of this site, and the user is enabled; an API key in their \
             place (`kind: token`) needs no session"
        }
        AuthConfig::OAuth(oauth) => match &oauth.grant {
            GrantConfig::AuthorizationCode => {
                "see whether `client_id` is the name of the OAuth Client on this site, and the user is enabled"
            }
            GrantConfig::Password(_) => {
                "see whether user, password and `client_id` are those of this site, and the user is enabled"
            }
            GrantConfig::ClientCredentials => {
                "Frappe itself knows no `client_credentials`: use `grant: authorization_code` and log in once, or an \
                 API key (`kind: token`); for a gateway that knows it, name its `token_url`"
            }
        },
    }
}

/// Tells what is wrong with the state file.
pub(crate) fn of_state(error: StateError) -> CliError {
    let told = CliError::new(ErrorKind::Failed, error.message);
    match error.source {
        Some(source) => told.because(source),
        None => told,
    }
}

/// Tells why the state file cannot be opened.
pub(crate) fn of_open(error: OpenError) -> CliError {
    let kind = match error {
        OpenError::NotInitialised { .. } => ErrorKind::NotInitialised,
        _ => ErrorKind::Failed,
    };
    let remedy = match error {
        OpenError::NotInitialised { .. } => Some(
            "if there was one and it is lost, `frappe-sync state rebuild` makes it anew, and writes to no site",
        ),
        OpenError::Newer { .. } => Some(
            "or make one of this version with `frappe-sync state rebuild`, which writes to no site",
        ),
        _ => None,
    };
    let mut told = CliError::new(kind, error.to_string());
    if let OpenError::NoAccess { .. } | OpenError::NotCreated { .. } = error {
        told = told
            .remedy("or name another file with `state:` in the configuration, or `--state FILE`");
    }
    if let Some(remedy) = remedy {
        told = told.remedy(remedy);
    }
    match kind {
        ErrorKind::NotInitialised => told,
        _ => told.because(error),
    }
}

/// Tells why a sync cannot be run now.
pub(crate) fn of_lock(error: LockError) -> CliError {
    let kind = match error {
        LockError::Held { .. } => ErrorKind::Locked,
        _ => ErrorKind::Failed,
    };
    CliError::new(kind, error.to_string()).because(error)
}
