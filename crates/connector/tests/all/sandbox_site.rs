//! The connector against the sandbox, as Frappe 14, 15 and 16.

use serde_json::{Map, json};

use frappe_sync_connector::{Auth, FrappeSite, SiteConfig};
use frappe_sync_model::{
    Document, KeyOrder, KeyQuery, Naming, NewDocument, Site, SiteErrorKind, SiteTime,
};
use frappe_sync_sandbox::{Action, Matcher, Moment};

use crate::sandbox_world::{PROFILES, World, object, order};
use crate::scripted_site::quick_config;

fn row_names(document: &Document) -> Vec<&str> {
    let rows = &document.tables["items"];
    rows.iter().map(|row| row.name.as_str()).collect()
}

#[tokio::test]
async fn a_site_is_probed_and_described() {
    for profile in PROFILES {
        let World { site, .. } = &World::new(profile).await;
        site.ping().await.unwrap();
        let facts = site.probe().await.unwrap();
        assert_eq!(facts.user, "sync@example.com");
        assert_eq!(facts.frappe_version, profile.version());
        assert_eq!(facts.clock.time_zone, chrono_tz::Asia::Kolkata);
        assert!(facts.clock.skew.is_zero());

        let meta = site.meta(&"Order".into()).await.unwrap();
        assert_eq!(meta.doctype.naming, Naming::Prompt);
        assert!(meta.child_of("items").unwrap().is_table);
        let missing = site.meta(&"No Such".into()).await.unwrap_err();
        assert_eq!(missing.kind, SiteErrorKind::NotFound, "{profile:?}");
    }
}

#[tokio::test]
async fn documents_come_back_as_they_were_made() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        let name = world.order("A/\u{fc} %?#1", "c1").await;
        assert_eq!(name, "A/\u{fc} %?#1");
        let many = [order("B", "c2"), order("C", "c3")];
        assert_eq!(world.site.insert_many(&many).await.unwrap(), ["B", "C"]);

        let documents = world.read(&["A/\u{fc} %?#1", "b", "gone"]).await;
        let names: Vec<&str> = documents
            .iter()
            .map(|document| document.name().as_str())
            .collect();
        assert_eq!(names, ["A/\u{fc} %?#1", "B"], "{profile:?}");
        assert_eq!(
            row_names(&documents[0]),
            ["c1-row-1", "c1-row-2"],
            "{profile:?}"
        );
        assert_eq!(documents[0].tables["items"][0].fields["qty"], json!(1.5));
        assert_eq!(documents[0].key.owner, "sync@example.com");
        assert_eq!(documents[0].key.creation, documents[0].key.modified);
        let fields: Vec<&String> = documents[0].fields.keys().collect();
        assert_eq!(fields, ["title", "code"], "{profile:?}");
        assert_eq!(world.site.count(&"Order".into(), &[]).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn paging_by_either_order_sees_every_key_once() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        let many: Vec<NewDocument> = (0..11)
            .map(|n| order(&format!("N{n}"), &format!("c{n}")))
            .collect();
        world.site.insert_many(&many).await.unwrap();
        let beginning = KeyOrder::Modified {
            from: SiteTime::new("2000-01-01 00:00:00"),
            after: None,
        };
        for start in [beginning, KeyOrder::Name { after: None }] {
            let mut query = KeyQuery {
                doctype: "Order".into(),
                filters: vec![],
                order: start.clone(),
                limit: 3,
                with_lft: false,
            };
            let mut seen = Vec::new();
            loop {
                let page = world.site.keys(&query).await.unwrap();
                let last = page.keys.last().cloned();
                seen.extend(page.keys.into_iter().map(|key| key.name));
                let (Some(last), true) = (last, page.full) else {
                    break;
                };
                query.order = match query.order {
                    KeyOrder::Modified { .. } => KeyOrder::Modified {
                        from: last.modified.unwrap(),
                        after: Some(last.name),
                    },
                    KeyOrder::Name { .. } => KeyOrder::Name {
                        after: Some(last.name),
                    },
                };
            }
            seen.sort();
            assert_eq!(seen.len(), 11, "{profile:?} {start:?}");
            seen.dedup();
            assert_eq!(seen.len(), 11, "{profile:?} {start:?}");
        }
    }
}

