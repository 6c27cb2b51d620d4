//! What webhooks a site has, beside what it is to have.

use std::collections::BTreeMap;

use frappe_sync_connector::FrappeSite;
use frappe_sync_hooks::{WEBHOOK, WebhookPlan, is_ours};
use frappe_sync_mapper::MappingFile;
use frappe_sync_model::{DocName, DocType, Filter, Side, SiteTime, SyncName};
use futures::future::try_join_all;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::report::{Action, Entry, State};
use crate::config::SiteConfig;
use crate::error::{CliError, ErrorKind};
use crate::failure;

/// The field of the secret.
pub(super) const SECRET: &str = "webhook_secret";

/// What a site is to have.
pub(crate) struct Wanted<'a> {
    /// The sync.
    pub(crate) sync: &'a SyncName,
    /// The site.
    pub(crate) site: &'a SiteConfig,
    /// Which of the two it is.
    pub(crate) side: Side,
    /// The mappings of the sync.
    pub(crate) mappings: &'a [MappingFile],
    /// Where the receiver answers; without it the address is not compared.
    pub(crate) public_url: Option<&'a str>,
    /// What is signed with; without it the secret is not compared.
    pub(crate) secret: Option<&'a SecretString>,
}

/// One webhook, and what to write to make it what it is to be.
pub(crate) struct Looked {
    /// What is told of it.
    pub(crate) entry: Entry,
    /// Its fields that are to be written, the secret included.
    pub(super) fields: Map<String, Value>,
    /// Its `modified`, where it is there.
    pub(super) modified: Option<SiteTime>,
}

/// A webhook in a list.
struct Listed {
    doctype: String,
    event: String,
    url: String,
}

impl Wanted<'_> {
    /// The webhooks that are to be there, in the order of the mappings: for each DocType whose changes are carried from
    /// this site.
    fn plans(&self) -> Vec<WebhookPlan> {
        let read = self
            .mappings
            .iter()
            .filter(|mapping| mapping.direction.writes_to(self.side.other()))
            .map(|mapping| mapping.doctypes[self.side].as_str());
        let url = self.public_url.unwrap_or_default();
        WebhookPlan::of(url, self.sync.as_str(), &self.site.name, read)
    }

    fn failed(&self, error: frappe_sync_model::SiteError) -> CliError {
        failure::of_site(error, self.site)
    }
}

/// Looks at the webhooks of a site: those that are to be there, in their order, then those that need not be.
pub(crate) async fn look(
    client: &FrappeSite,
    wanted: &Wanted<'_>,
) -> Result<Vec<Looked>, CliError> {
    let plans = wanted.plans();
    let (ours, others) = listed(client, wanted).await?;
    if let Some((name, url)) = plans
        .iter()
        .find_map(|plan| others.get_key_value(&plan.name))
    {
        let message = format!(
            "site `{}`: the webhook `{name}` leads to `{url}`, which is no receiver of sync `{}`",
            wanted.site.name, wanted.sync
        );
        return Err(CliError::new(ErrorKind::Failed, message)
            .at(wanted.site.url.to_string())
            .remedy("delete or rename it there, if it is not needed"));
    }
    let looked = plans
        .iter()
        .map(|plan| look_at(client, wanted, plan, ours.contains_key(&plan.name)));
    let mut looked = try_join_all(looked).await?;
    let is_planned = |name: &str| plans.iter().any(|plan| plan.name == name);
    let stale = ours.into_iter().filter(|(name, _)| !is_planned(name));
    looked.extend(stale.map(|(name, listed)| Looked {
        entry: Entry {
            name,
            doctype: listed.doctype,
            event: listed.event,
            url: Some(listed.url),
            state: State::NotNeeded,
            differs: Vec::new(),
            action: Action::Remove,
        },
        fields: Map::new(),
        modified: None,
    }));
    Ok(looked)
}

/// Lists the webhooks whose names begin like ours: those of this sync and site, and the addresses of the others.
async fn listed(
    client: &FrappeSite,
    wanted: &Wanted<'_>,
) -> Result<(BTreeMap<String, Listed>, BTreeMap<String, String>), CliError> {
    let fields = ["name", "request_url", "webhook_doctype", "webhook_docevent"];
    let named = [Filter::new("name", "like", "frappe-sync %")];
    let rows = client
        .rows(&WEBHOOK.into(), &fields, &named, 0)
        .await
        .map_err(|error| wanted.failed(error))?;
    let mut ours = BTreeMap::new();
    let mut others = BTreeMap::new();
    for row in &rows {
        let text = |field: &str| {
            let text = row.get(field).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let (name, url) = (text("name"), text("request_url"));
        if is_ours(&name, &url, wanted.sync.as_str(), &wanted.site.name) {
            let listed = Listed {
                doctype: text("webhook_doctype"),
                event: text("webhook_docevent"),
                url,
            };
            ours.insert(name, listed);
        } else {
            others.insert(name, url);
        }
    }
    Ok((ours, others))
}

/// Compares one webhook with what it is to be.
async fn look_at(
    client: &FrappeSite,
    wanted: &Wanted<'_>,
    plan: &WebhookPlan,
    is_there: bool,
) -> Result<Looked, CliError> {
    let doctype = DocType::from(WEBHOOK);
    let name = DocName::from(plan.name.as_str());
    let sends = |secret: &SecretString| (SECRET.to_owned(), json!(secret.expose_secret()));
    if !is_there {
        let mut fields = plan.fields();
        fields.extend(wanted.secret.map(sends));
        let url = wanted.public_url.map(|_| plan.url.clone());
        return Ok(looked(plan, url, State::Missing, fields, None));
    }
    let found = client
        .document(&doctype, &name)
        .await
        .map_err(|error| wanted.failed(error))?;
    let mut fields = plan.differences(&found);
    let text = |field: &str| found.get(field).and_then(Value::as_str).unwrap_or_default();
    if wanted.public_url.is_none() {
        fields.remove("request_url");
    }
    if let Some(secret) = wanted.secret {
        // A field without a value cannot be asked for.
        let stored = match text(SECRET) {
            "" => None,
            _ => client
                .password(&doctype, &name, SECRET)
                .await
                .map_err(|error| wanted.failed(error))?,
        };
        let is_same = stored.is_some_and(|stored| stored.expose_secret() == secret.expose_secret());
        fields.extend((!is_same).then(|| sends(secret)));
    }
    let state = match fields.is_empty() {
        true => State::Installed,
        false => State::Differs,
    };
    let url = Some(text("request_url").to_owned());
    let modified = Some(SiteTime::new(text("modified")));
    Ok(looked(plan, url, state, fields, modified))
}

fn looked(
    plan: &WebhookPlan,
    url: Option<String>,
    state: State,
    fields: Map<String, Value>,
    modified: Option<SiteTime>,
) -> Looked {
    let (action, differs) = match state {
        State::Installed => (Action::Keep, Vec::new()),
        State::Differs => (Action::Update, fields.keys().cloned().collect()),
        State::Missing => (Action::Make, Vec::new()),
        State::NotNeeded => (Action::Remove, Vec::new()),
    };
    Looked {
        entry: Entry {
            name: plan.name.clone(),
            doctype: plan.doctype.clone(),
            event: plan.event.as_str().to_owned(),
            url,
            state,
            differs,
            action,
        },
        fields,
        modified,
    }
}
