//! Webhooks: who hears of what, and what is sent (protocol 11).

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::site;
use crate::{Hook, Sandbox, WebhookDelivery};

const EVENTS: [&str; 7] = [
    "after_insert",
    "on_update",
    "on_submit",
    "on_cancel",
    "on_trash",
    "on_update_after_submit",
    "on_change",
];

const TEMPLATE: &str = "{\"name\": {{ doc.name | tojson }}, \"event\": \"x\"}";

/// What the templates of [`site_that_tells_all`] send.
fn body_of(name: &str) -> String {
    format!("{{\"name\": \"{name}\", \"event\": \"x\"}}")
}

fn webhook(event: &str, values: Value) -> Value {
    let mut webhook = json!({
        "name": format!("on {event}"), "webhook_doctype": "Thing", "webhook_docevent": event,
        "request_url": "http://127.0.0.1:9/hook", "request_structure": "JSON", "webhook_json": TEMPLATE,
    });
    let fields = webhook.as_object_mut().unwrap();
    fields.extend(values.as_object().unwrap().clone());
    webhook
}

/// A site with a webhook for each event of `Thing`.
fn site_that_tells_all() -> Sandbox {
    let sandbox = site();
    for event in EVENTS {
        sandbox
            .as_user("Administrator")
            .insert("Webhook", webhook(event, json!({})))
            .unwrap();
    }
    assert_eq!(sandbox.take_webhooks(), []);
    sandbox
}

/// The events that were heard since the last time.
fn events(sandbox: &Sandbox) -> Vec<String> {
    let deliveries = sandbox.take_webhooks();
    deliveries
        .into_iter()
        .map(|delivery| delivery.event)
        .collect()
}

/// The one delivery that waits.
fn only(sandbox: &Sandbox) -> WebhookDelivery {
    let mut deliveries = sandbox.take_webhooks();
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    deliveries.remove(0)
}

#[test]
fn each_step_in_the_life_of_a_document_is_heard_of_by_its_events() {
    let sandbox = site_that_tells_all();
    let person = sandbox.as_user("Administrator");
    person.insert("Thing", json!({"name": "a"})).unwrap();
    assert_eq!(events(&sandbox), ["after_insert", "on_update"]);
    person.update("Thing", "a", json!({"title": "T"})).unwrap();
    assert_eq!(events(&sandbox), ["on_update", "on_change"]);
    person.submit("Thing", "a").unwrap();
    assert_eq!(events(&sandbox), ["on_update", "on_submit", "on_change"]);
    person.update("Thing", "a", json!({"title": "T"})).unwrap();
    assert_eq!(
        events(&sandbox),
        ["on_change"],
        "saved after it was submitted"
    );
    person.cancel("Thing", "a").unwrap();
    assert_eq!(events(&sandbox), ["on_cancel", "on_change"]);
    person.rename("Thing", "a", "b").unwrap();
    assert_eq!(events(&sandbox), [""; 0], "nobody hears of a rename");
    person.delete("Thing", "b").unwrap();
    assert_eq!(events(&sandbox), ["on_trash", "on_change"]);
    person
        .insert("Thing", json!({"name": "c", "docstatus": 1}))
        .unwrap();
    assert_eq!(events(&sandbox), ["after_insert", "on_update", "on_submit"]);
}

#[test]
fn what_no_save_writes_and_what_is_taken_back_is_not_heard_of() {
    let sandbox = site_that_tells_all();
    let person = sandbox.as_user("Administrator");
    person.insert("Thing", json!({"name": "a"})).unwrap();
    sandbox.take_webhooks();
    sandbox
        .silent_set("Thing", "a", json!({"title": "T"}))
        .unwrap();
    sandbox
        .bulk_touch("Thing", &json!([]), &json!({"title": "U"}))
        .unwrap();
    person.insert("Thing", json!({"name": "a"})).unwrap_err();
    let values = json!({"name": "b", "twin": "nobody"});
    person.insert("Thing", values).unwrap_err();
    assert_eq!(events(&sandbox), [""; 0]);
}

#[test]
fn of_one_transaction_a_webhook_tells_the_last_of_each_document() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    let template = "{\"title\": {{ doc.title | tojson }}, \"name\": {{ doc.name | tojson }}}";
    let values = json!({"webhook_json": template});
    person
        .insert("Webhook", webhook("on_update", values))
        .unwrap();
    let hook: Hook = serde_json::from_value(json!({
        "kind": "makes_document", "doctype": "Thing", "when": "code", "values": {"name": "of {name}"},
    }))
    .unwrap();
    sandbox.add_hook("Thing", hook);
    person
        .insert("Thing", json!({"name": "a", "title": "T", "code": "c"}))
        .unwrap();
    let bodies: Vec<String> = sandbox
        .take_webhooks()
        .into_iter()
        .map(|delivery| String::from_utf8(delivery.body).unwrap())
        .collect();
    assert_eq!(
        bodies,
        [
            "{\"title\": null, \"name\": \"of a\"}",
            "{\"title\": \"T\", \"name\": \"a\"}"
        ]
    );
}

