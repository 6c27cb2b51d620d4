//! The sites of an import: the consumer that is asked, and both as the configuration is to name them.

use std::collections::BTreeSet;
use std::time::Duration;

use frappe_sync_connector::{SecretSource, SiteUrl};

use super::event_streaming::{EventStreamingArgs, Found};
use crate::config::{AuthConfig, AuthKind, Config, KeySource, KeysConfig, SiteConfig};
use crate::error::{CliError, ErrorKind};
use crate::event_streaming::ConfigSite;
use crate::init::scalar;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

pub(super) fn configured(config: &Config, name: &str) -> Result<SiteConfig, CliError> {
    if let Some(site) = config.sites.get(name) {
        return Ok(site.clone());
    }
    let known = || config.sites.keys().map(String::as_str);
    let help = match frappe_sync_mapper::nearest(name, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("sites are: {}", known().collect::<Vec<_>>().join(", ")),
    };
    Err(CliError::new(ErrorKind::Usage, format!("there is no site `{name}`")).remedy(help))
}

/// Makes a site of the flags, with the value of `auth`.
pub(super) fn given(args: &EventStreamingArgs) -> Result<(SiteConfig, String), CliError> {
    let url = site_url(args.url.as_deref().unwrap_or_default())?;
    let (api_key, key_line) = match (&args.key_env, &args.key) {
        (Some(variable), _) => (
            KeySource::Kept(SecretSource::Env(variable.clone())),
            format!("api_key_env: {}", scalar(variable)),
        ),
        (None, Some(key)) => (
            KeySource::Inline(key.clone()),
            format!("api_key: {}", scalar(key)),
        ),
        (None, None) => return Err(lacking("key", "--key-env KEY")),
    };
    let (api_secret, secret_line) = match (&args.secret_env, &args.secret_file) {
        (Some(variable), _) => (
            SecretSource::Env(variable.clone()),
            format!("api_secret_env: {}", scalar(variable)),
        ),
        (None, Some(file)) => {
            let path = std::path::absolute(file).map_err(|error| {
                CliError::new(ErrorKind::Usage, "the file of a secret cannot be found")
                    .because(error)
            })?;
            let line = format!("api_secret_file: {}", scalar(&path.display().to_string()));
            (SecretSource::File(path), line)
        }
        (None, None) => return Err(lacking("secret", "--secret-env SECRET")),
    };
    let name = site_name(url.as_str(), "consumer", &BTreeSet::new());
    let site = SiteConfig {
        name,
        url,
        auth: AuthConfig::Keys(KeysConfig {
            form: AuthKind::Token,
            key: api_key,
            secret: api_secret,
        }),
        time_zone: None,
        request_timeout: REQUEST_TIMEOUT,
        ca_file: None,
        max_in_flight: None,
    };
    Ok((
        site,
        format!("{{ kind: token, {key_line}, {secret_line} }}"),
    ))
}

fn lacking(what: &str, flag: &str) -> CliError {
    CliError::new(ErrorKind::Usage, format!("nothing names the API {what}"))
        .remedy(format!("name the variable that holds it: `{flag}`"))
}

pub(super) fn site_url(url: &str) -> Result<SiteUrl, CliError> {
    SiteUrl::new(url.trim()).map_err(|error| {
        CliError::new(ErrorKind::Usage, error.to_string())
            .remedy("`--url https://branch.example.com`")
    })
}

/// Returns the producer as the configuration has it or is to have it.
pub(super) fn producer(
    url: &str,
    found: &Found,
    taken: &BTreeSet<String>,
) -> Result<ConfigSite, CliError> {
    let checked = SiteUrl::new(url).map_err(|error| {
        CliError::new(ErrorKind::Config, error.to_string())
            .at(format!(
                "{}: Event Producer `{url}`",
                found.read_from.join(", ")
            ))
            .remedy("write the address of the site there, such as `https://hq.example.com`")
    })?;
    let known = found.config.iter().flat_map(|config| config.sites.values());
    let mut known = known.filter(|site| site.url.as_str() == checked.as_str());
    if let Some(site) = known.next() {
        return Ok(ConfigSite {
            name: site.name.clone(),
            url: url.to_owned(),
            auth: String::new(),
            note: None,
            is_there: true,
        });
    }
    let mut taken = taken.clone();
    taken.extend(
        found
            .config
            .iter()
            .flat_map(|config| config.sites.keys().cloned()),
    );
    let name = site_name(checked.as_str(), "producer", &taken);
    let note =
        "A user of the sync alone, on each site: the keys of event_streaming are not taken along.";
    Ok(ConfigSite {
        auth: from_environment(&name),
        name,
        url: checked.as_str().to_owned(),
        note: Some(note.to_owned()),
        is_there: false,
    })
}

/// Returns the consumer under another name and user: what a sync writes is told by its user.
pub(super) fn once_more(consumer: &ConfigSite, producer: &str) -> ConfigSite {
    let name = format!("{}-for-{producer}", consumer.name);
    ConfigSite {
        auth: from_environment(&name),
        name,
        url: consumer.url.clone(),
        note: Some("The same site once more: each sync has a user of its own there.".to_owned()),
        is_there: false,
    }
}

pub(super) fn from_environment(name: &str) -> String {
    let kept = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(kept).collect();
    format!("{{ kind: token, api_key_env: {name}_KEY, api_secret_env: {name}_SECRET }}")
}

/// Names a site by the first part of its host, where that tells something.
pub(super) fn site_name(url: &str, otherwise: &str, taken: &BTreeSet<String>) -> String {
    let host = url.split("://").nth(1).unwrap_or_default();
    let host = host.split([':', '/']).next().unwrap_or_default();
    let first = host.split('.').next().unwrap_or_default();
    let tells = host.contains('.') && first.starts_with(char::is_alphabetic) && first != "www";
    let name = if tells { first } else { otherwise };
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names
        .find(|name| !taken.contains(name))
        .expect("numbers do not run out")
}
