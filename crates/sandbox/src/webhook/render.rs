//! What is sent: templates and conditions, the body as Python writes it, the signature.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use minijinja::value::Serde;
use minijinja::{Environment, Error, context};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::delivery::WebhookDelivery;
use super::heard::Heard;
use crate::site::Site;
use crate::storage::SecretKey;
use crate::value::{Cell, JsonStyle, cint, python_json};

/// The header of the signature.
const SIGNATURE: &str = "X-Frappe-Webhook-Signature";

/// How long an answer is waited for where the webhook does not say.
const TIMEOUT: u64 = 5;

impl Site {
    /// Renders what a webhook sends, as the job in the background does: from the webhook as it is now and the document as
    /// it was then. `None` where the webhook is gone or its template does not give JSON; Frappe writes that to a log.
    pub(super) fn delivery(&self, heard: &Heard) -> Option<WebhookDelivery> {
        let table = self.database.table("Webhook")?;
        let row = self.database.row("Webhook", &Cell::text(&*heard.webhook))?;
        let webhook = table.layout().to_json(row);
        let text = |field: &str| Cell::from_json(webhook.get(field).cloned().unwrap_or_default());
        let rows = |child: &str, field: &str| self.rows_of_document(child, &heard.webhook, field);

        let data = match rows("Webhook Data", "webhook_data") {
            rows if !rows.is_empty() => Value::Object(picked(&rows, &heard.document)),
            _ => match text("webhook_json").to_text() {
                template if template.is_empty() => Value::Object(Map::new()),
                template => {
                    serde_json::from_str(&rendered(&template, &heard.document).ok()?).ok()?
                }
            },
        };
        let body = python_json(&data, JsonStyle::Spaced).into_bytes();

        let mut headers = Vec::new();
        if cint(&text("enable_security")) != 0 {
            let key = SecretKey::new("Webhook", &heard.webhook, "webhook_secret");
            headers.push((
                SIGNATURE.to_owned(),
                signature(self.database.secret(&key)?, &body),
            ));
        }
        for row in rows("Webhook Header", "webhook_headers") {
            let of = |field: &str| row.get(field).and_then(Value::as_str).unwrap_or_default();
            if !of("key").is_empty() && !of("value").is_empty() {
                headers.push((of("key").to_owned(), of("value").to_owned()));
            }
        }
        let mut url = text("request_url").to_text().into_owned();
        if cint(&text("is_dynamic_url")) != 0 {
            url = rendered(&url, &heard.document).ok()?;
        }
        let timeout = u64::try_from(cint(&text("timeout"))).unwrap_or_default();
        Some(WebhookDelivery {
            webhook: heard.webhook.clone(),
            event: heard.event.to_owned(),
            doctype: heard.doctype.clone(),
            name: heard.name.clone(),
            url,
            method: text("request_method").to_text().into_owned(),
            headers,
            body,
            timeout: Duration::from_secs(if timeout == 0 { TIMEOUT } else { timeout }),
        })
    }
}

/// The fields that a webhook lists, under the keys that it gives them.
fn picked(rows: &[Map<String, Value>], document: &Map<String, Value>) -> Map<String, Value> {
    let text = |row: &Map<String, Value>, field: &str| {
        let value = row.get(field).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    rows.iter()
        .map(|row| {
            let value = document.get(&text(row, "fieldname")).cloned();
            (text(row, "key"), value.unwrap_or_default())
        })
        .collect()
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mut hmac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    hmac.update(body);
    STANDARD.encode(hmac.finalize().into_bytes())
}

/// Whether a condition holds; one that cannot be worked out does not. Python's expressions are those of Jinja for what
/// conditions are made of.
pub(super) fn holds(condition: &str, document: &Map<String, Value>) -> bool {
    if condition.trim().is_empty() {
        return true;
    }
    let environment = environment();
    let value = environment
        .compile_expression(condition)
        .and_then(|expression| expression.eval(context!(doc => Serde(document))));
    value.is_ok_and(|value| value.is_true())
}

pub(super) fn check_expression(condition: &str) -> Result<(), Error> {
    if condition.trim().is_empty() {
        return Ok(());
    }
    environment().compile_expression(condition).map(|_| ())
}

pub(super) fn check_template(template: &str) -> Result<(), Error> {
    environment().template_from_str(template).map(|_| ())
}

fn rendered(template: &str, document: &Map<String, Value>) -> Result<String, Error> {
    environment().render_str(template, context!(doc => Serde(document)))
}

fn environment<'s>() -> Environment<'s> {
    let mut environment = Environment::new();
    environment.add_filter("tojson", |value: minijinja::Value| {
        let value = serde_json::to_value(&value).unwrap_or_default();
        minijinja::Value::from_safe_string(for_html(&python_json(&value, JsonStyle::Spaced)))
    });
    environment
}

/// Jinja's `tojson` is fit for HTML too.
fn for_html(json: &str) -> String {
    let escapes = [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\'', "\\u0027"),
    ];
    escapes
        .iter()
        .fold(json.to_owned(), |json, (letter, escape)| {
            json.replace(*letter, escape)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_renders_as_jinja_does() {
        let document = json!({"name": "O'Neil <&> \"Z\u{f6}\"", "idx": 3});
        let document = document.as_object().unwrap();
        let text = rendered(
            "{\"name\": {{ doc.name | tojson }}, \"n\": {{ doc.idx | string | tojson }}}",
            document,
        );
        let text = text.unwrap();
        assert_eq!(
            text,
            r#"{"name": "O\u0027Neil \u003c\u0026\u003e \"Z\u00f6\"", "n": "3"}"#
        );
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["name"], document["name"]);
    }

    #[test]
    fn conditions_see_the_document() {
        let document = json!({"status": "Open", "total": 12.5});
        let document = document.as_object().unwrap();
        assert!(holds("", document));
        assert!(holds("doc.status == \"Open\" and doc.total > 10", document));
        assert!(!holds("doc.status != \"Open\"", document));
        assert!(!holds("frappe.session.user", document));
    }
}
