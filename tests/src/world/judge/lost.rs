//! What a person wrote and nobody overwrote knowingly is still somewhere.

use std::collections::BTreeSet;

use frappe_sync_model::Side;
use serde_json::{Value, json};

use super::excuse::Bench;
use super::{Invariant, Violation};
use crate::world::site::text;
use crate::world::token;

impl Bench<'_> {
    /// Looks for every value: on a site, or in the journal. Where it is on one site alone, the comparison of both has
    /// said why.
    pub(super) fn nothing_lost(&self) -> Result<(), Violation> {
        let mut there = BTreeSet::new();
        for kind in self.world.setting.kinds() {
            for side in Side::BOTH {
                for seen in self.snapshot.of(side, kind) {
                    token::collect(&Value::Object(seen.values.clone()), &mut there);
                    let rows = seen.rows.iter();
                    rows.for_each(|row| {
                        token::collect(&Value::Object(row.values.clone()), &mut there);
                    });
                }
            }
        }
        self.in_told_records(&mut there);
        let book = self.world.book();
        for (token, writing) in book.live() {
            if !there.contains(&token) && !self.records.kept.contains(&token) {
                let message = format!("~{token}~ is nowhere: {} {}", writing.side, writing.what);
                return Err(Violation::new(Invariant::NothingLost, message));
            }
        }
        Ok(())
    }

    /// What was saved while it was being deleted, and that the site will not restore, is in its own record of the delete; a
    /// person was told which.
    fn in_told_records(&self, there: &mut BTreeSet<token::Token>) {
        for site in [&self.world.sites.a, &self.world.sites.b] {
            let person = site.as_user("Administrator");
            let records = person.list("Deleted Document", &["name", "data"], json!([]));
            for record in records.unwrap_or_default() {
                let name = format!("`{}`", text(&record["name"]));
                if self.records.told.iter().any(|told| told.contains(&name)) {
                    let data: Value =
                        serde_json::from_str(&text(&record["data"])).unwrap_or_default();
                    token::collect(&data, there);
                }
            }
        }
    }
}
