//! Deletes, renames, merges and restores, and where a document is.

use serde_json::{Value, json};

use frappe_sync_connector::FrappeSite;
use frappe_sync_model::{DocName, Presence, Site, SiteError, SiteErrorKind};
use frappe_sync_sandbox::Action;

use crate::sandbox_world::{PROFILES, World};
use crate::scripted_site::{Reply, ScriptedSite};

/// Everything that may be hard to send or to find.
const NAMES: [&str; 6] = [
    "plain",
    "A/\u{fc} %?#1",
    "R&D \"x\" 'y'",
    "a&amp;b",
    "..a",
    "\u{65e5}\u{672c}",
];

fn refused(exc_type: &str) -> SiteErrorKind {
    SiteErrorKind::Refused {
        exc_type: exc_type.to_owned(),
    }
}

async fn delete(site: &FrappeSite, name: &str) -> Result<(), SiteError> {
    site.delete(&"Order".into(), &name.into()).await
}

async fn rename(site: &FrappeSite, from: &str, to: &str) -> Result<DocName, SiteError> {
    site.rename(&"Order".into(), &from.into(), &to.into(), false)
        .await
}

async fn presence(site: &FrappeSite, name: &str) -> Presence {
    site.presence(&"Order".into(), &name.into()).await.unwrap()
}

#[tokio::test]
async fn a_document_is_deleted_once() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        for (number, name) in NAMES.into_iter().enumerate() {
            world.order(name, &format!("c{number}")).await;
            assert_eq!(presence(&world.site, name).await, Presence::There, "{name}");
            delete(&world.site, name).await.unwrap();
            assert_eq!(presence(&world.site, name).await, Presence::Gone, "{name}");
            let error = delete(&world.site, name).await.unwrap_err();
            assert_eq!(error.kind, SiteErrorKind::NotFound, "{profile:?} {name}");
            assert_eq!(error.request, format!("DELETE Order {name}"));
        }
    }
}

#[tokio::test]
async fn a_document_that_another_links_to_is_not_deleted() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        world.order("A", "c1").await;
        world.follow_up("F", "A").await;
        let error = delete(&world.site, "A").await.unwrap_err();
        assert_eq!(error.kind, refused("LinkExistsError"), "{profile:?}");
        assert_eq!(error.status, Some(417));
        assert_eq!(presence(&world.site, "A").await, Presence::There);
    }
}

#[tokio::test]
async fn a_delete_that_meets_a_lock_is_repeated_and_one_without_answer_never() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        world.order("A", "c1").await;
        world.next_write(Action::Deadlock);
        delete(&world.site, "A").await.unwrap();

        let lost = [
            Action::FailAfterWrite,
            Action::LoseRequest,
            Action::CutBody,
            Action::HtmlBadGateway { executed: true },
            Action::WrongContentType,
        ];
        for (number, action) in lost.into_iter().enumerate() {
            let name = format!("B{number}");
            world.order(&name, &name).await;
            world.sandbox.reset_requests();
            world.next_write(action.clone());
            let error = delete(&world.site, &name).await.unwrap_err();
            assert_eq!(error.kind, SiteErrorKind::OutcomeUnknown, "{action:?}");
            assert_eq!(world.sandbox.requests().len(), 1, "{profile:?} {action:?}");
        }
    }
}

#[tokio::test]
async fn answers_to_a_delete_mean_what_they_say() {
    let query_timeout = || Reply::json(500, json!({"exc_type": "QueryTimeoutError"}));
    let done = || Reply::json(202, json!({"data": "ok"}));
    for (replies, outcome) in [
        (vec![done()], Ok(())),
        (vec![Reply::json(202, json!({"message": "ok"}))], Ok(())),
        (vec![query_timeout(), done()], Ok(())),
        // 14 says nothing at all of a document that is not there.
        (
            vec![Reply::json(404, json!({}))],
            Err(SiteErrorKind::NotFound),
        ),
        // Not the site's word.
        (vec![Reply::html(404)], Err(SiteErrorKind::OutcomeUnknown)),
        (vec![Reply::html(502)], Err(SiteErrorKind::OutcomeUnknown)),
        (
            vec![Reply::half_a_body()],
            Err(SiteErrorKind::OutcomeUnknown),
        ),
        (
            vec![query_timeout(), query_timeout(), query_timeout()],
            Err(refused("QueryTimeoutError")),
        ),
        (
            vec![Reply::json(
                417,
                json!({"exception": "frappe.exceptions.LinkExistsError: Cannot delete"}),
            )],
            Err(refused("LinkExistsError")),
        ),
        (
            vec![Reply::json(403, json!({"exc_type": "PermissionError"}))],
            Err(SiteErrorKind::NotPermitted),
        ),
    ] {
        let asked = replies.len();
        let script = ScriptedSite::in_order(replies).await;
        let got = delete(&script.client(), "A/B").await;
        assert_eq!(got.map_err(|error| error.kind), outcome);
        assert_eq!(script.asked().len(), asked, "{outcome:?}");
        assert_eq!(script.asked()[0].method, "DELETE");
        assert_eq!(script.asked()[0].target, "/api/resource/Order/A%2FB");
    }
}

#[tokio::test]
async fn a_name_that_no_url_can_carry_is_refused_without_a_request() {
    let script = ScriptedSite::in_order([]).await;
    for name in ["", ".", ".."] {
        let error = delete(&script.client(), name).await.unwrap_err();
        assert_eq!(error.kind, refused(""), "{name}");
    }
    assert!(script.asked().is_empty());
}

