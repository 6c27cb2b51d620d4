//! The `Webhook` documents that a site needs (protocol 11).
//!
//! # Which events
//!
//! Two for each DocType, so that everything that can be heard of is heard of, and once:
//!
//! - `after_insert`: a document was made, restored or loaded submitted. Frappe keeps `on_change` back during an insert.
//! - `on_change`: everything else, which is an update, a submit, a cancel, an update after submit, a delete, and the
//!   `db_set` of an app.
//!
//! The others add nothing. `on_update` fires with every `after_insert` and every `on_change` of a save or submit, so it
//! would only send each hint twice; `on_submit`, `on_cancel` and `on_trash` each fire beside `on_change`, and the first two
//! are refused for DocTypes that cannot be submitted; `on_update_after_submit` can be chosen but never fires.
//!
//! # What is sent
//!
//! DocType, name, `modified` and event, some hundred bytes. `modified` is there for people who read a site's `Webhook
//! Request Log`. Values of documents are not sent: the run reads them itself, with the permissions of its own user.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::place::{hook_url, leads_to};

/// The DocType of webhooks.
pub const WEBHOOK: &str = "Webhook";

/// The longest that a name of a document may be.
const MOST_CHARACTERS: usize = 140;

/// What happens to a document, as a webhook names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// It was made.
    AfterInsert,
    /// Anything else happened to it.
    OnChange,
}

impl Event {
    /// The events that a DocType needs.
    pub const ALL: [Self; 2] = [Self::AfterInsert, Self::OnChange];

    /// Returns Frappe's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterInsert => "after_insert",
            Self::OnChange => "on_change",
        }
    }
}

/// One `Webhook` document as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookPlan {
    /// Its name: `frappe-sync SYNC DOCTYPE EVENT`.
    pub name: String,
    /// The DocType that it listens to, as the site names it.
    pub doctype: String,
    /// The event that it listens to.
    pub event: Event,
    /// Where it sends to.
    pub url: String,
}

impl WebhookPlan {
    /// Returns what a site of a sync needs for these DocTypes of its own, each of them once, in their order.
    pub fn of<'d>(
        public_url: &str,
        sync: &str,
        site: &str,
        doctypes: impl IntoIterator<Item = &'d str>,
    ) -> Vec<Self> {
        let mut plans: Vec<Self> = Vec::new();
        for doctype in doctypes {
            if plans.iter().any(|plan| plan.doctype == doctype) {
                continue;
            }
            plans.extend(Event::ALL.map(|event| Self {
                name: name_of(sync, doctype, event),
                doctype: doctype.to_owned(),
                event,
                url: hook_url(public_url, sync, site),
            }));
        }
        plans
    }

    /// Returns the fields of the document, all but the secret.
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("webhook_doctype".to_owned(), json!(self.doctype));
        fields.insert("webhook_docevent".to_owned(), json!(self.event.as_str()));
        fields.extend(self.settings());
        fields
    }

    /// Returns the fields in which a document that is there differs, secret and what cannot be changed left out: empty
    /// where it is as it is to be.
    pub fn differences(&self, found: &Map<String, Value>) -> Map<String, Value> {
        let mut settings = self.settings();
        settings.retain(|field, wanted| !is_same(wanted, found.get(field)));
        settings
    }

    /// What can be changed of a webhook: DocType and event can be set once only.
    fn settings(&self) -> Map<String, Value> {
        let settings = json!({
            "enabled": 1,
            "condition": null,
            "request_url": self.url,
            "is_dynamic_url": 0,
            "request_method": "POST",
            "request_structure": "JSON",
            "webhook_json": self.template(),
            "webhook_headers": [{"key": "Content-Type", "value": "application/json"}],
            "enable_security": 1,
        });
        match settings {
            Value::Object(settings) => settings,
            _ => Map::new(),
        }
    }

    /// Returns the template of the body. Filters of Jinja make JSON of every value, so that a name with quotes stays one
    /// text, and a name that is a number becomes one.
    fn template(&self) -> String {
        format!(
            "{{\n\
             \"doctype\": {{{{ doc.doctype | tojson }}}},\n\
             \"name\": {{{{ doc.name | string | tojson }}}},\n\
             \"modified\": {{{{ doc.modified | string | tojson }}}},\n\
             \"event\": \"{}\"\n\
             }}",
            self.event.as_str()
        )
    }
}

/// Tells whether a webhook of a site is one that was installed for this sync: by the beginning of its name, and by
/// where it leads. The address of the receiver itself may have changed since.
pub fn is_ours(name: &str, url: &str, sync: &str, site: &str) -> bool {
    name.starts_with(&prefix(sync)) && leads_to(url, sync, site)
}

fn prefix(sync: &str) -> String {
    format!("frappe-sync {} ", fit_for_a_name(sync))
}

fn name_of(sync: &str, doctype: &str, event: Event) -> String {
    let name = format!("{}{doctype} {}", prefix(sync), event.as_str());
    if name.chars().count() <= MOST_CHARACTERS {
        return name;
    }
    let digest = Sha256::digest(name.as_bytes());
    let digest: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let kept: String = name.chars().take(MOST_CHARACTERS - 17).collect();
    format!("{} {digest}", kept.trim_end())
}

/// Frappe takes neither of these into a name, nor space around it, and a sync may be called anything. One with a long name
/// is cut, since its webhooks are told apart by where they lead too.
fn fit_for_a_name(sync: &str) -> String {
    let short: String = sync.trim().chars().take(60).collect();
    short.trim_end().replace(['<', '>'], "_")
}

