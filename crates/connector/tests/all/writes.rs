//! What a write sends, and what it takes from the answer.

use serde_json::{Map, Value, json};

use frappe_sync_model::{NewDocument, Site, SiteErrorKind, SiteTime};

use crate::scripted_site::{Reply, ScriptedSite};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn new_document(name: Option<&str>, body: Value) -> NewDocument {
    NewDocument {
        doctype: "Sales Order".into(),
        name: name.map(Into::into),
        body: object(body),
    }
}

#[tokio::test]
async fn an_insert_is_wrapped_and_takes_name_and_moment_from_the_answer() {
    let script = ScriptedSite::in_order([Reply::json(
        200,
        json!({"data": {"name": "SO-1", "modified": "2026-01-02 03:04:05.000000"}}),
    )])
    .await;
    let body = json!({"customer": "C", "lft": 1, "items": [{"item_code": "I"}]});
    let written = script
        .client()
        .insert(&new_document(None, body))
        .await
        .unwrap();
    assert_eq!(written.name, "SO-1");
    assert_eq!(written.modified, Some(SiteTime::new("2026-01-02 03:04:05")));

    let asked = &script.asked()[0];
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.target, "/api/resource/Sales%20Order");
    assert_eq!(asked.header("content-type"), Some("application/json"));
    let data = json!({"doctype": "Sales Order", "customer": "C", "items": [{"item_code": "I"}]});
    assert_eq!(asked.body, json!({ "data": data }));
}

#[tokio::test]
async fn many_documents_go_in_one_request_and_their_names_come_in_order() {
    let script = ScriptedSite::in_order([Reply::json(200, json!({"message": ["SO-1", 2]}))]).await;
    let documents = [
        new_document(None, json!({"customer": "C"})),
        new_document(Some("X"), json!({"customer": "D"})),
    ];
    let names = script.client().insert_many(&documents).await.unwrap();
    assert_eq!(names, ["SO-1", "2"]);

    let asked = &script.asked()[0];
    assert_eq!(asked.target, "/api/method/frappe.client.insert_many");
    let docs = json!([
        {"doctype": "Sales Order", "customer": "C"},
        {"doctype": "Sales Order", "customer": "D", "name": "X", "__newname": "X"},
    ]);
    assert_eq!(asked.body, json!({ "docs": docs }));
}

#[tokio::test]
async fn names_that_do_not_match_the_documents_leave_the_outcome_unknown() {
    let script = ScriptedSite::in_order([Reply::json(200, json!({"message": ["SO-1"]}))]).await;
    let documents = [new_document(None, json!({})), new_document(None, json!({}))];
    let error = script.client().insert_many(&documents).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::OutcomeUnknown);
    assert_eq!(error.request, "POST 2 x Sales Order");
}

#[tokio::test]
async fn too_many_documents_or_none_make_no_request() {
    let script = ScriptedSite::in_order([]).await;
    let site = script.client();
    assert_eq!(site.insert_many(&[]).await.unwrap(), [""; 0]);
    let documents = vec![new_document(None, json!({})); 201];
    let error = site.insert_many(&documents).await.unwrap_err();
    assert!(matches!(error.kind, SiteErrorKind::Refused { .. }));
    assert_eq!(script.asked().len(), 0);
}

#[tokio::test]
async fn an_update_carries_the_moment_that_it_was_decided_on() {
    let script = ScriptedSite::in_order([Reply::json(
        200,
        json!({"data": {"name": "A/B", "modified": "2026-01-03 00:00:00.000001"}}),
    )])
    .await;
    let base = SiteTime::new("2026-01-02 00:00:00.120000");
    let changes =
        json!({"status": "Open", "note": null, "name": "other", "__islocal": 1, "rgt": 9});
    let written = script
        .client()
        .update(&"Sales Order".into(), &"A/B".into(), &base, object(changes))
        .await
        .unwrap();
    assert_eq!(
        written.modified,
        Some(SiteTime::new("2026-01-03 00:00:00.000001"))
    );

    let asked = &script.asked()[0];
    assert_eq!(asked.method, "PUT");
    assert_eq!(asked.target, "/api/resource/Sales%20Order/A%2FB");
    let data = json!({"status": "Open", "note": null, "modified": "2026-01-02 00:00:00.120000"});
    assert_eq!(asked.body, json!({ "data": data }));
}

#[tokio::test]
async fn a_name_that_no_url_can_carry_is_refused_here() {
    let script = ScriptedSite::in_order([]).await;
    let base = SiteTime::new("2026-01-02 00:00:00");
    let update = script.client();
    let error = update
        .update(&"ToDo".into(), &"..".into(), &base, Map::new())
        .await
        .unwrap_err();
    assert!(error.concerns_one_document());
    assert_eq!(script.asked().len(), 0);
}
