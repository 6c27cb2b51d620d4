//! Webhooks: which events are told, how, and of what nothing is told.
//!
//! They are sent to a listener on this machine, so that a site that is somewhere else is not asked.

use axum::http::StatusCode;
use frappe_sync_hooks::{Hint, WebhookPlan, verify};
use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, text};
use super::receiver::Receiver;
use super::site::Site;

checks! {
    ALL, "11", "an insert tells after_insert and on_update, and no on_change" => insert;
    ALL, "11", "a save tells on_update and on_change" => save;
    ALL, "11", "a submit tells on_update, on_submit and on_change" => submit;
    ALL, "11", "an update after submit tells on_change alone" => update_after_submit;
    ALL, "11", "a cancel tells on_cancel and on_change" => cancel;
    ALL, "11", "a delete tells on_trash and on_change" => delete;
    ALL, "11", "a rename tells nothing" => rename;
    ALL, "11", "of one request a webhook tells each document once, as it was last" => once;
    ALL, "11", "a delivery is signed over the bytes that are sent, and any name comes through" => signed;
    ALL, "11", "a delivery that is refused comes once more, byte for byte" => again;
    ALL, "11", "a secret is shown as asterisks, and told by get_password" => secret;
    ALL, "11", "a secret that is not given is 417 where security is on" => no_secret;
    ALL, "11", "an event of submission is 417 for a DocType without it" => not_submittable;
    FROM_15, "11", "DocType and event of a webhook cannot be changed: 417 CannotChangeConstantError" => set_once;
}

const EVENTS: [&str; 7] = [
    "after_insert",
    "on_update",
    "on_submit",
    "on_cancel",
    "on_trash",
    "on_update_after_submit",
    "on_change",
];

const SECRET: &str = "c0nf\u{f6}rmance";

/// Installs webhooks, does something, and takes them away again in any case.
async fn with_webhooks(
    site: &Site,
    webhooks: Vec<Value>,
    act: impl Future<Output = Outcome>,
) -> Outcome {
    let mut names = Vec::new();
    let mut outcome = Ok(());
    for webhook in webhooks {
        match site.create("Webhook", webhook).await {
            Ok(made) => names.push(name(&made)?.to_owned()),
            Err(failure) => outcome = Err(failure),
        }
    }
    if outcome.is_ok() {
        outcome = act.await;
    }
    for webhook in names {
        site.delete("Webhook", &webhook).await?;
    }
    outcome
}

fn webhook(site: &Site, kind: &str, event: &str, url: &str) -> Value {
    json!({
        "name": site.unique("hook"), "webhook_doctype": site.doctype(kind), "webhook_docevent": event,
        "request_url": url, "request_method": "POST", "request_structure": "JSON", "enabled": 1,
        "webhook_json": "{\"label\": {{ (doc.label or doc.remarks) | tojson }}}",
    })
}

/// A listener, where the site can reach one on this machine.
async fn receiver(site: &Site) -> Result<Option<Receiver>, Failure> {
    let url = &site.access().url;
    let is_near = ["http://127.", "http://localhost", "https://localhost"]
        .iter()
        .any(|near| url.starts_with(near));
    match is_near {
        true => Receiver::listen().await.map(Some),
        false => Ok(None),
    }
}

/// What is done with an order.
enum Step {
    Insert,
    Change(Value),
    Delete,
}

impl Step {
    async fn take(self, site: &Site, order: &str) -> Outcome {
        let doctype = site.doctype("Order");
        match self {
            Self::Insert => {
                let fields = json!({"title": "made"});
                site.create(&doctype, fields).await.map(|_| ())
            }
            Self::Change(fields) => site.update(&doctype, order, fields).await.map(|_| ()),
            Self::Delete => site.delete(&doctype, order).await,
        }
    }
}

