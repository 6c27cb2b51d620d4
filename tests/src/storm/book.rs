//! What people wrote, and what of it must still be somewhere.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::Side;

use super::kind::Kind;

/// A value that exactly one person wrote once.
pub(super) type Token = u64;

/// Writes a token into text.
pub(super) fn as_text(token: Token) -> String {
    format!("~{token}~")
}

/// Finds the tokens in text, whatever is around them.
pub(super) fn tokens_in(text: &str) -> BTreeSet<Token> {
    let parts: Vec<&str> = text.split('~').collect();
    let inner = parts.get(1..parts.len().saturating_sub(1));
    inner
        .unwrap_or_default()
        .iter()
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// What people did so far.
#[derive(Debug, Default)]
pub(super) struct Book {
    last: Token,
    /// Tokens that nobody overwrote or deleted who saw them, with where they were written.
    live: BTreeMap<Token, String>,
    /// Documents that people made, by marker, and on which side.
    made: BTreeMap<(Kind, String), Side>,
    /// Those that somebody deleted, on whichever side.
    deleted: BTreeSet<(Kind, String)>,
    /// The names that people gave to a document and that nobody changed who saw them. Several, where both sides
    /// renamed it at the same time.
    names: BTreeMap<(Kind, String), BTreeSet<String>>,
}

impl Book {
    /// Draws a token that nobody has.
    pub(super) fn token(&mut self) -> Token {
        self.last += 1;
        self.last
    }

    /// Somebody wrote a token over those that stood there.
    pub(super) fn wrote(&mut self, token: Token, place: String, over: &BTreeSet<Token>) {
        self.gone(over);
        self.live.insert(token, place);
    }

    /// Somebody took away tokens that they saw.
    pub(super) fn gone(&mut self, tokens: &BTreeSet<Token>) {
        self.live.retain(|token, _| !tokens.contains(token));
    }

    /// Somebody made a document.
    pub(super) fn made(&mut self, kind: Kind, marker: String, side: Side) {
        self.made.insert((kind, marker), side);
    }

    /// Somebody renamed a document.
    pub(super) fn renamed(&mut self, kind: Kind, marker: &str, from: &str, to: &str) {
        let names = self.names.entry((kind, marker.to_owned())).or_default();
        names.remove(from);
        names.insert(to.to_owned());
    }

    /// Tells whether both sides renamed a document, neither seeing the other's name.
    pub(super) fn was_renamed_apart(&self, kind: Kind, marker: &str) -> bool {
        let names = self.names.get(&(kind, marker.to_owned()));
        names.is_some_and(|names| names.len() > 1)
    }

    /// Somebody deleted a document.
    pub(super) fn deleted(&mut self, kind: Kind, marker: &str) {
        self.deleted.insert((kind, marker.to_owned()));
    }

    /// Returns the markers of the documents of a kind that nobody deleted.
    pub(super) fn staying(&self, kind: Kind) -> Vec<String> {
        let all = self.made.keys();
        all.filter(|document| document.0 == kind && !self.deleted.contains(*document))
            .map(|(_, marker)| marker.clone())
            .collect()
    }

    /// Tells whether somebody deleted a document.
    pub(super) fn was_deleted(&self, kind: Kind, marker: &str) -> bool {
        self.deleted.contains(&(kind, marker.to_owned()))
    }

    /// Returns the tokens that must be somewhere.
    pub(super) fn live(&self) -> impl Iterator<Item = (Token, &str)> {
        self.live
            .iter()
            .map(|(token, place)| (*token, place.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_in_any_text() {
        assert_eq!(tokens_in("<p>~12~</p> and ~7~"), BTreeSet::from([7, 12]));
        assert_eq!(tokens_in("~no~ ~ 1~"), BTreeSet::new());
        assert_eq!(tokens_in("12"), BTreeSet::new());
    }

    #[test]
    fn a_token_lives_until_somebody_who_saw_it_overwrites_it() {
        let mut book = Book::default();
        let (one, two, three) = (book.token(), book.token(), book.token());
        book.wrote(one, "on a".to_owned(), &BTreeSet::new());
        book.wrote(two, "on b".to_owned(), &BTreeSet::new());
        book.wrote(three, "on a".to_owned(), &BTreeSet::from([one]));
        let live: Vec<Token> = book.live().map(|(token, _)| token).collect();
        assert_eq!(live, [two, three]);
    }
}
