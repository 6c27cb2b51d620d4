//! People at work on both sites, straight and not through the proxies.

use std::collections::BTreeSet;

use frappe_sync_model::Side;
use serde_json::{Value, json};

use super::book::{Book, as_text, tokens_in};
use super::kind::{DocTypes, Kind};
use super::make;
use super::tally::Tally;
use crate::world::Dice;
use crate::{Person, SitePair, text};

/// What a person can do.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Text,
    Number,
    Row,
    NewRow,
    RowAway,
    Make,
    Delete,
    Rename,
    Submit,
    Cancel,
    Amend,
}

/// How often they do what.
const HABITS: [(usize, Deed); 11] = [
    (30, Deed::Text),
    (14, Deed::Number),
    (14, Deed::Row),
    (6, Deed::NewRow),
    (4, Deed::RowAway),
    (12, Deed::Make),
    (5, Deed::Delete),
    (5, Deed::Rename),
    (6, Deed::Submit),
    (2, Deed::Cancel),
    (2, Deed::Amend),
];

/// People on both sites, who write down what they did.
pub(super) struct People<'s> {
    pub(super) pair: &'s SitePair,
    pub(super) doctypes: &'s DocTypes,
    pub(super) book: Book,
    pub(super) dice: Dice,
}

/// A document that a person has open.
struct Open {
    kind: Kind,
    side: Side,
    marker: String,
    name: String,
    document: Value,
}

impl<'s> People<'s> {
    pub(super) fn new(pair: &'s SitePair, doctypes: &'s DocTypes, seed: u64) -> Self {
        Self {
            pair,
            doctypes,
            book: Book::default(),
            dice: Dice::of(seed),
        }
    }

    /// Does so many things, each on a side of its own. What a site refuses is not counted.
    pub(super) async fn work(&mut self, things: usize, tally: &mut Tally) {
        let mut left = things;
        // Far more tries than it takes: a site that refuses everything ends it.
        for _ in 0..things * 20 {
            if left == 0 {
                return;
            }
            let side = *self.dice.pick(&Side::BOTH).unwrap_or(&Side::A);
            let deed = self.dice.weighted(&HABITS);
            let done = match deed {
                Deed::Text => self.write_text(side).await,
                Deed::Number => self.write_number(side).await,
                Deed::Row | Deed::NewRow | Deed::RowAway => self.write_rows(side, deed).await,
                Deed::Make => self.make(side).await,
                Deed::Delete => self.delete(side).await,
                Deed::Rename => self.rename(side).await,
                Deed::Submit => self.advance(side, 1).await,
                Deed::Cancel => self.advance(side, 2).await,
                Deed::Amend => self.amend(side).await,
            };
            if let Some(told) = done {
                tally.deed(told);
                left -= 1;
            }
        }
    }

