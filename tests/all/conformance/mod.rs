//! How Frappe behaves over HTTP in what this project relies on, stated as black-box checks.
//!
//! Each check says its behaviour in a sentence and names the section of the protocol notes. All of
//! them run against the sandbox in its three profiles, and against a real site when
//! `FRAPPE_SITE_URL`, `FRAPPE_API_KEY` and `FRAPPE_API_SECRET` name one (and a second one when
//! `FRAPPE_SITE_B_URL`, `FRAPPE_SITE_B_API_KEY` and `FRAPPE_SITE_B_API_SECRET` do). The user must
//! be a System Manager and not Administrator, who is above permission levels. The suite brings
//! DocTypes of its own, marked by six random letters, and takes them away at the end; their database
//! tables stay, as Frappe leaves them. Users and OAuth Clients that it makes go again, or are disabled where
//! the site keeps them. `CONFORMANCE_TOPICS` limits a run to some topics.

mod accounts;
mod acting;
mod answer;
mod auth;
mod check;
mod child_tables;
mod client_methods;
mod compare_and_set;
mod concurrency;
mod defaults;
mod deletes;
mod dependents;
mod docstatus;
mod documents;
mod envelopes;
mod errors;
mod failure;
mod files;
mod filters;
mod imports;
mod insert_many;
mod keyset;
mod links;
mod lists;
mod metadata;
mod naming;
mod oauth;
mod presence;
mod receiver;
mod records;
mod registry;
mod renames;
mod row_names;
mod runner;
mod sandbox;
mod schema;
mod sessions;
mod singles;
mod site;
mod submitted;
mod tables;
mod tags;
mod texts;
mod time;
mod traces;
mod trees;
mod v2;
mod values;
mod version;
mod webhooks;

use chrono_tz::Tz;
use frappe_sync_sandbox::Profile;

use self::site::Access;

/// Runs all checks on a site, prints what came of it, and fails if one does not hold.
#[expect(
    clippy::print_stdout,
    reason = "the report of a run is what the run is for"
)]
async fn conform(access: Access) {
    match runner::run(access).await {
        Ok(report) => {
            println!("{report}");
            assert!(report.is_clean(), "{}", report.complaints());
        }
        Err(failure) => panic!("the checks could not run: {failure}"),
    }
}

async fn sandbox_conforms(profile: Profile, time_zone: Tz) {
    match sandbox::serve(profile, time_zone).await {
        Ok((_server, access)) => conform(access).await,
        Err(failure) => panic!("{failure}"),
    }
}

/// Runs all checks on the site that the environment names under a prefix, if it names one.
#[expect(
    clippy::print_stdout,
    reason = "a reader should know that nothing was tried"
)]
async fn real_site_conforms(url: &str, prefix: &str) {
    match Access::from_environment(url, prefix) {
        Some(access) => conform(access).await,
        None => println!("no real site was given by `{url}`"),
    }
}

#[tokio::test]
async fn sandbox_v14() {
    sandbox_conforms(Profile::V14, Tz::America__New_York).await;
}

#[tokio::test]
async fn sandbox_v15() {
    sandbox_conforms(Profile::V15, Tz::Asia__Kolkata).await;
}

#[tokio::test]
async fn sandbox_v16() {
    sandbox_conforms(Profile::V16, Tz::Europe__Berlin).await;
}

#[tokio::test]
async fn real_site() {
    real_site_conforms("FRAPPE_SITE_URL", "FRAPPE").await;
}

#[tokio::test]
async fn second_real_site() {
    real_site_conforms("FRAPPE_SITE_B_URL", "FRAPPE_SITE_B").await;
}
