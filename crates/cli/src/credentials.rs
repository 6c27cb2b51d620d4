//! What we log in to a site with, read from where the configuration says that it is.

use frappe_sync_connector::{Auth, OAuth, OAuthClient, OAuthGrant, SecretSource, TokenFile};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{
    AuthConfig, AuthKind, GrantConfig, KeySource, KeysConfig, OAuthConfig, SiteConfig,
};
use crate::error::{CliError, ErrorKind};
use crate::ui::Ui;

/// Reads all that a login to a site takes.
pub(crate) fn credentials(ui: &Ui, site: &SiteConfig) -> Result<Auth, CliError> {
    let read = |source: &SecretSource, what: Secret| secret(ui, site, source, what);
    match &site.auth {
        AuthConfig::Keys(keys) => by_key(keys, read),
        AuthConfig::Session(login) => Ok(Auth::Session {
            user: login.user.clone(),
            password: read(&login.password, Secret::Password)?,
        }),
        AuthConfig::OAuth(oauth) => Ok(Auth::OAuth(Box::new(OAuth {
            client: oauth_client(oauth, read)?,
            grant: match &oauth.grant {
                GrantConfig::AuthorizationCode => OAuthGrant::AuthorizationCode,
                GrantConfig::ClientCredentials => OAuthGrant::ClientCredentials,
                GrantConfig::Password(login) => OAuthGrant::Password {
                    user: login.user.clone(),
                    password: read(&login.password, Secret::Password)?,
                },
            },
            tokens: TokenFile::new(&oauth.tokens),
        }))),
    }
}

fn by_key(
    keys: &KeysConfig,
    read: impl Fn(&SecretSource, Secret) -> Result<SecretString, CliError>,
) -> Result<Auth, CliError> {
    let key = match &keys.key {
        KeySource::Inline(key) => key.clone(),
        KeySource::Kept(source) => read(source, Secret::Key)?.expose_secret().to_owned(),
    };
    let secret = read(&keys.secret, Secret::OfKey)?;
    Ok(match keys.form {
        AuthKind::Token => Auth::Token { key, secret },
        AuthKind::Basic => Auth::Basic { key, secret },
    })
}

fn oauth_client(
    oauth: &OAuthConfig,
    read: impl Fn(&SecretSource, Secret) -> Result<SecretString, CliError>,
) -> Result<OAuthClient, CliError> {
    let secret = oauth.client_secret.as_ref();
    Ok(OAuthClient {
        id: oauth.client_id.clone(),
        secret: secret
            .map(|source| read(source, Secret::Client))
            .transpose()?,
        scope: oauth.scope.clone(),
        authorize_url: oauth.authorize_url.clone(),
        token_url: oauth.token_url.clone(),
    })
}

/// What a secret is for.
#[derive(Clone, Copy, Debug)]
enum Secret {
    Key,
    OfKey,
    Password,
    Client,
}

impl Secret {
    fn name(self) -> &'static str {
        match self {
            Self::Key => "API key",
            Self::OfKey => "API secret",
            Self::Password => "password",
            Self::Client => "secret of the OAuth client",
        }
    }

    /// The keys of `auth` that say where it is begin so.
    fn key(self) -> &'static str {
        match self {
            Self::Key => "api_key",
            Self::OfKey => "api_secret",
            Self::Password => "password",
            Self::Client => "client_secret",
        }
    }
}

fn secret(
    ui: &Ui,
    site: &SiteConfig,
    source: &SecretSource,
    what: Secret,
) -> Result<SecretString, CliError> {
    let secret = source.read().map_err(|error| {
        let message = format!("the {} of site `{}` is not at hand", what.name(), site.name);
        let help = match source {
            SecretSource::Env(name) => format!(
                "set it with `export {name}=...`, or name a file with `{}_file`",
                what.key()
            ),
            SecretSource::File(_) => {
                "write it to that file, on one line, and let only this user read it".to_owned()
            }
            SecretSource::Command(_) => {
                "try the command in a shell: it must print it on one line and ask nothing"
                    .to_owned()
            }
        };
        CliError::new(ErrorKind::Config, message)
            .at(format!("site `{}`", site.name))
            .because(error)
            .remedy(help)
            .remedy("it must be there too where cron or systemd starts the program")
    })?;
    if let Some(warning) = &secret.warning {
        ui.warn(&format!("site `{}`: {warning}", site.name));
    }
    Ok(secret.value)
}
