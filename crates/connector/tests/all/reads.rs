//! What reads ask for, and what they make of the answers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use frappe_sync_connector::{FrappeSite, OurClock, Permission, SiteConfig};
use frappe_sync_model::{
    BodyQuery, DocName, Document, Filter, KeyOrder, KeyQuery, MetaBundle, Selection, Site,
    SiteError, SiteErrorKind, SiteTime,
};

use crate::scripted_site::{Asked, Reply, ScriptedSite};

const T1: &str = "2026-01-01 00:00:00";
const T2: &str = "2026-01-02 00:00:00";

fn list(rows: Value) -> Reply {
    Reply::json(200, json!({ "message": rows }))
}

fn key_query(order: KeyOrder) -> KeyQuery {
    KeyQuery {
        doctype: "Customer".into(),
        filters: vec![Filter::new("disabled", "=", 0)],
        order,
        limit: 2,
        with_lft: true,
    }
}

fn order_doctype() -> Reply {
    let field = |name: &str, fieldtype: &str, options: &str| json!({"fieldname": name, "fieldtype": fieldtype, "options": options});
    Reply::json(
        200,
        json!({"docs": [
            {"doctype": "DocType", "name": "Order", "autoname": "hash", "fields": [
                field("title", "Data", ""),
                field("pin", "Password", ""),
                field("items", "Table", "Order Item"),
                field("taxes", "Table", "Order Tax"),
            ]},
            {"doctype": "DocType", "name": "Order Item", "istable": 1, "fields": [field("qty", "Float", "")]},
            {"doctype": "DocType", "name": "Order Tax", "istable": 1, "fields": [field("rate", "Float", "")]},
        ]}),
    )
}

async fn meta(site: &FrappeSite) -> MetaBundle {
    site.meta(&"Order".into()).await.unwrap()
}

async fn named(site: &FrappeSite, names: &[&str]) -> Result<Vec<Document>, SiteError> {
    let meta = meta(site).await;
    let names = names.iter().copied().map(DocName::from).collect();
    site.documents(&BodyQuery {
        meta: &meta,
        selection: Selection::Names(names),
        tables: vec!["items", "taxes"],
    })
    .await
}

/// Which list or method a request is for: the DocType in its body, or its path.
fn subject(asked: &Asked) -> String {
    match asked.body.get("doctype") {
        Some(Value::String(doctype)) if asked.target.ends_with("get_list") => doctype.clone(),
        _ => asked.target.clone(),
    }
}

#[tokio::test]
async fn keys_by_moment_go_on_after_the_last_one() {
    let rows = json!([
        {"name": "A", "modified": T1, "creation": T1, "owner": "x@example.com", "lft": 4},
        {"name": 7, "modified": null},
    ]);
    let script = ScriptedSite::in_order([list(rows), list(json!([]))]).await;
    let site = script.client();
    let from = SiteTime::new(T1);
    let order = KeyOrder::Modified {
        from: from.clone(),
        after: Some("A".into()),
    };
    let page = site.keys(&key_query(order)).await.unwrap();
    assert!(page.full);
    assert_eq!(page.keys[0].lft, Some(4));
    assert_eq!(page.keys[0].owner, "x@example.com");
    assert_eq!(page.keys[1].name, "7");
    assert_eq!(page.keys[1].modified, None);
    let asked = &script.asked()[0];
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.target, "/api/method/frappe.client.get_list");
    assert_eq!(
        asked.body,
        json!({
            "doctype": "Customer",
            "fields": ["name", "modified", "creation", "owner", "lft"],
            "filters": [["disabled", "=", 0], ["modified", ">=", T1]],
            "or_filters": [["modified", ">", T1], ["name", ">", "A"]],
            "order_by": "modified asc, name asc",
            "limit_page_length": 2,
        })
    );

    let order = KeyOrder::Modified { from, after: None };
    let page = site.keys(&key_query(order)).await.unwrap();
    assert!(!page.full);
    assert_eq!(script.asked()[1].body.get("or_filters"), None);
}

