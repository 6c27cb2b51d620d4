//! Carries out what is to be done with the webhooks of a site.

use frappe_sync_connector::FrappeSite;
use frappe_sync_hooks::WEBHOOK;
use frappe_sync_model::{
    DocName, DocType, NewDocument, Site as _, SiteError, SiteErrorKind, SiteTime,
};

use super::look::Looked;
use super::report::Action;
use crate::config::SiteConfig;
use crate::error::CliError;
use crate::failure;

/// Makes, writes and deletes, one after the other. What broke off is gone on with by doing it all again, since what is done
/// already is found as it is to be.
pub(crate) async fn carry_out(
    client: &FrappeSite,
    site: &SiteConfig,
    looked: &[Looked],
) -> Result<(), CliError> {
    for one in looked {
        change(client, one)
            .await
            .map_err(|error| told(error, site, one))?;
    }
    Ok(())
}

async fn change(client: &FrappeSite, one: &Looked) -> Result<(), SiteError> {
    let doctype = DocType::from(WEBHOOK);
    let name = DocName::from(one.entry.name.as_str());
    match one.entry.action {
        Action::Keep => {}
        Action::Make => {
            let document = NewDocument {
                doctype,
                name: Some(name),
                body: one.fields.clone(),
            };
            client.insert(&document).await?;
        }
        Action::Update => {
            let base = one.modified.clone().unwrap_or_else(|| SiteTime::new(""));
            client
                .update(&doctype, &name, &base, one.fields.clone())
                .await?;
        }
        Action::Remove => match client.delete(&doctype, &name).await {
            // Somebody was faster.
            Err(error) if error.kind == SiteErrorKind::NotFound => {}
            deleted => deleted?,
        },
    }
    Ok(())
}

fn told(error: SiteError, site: &SiteConfig, one: &Looked) -> CliError {
    let again = matches!(
        error.kind,
        SiteErrorKind::Stale | SiteErrorKind::Duplicate | SiteErrorKind::OutcomeUnknown
    );
    let told =
        failure::of_site(error, site).at(format!("{}, Webhook `{}`", site.url, one.entry.name));
    match again {
        true => told.remedy("do the same again: what is done already is left as it is"),
        false => told,
    }
}