/// Makes an order before anybody listens, takes a step, and compares the events that are told. A document that is made
/// afterwards is the sign that nothing more comes.
async fn events(site: &Site, docstatus: u8, step: Step, told: &[&str]) -> Outcome {
    let Some(mut receiver) = receiver(site).await? else {
        return Ok(());
    };
    let fields = json!({"title": "before", "docstatus": docstatus});
    let order = site.create(&site.doctype("Order"), fields).await?;
    let url = |path: &str| format!("{}/{path}", receiver.url());
    let mut all: Vec<Value> = EVENTS
        .iter()
        .map(|event| webhook(site, "Order", event, &url(event)))
        .collect();
    all.push(webhook(site, "Target", "after_insert", &url("end")));
    let act = async {
        step.take(site, name(&order)?).await?;
        receiver.expect("the events", told).await?;
        let end = json!({"name": site.unique("end")});
        site.create(&site.doctype("Target"), end).await?;
        receiver.expect("what comes last", &["end"]).await?;
        equal("what else is told", receiver.left(), Vec::<String>::new())
    };
    with_webhooks(site, all, act).await
}

async fn insert(site: &Site) -> Outcome {
    events(site, 0, Step::Insert, &["after_insert", "on_update"]).await
}

async fn save(site: &Site) -> Outcome {
    let step = Step::Change(json!({"title": "after"}));
    events(site, 0, step, &["on_update", "on_change"]).await
}

async fn submit(site: &Site) -> Outcome {
    let step = Step::Change(json!({"docstatus": 1}));
    events(site, 0, step, &["on_update", "on_submit", "on_change"]).await
}

async fn update_after_submit(site: &Site) -> Outcome {
    let step = Step::Change(json!({"remarks": "after"}));
    events(site, 1, step, &["on_change"]).await
}

async fn cancel(site: &Site) -> Outcome {
    let step = Step::Change(json!({"docstatus": 2}));
    events(site, 1, step, &["on_cancel", "on_change"]).await
}

async fn delete(site: &Site) -> Outcome {
    events(site, 0, Step::Delete, &["on_trash", "on_change"]).await
}

async fn rename(site: &Site) -> Outcome {
    let Some(mut receiver) = receiver(site).await? else {
        return Ok(());
    };
    let doctype = site.doctype("Target");
    let (old, new) = (site.unique("old"), site.unique("new"));
    site.create(&doctype, json!({"name": old})).await?;
    let url = |event: &str| format!("{}/{event}", receiver.url());
    let all = ["after_insert", "on_update", "on_trash", "on_change"]
        .map(|event| webhook(site, "Target", event, &url(event)));
    let act = async {
        let names = json!({"doctype": doctype, "old": old, "new": new});
        site.call("frappe.rename_doc", names).await?;
        site.delete(&doctype, &new).await?;
        receiver
            .expect("the events of the delete alone", &["on_trash", "on_change"])
            .await?;
        equal("what else is told", receiver.left(), Vec::<String>::new())
    };
    with_webhooks(site, all.into(), act).await
}

async fn once(site: &Site) -> Outcome {
    let Some(mut receiver) = receiver(site).await? else {
        return Ok(());
    };
    let doctype = site.doctype("Target");
    let target = site.unique("twice");
    site.create(&doctype, json!({"name": target})).await?;
    let all = vec![webhook(site, "Target", "on_update", receiver.url())];
    let act = async {
        let save = |label| json!({"doctype": doctype, "docname": target, "label": label});
        let docs = json!([save("first"), save("second")]).to_string();
        site.call("frappe.client.bulk_update", json!({"docs": docs}))
            .await?;
        site.update(&doctype, &target, json!({"label": "third"}))
            .await?;
        for label in ["second", "third"] {
            let body = receiver.next().await?.body;
            let body: Value = serde_json::from_slice(&body)
                .map_err(|error| Failure::new(format!("the body is no JSON: {error}")))?;
            equal("label", &body["label"], &json!(label))?;
        }
        Ok(())
    };
    with_webhooks(site, all, act).await
}