#[tokio::test]
async fn keys_by_name_go_on_after_the_last_name() {
    let script = ScriptedSite::in_order([list(json!([]))]).await;
    let order = KeyOrder::Name {
        after: Some("M".into()),
    };
    let page = script.client().keys(&key_query(order)).await.unwrap();
    assert!(page.keys.is_empty() && !page.full);
    let body = &script.asked()[0].body;
    assert_eq!(
        body["filters"],
        json!([["disabled", "=", 0], ["name", ">", "M"]])
    );
    assert_eq!(body["order_by"], "name asc");
}

#[tokio::test]
async fn matching_keys_are_read_to_the_last_page() {
    let full: Vec<Value> = (0..5000)
        .map(|n| json!({"name": format!("N{n:04}")}))
        .collect();
    let script = ScriptedSite::in_order([list(json!(full)), list(json!([{"name": "Z"}]))]).await;
    let keys = script
        .client()
        .matching_keys(&"ToDo".into(), &[])
        .await
        .unwrap();
    assert_eq!(keys.len(), 5001);
    let asked = script.asked();
    assert_eq!(asked[1].body["filters"], json!([["name", ">", "N4999"]]));
}

#[tokio::test]
async fn existing_names_come_as_the_site_spells_them() {
    let script = ScriptedSite::answering(|asked| {
        let names = asked.body["filters"][0][2].as_array().unwrap();
        list(json!([{"name": names[0].as_str().unwrap().to_uppercase()}]))
    })
    .await;
    let names: Vec<DocName> = (0..501).map(|n| format!("n{n:03}").into()).collect();
    let found = script
        .client()
        .existing(&"ToDo".into(), &names)
        .await
        .unwrap();
    assert_eq!(found, ["N000", "N500"]);
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn a_page_of_documents_costs_one_request_and_one_per_table() {
    let script = ScriptedSite::answering(|asked| match subject(asked).as_str() {
        "Order" => list(json!([
            {"name": "O-2", "owner": "x", "creation": T1, "modified": T2, "modified_by": "y",
             "docstatus": 1, "idx": 0, "title": null, "pin": "*****", "_user_tags": null, "raw": 1},
            {"name": "o-1", "modified": T2, "docstatus": 0, "title": "t"},
        ])),
        "Order Item" => list(json!([
            {"name": "r2", "parent": "o-1", "idx": 2, "modified": T2, "qty": 2.0, "parenttype": "Order"},
            {"name": "r1", "parent": "o-1", "idx": 1, "modified": T1, "qty": 1.5},
        ])),
        "Order Tax" => list(json!([])),
        _ => order_doctype(),
    })
    .await;
    let site = script.client();
    let documents = named(&site, &["O-2", "O-1"]).await.unwrap();
    assert_eq!(site.request_counts().read, 1 + 3);

    let document = &documents[0];
    assert_eq!(document.name(), &"O-2");
    assert_eq!(
        (document.docstatus, document.modified_by.as_str()),
        (1, "y")
    );
    assert_eq!(
        Value::Object(document.fields.clone()),
        json!({"title": null})
    );
    assert!(document.tables["items"].is_empty() && document.tables["taxes"].is_empty());
    let rows = &documents[1].tables["items"];
    assert_eq!((rows[0].name.as_str(), rows[0].idx), ("r1", 1));
    assert_eq!(Value::Object(rows[1].fields.clone()), json!({"qty": 2.0}));

    let asked = script.asked();
    assert_eq!(
        asked[1].body,
        json!({
            "doctype": "Order",
            "fields": ["*"],
            "filters": [["name", "in", ["O-2", "O-1"]]],
            "order_by": "name asc",
            "limit_page_length": 0,
        })
    );
    let items = asked
        .iter()
        .find(|asked| subject(asked) == "Order Item")
        .unwrap();
    assert_eq!(
        items.body,
        json!({
            "doctype": "Order Item",
            "fields": ["*"],
            "filters": [
                ["parenttype", "=", "Order"],
                ["parentfield", "=", "items"],
                ["parent", "in", ["O-2", "o-1"]],
            ],
            "order_by": "parent asc, parentfield asc, idx asc",
            "limit_page_length": 0,
            "parent": "Order",
        })
    );
}

#[tokio::test]
async fn many_names_are_read_in_pages_and_each_document_comes_once() {
    let script = ScriptedSite::answering(|asked| match subject(asked).as_str() {
        "Order" => list(json!([{"name": "same", "modified": T1}])),
        "Order Item" | "Order Tax" => list(json!([])),
        _ => order_doctype(),
    })
    .await;
    let site = script.client();
    let names: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(named(&site, &names).await.unwrap().len(), 1);
    assert_eq!(site.request_counts().read, 1 + 3 * 3);
}

#[tokio::test]
async fn nothing_asked_for_and_nothing_found_cost_no_requests_for_rows() {
    let script = ScriptedSite::answering(|asked| match subject(asked).as_str() {
        "Order" => list(json!([])),
        _ => order_doctype(),
    })
    .await;
    let site = script.client();
    assert_eq!(named(&site, &[]).await.unwrap(), []);
    assert_eq!(site.request_counts().read, 1);
    assert_eq!(named(&site, &["gone"]).await.unwrap(), []);
    assert_eq!(site.request_counts().read, 3);
}

#[tokio::test]
async fn documents_by_filters_are_paged_by_name() {
    let script = ScriptedSite::answering(|asked| match subject(asked).as_str() {
        "Order" => {
            let filters = asked.body["filters"].as_array().unwrap();
            if filters.len() == 1 {
                let rows: Vec<Value> = (0..500)
                    .map(|n| json!({"name": format!("N{n:03}")}))
                    .collect();
                list(json!(rows))
            } else {
                list(json!([{"name": "Z"}]))
            }
        }
        _ => order_doctype(),
    })
    .await;
    let site = script.client();
    let meta = meta(&site).await;
    let query = BodyQuery {
        meta: &meta,
        selection: Selection::Filters(vec![Filter::new("title", "like", "x%")]),
        tables: vec![],
    };
    assert_eq!(site.documents(&query).await.unwrap().len(), 501);
    let asked = script.asked();
    assert_eq!(
        asked[2].body["filters"],
        json!([["title", "like", "x%"], ["name", ">", "N499"]])
    );
    assert_eq!(asked[2].body["limit_page_length"], 500);
}

#[tokio::test]
async fn a_page_that_is_too_large_is_read_in_smaller_ones() {
    let script = ScriptedSite::answering(|asked| match subject(asked).as_str() {
        "Order" => {
            let names = asked.body["filters"][0][2].as_array().unwrap();
            let pad = "x".repeat(600);
            let rows: Vec<Value> = names
                .iter()
                .map(|name| json!({"name": name, "title": pad}))
                .collect();
            list(json!(rows))
        }
        "Order Item" => {
            let parents = asked.body["filters"][2][2].as_array().unwrap();
            let rows: Vec<Value> = parents
                .iter()
                .flat_map(|parent| {
                    (1..=3).map(move |idx| {
                        json!({
                            "name": format!("{}-{idx}", parent.as_str().unwrap()),
                            "parent": parent, "idx": idx, "pad": "y".repeat(400),
                        })
                    })
                })
                .collect();
            list(json!(rows))
        }
        "Order Tax" => list(json!([])),
        _ => order_doctype(),
    })
    .await;
    let config = SiteConfig {
        max_answer_bytes: 2000,
        ..script.config()
    };
    let site = FrappeSite::new(config).unwrap();
    let documents = named(&site, &["a", "b", "c", "d", "e"]).await.unwrap();
    let names: Vec<&str> = documents
        .iter()
        .map(|document| document.name().as_str())
        .collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    for document in &documents {
        assert_eq!(document.tables["items"].len(), 3);
    }
}

/// A site whose one order is saved between the read of the order and the read of its rows.
async fn torn(saves: u32) -> ScriptedSite {
    let reads = AtomicU32::new(0);
    let moment = |n: u32| format!("2026-01-01 00:00:{n:02}");
    ScriptedSite::answering(move |asked| match subject(asked).as_str() {
        "Order" => {
            let now = reads.load(Ordering::SeqCst).min(saves);
            list(json!([{"name": "O", "modified": moment(now), "title": "t"}]))
        }
        "Order Item" => {
            let now = (reads.fetch_add(1, Ordering::SeqCst) + 1).min(saves);
            list(json!([{"name": "r", "parent": "O", "idx": 1, "modified": moment(now), "qty": now}]))
        }
        "Order Tax" => list(json!([])),
        "/api/method/frappe.client.get" => Reply::json(
            200,
            json!({"message": {
                "name": "O", "doctype": "Order", "modified": moment(50), "title": "t", "hidden": "h",
                "items": [{"name": "r", "parent": "O", "idx": 1, "modified": moment(50), "qty": 50, "h": 1}],
            }}),
        ),
        _ => order_doctype(),
    })
    .await
}

#[tokio::test]
async fn a_document_saved_while_it_was_read_is_read_again() {
    let script = torn(1).await;
    let site = script.client();
    let documents = named(&site, &["O"]).await.unwrap();
    assert_eq!(documents.len(), 1);
    assert_eq!(
        documents[0].key.modified,
        Some(SiteTime::new("2026-01-01 00:00:01"))
    );
    assert_eq!(documents[0].tables["items"][0].fields["qty"], 1);
    assert_eq!(site.request_counts().read, 1 + 3 + 1 + 3);
}

#[tokio::test]
async fn a_document_that_is_saved_all_the_time_is_read_in_one_piece() {
    let script = torn(90).await;
    let documents = named(&script.client(), &["O"]).await.unwrap();
    assert_eq!(documents.len(), 1);
    let document = &documents[0];
    assert_eq!(
        document.key.modified,
        Some(SiteTime::new("2026-01-01 00:00:50"))
    );
    // What the list did not show is not learnt from a single read.
    assert_eq!(
        Value::Object(document.fields.clone()),
        json!({"title": "t"})
    );
    let row = &document.tables["items"][0];
    assert_eq!(Value::Object(row.fields.clone()), json!({"qty": 50}));
    assert_eq!(document.tables["taxes"], []);
}

#[tokio::test]
async fn rows_that_are_newer_by_themselves_cost_a_list_of_stamps_and_no_second_read() {
    let script = ScriptedSite::answering(|asked| match subject(asked).as_str() {
        "Order" => list(json!([{"name": "O", "modified": T1, "title": "t"}])),
        "Order Item" => list(json!([{"name": "r", "parent": "O", "idx": 1, "modified": T2}])),
        "Order Tax" => list(json!([])),
        _ => order_doctype(),
    })
    .await;
    let site = script.client();
    assert_eq!(named(&site, &["O"]).await.unwrap().len(), 1);
    assert_eq!(site.request_counts().read, 1 + 3 + 1);
}

#[tokio::test]
async fn where_child_rows_cannot_be_listed_documents_are_read_one_by_one() {
    let script = ScriptedSite::answering(|asked| match subject(asked).as_str() {
        "Order" => list(json!([{"name": "O", "modified": T1, "title": "t"}, {"name": "P", "title": "p"}])),
        "Order Item" | "Order Tax" => Reply::json(403, json!({"exc_type": "PermissionError"})),
        "/api/method/frappe.client.get" if asked.body["name"] == "P" => {
            Reply::json(404, json!({"exc_type": "DoesNotExistError"}))
        }
        "/api/method/frappe.client.get" => Reply::json(
            200,
            json!({"message": {"name": "O", "title": "t", "items": [{"name": "r", "parent": "O", "idx": 1, "qty": 1}]}}),
        ),
        _ => order_doctype(),
    })
    .await;
    let documents = named(&script.client(), &["O", "P"]).await.unwrap();
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].tables["items"][0].fields["qty"], 1);
}

