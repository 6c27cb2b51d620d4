//! Whether our user may do with webhooks what a command is about to do.

use frappe_sync_connector::{FrappeSite, Permission};
use frappe_sync_hooks::WEBHOOK;
use frappe_sync_model::Site as _;

use crate::config::SiteConfig;
use crate::error::{CliError, ErrorKind};
use crate::failure;

/// Refuses to begin where a permission is missing, with its name: half a set of webhooks would be worse than none.
pub(crate) async fn require(
    client: &FrappeSite,
    site: &SiteConfig,
    needed: &[Permission],
) -> Result<(), CliError> {
    let granted = client
        .doc_permissions(&WEBHOOK.into(), needed)
        .await
        .map_err(|error| failure::of_site(error, site))?;
    let missing: Vec<&str> = needed
        .iter()
        .filter(|permission| !granted.allows(**permission))
        .map(|permission| permission.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let user = match client.probe().await {
        Ok(facts) => format!("our user `{}`", facts.user),
        Err(_) => "our user".to_owned(),
    };
    let message = format!(
        "site `{}`: {user} may not {} Webhook documents",
        site.name,
        either(&missing)
    );
    Err(CliError::new(ErrorKind::NotAuthorised, message)
        .at(site.url.to_string())
        .remedy(
            "webhooks are for the role System Manager: give it to the user under User > Roles while this is done, and \
             take it away again",
        ))
}

/// Returns `read`, `read or write`, `read, write or create`.
fn either(words: &[&str]) -> String {
    match words {
        [init @ .., last] if !init.is_empty() => format!("{} or {last}", init.join(", ")),
        words => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_as_people_say_them() {
        assert_eq!(either(&["read"]), "read");
        assert_eq!(either(&["read", "write"]), "read or write");
        assert_eq!(
            either(&["read", "write", "create"]),
            "read, write or create"
        );
    }
}