    /// Returns somebody who works on a site.
    pub(super) fn person(&self, side: Side) -> &'s Person {
        &self.pair.people[side]
    }

    /// Opens a document of one of these kinds; `None` where this side has none yet.
    async fn open(&mut self, side: Side, kinds: &[Kind]) -> Option<Open> {
        let kind = *self.dice.pick(kinds)?;
        let marker = self.dice.pick(&self.book.staying(kind))?.clone();
        let doctype = self.doctypes.of(kind);
        let person = self.person(side);
        let found = person
            .list(doctype, &["name"], json!([[kind.marker(), "=", marker]]))
            .await;
        let name = text(found.first()?, "name");
        let document = person.try_get(doctype, &name).await.ok()?;
        Some(Open {
            kind,
            side,
            marker,
            name,
            document,
        })
    }

    /// Saves what was changed, unless somebody else has saved the document meanwhile.
    async fn save(&self, open: &Open, mut changes: Value) -> Option<()> {
        changes["modified"] = open.document["modified"].clone();
        let doctype = self.doctypes.of(open.kind);
        let saved = self
            .person(open.side)
            .try_update(doctype, &open.name, changes);
        saved.await.ok().map(drop)
    }

    async fn write_text(&mut self, side: Side) -> Option<&'static str> {
        use Kind::{Customer, Delivery, Item, Sale};
        let open = self.open(side, &[Customer, Item, Sale, Delivery]).await?;
        let field = *self.dice.pick(open.kind.texts())?;
        let token = self.book.token();
        let value = match open.kind {
            Item => format!("<p>{}</p>", as_text(token)),
            _ => as_text(token),
        };
        self.save(&open, Value::from_iter([(field, value)])).await?;
        let over = tokens_in(&text(&open.document, field));
        self.book.wrote(token, place(&open, field), &over);
        Some("text")
    }

    /// Writes a value that is compared in the end, and not looked for.
    async fn write_number(&mut self, side: Side) -> Option<&'static str> {
        let kinds = [Kind::Customer, Kind::Item, Kind::Order];
        let open = self.open(side, &kinds).await?;
        let field = match open.kind {
            Kind::Customer => "credit_limit",
            Kind::Item => "price",
            _ => "total",
        };
        let value = self.dice.below(100_000);
        self.save(&open, Value::from_iter([(field, value)])).await?;
        Some("number")
    }

    async fn write_rows(&mut self, side: Side, deed: Deed) -> Option<&'static str> {
        let open = self.open(side, &[Kind::Order, Kind::Sale]).await?;
        let mut rows = open.document["items"].as_array()?.clone();
        let token = self.book.token();
        let at = self.dice.below(rows.len());
        let (over, told) = match deed {
            Deed::RowAway if rows.len() > 1 => {
                (tokens_in(&rows.remove(at).to_string()), "row away")
            }
            Deed::NewRow => {
                let item = rows.first()?["item"].clone();
                rows.push(json!({ "item": item, "qty": 1, "note": as_text(token) }));
                (BTreeSet::new(), "new row")
            }
            _ => {
                let row = rows.get_mut(at)?;
                let over = tokens_in(&text(row, "note"));
                row["note"] = json!(as_text(token));
                (over, "row")
            }
        };
        self.save(&open, json!({ "items": rows })).await?;
        if told == "row away" {
            self.book.gone(&over);
        } else {
            self.book.wrote(token, place(&open, told), &over);
        }
        Some(told)
    }

    async fn make(&mut self, side: Side) -> Option<&'static str> {
        let kinds = [
            (3, Kind::Customer),
            (3, Kind::Item),
            (4, Kind::Order),
            (3, Kind::Sale),
            (1, Kind::Delivery),
        ];
        let kind = self.dice.weighted(&kinds);
        make::one(self, side, kind).await?;
        Some("make")
    }

    async fn delete(&mut self, side: Side) -> Option<&'static str> {
        use Kind::{Customer, Delivery, Item, Order, Sale};
        let kinds = [Order, Order, Sale, Delivery, Customer, Item];
        let open = self.open(side, &kinds).await?;
        let doctype = self.doctypes.of(open.kind);
        let person = self.person(side);
        person.delete(doctype, &open.name).await.ok()?;
        // What they saw is what was deleted; the sync may have written in between.
        let filters = json!([
            ["deleted_doctype", "=", doctype],
            ["deleted_name", "=", open.name]
        ]);
        let records = person
            .list("Deleted Document", &["data", "creation"], filters)
            .await;
        let last = records.iter().max_by_key(|record| text(record, "creation"));
        let seen = last.map_or_else(|| open.document.to_string(), |record| text(record, "data"));
        self.book.gone(&tokens_in(&seen));
        self.book.deleted(open.kind, &open.marker);
        Some("delete")
    }

    async fn rename(&mut self, side: Side) -> Option<&'static str> {
        let open = self.open(side, &[Kind::Customer, Kind::Item]).await?;
        let new = format!("{} {}", open.marker, self.book.token());
        let doctype = self.doctypes.of(open.kind);
        let renamed = self.person(side).rename(doctype, &open.name, &new);
        renamed.await.ok()?;
        self.book.renamed(open.kind, &open.marker, &open.name, &new);
        Some("rename")
    }

    /// Submits or cancels.
    async fn advance(&mut self, side: Side, docstatus: u8) -> Option<&'static str> {
        let open = self.open(side, &[Kind::Sale, Kind::Delivery]).await?;
        if open.document["docstatus"].as_u64()? + 1 != u64::from(docstatus) {
            return None;
        }
        self.save(&open, json!({ "docstatus": docstatus })).await?;
        Some(if docstatus == 1 { "submit" } else { "cancel" })
    }

    async fn amend(&mut self, side: Side) -> Option<&'static str> {
        let open = self.open(side, &[Kind::Sale]).await?;
        if open.document["docstatus"] != 2 {
            return None;
        }
        make::amendment(self, side, &open.name).await?;
        Some("amend")
    }
}

fn place(open: &Open, field: &str) -> String {
    format!(
        "{field} of {:?} `{}`, written on {} under `{}`",
        open.kind, open.marker, open.side, open.name
    )
}
