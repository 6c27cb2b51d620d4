//! What is attached to documents: bytes, addresses in fields and texts, and transfers that break.

mod attached;
mod broken_off;
mod shown;

use frappe_sync_model::Side;
use frappe_sync_tests::{PairOptions, Sheets, SitePair, text};
use serde_json::Value;

/// Two sandboxes with the DocType.
async fn sandboxes(word: &str) -> (SitePair, Sheets) {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let sheets = Sheets::unique(word);
    sheets.install(&pair).await;
    (pair, sheets)
}

/// What a person sees of each file of a side: document, name, privacy and bytes.
async fn seen(
    pair: &SitePair,
    sheets: &Sheets,
    side: Side,
) -> Vec<(String, String, bool, Vec<u8>)> {
    let person = &pair.people[side];
    let mut seen = Vec::new();
    for file in sheets.files(person).await {
        let url = text(&file, "file_url");
        let bytes = person.download(&url).await;
        let bytes = bytes.unwrap_or_else(|error| panic!("{url} on {side}: {error}"));
        let is_private = file["is_private"] == 1;
        assert_eq!(is_private, url.starts_with("/private/files/"), "{file}");
        seen.push((
            text(&file, "attached_to_name"),
            text(&file, "file_name"),
            is_private,
            bytes,
        ));
    }
    seen
}

/// Both sides hold the same files, byte for byte.
async fn assert_same_files(pair: &SitePair, sheets: &Sheets, count: usize) {
    let a = seen(pair, sheets, Side::A).await;
    let b = seen(pair, sheets, Side::B).await;
    assert_eq!(a.len(), count, "{:?}", listed(&a));
    assert_eq!(listed(&a), listed(&b));
    assert!(a == b, "bytes differ");
}

fn listed(files: &[(String, String, bool, Vec<u8>)]) -> Vec<(&str, &str, bool, usize)> {
    files
        .iter()
        .map(|(document, name, private, bytes)| (&**document, &**name, *private, bytes.len()))
        .collect()
}

/// Reads one document.
async fn sheet(pair: &SitePair, sheets: &Sheets, side: Side, title: &str) -> Value {
    pair.people[side].get(&sheets.doctype, title).await
}
