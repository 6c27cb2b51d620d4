//! People who work on both sites, each on values of their own, so that what must be there in the end is known.

use serde_json::{Value, json};

use crate::book::Book;
use crate::content::{DOOMED, values};
use crate::dice::Dice;
use crate::kind::{CUSTOMER, EMPLOYEE, ITEM, KINDS, Kind, ORDER};
use crate::oracle::rows_of;
use crate::twins::Twins;

/// People at work.
pub(crate) struct People<'t> {
    twins: &'t Twins,
    dice: Dice,
    /// How much was done; makes values that nobody else writes.
    done: usize,
}

impl<'t> People<'t> {
    pub(crate) fn new(twins: &'t Twins, seed: u64) -> Self {
        Self {
            twins,
            dice: Dice::of(seed),
            done: 0,
        }
    }

    /// Does so many things on both sites.
    pub(crate) fn work(&mut self, book: &mut Book, things: usize) {
        let mut left = things;
        while left > 0 {
            let side = self.dice.below(2);
            let done = match self.dice.below(10) {
                0..4 => self.edit(book, side),
                4 => self.edit_rows(book),
                5 => self.make(book, side),
                6 => self.make_doomed(book, side),
                7 => self.delete(book, side),
                8 => self.rename(book, side),
                _ => self.submit(book),
            };
            if done.is_some() {
                left -= 1;
            }
        }
    }

    /// Writes a field that is this side's to write. `None` where there was nothing to write to.
    fn edit(&mut self, book: &mut Book, side: usize) -> Option<()> {
        let kind = *self.dice.pick(&KINDS);
        let marker = self.pick(book, &kind)?;
        let name = self.name(side, &kind, &marker)?;
        // Terms of a submitted order are closed, so those that are submitted are left to `a`.
        if kind.doctype == ORDER.doctype && is_submitted_by_a(&marker) != (side == 0) {
            return None;
        }
        let field = match (kind.doctype, side) {
            ("Sales Order", 0) => "delivery_date",
            ("Sales Order", _) => "terms",
            _ => kind.fields[side],
        };
        let number = self.next();
        let value = match (kind.doctype, field) {
            ("Item", _) => json!(number as f64 + 0.25),
            (_, "delivery_date") => json!(format!(
                "2027-{:02}-{:02}",
                number / 28 % 12 + 1,
                number % 28 + 1
            )),
            (_, "terms") => json!(format!("<p>terms {number}</p>")),
            _ => json!(format!("value {number}")),
        };
        let change = Value::from_iter([(field, value.clone())]);
        self.twins
            .person(side)
            .update(kind.doctype, &name, change)
            .ok()?;
        book.wrote(&kind, &marker, field, value);
        Some(())
    }

    /// Changes a row of an order on `a`, and adds one now and then.
    fn edit_rows(&mut self, book: &mut Book) -> Option<()> {
        let marker = self.pick(book, &ORDER)?;
        if is_submitted_by_a(&marker) {
            return None;
        }
        let name = self.name(0, &ORDER, &marker)?;
        let person = self.twins.person(0);
        let order = person.get(ORDER.doctype, &name).unwrap();
        let mut rows = order["items"].as_array().unwrap().clone();
        let number = self.next();
        let place = self.dice.below(rows.len());
        rows[place]["qty"] = json!(number);
        if number.is_multiple_of(3) {
            let item = rows[0]["item_code"].clone();
            rows.push(json!({ "item_code": item, "qty": number, "uom": "Nos", "rate": 1 }));
        }
        let saved = person
            .update(ORDER.doctype, &name, json!({ "items": rows }))
            .ok()?;
        book.wrote(&ORDER, &marker, "items", rows_of(&ORDER, &saved));
        Some(())
    }

    fn make(&mut self, book: &mut Book, side: usize) -> Option<()> {
        let kind = *self.dice.pick(&KINDS);
        let number = self.next();
        self.insert(book, side, &kind, &number.to_string(), number)
    }

