//! One request's work on a site: everything or nothing (protocol 1.3).

use std::sync::Arc;

use serde_json::{Value, json};

use super::state::Site;
use crate::failure::{Attempt, Failure};
use crate::profile::Profile;
use crate::schema::Meta;
use crate::value::Cell;
use crate::webhook::Heard;

/// A message to the user beside the answer (`_server_messages`, protocol 1.2).
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) title: &'static str,
    /// Whether it came with an exception.
    pub(crate) raised: bool,
}

impl Message {
    /// The object that stands in `_server_messages`.
    pub(crate) fn to_json(&self) -> Value {
        let mut message = json!({"message": self.text, "title": self.title});
        if self.raised {
            message["indicator"] = json!("red");
            message["raise_exception"] = json!(1);
        }
        message
    }
}

/// The work of one request, as one user.
pub(crate) struct Transaction<'a> {
    pub(crate) site: &'a mut Site,
    user: String,
    roles: Vec<String>,
    pub(crate) messages: Vec<Message>,
    /// How deep hooks have called documents from documents.
    pub(crate) depth: usize,
    /// The bytes that the File which is about to be made brings along.
    pub(crate) content: Option<std::sync::Arc<[u8]>>,
    /// A Data Import is at work, in which documents keep the names that they come with.
    pub(crate) in_import: bool,
    /// What webhooks are to send once it is final.
    pub(crate) heard: Vec<Heard>,
}

impl<'a> Transaction<'a> {
    /// Begins work as this user.
    pub(crate) fn begin(site: &'a mut Site, user: &str) -> Self {
        // What a request wrote that panicked is still there.
        site.database.rollback();
        let roles = site.roles_of(user);
        Self {
            site,
            user: user.to_owned(),
            roles,
            messages: Vec::new(),
            depth: 0,
            content: None,
            in_import: false,
            heard: Vec::new(),
        }
    }

    /// Makes everything final.
    pub(crate) fn commit(mut self) -> Vec<Message> {
        self.commit_midway();
        self.messages
    }

    /// Makes everything final that was done so far; the work goes on.
    pub(crate) fn commit_midway(&mut self) {
        self.site.database.commit();
        self.send_heard();
    }

    /// Puts everything back that is not final already.
    pub(crate) fn rollback(self) -> Vec<Message> {
        self.site.database.rollback();
        self.messages
    }

    /// The user.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// The user's roles, `All` included.
    pub(crate) fn roles(&self) -> &[String] {
        &self.roles
    }

    /// Whether the user passes every check of permission.
    pub(crate) fn is_administrator(&self) -> bool {
        self.user == "Administrator"
    }

    /// The version that the site behaves as.
    pub(crate) fn profile(&self) -> Profile {
        self.site.profile
    }

    /// The metadata of a DocType; 404 where there is none.
    pub(crate) fn meta(&mut self, doctype: &str) -> Attempt<Arc<Meta>> {
        self.site
            .meta(doctype)
            .ok_or_else(|| Failure::missing_doctype(doctype))
    }

    /// Tells the user something beside the answer.
    pub(crate) fn tell(&mut self, text: impl Into<String>) {
        self.messages.push(Message {
            text: text.into(),
            title: "Message",
            raised: false,
        });
    }
}

impl Site {
    /// The roles of a user, by the rows of their User document.
    pub(crate) fn roles_of(&self, user: &str) -> Vec<String> {
        let mut roles = vec!["Guest".to_owned()];
        if user == "Guest" {
            return roles;
        }
        roles.push("All".to_owned());
        roles.push("Desk User".to_owned());
        let Some(table) = self.database.table("Has Role") else {
            return roles;
        };
        let Some(column) = table.layout().find("role") else {
            return roles;
        };
        let rows = table.keys_of_parent(&crate::value::collation_key(user));
        roles.extend(
            rows.filter_map(|key| table.get(key))
                .map(|row| table.layout().cell(row, column))
                .filter_map(Cell::as_text)
                .map(str::to_owned),
        );
        roles
    }
}
