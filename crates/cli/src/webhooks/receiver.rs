//! Where webhooks are to send, and what they are signed with.

use frappe_sync_connector::{SecretSource, SiteUrl};
use secrecy::SecretString;

use crate::config::{Config, not_public};
use crate::error::{CliError, ErrorKind};
use crate::ui::Ui;

/// Returns the address that was given or is configured; `None` where neither is.
pub(crate) fn address(given: Option<&str>, config: &Config) -> Result<Option<String>, CliError> {
    let Some(given) = given else {
        return Ok(config.serve.public_url.clone());
    };
    match SiteUrl::new(given) {
        Ok(url) => Ok(Some(url.as_str().to_owned())),
        Err(error) => Err(CliError::new(ErrorKind::Usage, not_public(error))
            .at("--url")
            .remedy("for example `--url https://sync.example.com`")),
    }
}

/// Reads the secret that webhooks are signed with.
pub(crate) fn secret(ui: &Ui, config: &Config) -> Result<SecretString, CliError> {
    let Some(source) = &config.serve.webhook_secret else {
        let message = "nothing says what webhooks are signed with";
        return Err(CliError::new(ErrorKind::Config, message)
            .at("`serve` in the configuration")
            .remedy(
                "`serve: { webhook_secret_file: secrets/webhooks }`, or `webhook_secret_env`, or \
                 `webhook_secret_command`; `openssl rand -hex 32` makes a secret",
            ));
    };
    let secret = source.read().map_err(|error| {
        let help = match source {
            SecretSource::Env(name) => {
                format!(
                    "set it with `export {name}=...`, or name a file with `webhook_secret_file`"
                )
            }
            SecretSource::File(_) => {
                "write it to that file, on one line, and let only this user read it".to_owned()
            }
            SecretSource::Command(_) => {
                "try the command in a shell: it must print it on one line and ask nothing"
                    .to_owned()
            }
        };
        CliError::new(
            ErrorKind::Config,
            "the secret of the webhooks is not at hand",
        )
        .at("`serve` in the configuration")
        .because(error)
        .remedy(help)
    })?;
    if let Some(warning) = &secret.warning {
        ui.warn(&format!("the secret of the webhooks: {warning}"));
    }
    Ok(secret.value)
}