#[tokio::test]
async fn an_unknown_doctype_is_named() {
    let script =
        ScriptedSite::in_order([Reply::json(404, json!({"exc_type": "DoesNotExistError"}))]).await;
    let error = script.client().meta(&"No Such".into()).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotFound);
    assert_eq!(error.to_string(), "the DocType `No Such` does not exist");
    assert_eq!(
        script.asked()[0].target,
        "/api/method/frappe.desk.form.load.getdoctype?doctype=No%20Such"
    );
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_268_800, 0).unwrap_or_default()
}

fn probed(asked: &Asked, date: &str, zone: Reply) -> Reply {
    let answer =
        |message: Value| Reply::json_with(200, &[("date", date)], json!({ "message": message }));
    if asked.target.ends_with("get_logged_user") {
        answer(json!("sync@example.com"))
    } else if asked.target.ends_with("get_versions") {
        answer(json!({"frappe": {"version": "15.55.1"}, "erpnext": {"version": "15.1.0"}}))
    } else {
        zone
    }
}

#[tokio::test]
async fn a_probe_tells_user_versions_zone_and_clock() {
    let zone = || Reply::json(200, json!({"message": "Asia/Kolkata"}));
    let script = ScriptedSite::answering(move |asked| {
        probed(asked, "Thu, 01 Jan 2026 12:05:00 GMT", zone())
    })
    .await;
    let config = SiteConfig {
        clock: OurClock::new(noon),
        ..script.config()
    };
    let facts = FrappeSite::new(config).unwrap().probe().await.unwrap();
    assert_eq!(facts.user, "sync@example.com");
    assert_eq!(facts.frappe_version, "15.55.1");
    assert_eq!(facts.apps.len(), 2);
    assert_eq!(facts.clock.time_zone.name(), "Asia/Kolkata");
    assert_eq!(facts.clock.skew, Duration::milliseconds(300_500));
    assert_eq!(
        script.asked()[2].target,
        "/api/method/frappe.client.get_single_value?doctype=System%20Settings&field=time_zone"
    );
}

