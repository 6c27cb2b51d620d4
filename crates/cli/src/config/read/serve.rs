//! The block `serve`, and when syncs run by themselves.

use std::net::SocketAddr;

use chrono_tz::Tz;
use frappe_sync_connector::{AddressError, SecretSource, SiteUrl};
use frappe_sync_serve::{Hours, Schedule};
use serde_saphyr::Spanned;

use super::Reader;
use crate::config::file::{ServeFile, TellFile};
use crate::config::{ServeConfig, TellConfig};

impl Reader<'_> {
    pub(super) fn serve(&mut self, file: &ServeFile) -> ServeConfig {
        ServeConfig {
            listen: match &file.listen {
                Some(written) => self.listen(written),
                None => ServeConfig::default().listen,
            },
            public_url: file
                .public_url
                .as_ref()
                .and_then(|written| self.public_url(written)),
            webhook_secret: self.secret(
                "`webhook_secret_env`, `webhook_secret_file` or `webhook_secret_command`",
                &file.webhook_secret_env,
                &file.webhook_secret_file,
                &file.webhook_secret_command,
            ),
            token: self.secret(
                "`token_env`, `token_file` or `token_command`",
                &file.token_env,
                &file.token_file,
                &file.token_command,
            ),
            time_zone: match &file.time_zone {
                Some(zone) => self.zone(zone).unwrap_or(Tz::UTC),
                None => Tz::UTC,
            },
            max_runs: match &file.max_runs {
                Some(number) => self.max_runs(number),
                None => ServeConfig::default().max_runs,
            },
            tell: match &file.tell {
                Some(tell) => self.tell(tell),
                None => TellConfig::default(),
            },
        }
    }

    fn listen(&mut self, written: &Spanned<String>) -> SocketAddr {
        written.value.trim().parse().unwrap_or_else(|_| {
            let message = format!("`{}` is no address to listen on", written.value);
            let diagnostic = self.text.wrong(written, message);
            self.wrong.push(diagnostic.with_help(
                "a number of the machine and a port, such as `127.0.0.1:8790`, or `0.0.0.0:8790` for all networks",
            ));
            ServeConfig::default().listen
        })
    }

    fn public_url(&mut self, written: &Spanned<String>) -> Option<String> {
        match SiteUrl::new(&written.value) {
            Ok(url) => Some(url.as_str().to_owned()),
            Err(error) => {
                let diagnostic = self.text.wrong(written, not_public(error));
                self.wrong
                    .push(diagnostic.with_help("for example `https://sync.example.com`"));
                None
            }
        }
    }

    /// Where a secret is, if it is anywhere; `keys` names the three ways to say so.
    fn secret(
        &mut self,
        keys: &str,
        env: &Option<Spanned<String>>,
        file: &Option<Spanned<String>>,
        command: &Option<Spanned<String>>,
    ) -> Option<SecretSource> {
        let given = [
            self.given(env, SecretSource::Env),
            self.given_path(file)
                .map(|(at, path)| (at, SecretSource::File(path))),
            self.given(command, SecretSource::Command),
        ];
        self.at_most_one(given, keys)
    }

    fn max_runs(&mut self, written: &Spanned<u64>) -> usize {
        match usize::try_from(written.value) {
            Ok(number @ 1..=256) => number,
            _ => {
                let message = "runs at a time are between 1 and 256";
                self.wrong.push(self.text.wrong(written, message));
                ServeConfig::default().max_runs
            }
        }
    }

    fn tell(&mut self, file: &TellFile) -> TellConfig {
        let url = file.url.as_ref().and_then(|written| {
            let is_web = ["http://", "https://"]
                .iter()
                .any(|scheme| written.value.starts_with(scheme));
            if !is_web || url_host(&written.value).is_none() {
                let message =
                    "news are posted to an address that begins with `https://` or `http://`";
                self.wrong.push(self.text.wrong(written, message));
                return None;
            }
            Some(written.value.clone())
        });
        TellConfig {
            command: self.given(&file.command, |text| text).map(|(_, text)| text),
            url,
        }
    }

    pub(super) fn schedule(&mut self, written: &Spanned<String>) -> String {
        if let Err(error) = Schedule::parse(&written.value, Tz::UTC) {
            let diagnostic = self.text.wrong(written, error.to_string());
            self.wrong.push(diagnostic.with_help(
                "five fields of cron such as `*/5 * * * *`, `@hourly`, `@every 30s` or `@continuous`",
            ));
        }
        written.value.clone()
    }

    pub(super) fn hours(&mut self, list: &Spanned<Vec<Spanned<String>>>) -> Vec<String> {
        for written in &list.value {
            if let Err(error) = Hours::parse(&[&written.value], Tz::UTC) {
                let diagnostic = self.text.wrong(written, error.to_string());
                self.wrong
                    .push(diagnostic.with_help("for example `Mon-Fri 20:00-06:00`"));
            }
        }
        list.value
            .iter()
            .map(|written| written.value.clone())
            .collect()
    }
}

/// Returns the host of an address, if it has one.
pub(crate) fn host_of(url: &str) -> Option<String> {
    url_host(url).map(str::to_owned)
}

fn url_host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

/// Says why a text is no address that sites can send to. The text is not repeated: it may hold a password.
pub(crate) fn not_public(error: AddressError) -> String {
    match error {
        AddressError::NotAUrl(error) => {
            format!("a public address is written like `https://sync.example.com`: {error}")
        }
        AddressError::Scheme => "a public address begins with `https://` or `http://`".to_owned(),
        AddressError::Credentials => {
            "a public address holds no user and no password: webhooks are signed instead".to_owned()
        }
        AddressError::Query => "a public address ends before any `?` or `#`".to_owned(),
        AddressError::Page => {
            "a public address has no `/app`, `/desk`, `/login` and `/api` in it: those are paths of Frappe".to_owned()
        }
        other => other.to_string(),
    }
}
