//! What the conformance suite cannot see from outside: rollback, faults, clocks, indexes, the fixture.

mod backups;
mod clocks;
mod faults;
mod fixtures;
mod hooks;
mod indexes;
mod logins;
mod permissions;
mod removals;
mod serving;
mod transactions;
mod trees;
mod webhooks;

use serde_json::{Value, json};

use crate::{
    Clock, Method, Outcome, Profile, Request, Response, Sandbox, SiteOptions, UserOptions,
};

/// A site with a manual clock, a user `sync@example.com`, and two DocTypes: `Thing` (named by people, with rows) and `Line` (its rows).
pub(super) fn site() -> Sandbox {
    site_of(Profile::V15)
}

/// [`site`] in another version.
pub(super) fn site_of(profile: Profile) -> Sandbox {
    let start = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    let sandbox = Sandbox::new(SiteOptions {
        profile,
        time_zone: chrono_tz::Europe::Berlin,
        clock: Clock::manual(start),
        ..SiteOptions::default()
    });
    sandbox
        .add_user(UserOptions {
            email: "sync@example.com".to_owned(),
            roles: vec!["System Manager".to_owned(), "Chief".to_owned()],
            api_key: "key".to_owned(),
            api_secret: "secret".to_owned(),
        })
        .unwrap();
    let person = sandbox.as_user("Administrator");
    let right = |role: &str, level: i64| json!({"role": role, "permlevel": level, "submit": 1, "cancel": 1});
    person
        .insert(
            "DocType",
            json!({
                "name": "Line", "module": "Custom", "custom": 1, "istable": 1,
                "fields": [
                    {"fieldname": "what", "label": "What", "fieldtype": "Data"},
                    {"fieldname": "qty", "label": "Qty", "fieldtype": "Float"},
                ],
            }),
        )
        .unwrap();
    person
        .insert("DocType", json!({
            "name": "Thing", "module": "Custom", "custom": 1, "autoname": "Prompt", "is_submittable": 1,
            "allow_rename": 1,
            "fields": [
                {"fieldname": "title", "label": "Title", "fieldtype": "Data"},
                {"fieldname": "code", "label": "Code", "fieldtype": "Data", "unique": 1},
                {"fieldname": "secret_note", "label": "Secret Note", "fieldtype": "Data", "permlevel": 1},
                {"fieldname": "twin", "label": "Twin", "fieldtype": "Link", "options": "Thing"},
                {"fieldname": "lines", "label": "Lines", "fieldtype": "Table", "options": "Line"},
            ],
            "permissions": [right("System Manager", 0), right("Chief", 1)],
        }))
        .unwrap();
    sandbox
}

/// A request of `sync@example.com`.
pub(super) fn request(method: Method, target: &str, body: Option<Value>) -> Request {
    let request = Request::new(method, target).token("key", "secret");
    match body {
        Some(body) => request.json(&body),
        None => request,
    }
}

/// The request that creates a `Thing`.
pub(super) fn create(name: &str) -> Request {
    request(
        Method::Post,
        "/api/resource/Thing",
        Some(json!({"data": {"name": name, "title": name}})),
    )
}

/// The request that reads a `Thing`.
pub(super) fn read(name: &str) -> Request {
    request(Method::Get, &format!("/api/resource/Thing/{name}"), None)
}

/// Whether a `Thing` is there.
pub(super) fn exists(sandbox: &Sandbox, name: &str) -> bool {
    sandbox.as_user("Administrator").get("Thing", name).is_ok()
}

/// The answer, where there is one.
pub(super) fn answered(outcome: Outcome) -> Response {
    match outcome {
        Outcome::Response(response) => response,
        other => panic!("no answer: {other:?}"),
    }
}
