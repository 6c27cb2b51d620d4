//! The two sites of a copy: by their name in the configuration, or by address.

use std::path::{Path, PathBuf};

use frappe_sync_connector::{SecretSource, SiteUrl};
use frappe_sync_mapper::nearest;
use frappe_sync_model::{PerSide, Side, SyncName};

use crate::config::{
    AuthConfig, AuthKind, Config, KeySource, KeysConfig, REQUEST_TIMEOUT, SiteConfig, same_address,
};
use crate::error::{CliError, ErrorKind};

/// Where state files are, without a configuration.
const STATE_FOLDER: &str = "state";

/// A site as it was typed, and where its credentials are if it is no site of the configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint<'a> {
    /// Its name or address.
    pub(crate) word: &'a str,
    /// The environment variable of the API key.
    pub(crate) key_env: &'a str,
    /// The environment variable of the API secret.
    pub(crate) secret_env: &'a str,
    /// The file of the API secret, in place of the variable.
    pub(crate) secret_file: Option<&'a Path>,
}

/// Finds both sites, which must be two.
///
/// # Errors
///
/// A site is not known, its credentials are not at hand, or both are one.
pub(crate) fn endpoints(
    words: &PerSide<Endpoint<'_>>,
    config: Option<&Config>,
) -> Result<PerSide<SiteConfig>, CliError> {
    let a = find(words.a, Side::A, config)?;
    let b = find(words.b, Side::B, config)?;
    if same_address(&a.url, &b.url) {
        let message = format!("`{}` stands on both sides", a.url);
        return Err(CliError::new(ErrorKind::Usage, message)
            .at("--to")
            .remedy("a copy is between two different sites"));
    }
    Ok(PerSide { a, b })
}

fn flag(side: Side) -> &'static str {
    match side {
        Side::A => "from",
        Side::B => "to",
    }
}

fn find(
    endpoint: Endpoint<'_>,
    side: Side,
    config: Option<&Config>,
) -> Result<SiteConfig, CliError> {
    let word = endpoint.word;
    let named = config.and_then(|config| config.sites.get(word));
    if let Some(site) = named {
        return Ok(site.clone());
    }
    if !word.contains("://") {
        return Err(unknown(word, side, config));
    }
    let url = SiteUrl::new(word).map_err(|error| {
        CliError::new(ErrorKind::Usage, error.to_string())
            .at(format!("--{}", flag(side)))
            .remedy(format!("`--{} https://erp.example.com`", flag(side)))
    })?;
    let is_given = std::env::var_os(endpoint.key_env).is_some();
    let mut known = config.into_iter().flat_map(|config| config.sites.values());
    if let Some(site) = known.find(|site| same_address(&site.url, &url))
        && !is_given
    {
        return Ok(site.clone());
    }
    at_hand(endpoint, side, &url)?;
    Ok(SiteConfig {
        name: host_of(&url).to_owned(),
        url,
        auth: AuthConfig::Keys(KeysConfig {
            form: AuthKind::Token,
            key: KeySource::Kept(SecretSource::Env(endpoint.key_env.to_owned())),
            secret: match endpoint.secret_file {
                Some(file) => SecretSource::File(file.to_owned()),
                None => SecretSource::Env(endpoint.secret_env.to_owned()),
            },
        }),
        time_zone: None,
        request_timeout: REQUEST_TIMEOUT,
        ca_file: None,
        max_in_flight: None,
    })
}

fn unknown(word: &str, side: Side, config: Option<&Config>) -> CliError {
    let names = config.map(|config| config.sites.keys().map(String::as_str));
    let error = CliError::new(ErrorKind::Usage, format!("there is no site `{word}`"))
        .at(format!("--{}", flag(side)));
    let Some(names) = names else {
        return error.remedy(format!(
            "there is no `frappe-sync.yaml` here that could name it: give its address, such as \
             `--{} https://erp.example.com`",
            flag(side)
        ));
    };
    match nearest(word, names.clone()) {
        Some(meant) => error.remedy(format!("did you mean `{meant}`?")),
        None => error.remedy(format!(
            "sites are: {}; or give an address, such as `https://erp.example.com`",
            names.collect::<Vec<_>>().join(", ")
        )),
    }
}

/// Says which variable is missing, before a site is asked.
fn at_hand(endpoint: Endpoint<'_>, side: Side, url: &SiteUrl) -> Result<(), CliError> {
    let mut needed = vec![(endpoint.key_env, "key")];
    if endpoint.secret_file.is_none() {
        needed.push((endpoint.secret_env, "secret"));
    }
    for (variable, what) in needed {
        if std::env::var_os(variable).is_none() {
            let message = format!("the API {what} of {url} is not at hand");
            let flag = flag(side);
            let other = match what {
                "secret" => format!(", or name a file with `--{flag}-secret-file`"),
                _ => format!(", or name another variable with `--{flag}-key-env`"),
            };
            return Err(CliError::new(ErrorKind::Config, message)
                .at(format!("--{flag}"))
                .remedy(format!("set it with `export {variable}=...`{other}"))
                .remedy("or name a site of `frappe-sync.yaml`"));
        }
    }
    Ok(())
}

/// Returns host and port.
fn host_of(url: &SiteUrl) -> &str {
    let text = url.as_str();
    text.split_once("://").map_or(text, |(_, rest)| rest)
}

/// Names what is remembered of copies between two sites, by their addresses: the sync in the state file, and
/// the file where none was named.
pub(crate) fn memory_of(
    sites: &PerSide<SiteConfig>,
    config: Option<&Config>,
) -> (SyncName, PathBuf) {
    let plain = |site: &SiteConfig| -> String {
        let kept = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
        let letters = host_of(&site.url).chars();
        letters
            .map(|letter| if kept(letter) { letter } else { '_' })
            .collect()
    };
    let name = format!("copy-{}-to-{}", plain(&sites.a), plain(&sites.b));
    let folder = config.and_then(|config| config.state.parent());
    let folder = folder.unwrap_or(Path::new(STATE_FOLDER));
    let file = folder.join(format!("{name}.db"));
    (SyncName::from(name.as_str()), file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(url: &str) -> SiteConfig {
        let url = SiteUrl::new(url).unwrap();
        SiteConfig {
            name: host_of(&url).to_owned(),
            url,
            auth: AuthConfig::Keys(KeysConfig {
                form: AuthKind::Token,
                key: KeySource::Inline(String::new()),
                secret: SecretSource::Env(String::new()),
            }),
            time_zone: None,
            request_timeout: REQUEST_TIMEOUT,
            ca_file: None,
            max_in_flight: None,
        }
    }

    #[test]
    fn copies_are_remembered_by_both_addresses_and_their_order() {
        let sites = PerSide {
            a: site("https://hq.example.com"),
            b: site("http://127.0.0.1:8802/erp"),
        };
        let (name, file) = memory_of(&sites, None);
        let expected = "copy-hq.example.com-to-127.0.0.1_8802_erp";
        assert_eq!(name.as_str(), expected);
        assert_eq!(file, Path::new("state").join(format!("{expected}.db")));
        let back = PerSide {
            a: sites.b.clone(),
            b: sites.a.clone(),
        };
        assert_ne!(memory_of(&back, None).0, name);
    }
}
