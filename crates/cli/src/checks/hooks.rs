//! What a site does by itself when a sync saves a document: mails, web requests, scripts (protocol 11).
//!
//! Hooks in the code of an app cannot be seen from outside.

use std::collections::BTreeSet;

use frappe_sync_hooks::is_ours;
use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{DocType, Filter, Side, SiteErrorKind};
use serde_json::Value;

use super::Finding;
use super::pair::SitePair;
use super::sites::place_of;
use crate::config::{SiteConfig, SyncConfig};
use crate::failure;
use crate::render::text::listed;

/// A DocType of Frappe whose documents make a site act on saves.
struct Kind {
    doctype: &'static str,
    /// Its field for the DocType that is saved.
    on: &'static str,
    /// Its field for the event, such as `New` or `on_update`.
    event: &'static str,
    /// What must hold for one that acts.
    active: (&'static str, i64),
    /// The kind of script, where there are several.
    script_type: Option<&'static str>,
    /// Its field for the address that it calls, where it calls one.
    calls: Option<&'static str>,
    /// What it does, to follow its name.
    does: &'static str,
    remedy: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        doctype: "Notification",
        on: "document_type",
        event: "event",
        active: ("enabled", 1),
        script_type: None,
        calls: None,
        does: "tells people, by mail for example",
        remedy: "give it a condition that leaves out what the sync's user saves, such as \
                 `doc.modified_by != \"{user}\"`, or disable it for the first run",
    },
    Kind {
        doctype: "Webhook",
        on: "webhook_doctype",
        event: "webhook_docevent",
        active: ("enabled", 1),
        script_type: None,
        calls: Some("request_url"),
        does: "calls another program",
        remedy: "give it a condition that leaves out what the sync's user saves, such as \
                 `doc.modified_by != \"{user}\"`, unless the other program is to know of it",
    },
    Kind {
        doctype: "Server Script",
        on: "reference_doctype",
        event: "doctype_event",
        active: ("disabled", 0),
        script_type: Some("DocType Event"),
        calls: None,
        does: "runs a script",
        remedy: "read the script: what it changes on its own site comes back as a change of that site",
    },
    Kind {
        doctype: "Assignment Rule",
        on: "document_type",
        event: "name",
        active: ("disabled", 0),
        script_type: None,
        calls: None,
        does: "assigns it to somebody, who is told by mail",
        remedy: "add `doc.modified_by != \"{user}\"` to its condition, or disable it for the first run",
    },
];

/// Lists what acts on the mapped DocTypes of each side that is written to, with one request for each kind. Webhooks that tell
/// our own receiver are left out: they are hints, and one of the sync's own saves costs a look that finds nothing.
pub(super) async fn check_hooks(
    mappings: &[EffectiveMapping],
    side: Side,
    pair: &SitePair<'_>,
    sync: &SyncConfig,
) -> Vec<Finding> {
    let written: BTreeSet<&DocType> = mappings
        .iter()
        .filter(|mapping| mapping.direction.writes_to(side))
        .map(|mapping| &mapping.doctypes[side])
        .collect();
    if written.is_empty() {
        return Vec::new();
    }
    let asked = KINDS.map(|kind| {
        let written = &written;
        async move {
            let (flag, value) = kind.active;
            let mut filters = vec![
                Filter::is_in(kind.on, written.iter().map(|doctype| doctype.as_str())),
                Filter::new(flag, "=", value),
            ];
            let script_type = kind
                .script_type
                .map(|of| Filter::new("script_type", "=", of));
            filters.extend(script_type);
            let mut fields = vec!["name", kind.on, kind.event];
            fields.extend(kind.calls);
            let rows = pair.sites[side]
                .rows(&kind.doctype.into(), &fields, &filters, 0)
                .await;
            (kind, rows)
        }
    });
    let config = pair.configs[side];
    let place = place_of(config);
    let mut findings = Vec::new();
    let mut hidden = Vec::new();
    for (kind, rows) in futures::future::join_all(asked).await {
        match rows {
            Ok(rows) => {
                let others = rows
                    .iter()
                    .filter(|row| !is_our_own(&kind, row, sync, config));
                findings.extend(others.map(|row| acts(&kind, row, side, pair)));
            }
            // A site without that DocType has none of it.
            Err(error) if error.kind == SiteErrorKind::NotFound => {}
            Err(error) if error.concerns_one_document() => hidden.push(kind.doctype.to_owned()),
            Err(error) => {
                findings.extend(Finding::of_error(&place, &failure::of_site(error, config)));
            }
        }
    }
    if findings.is_empty() && hidden.is_empty() {
        findings.push(Finding::ok(
            &place,
            "no notification, webhook, script or assignment rule acts on what the sync saves",
        ));
    }
    if !hidden.is_empty() {
        let hidden = listed(&hidden);
        findings.push(Finding::warn(
            &place,
            format!("our user may not read {hidden}, so nobody knows whether one acts on what the sync saves"),
            format!("look through these lists of the site, or give a role of the user read on {hidden}"),
        ));
    }
    findings
}

fn is_our_own(kind: &Kind, row: &Value, sync: &SyncConfig, site: &SiteConfig) -> bool {
    let text = |field: &str| row.get(field).and_then(Value::as_str).unwrap_or_default();
    kind.calls
        .is_some_and(|calls| is_ours(text("name"), text(calls), sync.name.as_str(), &site.name))
}

fn acts(kind: &Kind, row: &Value, side: Side, pair: &SitePair<'_>) -> Finding {
    let text = |field: &str| row.get(field).and_then(Value::as_str).unwrap_or_default();
    let event = match text(kind.event) {
        event if kind.event == "name" || event.is_empty() => String::new(),
        event => format!(" ({event})"),
    };
    Finding::warn(
        place_of(pair.configs[side]),
        format!(
            "when the sync saves `{}`{event}, {} `{}` {}",
            text(kind.on),
            kind.doctype,
            text("name"),
            kind.does,
        ),
        kind.remedy.replace("{user}", &pair.facts[side].user),
    )
}
