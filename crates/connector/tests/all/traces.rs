//! The traces of deletes, renames and merges.

use serde_json::{Value, json};

use frappe_sync_model::{Deletion, DocName, Renaming, Site, SiteErrorKind, SiteTime, TraceQuery};

use crate::sandbox_world::{PROFILES, World};
use crate::scripted_site::{Asked, Reply, ScriptedSite};

fn traces_of(doctypes: &[&str], names: &[&str]) -> TraceQuery {
    TraceQuery {
        doctypes: doctypes.iter().map(|&doctype| doctype.into()).collect(),
        since: None,
        names: names.iter().map(|&name| name.into()).collect(),
    }
}

fn names_of(deletions: &[Deletion]) -> Vec<&str> {
    deletions
        .iter()
        .map(|deletion| deletion.name.as_str())
        .collect()
}

fn moves_of(renamings: &[Renaming]) -> Vec<(&str, &str)> {
    let names = renamings
        .iter()
        .map(|renaming| (renaming.old.as_str(), renaming.new.as_str()));
    names.collect()
}

#[tokio::test]
async fn deletes_are_told_oldest_first_with_the_key_that_was_deleted() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        for (name, code) in [("A", "c1"), ("B/\u{e9} \"x\"", "c2"), ("C", "c3")] {
            world.order(name, code).await;
        }
        let key = world.read(&["B/\u{e9} \"x\""]).await[0].key.clone();
        for name in ["C", "B/\u{e9} \"x\"", "A"] {
            world.person().delete("Order", name).unwrap();
        }
        let all = world
            .site
            .deletions(&traces_of(&["Order", "Follow Up"], &[]))
            .await
            .unwrap();
        assert_eq!(names_of(&all), ["C", "B/\u{e9} \"x\"", "A"], "{profile:?}");
        assert!(all.is_sorted_by(|one, other| one.at <= other.at));
        let deletion = &all[1];
        assert_eq!(
            (deletion.doctype.as_str(), deletion.by.as_str()),
            ("Order", "person@example.com")
        );
        assert!(!deletion.restored);
        let deleted = world
            .site
            .deleted_key(&deletion.record)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(deleted, key, "{profile:?}");

        let since = TraceQuery {
            since: Some(deletion.at.clone()),
            ..traces_of(&["Order"], &[])
        };
        let late = world.site.deletions(&since).await.unwrap();
        assert_eq!(names_of(&late), ["B/\u{e9} \"x\"", "A"], "{profile:?}");
        let named = world
            .site
            .deletions(&traces_of(&["Order"], &["A", "C", "Z"]))
            .await
            .unwrap();
        assert_eq!(names_of(&named), ["C", "A"]);
        for none in [traces_of(&["Follow Up"], &[]), traces_of(&[], &[])] {
            assert_eq!(world.site.deletions(&none).await.unwrap(), []);
        }

        world.site.restore(&all[2].record).await.unwrap();
        let all = world
            .site
            .deletions(&traces_of(&["Order"], &[]))
            .await
            .unwrap();
        assert!(all[2].restored, "{profile:?}");
        assert_eq!(
            world.site.deleted_key(&"no such".into()).await.unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn renames_and_merges_are_told_oldest_first_with_their_names() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        for (name, code) in [("A", "c1"), ("B", "c2"), ("R&D \"x\"", "c3")] {
            world.order(name, code).await;
        }
        let person = world.person();
        person.rename("Order", "R&D \"x\"", "Q&amp;A").unwrap();
        person.rename("Order", "A", "A/1").unwrap();
        person.rename("Order", "A/1", "A'2").unwrap();
        person.merge("Order", "A'2", "B").unwrap();
        let all = world
            .site
            .renamings(&traces_of(&["Order"], &[]))
            .await
            .unwrap();
        // The comments of a document that was merged went to the other.
        let told = [
            ("R&D \"x\"", "Q&amp;A"),
            ("A", "A/1"),
            ("A/1", "A'2"),
            ("A'2", "B"),
        ];
        assert_eq!(moves_of(&all), told, "{profile:?}");
        assert!(all.iter().all(|renaming| renaming.doctype == "Order"));

        let known = traces_of(&["Order"], &["r&d \"X\"", "B"]);
        let told = world.site.renamings(&known).await.unwrap();
        // Spelt as it was asked for.
        assert_eq!(moves_of(&told), [("r&d \"X\"", "Q&amp;A")], "{profile:?}");
        let late = TraceQuery {
            since: Some(all.last().unwrap().at.clone()),
            ..traces_of(&["Order"], &[])
        };
        assert_eq!(
            moves_of(&world.site.renamings(&late).await.unwrap()),
            [("A'2", "B")]
        );
        for none in [traces_of(&["Follow Up"], &[]), traces_of(&[], &[])] {
            assert_eq!(world.site.renamings(&none).await.unwrap(), []);
        }
    }
}