/// A webhook as this project installs it.
fn installed(site: &Site, kind: &str, receiver: &Receiver) -> Vec<Value> {
    let doctype = site.doctype(kind);
    let plans = WebhookPlan::of(
        receiver.url(),
        &site.unique("sync"),
        "here",
        [doctype.as_str()],
    );
    plans
        .iter()
        .map(|plan| {
            let mut fields = plan.fields();
            fields.insert("name".to_owned(), json!(plan.name));
            fields.insert("__newname".to_owned(), json!(plan.name));
            fields.insert("webhook_secret".to_owned(), json!(SECRET));
            Value::Object(fields)
        })
        .collect()
}

async fn signed(site: &Site) -> Outcome {
    let Some(mut receiver) = receiver(site).await? else {
        return Ok(());
    };
    let doctype = site.doctype("Target");
    let target = site.unique("it's \"x\" & {{ y }} \\ \u{fc}\u{1f6ab}/");
    let all = installed(site, "Target", &receiver);
    let act = async {
        site.create(&doctype, json!({"name": target})).await?;
        let arrived = receiver.next().await?;
        verify(SECRET.as_bytes(), &arrived.body, arrived.signature())
            .map_err(|error| Failure::new(error.to_string()))?;
        holds(arrived.body.is_ascii(), "the body is ASCII")?;
        let kind = arrived.headers.get("content-type");
        equal(
            "content type",
            kind.map(|kind| kind.as_bytes()),
            Some(&b"application/json"[..]),
        )?;
        let hint =
            Hint::parse("here", &arrived.body).map_err(|error| Failure::new(error.to_string()))?;
        equal("DocType", hint.doctype.as_str(), doctype.as_str())?;
        equal("name", hint.name.as_str(), target.as_str())?;
        equal("event", hint.event.as_deref(), Some("after_insert"))
    };
    with_webhooks(site, all, act).await
}

async fn again(site: &Site) -> Outcome {
    let Some(mut receiver) = receiver(site).await? else {
        return Ok(());
    };
    let doctype = site.doctype("Target");
    let all = vec![webhook(site, "Target", "after_insert", receiver.url())];
    let act = async {
        receiver.refuse_once(StatusCode::SERVICE_UNAVAILABLE);
        let target = json!({"name": site.unique("again"), "label": "x"});
        site.create(&doctype, target).await?;
        let first = receiver.next().await?;
        let second = receiver.next().await?;
        equal("body", first.body, second.body)
    };
    with_webhooks(site, all, act).await
}

async fn secret(site: &Site) -> Outcome {
    let mut wanted = webhook(site, "Target", "on_update", "http://127.0.0.1:9/");
    wanted["enabled"] = json!(0);
    wanted["enable_security"] = json!(1);
    wanted["webhook_secret"] = json!(SECRET);
    let made = site.create_and_read("Webhook", wanted).await?;
    let asked = json!({"doctype": "Webhook", "name": name(&made)?, "fieldname": "webhook_secret"});
    let told = site.call("frappe.client.get_password", asked).await;
    site.delete("Webhook", name(&made)?).await?;
    equal(
        "shown",
        text(&made, "webhook_secret")?,
        "*".repeat(SECRET.chars().count()).as_str(),
    )?;
    equal("told", &told?, &json!(SECRET))
}

async fn refused(site: &Site, fields: Value) -> Outcome {
    let mut wanted = webhook(site, "Target", "on_update", "http://127.0.0.1:9/");
    if let (Value::Object(wanted), Value::Object(fields)) = (&mut wanted, fields) {
        wanted.extend(fields);
    }
    site.try_create("Webhook", wanted)
        .await?
        .refused(417, "ValidationError")
}

async fn no_secret(site: &Site) -> Outcome {
    refused(site, json!({"enable_security": 1})).await
}

async fn not_submittable(site: &Site) -> Outcome {
    refused(site, json!({"webhook_docevent": "on_submit"})).await
}

async fn set_once(site: &Site) -> Outcome {
    let wanted = webhook(site, "Target", "on_update", "http://127.0.0.1:9/");
    let made = site.create("Webhook", wanted).await?;
    let changed = site
        .try_update(
            "Webhook",
            name(&made)?,
            json!({"webhook_docevent": "on_change"}),
        )
        .await;
    site.delete("Webhook", name(&made)?).await?;
    changed?.refused(417, "CannotChangeConstantError")
}
