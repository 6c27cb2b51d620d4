//! What a browser shows of a plan, and what it does not do.

use std::io::ErrorKind;
use std::net::TcpListener;

use frappe_sync_engine::{Action, Operation, PlanReport};
use serde_json::json;

use super::browser::Browser;
use super::report::{change, operation, plan, plan_of};

/// Counts the elements that begin like this.
pub(super) fn elements(page: &str, begin: &str) -> usize {
    let (_, shown) = page.split_once("<body>").unwrap();
    let (shown, _) = shown
        .split_once("<script type=\"application/json\"")
        .unwrap();
    shown.matches(begin).count()
}

/// Returns the text of the page: what stands in it as markup left out.
fn text(page: &str) -> String {
    let (_, shown) = page.split_once("<body>").unwrap();
    let (shown, _) = shown
        .split_once("<script type=\"application/json\"")
        .unwrap();
    let mut text = String::new();
    for part in shown.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[test]
fn a_plan_is_shown_with_what_is_urgent_first() {
    let Some(browser) = Browser::showing(&plan()) else {
        return;
    };
    let page = browser.page("unfold=all");
    assert!(
        page.contains("data-ready=\"yes\""),
        "the script ran to its end"
    );
    let text = text(&page);
    let place = |what: &str| {
        text.find(what)
            .unwrap_or_else(|| panic!("{what} in {text}"))
    };
    let urgent = [
        place("Conflicts"),
        place("Parked"),
        place("By DocType"),
        place("What links to what"),
    ];
    assert!(urgent.is_sorted(), "{urgent:?}");
    for told in [
        "[Sales Order, SO-00044]: delivery_date",
        "both changed: newest: a was saved later",
        "Customer CUST-00017 made by step 1",
        "called CUST-00017 on a",
        "2 new rows items",
        "will stand as: row 2, row 1",
        "taken out items row 3",
        "https://b.example",
        "https://a.example",
        "exists on a only",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
    assert!(page.contains("<del>Mondays</del>") && page.contains("<ins>Tuesdays</ins>"));
    assert_eq!(elements(&page, "<details class=\"document\""), 4);
}

#[test]
fn the_address_says_what_is_searched_for() {
    let Some(browser) = Browser::showing(&plan()) else {
        return;
    };
    let found = |hash: &str| {
        let page = browser.page(hash);
        let shown = elements(&page, "<details class=\"document\"");
        (shown, text(&page))
    };
    let (shown, told) = found("q=bearing-6204");
    assert_eq!(shown, 1);
    assert!(told.contains("1 of 4 documents"), "{told}");
    // Words in any order, of names and of values, composed in any way.
    assert_eq!(found("q=cafe%CC%81+LIGHTHOUSE").0, 1);
    assert_eq!(found("q=nothing+like+it").0, 0);
    assert_eq!(found("do=update").0, 2);
    assert_eq!(found("do=update&q=website").0, 1);
    assert_eq!(found("doctype=Sales+Order").0, 2);
}

#[test]
fn an_address_leads_to_one_document() {
    let Some(browser) = Browser::showing(&plan()) else {
        return;
    };
    let page = browser.page("op=3");
    let (_, document) = page.split_once("id=\"op=3\"").unwrap();
    assert!(document.starts_with(" open"), "{}", &document[..40]);
}

/// A plan whose every value tries to run or to fetch something.
fn hostile(port: u16) -> PlanReport {
    let address = format!("http://127.0.0.1:{port}/taken");
    let tries = [
        "<script>document.title='owned'</script>".to_owned(),
        "</script><script>document.title='owned'</script>".to_owned(),
        "<!--<script>document.title='owned'</script>-->".to_owned(),
        "<img src=x onerror=\"document.title='owned'\">".to_owned(),
        format!(
            "<img src='{address}'><link rel=stylesheet href='{address}'><iframe src='{address}'>"
        ),
        format!(
            "<style>body{{background:url({address})}}</style><svg onload=\"fetch('{address}')\">"
        ),
        "{{ 7 * 7 }}{% for x in y %}${7*7}".to_owned(),
        "\u{202e}gnp.exe\u{202c} \u{0}\u{1b}[31m\u{feff}".to_owned(),
        "שלום עולם".to_owned(),
        "a".repeat(1 << 20),
    ];
    let mut operations: Vec<Operation> = Vec::new();
    for (number, text) in (1..).zip(&tries) {
        // Names are short on every site, and everything else is as long as it likes.
        let name: String = text.chars().take(140).collect();
        let changes = vec![
            change(&name, json!("old"), json!(text)),
            change("notes", json!(text), json!("new")),
            change(
                &format!("items[{name}].{name}"),
                json!(text),
                json!({ "op": number }),
            ),
        ];
        let mut operation = operation(number, Action::Update, &name, &name, changes);
        operation.reason.clone_from(text);
        operations.push(operation);
    }
    let mut report = plan_of(operations);
    let model = plan();
    for text in &tries {
        let mut conflict = model.conflicts[0].clone();
        conflict.a_name = text.as_str().into();
        conflict.reason.clone_from(text);
        report.conflicts.push(conflict);
        let mut parked = model.parked[0].clone();
        parked.name = text.as_str().into();
        parked.message.clone_from(text);
        report.parked.push(parked);
    }
    report
}

#[test]
fn values_neither_run_nor_fetch_anything() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let report = hostile(listener.local_addr().unwrap().port());
    let Some(browser) = Browser::showing(&report) else {
        return;
    };
    let page = browser.page("unfold=all");
    assert!(
        page.contains("data-ready=\"yes\""),
        "the script ran to its end"
    );
    assert!(page.contains("<title>Plan of hq-branch – frappe-sync</title>"));
    assert_eq!(elements(&page, "<details class=\"document\""), 10);
    for tag in ["<img", "<iframe", "<link", "<style", "<script"] {
        assert_eq!(elements(&page, tag), 0, "{tag}");
    }
    let asked = listener.accept().map_err(|error| error.kind());
    assert_eq!(
        asked.err(),
        Some(ErrorKind::WouldBlock),
        "somebody was asked for something"
    );
    let text = text(&page);
    // It is all there to be read, as text.
    assert!(text.contains("<script>document.title='owned'</script>"));
    assert!(text.contains("{{ 7 * 7 }}{% for x in y %}${7*7}"));
    // What would turn the line around, or cannot be seen, is shown by its number.
    assert!(
        text.contains("U+202Egnp.exeU+202C U+0000U+001B[31mU+FEFF"),
        "hidden characters"
    );
    assert!(page.contains("<bdi dir=\"auto\" class=\"text\">שלום עולם</bdi>"));
    assert!(text.contains("Show all 1,048,576 characters"));
    assert!(
        page.len() < 30 << 20,
        "a long value is made once it is asked for"
    );
}

#[test]
fn paper_shows_everything_unfolded() {
    let Some(browser) = Browser::showing(&plan()) else {
        return;
    };
    let paper = browser.paper();
    assert!(paper.starts_with(b"%PDF"));
    // Compressed as it is, a text of its own is in it for every page; folded it is one page less.
    let mut short = plan();
    short.operations.truncate(1);
    let Some(other) = Browser::showing(&short) else {
        return;
    };
    assert!(pages(&paper) > pages(&other.paper()));
}

fn pages(paper: &[u8]) -> usize {
    String::from_utf8_lossy(paper)
        .matches("/Type /Page\n")
        .count()
}