    /// Makes a document for somebody else to delete.
    fn make_doomed(&mut self, book: &mut Book, side: usize) -> Option<()> {
        let kind = *self.dice.pick(&[ITEM, EMPLOYEE]);
        let number = self.next();
        self.insert(
            book,
            side,
            &kind,
            &format!("{} {number}", doomed(side)),
            number,
        )
    }

    fn insert(
        &mut self,
        book: &mut Book,
        side: usize,
        kind: &Kind,
        marker: &str,
        number: usize,
    ) -> Option<()> {
        let values = values(self.twins, side, kind, marker, number);
        self.twins.insert(side, kind.doctype, values);
        book.made(kind, marker);
        Some(())
    }

    /// Deletes a document on which nobody else works, on the site where it was made and unless it is linked to.
    fn delete(&mut self, book: &mut Book, side: usize) -> Option<()> {
        let kind = *self.dice.pick(&[ITEM, EMPLOYEE]);
        let markers = book.markers(&kind);
        let marker = markers
            .iter()
            .find(|marker| marker.starts_with(&doomed(side)))?;
        let name = self.name(side, &kind, marker)?;
        self.twins.person(side).delete(kind.doctype, &name).ok()?;
        book.deleted(&kind, marker);
        Some(())
    }

    /// Renames a customer that is this side's to rename, that was there from the beginning, and that both sites
    /// call the same.
    fn rename(&mut self, book: &mut Book, side: usize) -> Option<()> {
        let marker = self.pick(book, &CUSTOMER)?;
        if marker.len() % 2 != side || is_fresh(&marker) {
            return None;
        }
        let name = self.name(side, &CUSTOMER, &marker)?;
        if self.name(1 - side, &CUSTOMER, &marker)? != name {
            return None;
        }
        let new = format!("Renamed {}", self.next());
        let person = self.twins.person(side);
        person.rename(CUSTOMER.doctype, &name, &new).unwrap();
        book.renamed(&CUSTOMER, &marker, &new);
        Some(())
    }

    /// Submits an order on `a`.
    fn submit(&mut self, book: &mut Book) -> Option<()> {
        let marker = self.pick(book, &ORDER)?;
        if !is_submitted_by_a(&marker) {
            return None;
        }
        let name = self.name(0, &ORDER, &marker)?;
        let person = self.twins.person(0);
        person.submit(ORDER.doctype, &name).ok()?;
        book.wrote(&ORDER, &marker, "docstatus", json!(1));
        Some(())
    }

    fn next(&mut self) -> usize {
        self.done += 1;
        100 + self.done
    }

    /// Picks a document that people work on.
    fn pick(&mut self, book: &Book, kind: &Kind) -> Option<String> {
        let mut markers = book.markers(kind);
        markers.retain(|marker| !marker.starts_with(DOOMED));
        (!markers.is_empty()).then(|| self.dice.pick(&markers).clone())
    }

    /// Finds a document on a site; it may not be there yet.
    fn name(&self, side: usize, kind: &Kind, marker: &str) -> Option<String> {
        let person = self.twins.person(side);
        let found = person
            .list(kind.doctype, &["name"], json!([[kind.marker, "=", marker]]))
            .unwrap();
        Some(found.first()?["name"].as_str().unwrap().to_owned())
    }
}

/// What a marker begins with where somebody of that site will delete the document, and nobody edits it.
fn doomed(side: usize) -> String {
    format!("{DOOMED} {}", ["a", "b"][side])
}

/// Tells whether a document was made while runs were killed.
fn is_fresh(marker: &str) -> bool {
    marker.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tells whether an order is one that `a` submits; the others get their terms on `b`.
fn is_submitted_by_a(marker: &str) -> bool {
    marker
        .bytes()
        .next_back()
        .is_some_and(|digit| digit % 2 == 1)
}
