//! How to log in to a site: which keys go with which kind, and where each secret is.

use std::path::{Path, PathBuf};

use frappe_sync_connector::{Endpoint, SecretSource};
use serde_saphyr::{Location, Spanned};

use super::file::{AuthFile, AuthKindFile, GrantFile};
use super::read::Reader;
use super::{
    AuthConfig, AuthKind, GrantConfig, KeySource, KeysConfig, OAuthConfig, PasswordConfig,
};

/// What is asked for where nothing is said: what Frappe's own OAuth Clients are allowed.
const SCOPE: &str = "all openid";

/// The keys of `auth` that go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Keys,
    Password,
    OAuth,
}

impl Reader<'_> {
    /// Reads the value of `auth`; `tokens` is the file that would keep the tokens of the site.
    pub(super) fn auth(&mut self, auth: &Spanned<AuthFile>, tokens: &Path) -> AuthConfig {
        let file = &auth.value;
        let grant = file.grant.as_ref().map(|grant| grant.value);
        match file.kind.unwrap_or(AuthKindFile::Token) {
            AuthKindFile::Token => self.keys(auth, AuthKind::Token),
            AuthKindFile::Basic => self.keys(auth, AuthKind::Basic),
            AuthKindFile::Session => {
                self.only(file, &[Group::Password], "`kind: session`");
                AuthConfig::Session(self.password(auth))
            }
            AuthKindFile::OAuth if grant == Some(GrantFile::Password) => {
                self.only(file, &[Group::OAuth, Group::Password], "`kind: oauth`");
                let grant = GrantConfig::Password(self.password(auth));
                self.oauth(auth, grant, tokens)
            }
            AuthKindFile::OAuth => {
                let what = "`kind: oauth` without `grant: password`";
                self.only(file, &[Group::OAuth], what);
                let grant = match grant {
                    Some(GrantFile::ClientCredentials) => GrantConfig::ClientCredentials,
                    _ => GrantConfig::AuthorizationCode,
                };
                self.oauth(auth, grant, tokens)
            }
        }
    }

    fn keys(&mut self, auth: &Spanned<AuthFile>, form: AuthKind) -> AuthConfig {
        let kind = match form {
            AuthKind::Token => "`kind: token`",
            AuthKind::Basic => "`kind: basic`",
        };
        self.only(&auth.value, &[Group::Keys], kind);
        AuthConfig::Keys(KeysConfig {
            form,
            key: self.api_key(auth),
            secret: self.api_secret(auth),
        })
    }

    fn password(&mut self, auth: &Spanned<AuthFile>) -> PasswordConfig {
        let file = &auth.value;
        let given = [
            self.given(&file.password_env, SecretSource::Env),
            self.given_path(&file.password_file)
                .map(|(at, path)| (at, SecretSource::File(path))),
            self.given(&file.password_command, SecretSource::Command),
        ];
        let keys = "`password_env`, `password_file` or `password_command`";
        PasswordConfig {
            user: self.required(auth, &file.user, "`user`, the name of the user,"),
            password: self
                .only_one(auth, given, keys)
                .unwrap_or_else(|| SecretSource::Env(String::new())),
        }
    }

    fn oauth(&mut self, auth: &Spanned<AuthFile>, grant: GrantConfig, tokens: &Path) -> AuthConfig {
        let file = &auth.value;
        let given = [
            self.given(&file.client_secret_env, SecretSource::Env),
            self.given_path(&file.client_secret_file)
                .map(|(at, path)| (at, SecretSource::File(path))),
            self.given(&file.client_secret_command, SecretSource::Command),
        ];
        let keys = "`client_secret_env`, `client_secret_file` or `client_secret_command`";
        let client_id = "`client_id`, the name of the OAuth Client on the site,";
        AuthConfig::OAuth(Box::new(OAuthConfig {
            client_id: self.required(auth, &file.client_id, client_id),
            client_secret: self.at_most_one(given, keys),
            grant,
            scope: self
                .given(&file.scope, |scope| scope)
                .map_or_else(|| SCOPE.to_owned(), |(_, scope)| scope),
            authorize_url: self.endpoint(&file.authorize_url),
            token_url: self.endpoint(&file.token_url),
            tokens: tokens.to_owned(),
        }))
    }

    fn api_key(&mut self, auth: &Spanned<AuthFile>) -> KeySource {
        let file = &auth.value;
        let given = [
            self.given(&file.api_key, KeySource::Inline),
            self.given(&file.api_key_env, |name| {
                KeySource::Kept(SecretSource::Env(name))
            }),
            self.given_path(&file.api_key_file)
                .map(|(at, path)| (at, KeySource::Kept(SecretSource::File(path)))),
            self.given(&file.api_key_command, |line| {
                KeySource::Kept(SecretSource::Command(line))
            }),
        ];
        let keys = "`api_key`, `api_key_env`, `api_key_file` or `api_key_command`";
        self.only_one(auth, given, keys)
            .unwrap_or_else(|| KeySource::Inline(String::new()))
    }

    fn api_secret(&mut self, auth: &Spanned<AuthFile>) -> SecretSource {
        let file = &auth.value;
        let given = [
            self.given(&file.api_secret_env, SecretSource::Env),
            self.given_path(&file.api_secret_file)
                .map(|(at, path)| (at, SecretSource::File(path))),
            self.given(&file.api_secret_command, SecretSource::Command),
        ];
        let keys = "`api_secret_env`, `api_secret_file` or `api_secret_command`";
        self.only_one(auth, given, keys)
            .unwrap_or_else(|| SecretSource::Env(String::new()))
    }

    /// Refuses the keys that say nothing for this kind.
    fn only(&mut self, file: &AuthFile, groups: &[Group], kind: &str) {
        for (group, key, written) in every_key(file) {
            if let Some(place) = written
                && !groups.contains(&group)
            {
                let message = format!("`{key}` says nothing for {kind}");
                self.wrong.push(self.text.wrong_at(place, message));
            }
        }
    }

    /// Reads a text that must be there.
    fn required(
        &mut self,
        auth: &Spanned<AuthFile>,
        written: &Option<Spanned<String>>,
        what: &str,
    ) -> String {
        match self.given(written, |text| text) {
            Some((_, text)) => text,
            None => {
                let message = format!("{what} is missing");
                self.wrong.push(self.text.wrong(auth, message));
                String::new()
            }
        }
    }

    fn endpoint(&mut self, written: &Option<Spanned<String>>) -> Option<Endpoint> {
        let written = written.as_ref()?;
        match Endpoint::new(&written.value) {
            Ok(endpoint) => Some(endpoint),
            Err(error) => {
                self.wrong.push(self.text.wrong(written, error.to_string()));
                None
            }
        }
    }

    pub(super) fn given<T>(
        &mut self,
        written: &Option<Spanned<String>>,
        make: impl FnOnce(String) -> T,
    ) -> Option<(Location, T)> {
        let written = written.as_ref()?;
        if written.value.trim().is_empty() {
            self.wrong
                .push(self.text.wrong(written, "something is missing here"));
        }
        Some((written.referenced, make(written.value.clone())))
    }

    pub(super) fn given_path(
        &mut self,
        written: &Option<Spanned<String>>,
    ) -> Option<(Location, PathBuf)> {
        let written = written.as_ref()?;
        Some((written.referenced, self.path(written)))
    }

    fn only_one<T, const N: usize>(
        &mut self,
        auth: &Spanned<AuthFile>,
        given: [Option<(Location, T)>; N],
        keys: &str,
    ) -> Option<T> {
        let first = self.at_most_one(given, keys);
        if first.is_none() {
            let message = format!("one of {keys} is missing");
            self.wrong.push(self.text.wrong(auth, message));
        }
        first
    }

    pub(super) fn at_most_one<T, const N: usize>(
        &mut self,
        given: [Option<(Location, T)>; N],
        keys: &str,
    ) -> Option<T> {
        let mut given = given.into_iter().flatten();
        let first = given.next();
        if let Some((second, _)) = given.next() {
            let message = format!("only one of {keys} can be given");
            self.wrong.push(self.text.wrong_at(second, message));
        }
        first.map(|(_, source)| source)
    }
}