#[tokio::test]
async fn an_update_counts_only_on_the_moment_it_was_decided_on() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        let name = world.order("A", "c1").await;
        let base = world.read(&["A"]).await[0].key.modified.clone().unwrap();
        let update = |base: SiteTime, title: &'static str| {
            let changes = object(json!({"title": title}));
            let (site, name) = (world.site.clone(), name.clone());
            async move { site.update(&"Order".into(), &name, &base, changes).await }
        };
        let written = update(base.clone(), "new").await.unwrap();
        // The moment of the answer is the token of the next update.
        let error = update(base, "late").await.unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::Stale, "{profile:?}");
        update(written.modified.unwrap(), "newer").await.unwrap();
        assert_eq!(world.read(&["A"]).await[0].fields["title"], "newer");
    }
}

#[tokio::test]
async fn what_a_site_refuses_is_told_apart() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        world.order("A", "c1").await;
        let kind = |document: NewDocument| {
            let site = world.site.clone();
            async move { site.insert(&document).await.unwrap_err().kind }
        };
        assert_eq!(
            kind(order("A", "c2")).await,
            SiteErrorKind::Duplicate,
            "{profile:?}"
        );
        assert_eq!(
            kind(order("B", "c1")).await,
            SiteErrorKind::Duplicate,
            "{profile:?}"
        );
        let mut untitled = order("C", "c3");
        untitled.body.remove("title");
        let mandatory = SiteErrorKind::Refused {
            exc_type: "MandatoryError".to_owned(),
        };
        assert_eq!(kind(untitled).await, mandatory, "{profile:?}");

        let base = SiteTime::new("2026-01-01 00:00:00");
        let update = world
            .site
            .update(&"Order".into(), &"gone".into(), &base, Map::new())
            .await;
        assert_eq!(
            update.unwrap_err().kind,
            SiteErrorKind::NotFound,
            "{profile:?}"
        );

        let config = SiteConfig {
            auth: Auth::Basic {
                key: "the-key".to_owned(),
                secret: "wrong".into(),
            },
            ..quick_config(world.site.url().as_str())
        };
        let error = FrappeSite::new(config).unwrap().probe().await.unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::NotAuthorised, "{profile:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_a_write_unknown_and_it_is_not_repeated() {
    for profile in PROFILES {
        let lost = [
            Action::FailAfterWrite,
            Action::LoseRequest,
            Action::CutBody,
            Action::HtmlBadGateway { executed: true },
            Action::WrongContentType,
        ];
        let world = World::new(profile).await;
        for (n, action) in lost.into_iter().enumerate() {
            world.sandbox.reset_requests();
            world.next_write(action.clone());
            let error = world
                .site
                .insert(&order(&format!("A{n}"), &format!("c{n}")))
                .await
                .unwrap_err();
            assert_eq!(
                error.kind,
                SiteErrorKind::OutcomeUnknown,
                "{profile:?} {action:?}"
            );
            assert_eq!(world.sandbox.requests().len(), 1, "{profile:?} {action:?}");
        }
        assert_eq!(world.site.count(&"Order".into(), &[]).await.unwrap(), 4);
    }
}

#[tokio::test]
async fn a_write_that_did_nothing_is_repeated_and_counted() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        let before = world.site.request_counts().write;
        world.next_write(Action::Deadlock);
        world.next_write(Action::TooManyRequests {
            retry_after: Some(0),
        });
        world.order("A", "c1").await;
        assert_eq!(world.site.request_counts().write - before, 3, "{profile:?}");
    }
}

#[tokio::test]
async fn a_document_that_a_person_saves_between_parent_and_rows_is_not_torn() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        world.order("A", "c1").await;
        let rows = Matcher::reads().doctype("Order Item");
        world
            .sandbox
            .faults()
            .interpose(rows, Moment::Before, |sandbox| {
                let rows = json!([{"item": "lamp"}]);
                sandbox
                    .as_user("person@example.com")
                    .update("Order", "A", json!({"title": "theirs", "items": rows}))
                    .unwrap();
            });
        let documents = world.read(&["A"]).await;
        assert_eq!(documents[0].fields["title"], "theirs", "{profile:?}");
        assert_eq!(documents[0].tables["items"][0].fields["item"], "lamp");
        assert_eq!(documents[0].modified_by, "person@example.com");
    }
}
