//! One site: does it answer, who are we there, what runs there, what time is it.

use chrono::TimeDelta;
use frappe_sync_connector::FrappeSite;
use frappe_sync_model::{BodyQuery, DocType, Selection, Site as _, SiteFacts};
use serde_json::Value;

use super::Finding;
use crate::config::SiteConfig;
use crate::exit::Exit;
use crate::failure;
use crate::render::text::span;

/// The versions of Frappe that frappe-sync is tested on.
const KNOWN_VERSIONS: [&str; 3] = ["14", "15", "16"];
/// Clocks that differ by more are set wrongly; `newest` still works, as the difference is measured.
const LARGE_SKEW: TimeDelta = TimeDelta::minutes(1);
const USER_OF_ITS_OWN: &str =
    "make a user for this sync alone, with the roles it needs, and generate its API key";

/// Looks at a site. Without facts nothing more can be asked of it.
pub(crate) async fn check_site(
    config: &SiteConfig,
    site: &FrappeSite,
) -> (Vec<Finding>, Option<SiteFacts>) {
    let place = place_of(config);
    let facts = match site.probe().await {
        Ok(facts) => facts,
        Err(error) => {
            let error = failure::of_site(error, config);
            return (Finding::of_error(&place, &error), None);
        }
    };
    let findings = vec![
        reached(config, &place),
        user(config, &place, site, &facts).await,
        versions(&place, &facts),
        clock(&place, &facts),
    ];
    (findings, Some(facts))
}

/// Names a site in findings.
pub(super) fn place_of(config: &SiteConfig) -> String {
    format!("site `{}`", config.name)
}

fn reached(config: &SiteConfig, place: &str) -> Finding {
    let host = config.url.as_str().split("://").nth(1).unwrap_or_default();
    let is_local = ["localhost", "127.", "[::1]"]
        .iter()
        .any(|local| host.starts_with(local));
    if config.url.is_encrypted() || is_local {
        return Finding::ok(place, format!("{} answers", config.url));
    }
    Finding::warn(
        place,
        format!(
            "{} answers, unencrypted: {} in the clear",
            config.url,
            match config.auth.logs_in() {
                true => "what we log in with travels",
                false => "the API key travels",
            }
        ),
        "use `https://` unless the way there is private",
    )
}

async fn user(config: &SiteConfig, place: &str, site: &FrappeSite, facts: &SiteFacts) -> Finding {
    let user = &facts.user;
    if user == "Administrator" {
        return Finding::fail(
            Exit::NotAuthorised,
            place,
            "the key belongs to Administrator, so what the sync writes cannot be told from what people \
             write",
            USER_OF_ITS_OWN,
        );
    }
    // A login of our own is no sign of a person.
    if !config.auth.logs_in() && has_logged_in(site, user).await {
        return Finding::warn(
            place,
            format!("user {user} has logged in with a password: does a person use it too?"),
            USER_OF_ITS_OWN,
        );
    }
    Finding::ok(place, format!("we are {user}"))
}

/// Tells whether somebody ever logged in as this user. Where we may not see that, nobody did.
async fn has_logged_in(site: &FrappeSite, user: &str) -> bool {
    let doctype = DocType::from("User");
    let Ok(meta) = site.meta(&doctype).await else {
        return false;
    };
    let query = BodyQuery {
        meta: &meta,
        selection: Selection::Names(vec![user.into()]),
        tables: Vec::new(),
    };
    let Ok(found) = site.documents(&query).await else {
        return false;
    };
    let last_login = found
        .first()
        .and_then(|found| found.fields.get("last_login"));
    last_login
        .and_then(Value::as_str)
        .is_some_and(|login| !login.is_empty())
}

fn versions(place: &str, facts: &SiteFacts) -> Finding {
    let apps: Vec<String> = facts
        .apps
        .iter()
        .map(|(app, version)| format!("{app} {version}"))
        .collect();
    let major = facts.frappe_version.split('.').next().unwrap_or_default();
    if KNOWN_VERSIONS.contains(&major) {
        return Finding::ok(place, format!("runs {}", apps.join(", ")));
    }
    Finding::warn(
        place,
        format!(
            "runs Frappe {}, which frappe-sync is not tested on",
            facts.frappe_version
        ),
        "rehearse on a copy of the site first",
    )
}

fn clock(place: &str, facts: &SiteFacts) -> Finding {
    let zone = facts.clock.time_zone.name();
    let skew = facts.clock.skew;
    if skew.abs() <= LARGE_SKEW {
        return Finding::ok(place, format!("keeps time in {zone}"));
    }
    let by = skew.abs().to_std().map(span).unwrap_or_default();
    let way = if skew > TimeDelta::zero() {
        "ahead"
    } else {
        "behind"
    };
    Finding::warn(
        place,
        format!("keeps time in {zone}, and its clock is {by} {way} of ours"),
        "set the clocks by NTP; until then `newest` reckons with the difference",
    )
}
