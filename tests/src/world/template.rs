//! Sites as they are before anything happens, made once and copied.

use std::cell::RefCell;
use std::collections::BTreeMap;

use chrono::DateTime;
use frappe_sync_sandbox::{Backup, Clock, Profile, Sandbox, SiteOptions, UserOptions};
use serde_json::json;

use super::kind::{Kind, MARKER};
use super::schema;
use super::setting::SiteSetting;
use super::site::{PERSON, ROOT, SYNC};

type Key = (Profile, String, Vec<Kind>);

thread_local! {
    static MADE: RefCell<BTreeMap<Key, Backup>> = const { RefCell::new(BTreeMap::new()) };
}

/// A site with users, the DocTypes of these kinds, and the roots of trees.
pub(crate) fn furnished(options: SiteOptions, setting: &SiteSetting, kinds: &[Kind]) -> Sandbox {
    MADE.with_borrow_mut(|made| {
        let key = (setting.profile, setting.zone.clone(), kinds.to_vec());
        let template = made.entry(key).or_insert_with(|| template(setting, kinds));
        Sandbox::from_backup(options, template)
    })
}

/// Whatever the site is copied for, it is made in the same way.
fn template(setting: &SiteSetting, kinds: &[Kind]) -> Backup {
    let site = Sandbox::new(SiteOptions {
        profile: setting.profile,
        time_zone: setting.zone(),
        // 2026-01-01.
        clock: Clock::manual(DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default()),
        ..SiteOptions::default()
    });
    for (email, word) in [(SYNC, "sync"), (PERSON, "person")] {
        let user = UserOptions {
            email: email.to_owned(),
            roles: vec!["System Manager".to_owned()],
            api_key: format!("{word}-key"),
            api_secret: format!("{word}-secret"),
        };
        site.add_user(user).expect("a fresh site takes a user");
    }
    schema::install(&site, kinds).expect("a fresh site takes the DocTypes");
    if kinds.contains(&Kind::Group) {
        let root = json!({"group_name": ROOT, "is_group": 1, MARKER: "root"});
        site.as_user(PERSON)
            .insert(Kind::Group.doctype(), root)
            .expect("a tree takes a root");
    }
    site.backup()
}
