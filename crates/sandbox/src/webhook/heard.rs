//! Who hears of what happens to a document, and what of that is sent once it is final.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::render;
use crate::document::{Nulls, Record};
use crate::schema::NAME;
use crate::site::{Site, Transaction};
use crate::value::cint;

/// What happens to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// It is made.
    Insert,
    /// It is saved as a draft, or is a document that cannot be submitted.
    Save,
    /// It is submitted.
    Submit,
    /// It is saved while it is submitted. The event of that name is one that no dispatcher knows.
    UpdateAfterSubmit,
    /// It is cancelled.
    Cancel,
    /// It is deleted.
    Delete,
}

impl Happening {
    /// The events that webhooks hear, in their order. `on_change` is kept back during an insert.
    fn events(self, docstatus: i64) -> &'static [&'static str] {
        match self {
            Self::Insert if docstatus == 1 => &["after_insert", "on_update", "on_submit"],
            Self::Insert => &["after_insert", "on_update"],
            Self::Save => &["on_update", "on_change"],
            Self::Submit => &["on_update", "on_submit", "on_change"],
            Self::UpdateAfterSubmit => &["on_change"],
            Self::Cancel => &["on_cancel", "on_change"],
            Self::Delete => &["on_trash", "on_change"],
        }
    }
}

/// What a webhook heard in work that is not final yet.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(super) webhook: String,
    pub(super) event: &'static str,
    pub(super) doctype: String,
    pub(super) name: String,
    /// The document as it was then.
    pub(super) document: Map<String, Value>,
}

/// An enabled webhook.
struct Listener {
    name: String,
    event: String,
    condition: String,
}

impl Transaction<'_> {
    /// Tells the webhooks of what happened. A Data Import tells nobody.
    pub(crate) fn hear(&mut self, record: &Record, happening: Happening) {
        if self.in_import {
            return;
        }
        let listeners = self.site.listeners(record.doctype());
        if listeners.is_empty() {
            return;
        }
        // A document that was stored can be answered too.
        let Ok(document) = record.to_json(Nulls::Show) else {
            return;
        };
        for event in happening.events(record.docstatus()) {
            for listener in listeners.iter().filter(|listener| listener.event == *event) {
                if render::holds(&listener.condition, &document) {
                    self.heard.push(Heard {
                        webhook: listener.name.clone(),
                        event,
                        doctype: record.doctype().to_owned(),
                        name: record.name_text(),
                        document: document.clone(),
                    });
                }
            }
        }
    }

    /// Puts into the outbox what was heard, now that it is final: for each webhook and document the last only.
    pub(crate) fn send_heard(&mut self) {
        let heard = std::mem::take(&mut self.heard);
        let mut seen = HashSet::new();
        let mut last: Vec<&Heard> = heard
            .iter()
            .rev()
            .filter(|one| seen.insert((&one.webhook, &one.name)))
            .collect();
        last.reverse();
        for delivery in last.into_iter().filter_map(|one| self.site.delivery(one)) {
            self.site.outbox.put(delivery);
        }
    }
}

impl Site {
    fn listeners(&self, doctype: &str) -> Vec<Listener> {
        let Some(table) = self
            .database
            .table("Webhook")
            .filter(|table| table.len() > 0)
        else {
            return Vec::new();
        };
        let layout = table.layout();
        let fields = [
            "webhook_doctype",
            "enabled",
            "webhook_docevent",
            "condition",
        ];
        let [Some(of), Some(enabled), Some(event), Some(condition)] =
            fields.map(|field| layout.find(field))
        else {
            return Vec::new();
        };
        let text =
            |row: &crate::storage::Row, column| layout.cell(row, column).to_text().into_owned();
        table
            .rows()
            .map(|(_, row)| row)
            .filter(|row| layout.cell(row, of).as_text() == Some(doctype))
            .filter(|row| cint(layout.cell(row, enabled)) != 0)
            .map(|row| Listener {
                name: row[NAME].to_text().into_owned(),
                event: text(row, event),
                condition: text(row, condition),
            })
            .collect()
    }
}