#[tokio::test]
async fn traces_that_our_user_may_not_read_are_an_error() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        for doctype in ["Deleted Document", "Comment"] {
            world.sandbox.deny("sync@example.com", doctype, &[]);
        }
        let query = traces_of(&["Order"], &[]);
        let kinds = [
            world.site.deletions(&query).await.unwrap_err().kind,
            world.site.renamings(&query).await.unwrap_err().kind,
            world.site.deleted_key(&"x".into()).await.unwrap_err().kind,
        ];
        assert_eq!(
            kinds,
            [const { SiteErrorKind::NotPermitted }; 3],
            "{profile:?}"
        );
    }
}

/// Answers a list of `count` deletes, all of the same moment, as a site does.
fn page_of_deletes(asked: &Asked, count: usize) -> Reply {
    let limit = usize::try_from(asked.body["limit_page_length"].as_u64().unwrap()).unwrap();
    let after = asked.body["or_filters"][1][2]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let rows: Vec<Value> = (0..count)
        .map(|number| format!("d{number:05}"))
        .filter(|name| *name > after)
        .take(limit)
        .map(|name| {
            json!({
                "name": name, "creation": "2026-01-01 10:00:00", "deleted_doctype": "Order",
                "deleted_name": 7, "owner": "x@example.com", "restored": 0,
            })
        })
        .collect();
    Reply::json(200, json!({ "message": rows }))
}

#[tokio::test]
async fn many_traces_of_one_moment_come_in_pages() {
    let script = ScriptedSite::answering(|asked| page_of_deletes(asked, 2500)).await;
    let deletions = script
        .client()
        .deletions(&traces_of(&["Order"], &[]))
        .await
        .unwrap();
    assert_eq!(deletions.len(), 2500);
    assert_eq!(deletions[0].name, "7");
    let asked = script.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].body["doctype"], "Deleted Document");
    assert_eq!(asked[0].body["order_by"], "creation asc, name asc");
    assert_eq!(
        asked[0].body["filters"],
        json!([["deleted_doctype", "in", ["Order"]]])
    );
    let from = json!(["creation", ">=", "2026-01-01 10:00:00"]);
    assert_eq!(asked[1].body["filters"][1], from);
    let after = json!([
        ["creation", ">", "2026-01-01 10:00:00"],
        ["name", ">", "d00999"]
    ]);
    assert_eq!(asked[1].body["or_filters"], after);
}

#[tokio::test]
async fn many_names_are_asked_for_in_parts_and_told_in_order() {
    let reply = |asked: &Asked| {
        let first = asked.body["filters"][1][2][0].as_str().unwrap().to_owned();
        let (record, creation) = if first == "n0" {
            ("late", "2026-01-01 10:00:01")
        } else {
            ("early", "2026-01-01 10:00:00.5")
        };
        let row = json!({
            "name": record, "creation": creation, "deleted_doctype": "Order", "deleted_name": first,
            "restored": 1,
        });
        Reply::json(200, json!({ "message": [row] }))
    };
    let script = ScriptedSite::answering(reply).await;
    let names: Vec<String> = (0..1200).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let deletions = script
        .client()
        .deletions(&traces_of(&["Order"], &names))
        .await
        .unwrap();
    assert_eq!(script.asked().len(), 3);
    let records: Vec<&DocName> = deletions.iter().map(|deletion| &deletion.record).collect();
    // One record that two parts bring is one deletion.
    assert_eq!(records, ["early", "late"]);
    assert!(deletions[0].restored && deletions[0].by.is_empty());
}

