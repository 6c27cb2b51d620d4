//! The two sites, as they are without anything between them and the eye.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use frappe_sync_model::{PerSide, Side};
use frappe_sync_sandbox::{Hook, Sandbox, SiteOptions};
use serde_json::{Map, Value, json};

use super::book::Book;
use super::history::AppHook;
use super::kind::{Kind, MARKER, ORDER_KEY};
use super::setting::Setting;
use super::template;
use super::time::Time;
use super::token::{self, Token};

/// The user that people work as.
pub(crate) const PERSON: &str = "person@example.com";

/// The user of the sync.
pub(crate) const SYNC: &str = "sync@example.com";

/// The root of every tree.
pub(crate) const ROOT: &str = "All";

/// Two sites, a clock, and the book of what people do.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) setting: Setting,
    pub(crate) time: Time,
    pub(crate) sites: PerSide<Sandbox>,
    book: Mutex<Book>,
}

impl World {
    /// Two sites with their DocTypes, and nothing in them but the roots of trees.
    pub(crate) fn new(setting: Setting) -> Self {
        let time = Time::new(setting.start);
        let kinds = setting.kinds();
        let sites = PerSide::from_fn(|side| {
            let site = &setting.sites[side];
            let options = SiteOptions {
                profile: site.profile,
                time_zone: site.zone(),
                clock: time.clock(),
                skew: site.skew(),
                seed: setting.seed.wrapping_add(u64::from(side == Side::B)),
                host: format!("{side}.sandbox.localhost"),
            };
            template::furnished(options, site, &kinds)
        });
        Self {
            setting,
            time,
            sites,
            book: Mutex::default(),
        }
    }

    /// The book.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names and markers of all documents of a kind, by name.
    pub(crate) fn names(&self, side: Side, kind: Kind) -> Vec<(String, String)> {
        let listed = self.sites[side].as_user("Administrator").list(
            kind.doctype(),
            &["name", MARKER],
            json!([]),
        );
        listed
            .unwrap_or_default()
            .iter()
            .map(|row| (text(&row["name"]), text(&row[MARKER])))
            .filter(|(name, _)| name != ROOT)
            .collect()
    }

    /// A document as it is stored, if it is there.
    pub(crate) fn read(&self, side: Side, kind: Kind, name: &str) -> Option<Map<String, Value>> {
        let read = self.sites[side]
            .as_user("Administrator")
            .get(kind.doctype(), name);
        match read {
            Ok(Value::Object(document)) => Some(document),
            _ => None,
        }
    }

    /// The tokens in these documents.
    pub(crate) fn tokens(&self, side: Side, kind: Kind, names: &[String]) -> BTreeSet<Token> {
        let mut found = BTreeSet::new();
        for document in names.iter().filter_map(|name| self.read(side, kind, name)) {
            token::collect(&Value::Object(document), &mut found);
        }
        found
    }

    /// Installs an app.
    pub(crate) fn install(&self, side: Side, kind: Kind, hook: &AppHook) {
        let long_text = match kind {
            Kind::Group => "note",
            Kind::Customer => "notes",
            Kind::Item => "title",
            Kind::Order | Kind::Voucher => "remarks",
        };
        let of_site = match hook {
            AppHook::Rewrites(rewrite) => Hook::RewritesField {
                field: long_text.to_owned(),
                rewrite: rewrite.clone(),
            },
            AppHook::Bumps => Hook::BumpsModifiedAfterSave,
            AppHook::Commits => Hook::CommitsMidway,
            AppHook::MakesOrder => Hook::MakesDocument {
                doctype: Kind::Order.doctype().to_owned(),
                values: Map::from_iter([
                    (MARKER.to_owned(), json!("{marker}")),
                    ("customer".to_owned(), json!("{name}")),
                    (ORDER_KEY.to_owned(), json!("{name}")),
                    ("remarks".to_owned(), json!("welcome {name}")),
                ]),
                when: None,
            },
            AppHook::Refuses(choice) => Hook::RefusesWhen {
                field: "sort".to_owned(),
                value: choice.clone(),
                message: format!("{choice} is not sold here"),
            },
        };
        self.sites[side].add_hook(kind.doctype(), of_site);
        self.book().hooks.push((side, kind, hook.clone()));
    }
}

/// A value as text; nothing for null.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
