//! The block `serve`: where the receiver of webhooks listens, and how it is reached.

use std::net::SocketAddr;

use frappe_sync_connector::{AddressError, SecretSource, SiteUrl};
use serde_saphyr::Spanned;

use super::Reader;
use crate::config::ServeConfig;
use crate::config::file::ServeFile;

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
            webhook_secret: self.webhook_secret(file),
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

    fn webhook_secret(&mut self, file: &ServeFile) -> Option<SecretSource> {
        let given = [
            self.given(&file.webhook_secret_env, SecretSource::Env),
            self.given_path(&file.webhook_secret_file)
                .map(|(at, path)| (at, SecretSource::File(path))),
            self.given(&file.webhook_secret_command, SecretSource::Command),
        ];
        let mut given = given.into_iter().flatten();
        let first = given.next();
        if let Some((second, _)) = given.next() {
            let message = "only one of `webhook_secret_env`, `webhook_secret_file` or `webhook_secret_command` can be \
                           given";
            self.wrong.push(self.text.wrong_at(second, message));
        }
        first.map(|(_, source)| source)
    }
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