#[tokio::test]
async fn a_site_that_repeats_a_page_is_not_asked_for_ever() {
    let script = ScriptedSite::answering(|asked| {
        let mut whole = asked.clone();
        whole.body["or_filters"] = Value::Null;
        page_of_deletes(&whole, 1000)
    })
    .await;
    let error = script
        .client()
        .deletions(&traces_of(&["Order"], &[]))
        .await
        .unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotFrappe);
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn rows_of_wrong_types_are_an_error_and_comments_of_other_kinds_are_passed_over() {
    for row in [
        json!([]),
        json!("x"),
        json!({"name": "d", "deleted_name": "A"}),
        json!({"creation": "2026-01-01 10:00:00", "deleted_name": "A"}),
        json!({"name": "d", "creation": 7, "deleted_name": "A"}),
        json!({"name": "d", "creation": "2026-01-01 10:00:00", "deleted_name": null}),
    ] {
        let script = ScriptedSite::in_order([Reply::json(200, json!({ "message": [row] }))]).await;
        let error = script
            .client()
            .deletions(&traces_of(&["Order"], &[]))
            .await
            .unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::NotFrappe);
    }

    let comment = |content: Value, reference: Value| {
        json!({
            "name": "c", "creation": "2026-01-01 10:00:00", "reference_doctype": "Order",
            "reference_name": reference, "content": content,
        })
    };
    let told = "<strong>A</strong> \u{2192} <strong>B</strong>";
    let rows = json!([
        comment(Value::Null, json!("B")),
        comment(json!(7), json!("B")),
        comment(json!("restored A as B"), json!("B")),
        comment(json!(told), Value::Null),
        comment(json!(told), json!("B")),
    ]);
    let script = ScriptedSite::in_order([Reply::json(200, json!({ "message": rows }))]).await;
    let renamings = script
        .client()
        .renamings(&traces_of(&["Order"], &[]))
        .await
        .unwrap();
    assert_eq!(moves_of(&renamings), [("A", "B")]);
    assert_eq!(renamings[0].at, SiteTime::new("2026-01-01 10:00:00"));
    let asked = &script.asked()[0].body;
    let filters = json!([
        ["comment_type", "=", "Edit"],
        ["reference_doctype", "in", ["Order"]]
    ]);
    assert_eq!(asked["filters"], filters);
}

#[tokio::test]
async fn a_record_that_says_nothing_of_the_key_is_none() {
    let with_data =
        |data: Value| Reply::json(200, json!({"message": [{"name": "d", "data": data}]}));
    for reply in [
        Reply::json(200, json!({"message": []})),
        with_data(Value::Null),
        with_data(json!({"name": "A"})),
        with_data(json!("{\"name\": \"A\"")),
        with_data(json!("[]")),
        with_data(json!("{\"modified\": \"2026-01-01 10:00:00\"}")),
    ] {
        let script = ScriptedSite::in_order([reply]).await;
        assert_eq!(
            script.client().deleted_key(&"d".into()).await.unwrap(),
            None
        );
    }
    let data = "{\"name\": 17, \"modified\": \"2026-01-01 10:00:00.000000\", \"creation\": null}";
    let script = ScriptedSite::in_order([with_data(json!(data))]).await;
    let key = script
        .client()
        .deleted_key(&"d".into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(key.name, "17");
    assert_eq!(key.modified, Some(SiteTime::new("2026-01-01 10:00:00")));
    assert_eq!((key.creation, key.owner.as_str()), (None, ""));

    for broken in [Reply::half_a_body(), Reply::html(200)] {
        let script = ScriptedSite::in_order([broken.clone(), broken.clone(), broken]).await;
        let error = script.client().deleted_key(&"d".into()).await.unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::NotFrappe);
    }
}