#[tokio::test]
async fn a_renamed_document_keeps_its_moments_and_a_taken_name_is_refused() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        world.order("before", "c0").await;
        let key = world.read(&["before"]).await[0].key.clone();
        let mut from = "before";
        for to in NAMES {
            assert_eq!(
                rename(&world.site, from, to).await.unwrap(),
                to,
                "{profile:?}"
            );
            let renamed = world.read(&[to]).await[0].key.clone();
            assert_eq!(renamed.modified, key.modified);
            assert_eq!(renamed.creation, key.creation);
            assert_eq!(presence(&world.site, from).await, Presence::Gone);
            from = to;
        }

        world.order("other", "c1").await;
        let error = rename(&world.site, from, "other").await.unwrap_err();
        assert_eq!(error.kind, refused("ValidationError"), "{profile:?}");
        let error = rename(&world.site, "no such", "x").await.unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::NotFound, "{profile:?}");
    }
}

#[tokio::test]
async fn what_its_doctype_does_not_allow_is_not_forced() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        world.order("A", "c1").await;
        world.follow_up("F", "A").await;
        let (doctype, from, to) = ("Follow Up".into(), "F".into(), "G".into());
        let error = world
            .site
            .rename(&doctype, &from, &to, false)
            .await
            .unwrap_err();
        assert_eq!(error.kind, refused("ValidationError"), "{profile:?}");
    }
}

#[tokio::test]
async fn a_merged_document_is_gone_and_links_lead_to_the_other() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        world.order("A", "c1").await;
        world.order("B", "c2").await;
        world.follow_up("F", "A").await;
        let (doctype, from, to) = ("Order".into(), "A".into(), "B".into());
        let merged = world.site.rename(&doctype, &from, &to, true).await.unwrap();
        assert_eq!(merged, "B", "{profile:?}");
        assert_eq!(presence(&world.site, "A").await, Presence::Gone);
        let follow_up = world.person().get("Follow Up", "F").unwrap();
        assert_eq!(follow_up["order"], "B", "{profile:?}");
    }
}

#[tokio::test]
async fn a_rename_goes_without_force_and_its_lost_answer_is_unknown() {
    let script = ScriptedSite::in_order([
        Reply::json(200, json!({"message": 17})),
        Reply::json(200, json!({"message": null})),
        Reply::json(200, json!({"message": ["A"]})),
        Reply::half_a_body(),
        Reply::html(504),
    ])
    .await;
    let site = script.client();
    assert_eq!(rename(&site, "A", "B").await.unwrap(), "17");
    for _ in 0..4 {
        let error = rename(&site, "A", "B").await.unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::OutcomeUnknown);
        assert_eq!(error.request, "rename Order A");
    }
    assert_eq!(script.asked().len(), 5);
    let asked = &script.asked()[0];
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("POST", "/api/method/frappe.rename_doc")
    );
    let body = json!({"doctype": "Order", "old": "A", "new": "B", "merge": false});
    assert_eq!(asked.body, body);
    assert_eq!(site.request_counts().write, 5);
}

#[tokio::test]
async fn presence_tells_gone_from_hidden() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        world.order("Stra\u{df}e", "c1").await;
        // A site finds names by its collation.
        for name in ["stra\u{df}e", "STRASSE", "Stra\u{df}e  "] {
            assert_eq!(presence(&world.site, name).await, Presence::There, "{name}");
        }
        assert_eq!(presence(&world.site, "strase").await, Presence::Gone);
        world.sandbox.deny("sync@example.com", "Order", &["read"]);
        assert_eq!(
            presence(&world.site, "Stra\u{df}e").await,
            Presence::Hidden,
            "{profile:?}"
        );
    }
}

#[tokio::test]
async fn a_document_of_another_name_is_not_the_one_that_was_asked_for() {
    let found = |name: Value| Reply::json(200, json!({"message": {"name": name}}));
    for (reply, expected) in [
        (found(json!(12)), Ok(Presence::Gone)),
        (found(json!("12B")), Ok(Presence::There)),
        (Reply::json(404, json!({})), Ok(Presence::Gone)),
        (Reply::json(403, json!({})), Ok(Presence::Hidden)),
        (Reply::html(404), Err(SiteErrorKind::NotFrappe)),
        (found(Value::Null), Err(SiteErrorKind::NotFrappe)),
        (
            Reply::json(200, json!({"message": []})),
            Err(SiteErrorKind::NotFrappe),
        ),
        (Reply::json(200, json!({})), Err(SiteErrorKind::NotFrappe)),
    ] {
        let script = ScriptedSite::in_order([reply]).await;
        let got = script
            .client()
            .presence(&"Order".into(), &"12b".into())
            .await;
        assert_eq!(got.map_err(|error| error.kind), expected);
    }
}

#[tokio::test]
async fn a_deleted_document_is_brought_back_as_a_new_one() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        world.order("A", "c1").await;
        let before = world.read(&["A"]).await.remove(0);
        delete(&world.site, "A").await.unwrap();
        let record = last_record(&world);
        world.site.restore(&record).await.unwrap();
        let after = world.read(&["A"]).await.remove(0);
        assert_eq!(after.fields, before.fields, "{profile:?}");
        assert_ne!(after.key.creation, before.key.creation);

        let error = world.site.restore(&record).await.unwrap_err();
        assert_eq!(
            error.kind,
            refused("DocumentAlreadyRestored"),
            "{profile:?}"
        );
        let error = world.site.restore(&"no such".into()).await.unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::NotFound, "{profile:?}");
    }
}

fn last_record(world: &World) -> DocName {
    let listed = world
        .person()
        .list("Deleted Document", &["name"], json!([]))
        .unwrap();
    DocName::from(listed[0]["name"].as_str().unwrap())
}