#[tokio::test]
async fn a_zone_that_cannot_be_read_must_be_given() {
    let forbidden = || Reply::json(403, json!({"exc_type": "PermissionError"}));
    let script = ScriptedSite::answering(move |asked| {
        probed(asked, "Thu, 01 Jan 2026 12:00:01 GMT", forbidden())
    })
    .await;
    let config = SiteConfig {
        clock: OurClock::new(noon),
        ..script.config()
    };
    let error = FrappeSite::new(config.clone())
        .unwrap()
        .probe()
        .await
        .unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotPermitted);
    assert!(error.message.contains("set `time_zone`"), "{error}");

    let config = SiteConfig {
        time_zone: Some(chrono_tz::Europe::Berlin),
        ..config
    };
    let facts = FrappeSite::new(config).unwrap().probe().await.unwrap();
    assert_eq!(facts.clock.time_zone, chrono_tz::Europe::Berlin);
    assert_eq!(facts.clock.skew, Duration::zero());
}

#[tokio::test]
async fn a_guest_is_not_authorised() {
    let script = ScriptedSite::in_order([list(json!("Guest"))]).await;
    let error = script.client().probe().await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotAuthorised);
}

#[tokio::test]
async fn permissions_are_asked_one_by_one() {
    let asked_for = Mutex::new(Vec::new());
    let script = ScriptedSite::answering(move |asked| {
        let permission = asked.body["perm_type"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut asked_for = asked_for.lock().unwrap();
        asked_for.push(permission.clone());
        let granted = match permission.as_str() {
            "read" => json!(true),
            "write" => json!(1),
            "submit" => json!(null),
            _ => json!(false),
        };
        list(json!({ "has_permission": granted }))
    })
    .await;
    let permissions = script
        .client()
        .doc_permissions(&"ToDo".into(), &Permission::ALL)
        .await
        .unwrap();
    assert_eq!(permissions.granted(), [Permission::Read, Permission::Write]);
    assert!(!permissions.allows(Permission::Delete));
    assert_eq!(script.asked().len(), 6);
}

#[tokio::test]
async fn a_count_takes_filters() {
    let script = ScriptedSite::in_order([list(json!(42))]).await;
    let filters = [Filter::new("status", "=", "Open")];
    assert_eq!(
        script
            .client()
            .count(&"ToDo".into(), &filters)
            .await
            .unwrap(),
        42
    );
    assert_eq!(
        script.asked()[0].body["filters"],
        json!([["status", "=", "Open"]])
    );
}
