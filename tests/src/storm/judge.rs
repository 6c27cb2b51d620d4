//! What must hold when the storm is over.

use std::collections::BTreeSet;

use frappe_sync_model::Side;
use serde_json::{Value, json};

use super::book::{Book, Token, tokens_in};
use super::kind::{DocTypes, Kind};
use super::snapshot::{Seen, Snapshot};
use crate::text;

/// What the program itself says is not in order: documents that it parked, or that are in conflict.
pub(super) struct Told(BTreeSet<(Side, String, String)>);

impl Told {
    /// Reads it from the report of the last run.
    pub(super) fn by(report: &Value) -> Self {
        let mut told = BTreeSet::new();
        let list = |key: &str| report[key].as_array().cloned().unwrap_or_default();
        for key in ["parked", "unknown", "refused"] {
            for one in list(key) {
                let side = match one["site"].as_str() {
                    Some("a") => Side::A,
                    _ => Side::B,
                };
                told.insert((side, text(&one, "doctype"), text(&one, "name")));
            }
        }
        for one in list("conflicts") {
            if one["winner"].is_null() {
                for (side, name) in [(Side::A, "a_name"), (Side::B, "b_name")] {
                    told.insert((side, text(&one, "doctype"), text(&one, name)));
                }
            }
        }
        Self(told)
    }

    fn names(&self, side: Side, doctype: &str, seen: &[Seen]) -> bool {
        seen.iter().any(|one| {
            self.0
                .contains(&(side, doctype.to_owned(), one.name.clone()))
        })
    }

    /// How many documents that are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// What is wrong, and what is only remarkable.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) violations: Vec<String>,
    pub(super) remarks: Vec<String>,
}

/// Judges both sites.
pub(super) fn judge(
    snapshot: &Snapshot,
    doctypes: &DocTypes,
    book: &Book,
    told: &Told,
    kept: &[String],
) -> Verdict {
    let mut verdict = Verdict::default();
    let sides = &snapshot.0;
    let documents: BTreeSet<&(Kind, String)> = sides.a.keys().chain(sides.b.keys()).collect();
    for document in documents {
        let (kind, marker) = document;
        let doctype = doctypes.of(*kind);
        let on = |side: Side| sides[side].get(document).map_or(&[][..], Vec::as_slice);
        let (a, b) = (on(Side::A), on(Side::B));
        let is_told = Side::BOTH
            .into_iter()
            .any(|side| told.names(side, doctype, on(side)));
        for side in Side::BOTH {
            if on(side).len() > 1 {
                let names: Vec<&str> = on(side).iter().map(|seen| seen.name.as_str()).collect();
                verdict.wrong(format!("twice on {side}: {kind:?} `{marker}` as {names:?}"));
            }
        }
        match (a, b) {
            ([a], [b]) if !is_told => {
                compare(&mut verdict, *kind, marker, a, b);
                names(&mut verdict, book, *kind, marker, a, b);
            }
            ([_, ..], [_, ..]) => {}
            _ if is_told => {}
            ([], _) => verdict.wrong(format!("only on b: {kind:?} `{marker}`")),
            _ => verdict.wrong(format!("only on a: {kind:?} `{marker}`")),
        }
        if book.was_deleted(*kind, marker) {
            verdict.remark(format!(
                "deleted by somebody and still there: {kind:?} `{marker}`"
            ));
        }
    }
    for kind in Kind::ALL {
        for marker in book.staying(kind) {
            let document = (kind, marker);
            if Side::BOTH
                .into_iter()
                .all(|side| !sides[side].contains_key(&document))
            {
                verdict.wrong(format!("on neither side: {kind:?} `{}`", document.1));
            }
        }
    }
    lost(&mut verdict, snapshot, book, kept);
    verdict
}

impl Verdict {
    fn wrong(&mut self, message: String) {
        self.violations.push(message);
    }

    fn remark(&mut self, message: String) {
        self.remarks.push(message);
    }
}

fn compare(verdict: &mut Verdict, kind: Kind, marker: &str, a: &Seen, b: &Seen) {
    let is_cancelled = |seen: &Seen| seen.content.get("docstatus") == Some(&json!(2.0));
    // A cancelled document is never written to: what people wrote just before stays where it is.
    let is_left = is_cancelled(a) && is_cancelled(b);
    for (field, value) in &a.content {
        if *value != b.content[field] {
            let message = format!(
                "{field} of {kind:?} `{marker}` (a `{}`, b `{}`): {value} on a, {} on b",
                a.name, b.name, b.content[field]
            );
            if is_left {
                verdict.remark(format!("cancelled and left: {message}"));
            } else {
                verdict.wrong(format!("not equal: {message}"));
            }
        }
    }
}

fn names(verdict: &mut Verdict, book: &Book, kind: Kind, marker: &str, a: &Seen, b: &Seen) {
    if !kind.is_named_by_people() || a.name == b.name {
        return;
    }
    let message = format!(
        "{kind:?} `{marker}` is `{}` on a and `{}` on b",
        a.name, b.name
    );
    if book.was_renamed_apart(kind, marker) {
        verdict.remark(format!("renamed apart: {message}"));
    } else {
        verdict.wrong(format!("two names: {message}"));
    }
}

/// Looks for every value that nobody overwrote who saw it: on both sites, or among what was kept.
fn lost(verdict: &mut Verdict, snapshot: &Snapshot, book: &Book, kept: &[String]) {
    let kept: BTreeSet<Token> = kept.iter().flat_map(|text| tokens_in(text)).collect();
    let there = |side: Side| -> BTreeSet<Token> {
        let all = snapshot.0[side].values().flatten();
        all.flat_map(|seen| seen.tokens.iter().copied()).collect()
    };
    let (a, b) = (there(Side::A), there(Side::B));
    for (token, place) in book.live() {
        if !a.contains(&token) && !b.contains(&token) && !kept.contains(&token) {
            verdict.wrong(format!("lost: ~{token}~, {place}"));
        }
    }
}
