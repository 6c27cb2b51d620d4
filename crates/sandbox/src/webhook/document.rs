//! The controller of `Webhook`: what is checked when one is saved.

use super::render;
use crate::document::Record;
use crate::failure::{Attempt, Failure};
use crate::site::Transaction;

impl Transaction<'_> {
    /// Checks a webhook and empties what its kind of body does not need.
    pub(crate) fn prepare_webhook(&mut self, record: &mut Record) -> Attempt<()> {
        let event = record.text("webhook_docevent");
        let doctype = record.text("webhook_doctype");
        let needs_submit = ["on_submit", "on_cancel", "on_update_after_submit"];
        if !doctype.is_empty()
            && needs_submit.contains(&event.as_str())
            && !self.meta(&doctype)?.is_submittable
        {
            return Err(Failure::invalid(
                "DocType must be Submittable for the selected Doc Event",
            ));
        }
        render::check_expression(&record.text("condition"))
            .map_err(|error| Failure::invalid(format!("Invalid Condition: {error}")))?;
        if host_of(&record.text("request_url")).is_empty() {
            return Err(Failure::invalid("Check Request URL"));
        }
        match record.text("request_structure").as_str() {
            "Form URL-Encoded" => record.set("webhook_json", crate::value::Cell::Null),
            "JSON" => {
                render::check_template(&record.text("webhook_json")).map_err(|error| {
                    Failure::invalid(format!("Syntax error in template: {error}"))
                })?;
                if let Some((place, _)) = record.meta.table("webhook_data") {
                    record.tables[place].clear();
                }
            }
            _ => {}
        }
        if record.get("enable_security").is_truthy() && record.text("webhook_secret").is_empty() {
            return Err(Failure::invalid("Invalid Webhook Secret"));
        }
        Ok(())
    }
}

/// What Python's `urlparse` calls the network location.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}
