//! The two sites: asked for, or given by flags.

use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use frappe_sync_connector::{SecretSource, SiteUrl};
use frappe_sync_model::Side;

use super::place::{Readers, Staging};
use super::yaml::scalar;
use crate::config::{AuthConfig, AuthKind, KeySource, KeysConfig, SiteConfig};
use crate::error::{CliError, ErrorKind};
use crate::ui::Ui;

/// gunicorn's and nginx's own limit on a bench.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// What flags say of one site; what they leave open is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct SiteAnswers {
    /// Its address.
    pub(crate) url: Option<String>,
    /// What it is called in the configuration.
    pub(crate) name: Option<String>,
    /// The API key itself.
    pub(crate) key: Option<String>,
    /// The environment variable that holds the key.
    pub(crate) key_env: Option<String>,
    /// The environment variable that holds the secret.
    pub(crate) secret_env: Option<String>,
    /// The file that holds the secret.
    pub(crate) secret_file: Option<PathBuf>,
    /// The secret, as it was read from standard input.
    pub(crate) secret_line: Option<String>,
    /// The zone, where System Settings cannot be read.
    pub(crate) time_zone: Option<Tz>,
}

/// A site as it will stand in the configuration.
#[derive(Clone, Debug)]
pub(crate) struct SiteEntry {
    /// How it is reached.
    pub(crate) config: SiteConfig,
    /// The value of `auth`.
    pub(crate) auth: String,
}

/// Makes a site of the answers, and asks for what is missing. A secret that is typed or piped is kept in a file
/// of its own. `taken` is the name of the other site.
pub(crate) fn enter(
    ui: &Ui,
    side: Side,
    answers: &SiteAnswers,
    taken: Option<&str>,
    staging: &mut Staging,
) -> Result<SiteEntry, CliError> {
    let url = match &answers.url {
        Some(url) => url.clone(),
        None => ui.prompt(
            &format!("Address of site {side}"),
            None,
            &format!("--{side}-url"),
        )?,
    };
    let url = SiteUrl::new(url.trim()).map_err(|error| {
        CliError::new(ErrorKind::Usage, error.to_string())
            .remedy(format!("`--{side}-url https://erp.example.com`"))
    })?;
    let name = match &answers.name {
        Some(name) if taken == Some(name) => {
            return Err(
                CliError::new(ErrorKind::Usage, format!("both sites are called `{name}`"))
                    .remedy(format!("give this one another name with `--{side}-name`")),
            );
        }
        Some(name) => name.clone(),
        None => default_name(side, &url, taken),
    };
    let (api_key, key_line) = match (&answers.key_env, &answers.key) {
        (Some(variable), _) => (
            KeySource::Kept(SecretSource::Env(variable.clone())),
            format!("api_key_env: {}", scalar(variable)),
        ),
        (None, given) => {
            let key = match given {
                Some(key) => key.clone(),
                None => ui.prompt(
                    &format!("API key of our user on {name}"),
                    None,
                    &format!("--{side}-key-env"),
                )?,
            };
            let line = format!("api_key: {}", scalar(&key));
            (KeySource::Inline(key), line)
        }
    };
    let (api_secret, secret_line) = secret(ui, side, &name, answers, staging)?;
    Ok(SiteEntry {
        auth: format!("{{ kind: token, {key_line}, {secret_line} }}"),
        config: SiteConfig {
            name,
            url,
            auth: AuthConfig::Keys(KeysConfig {
                form: AuthKind::Token,
                key: api_key,
                secret: api_secret,
            }),
            time_zone: answers.time_zone,
            request_timeout: REQUEST_TIMEOUT,
            ca_file: None,
            max_in_flight: None,
        },
    })
}

fn secret(
    ui: &Ui,
    side: Side,
    name: &str,
    answers: &SiteAnswers,
    staging: &mut Staging,
) -> Result<(SecretSource, String), CliError> {
    if let Some(variable) = &answers.secret_env {
        let line = format!("api_secret_env: {}", scalar(variable));
        return Ok((SecretSource::Env(variable.clone()), line));
    }
    if let Some(file) = &answers.secret_file {
        let path = std::path::absolute(file).map_err(|error| {
            CliError::new(ErrorKind::Usage, "the file of a secret cannot be found").because(error)
        })?;
        let line = format!("api_secret_file: {}", scalar(&path.display().to_string()));
        return Ok((SecretSource::File(path), line));
    }
    let secret = match &answers.secret_line {
        Some(secret) => secret.clone(),
        None => ui.secret(
            &format!("API secret of our user on {name}"),
            &format!("--{side}-secret-env"),
        )?,
    };
    let file = format!("secrets/{}", file_name(name));
    staging.write(&file, &format!("{}\n", secret.trim()), Readers::Owner)?;
    let line = format!("api_secret_file: {}", scalar(&file));
    Ok((SecretSource::File(staging.made(&file)), line))
}

/// Names a site by the first part of its host; `a` or `b` where that tells nothing.
fn default_name(side: Side, url: &SiteUrl, taken: Option<&str>) -> String {
    let host = url.as_str().split("://").nth(1).unwrap_or_default();
    let host = host.split([':', '/']).next().unwrap_or_default();
    let first = host.split('.').next().unwrap_or_default();
    let tells = host.contains('.') && first.starts_with(char::is_alphabetic) && first != "www";
    if tells && taken != Some(first) {
        first.to_owned()
    } else {
        side.to_string()
    }
}

fn file_name(name: &str) -> String {
    let kept = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
    name.chars()
        .map(|character| if kept(character) { character } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_named_by_its_host_where_that_says_something() {
        for (url, name) in [
            ("https://hq.example.com", "hq"),
            ("https://hq.example.com:8443", "hq"),
            ("http://127.0.0.1:8801", "b"),
            ("http://localhost:8801", "b"),
            ("https://www.example.com", "b"),
            ("https://erp.example.com", "b"),
        ] {
            let url = SiteUrl::new(url).unwrap();
            assert_eq!(default_name(Side::B, &url, Some("erp")), name, "{url}");
        }
    }
}