#[test]
fn a_body_is_signed_as_python_writes_it() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    let values = json!({
        "enable_security": 1, "webhook_secret": "s3cr\u{e9}t",
        "webhook_headers": [{"key": "Content-Type", "value": "application/json"}],
    });
    person
        .insert("Webhook", webhook("after_insert", values))
        .unwrap();
    person
        .insert("Thing", json!({"name": "Zo\u{eb} & Co"}))
        .unwrap();
    let delivery = only(&sandbox);
    assert_eq!(
        String::from_utf8(delivery.body.clone()).unwrap(),
        r#"{"name": "Zo\u00eb & Co", "event": "x"}"#
    );
    // As Python's `hmac` and `base64` make it of that secret and body.
    assert_eq!(
        delivery.header("X-Frappe-Webhook-Signature"),
        Some("F8tozvVlYRN0VVlJS7keZqH5nNQTxqjhFD96QZ+Ys9Q=")
    );
    assert_eq!(delivery.header("content-type"), Some("application/json"));
    assert_eq!(delivery.timeout, Duration::from_secs(5));
    let shown = person.get("Webhook", "on after_insert").unwrap();
    assert_eq!(shown["webhook_secret"], "******");
}

#[test]
fn a_list_of_fields_is_sent_under_its_keys() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    let values = json!({
        "request_structure": "Form URL-Encoded",
        "webhook_data": [{"fieldname": "name", "key": "id"}, {"fieldname": "title", "key": "label"}],
        "is_dynamic_url": 1, "request_url": "http://127.0.0.1:9/{{ doc.doctype }}",
    });
    person
        .insert("Webhook", webhook("after_insert", values))
        .unwrap();
    person.insert("Thing", json!({"name": "a"})).unwrap();
    let delivery = only(&sandbox);
    assert_eq!(delivery.body, b"{\"id\": \"a\", \"label\": null}");
    assert_eq!(delivery.url, "http://127.0.0.1:9/Thing");
    assert_eq!(delivery.headers, []);
}

#[test]
fn only_enabled_webhooks_whose_condition_holds_hear() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    let values = json!({"condition": "doc.title == \"yes\""});
    person
        .insert("Webhook", webhook("after_insert", values))
        .unwrap();
    person.insert("Thing", json!({"name": "a"})).unwrap();
    assert_eq!(events(&sandbox), [""; 0]);
    let yes = |name: &str| json!({"name": name, "title": "yes"});
    person.insert("Thing", yes("b")).unwrap();
    assert_eq!(only(&sandbox).name, "b");
    person
        .update("Webhook", "on after_insert", json!({"enabled": 0}))
        .unwrap();
    person.insert("Thing", yes("c")).unwrap();
    assert_eq!(events(&sandbox), [""; 0]);
}

#[test]
fn a_webhook_that_cannot_work_is_refused() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    for (values, told) in [
        (
            json!({"request_url": "sync.example.com"}),
            "Check Request URL",
        ),
        (json!({"enable_security": 1}), "Invalid Webhook Secret"),
        (json!({"webhook_json": "{{ doc.name"}), "Syntax error"),
        (json!({"condition": "doc.title =="}), "Invalid Condition"),
        (
            json!({"webhook_doctype": "Role", "webhook_docevent": "on_submit"}),
            "DocType must be Submittable for the selected Doc Event",
        ),
    ] {
        let refused = person
            .insert("Webhook", webhook("on_update", values))
            .unwrap_err();
        assert!(refused.to_string().contains(told), "{refused}");
    }
    person
        .insert("Webhook", webhook("on_update", json!({})))
        .unwrap();
    let moved = person.update(
        "Webhook",
        "on on_update",
        json!({"webhook_docevent": "on_change"}),
    );
    assert_eq!(moved.unwrap_err().exc_type, "CannotChangeConstantError");
}

/// Takes one request, answers it with a status, and returns its text.
async fn take_one(listener: &TcpListener, status: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.ends_with(&body_of("a")) {
        let length = stream.read(&mut buffer).await.unwrap();
        assert_ne!(length, 0, "the request ends early: {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    text
}

#[tokio::test]
async fn a_served_site_posts_and_tries_again_where_it_is_refused() {
    let sandbox = site();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/hooks/x?y=1", listener.local_addr().unwrap());
    let _server = sandbox
        .serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap();
    let person = sandbox.as_user("Administrator");
    person
        .insert(
            "Webhook",
            webhook("after_insert", json!({"request_url": url})),
        )
        .unwrap();
    person.insert("Thing", json!({"name": "a"})).unwrap();
    let first = take_one(&listener, "503 Service Unavailable").await;
    assert!(
        first.starts_with("POST /hooks/x?y=1 HTTP/1.1\r\n"),
        "{first}"
    );
    let second = take_one(&listener, "202 Accepted").await;
    assert_eq!(first, second);
}