/// Lists every key of `auth` but `kind`, with the place where it is written.
fn every_key(file: &AuthFile) -> [(Group, &'static str, Option<Location>); 19] {
    let at = |written: &Option<Spanned<String>>| written.as_ref().map(|text| text.referenced);
    let grant = file.grant.as_ref().map(|grant| grant.referenced);
    [
        (Group::Keys, "api_key", at(&file.api_key)),
        (Group::Keys, "api_key_env", at(&file.api_key_env)),
        (Group::Keys, "api_key_file", at(&file.api_key_file)),
        (Group::Keys, "api_key_command", at(&file.api_key_command)),
        (Group::Keys, "api_secret_env", at(&file.api_secret_env)),
        (Group::Keys, "api_secret_file", at(&file.api_secret_file)),
        (
            Group::Keys,
            "api_secret_command",
            at(&file.api_secret_command),
        ),
        (Group::Password, "user", at(&file.user)),
        (Group::Password, "password_env", at(&file.password_env)),
        (Group::Password, "password_file", at(&file.password_file)),
        (
            Group::Password,
            "password_command",
            at(&file.password_command),
        ),
        (Group::OAuth, "grant", grant),
        (Group::OAuth, "client_id", at(&file.client_id)),
        (
            Group::OAuth,
            "client_secret_env",
            at(&file.client_secret_env),
        ),
        (
            Group::OAuth,
            "client_secret_file",
            at(&file.client_secret_file),
        ),
        (
            Group::OAuth,
            "client_secret_command",
            at(&file.client_secret_command),
        ),
        (Group::OAuth, "scope", at(&file.scope)),
        (Group::OAuth, "authorize_url", at(&file.authorize_url)),
        (Group::OAuth, "token_url", at(&file.token_url)),
    ]
}