/// Tells whether what a site shows of a field is what is wanted: `None`, null and the empty text are one, and rows of a
/// table count by what is wanted of each.
fn is_same(wanted: &Value, found: Option<&Value>) -> bool {
    match (wanted, found.unwrap_or(&Value::Null)) {
        (Value::Null, found) => found.is_null() || found == "",
        (Value::String(wanted), Value::String(found)) => wanted.trim() == found.trim(),
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len()
                && wanted
                    .iter()
                    .zip(found)
                    .all(|(wanted, found)| is_same(wanted, Some(found)))
        }
        (Value::Object(wanted), Value::Object(found)) => wanted
            .iter()
            .all(|(field, wanted)| is_same(wanted, found.get(field))),
        // A site that does not know a field cannot have it on; Frappe 14 has no address with a template in it.
        (Value::Number(wanted), Value::Null) => wanted.as_i64() == Some(0),
        (wanted, found) => wanted == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plans() -> Vec<WebhookPlan> {
        WebhookPlan::of(
            "https://sync.example.com/",
            "hq-branch",
            "hq",
            ["Customer", "Sales Invoice", "Customer"],
        )
    }

    fn stored(plan: &WebhookPlan) -> Map<String, Value> {
        let mut fields = plan.fields();
        fields.insert("name".to_owned(), json!(plan.name));
        fields.insert("webhook_secret".to_owned(), json!("********"));
        fields.insert("condition".to_owned(), json!(""));
        fields.remove("is_dynamic_url");
        fields["webhook_headers"][0]["name"] = json!("abc");
        fields
    }

    #[test]
    fn each_doctype_has_two_webhooks_with_names_of_their_own() {
        let names: Vec<String> = plans().into_iter().map(|plan| plan.name).collect();
        assert_eq!(
            names,
            [
                "frappe-sync hq-branch Customer after_insert",
                "frappe-sync hq-branch Customer on_change",
                "frappe-sync hq-branch Sales Invoice after_insert",
                "frappe-sync hq-branch Sales Invoice on_change",
            ]
        );
    }

    #[test]
    fn a_webhook_is_signed_and_sends_json_to_the_place_of_its_site() {
        let fields = plans()[1].fields();
        assert_eq!(
            fields["request_url"],
            "https://sync.example.com/hooks/hq-branch/hq"
        );
        assert_eq!(fields["enable_security"], 1);
        assert_eq!(fields["request_structure"], "JSON");
        assert_eq!(
            fields["webhook_json"],
            "{\n\"doctype\": {{ doc.doctype | tojson }},\n\"name\": {{ doc.name | string | tojson }},\n\
             \"modified\": {{ doc.modified | string | tojson }},\n\"event\": \"on_change\"\n}"
        );
        assert!(!fields.contains_key("webhook_secret"));
    }

    #[test]
    fn what_is_as_it_is_to_be_differs_in_nothing() {
        for plan in plans() {
            assert_eq!(plan.differences(&stored(&plan)), Map::new());
        }
    }

    #[test]
    fn what_a_person_changed_is_found() {
        let plan = &plans()[0];
        for (field, value) in [
            ("enabled", json!(0)),
            ("condition", json!("doc.disabled")),
            (
                "request_url",
                json!("https://old.example.com/hooks/hq-branch/hq"),
            ),
            ("webhook_json", json!("{}")),
            ("enable_security", json!(0)),
            ("webhook_headers", json!([])),
            ("is_dynamic_url", json!(1)),
        ] {
            let mut found = stored(plan);
            found.insert(field.to_owned(), value);
            let differences: Vec<String> = plan.differences(&found).keys().cloned().collect();
            assert_eq!(differences, [field]);
        }
    }

    #[test]
    fn ours_are_known_by_name_and_place_and_others_are_not() {
        let plan = &plans()[0];
        assert!(is_ours(&plan.name, &plan.url, "hq-branch", "hq"));
        let moved = "https://old.example.com/hooks/hq-branch/hq";
        assert!(is_ours(&plan.name, moved, "hq-branch", "hq"));
        for (name, url, sync, site) in [
            ("HOOK-0001", plan.url.as_str(), "hq-branch", "hq"),
            (&plan.name, "https://example.com/other", "hq-branch", "hq"),
            (&plan.name, &plan.url, "hq-branch", "branch"),
            (&plan.name, &plan.url, "hq", "hq"),
        ] {
            assert!(
                !is_ours(name, url, sync, site),
                "{name} {url} {sync} {site}"
            );
        }
    }

    #[test]
    fn a_sync_whose_name_begins_like_another_has_webhooks_of_its_own() {
        let other = &WebhookPlan::of("https://x.example.com", "hq branch", "hq", ["Item"])[0];
        assert!(other.name.starts_with(&prefix("hq")));
        assert!(!is_ours(&other.name, &other.url, "hq", "hq"));
    }

    #[test]
    fn a_long_name_is_cut_and_stays_apart_from_others() {
        let sync = "s".repeat(200);
        let doctypes = ["D".repeat(61) + "1", "D".repeat(61) + "2"];
        let plans = WebhookPlan::of(
            "https://x.example.com",
            &sync,
            "hq",
            doctypes.iter().map(String::as_str),
        );
        let mut names: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
        assert!(
            names
                .iter()
                .all(|name| name.chars().count() <= MOST_CHARACTERS)
        );
        assert!(
            plans
                .iter()
                .all(|plan| is_ours(&plan.name, &plan.url, &sync, "hq"))
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 4);
    }
}
