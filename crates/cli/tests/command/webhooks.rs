//! `webhooks`: what the sites tell, installed, listed and taken away.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use frappe_sync_hooks::{Hint, verify};
use frappe_sync_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::program::{SECRET, configured, frappe_sync};
use crate::rehearsal::{Rehearsal, person};
use crate::steady::assert_told;

const SYNC_USER: &str = "sync@example.com";
const ADDRESS: &str = "https://sync.example.com";

/// Two sites, and a receiver at an address.
fn with_receiver(address: &str) -> Rehearsal {
    let rehearsal = Rehearsal::new();
    let serve = format!("serve: {{ public_url: '{address}', webhook_secret_env: SECRET }}\nsyncs:");
    rehearsal.configure("syncs:", &serve);
    rehearsal
}

fn installed() -> Rehearsal {
    let rehearsal = with_receiver(ADDRESS);
    let ended = rehearsal.line("webhooks install --yes");
    assert_eq!(ended.code, 0, "{}", ended.told());
    rehearsal
}

/// The names of the webhooks of a site.
fn names(site: &Sandbox) -> Vec<String> {
    let listed = person(site).list("Webhook", &["name"], json!([])).unwrap();
    let mut names: Vec<String> = listed
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

const OURS: [&str; 2] = [
    "frappe-sync hq-branch Customer after_insert",
    "frappe-sync hq-branch Customer on_change",
];

#[test]
fn webhooks_are_made_on_both_sites_and_a_second_time_nothing_changes() {
    let rehearsal = with_receiver(ADDRESS);
    assert_told!(rehearsal.line("webhooks install --yes"), @r"
    hq-branch
      hq
        + Customer after_insert
        + Customer on_change
      branch
        + Customer after_insert
        + Customer on_change
    Webhooks: 4 made, 0 updated, 0 removed, 0 unchanged
    exit code 0
    ");
    assert_eq!(names(&rehearsal.hq), OURS);
    let webhook = person(&rehearsal.branch).get("Webhook", OURS[1]).unwrap();
    assert_eq!(
        webhook["request_url"],
        format!("{ADDRESS}/hooks/hq-branch/branch")
    );
    assert_eq!(webhook["enable_security"], 1);
    assert_eq!(webhook["webhook_secret"], "*".repeat(SECRET.len()));

    assert_told!(rehearsal.line("webhooks install --yes"), @r"
    hq-branch
      hq
        nothing to do
      branch
        nothing to do
    Webhooks: 0 made, 0 updated, 0 removed, 4 unchanged
    exit code 0
    ");
    let again = person(&rehearsal.branch).get("Webhook", OURS[1]).unwrap();
    assert_eq!(again["modified"], webhook["modified"]);
    let quiet = rehearsal.line("webhooks install --yes --quiet");
    assert_eq!(quiet.told(), "exit code 0\n");
}

#[test]
fn a_dry_run_tells_and_writes_nothing() {
    let rehearsal = with_receiver(ADDRESS);
    let report = rehearsal.line("webhooks install --dry-run --json").report();
    assert_eq!(report["dry_run"], true);
    assert_eq!(report["summary"]["make"], 4);
    let webhook = &report["sites"][0]["webhooks"][0];
    assert_eq!(webhook["state"], "missing");
    assert_eq!(webhook["url"], format!("{ADDRESS}/hooks/hq-branch/hq"));
    assert_eq!(names(&rehearsal.hq), [""; 0]);

    let rehearsal = installed();
    let ended = rehearsal.line("webhooks remove --dry-run");
    assert!(
        ended
            .stdout
            .contains("Webhooks: 0 to make, 0 to update, 4 to remove, 0 unchanged"),
        "{}",
        ended.stdout
    );
    assert_eq!(names(&rehearsal.hq), OURS);
}

#[test]
fn without_consent_nothing_is_written() {
    let rehearsal = with_receiver(ADDRESS);
    let ended = rehearsal.line("webhooks install --json");
    assert_eq!(ended.error()["code"], 64);
    assert_eq!(names(&rehearsal.hq), [""; 0]);
    let rehearsal = installed();
    assert_eq!(rehearsal.line("webhooks remove --json").error()["code"], 64);
    assert_eq!(names(&rehearsal.hq), OURS);
}

#[test]
fn what_was_edited_is_listed_and_set_right() {
    let rehearsal = installed();
    let edits = json!({"enabled": 0, "condition": "doc.disabled == 1"});
    person(&rehearsal.hq)
        .update("Webhook", OURS[1], edits)
        .unwrap();
    person(&rehearsal.branch)
        .delete("Webhook", OURS[0])
        .unwrap();
    assert_told!(rehearsal.line("webhooks list"), @r"
    hq-branch
      hq sends to https://sync.example.com/hooks/hq-branch/hq
        Customer after_insert: installed
        Customer on_change: not as it is to be (enabled, condition)
      branch sends to https://sync.example.com/hooks/hq-branch/branch
        Customer after_insert: missing
        Customer on_change: installed
    help: `frappe-sync webhooks install hq-branch` sets 2 webhooks right
    exit code 0
    ");
    assert_told!(rehearsal.line("webhooks install --yes"), @r"
    hq-branch
      hq
        ~ Customer on_change (enabled, condition)
      branch
        + Customer after_insert
    Webhooks: 1 made, 1 updated, 0 removed, 2 unchanged
    exit code 0
    ");
    let list = rehearsal.line("webhooks list --json").report();
    let states: Vec<&Value> = list["sites"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|site| site["webhooks"].as_array().unwrap())
        .map(|webhook| &webhook["state"])
        .collect();
    assert_eq!(states, ["installed"; 4]);
}

#[test]
fn a_new_secret_and_a_new_address_are_written() {
    let rehearsal = installed();
    person(&rehearsal.hq)
        .update("Webhook", OURS[0], json!({"webhook_secret": "another"}))
        .unwrap();
    let moved = rehearsal
        .line("webhooks install --site hq --url https://new.example.com --yes --json")
        .report();
    let differs: Vec<&Value> = moved["sites"][0]["webhooks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|webhook| &webhook["differs"])
        .collect();
    assert_eq!(
        differs,
        [
            &json!(["request_url", "webhook_secret"]),
            &json!(["request_url"])
        ]
    );
    assert_eq!(moved["sites"].as_array().unwrap().len(), 1);
    let url = |site: &Sandbox| person(site).get("Webhook", OURS[0]).unwrap()["request_url"].clone();
    assert_eq!(
        url(&rehearsal.hq),
        "https://new.example.com/hooks/hq-branch/hq"
    );
    assert_eq!(
        url(&rehearsal.branch),
        format!("{ADDRESS}/hooks/hq-branch/branch"),
        "the other site is left alone"
    );
}

#[test]
fn a_site_that_is_only_written_to_tells_nothing() {
    let rehearsal = installed();
    rehearsal.map("direction: a-to-b\n");
    assert_told!(rehearsal.line("webhooks install --yes"), @r"
    hq-branch
      hq
        nothing to do
      branch
        - Customer after_insert
        - Customer on_change
    Webhooks: 0 made, 0 updated, 2 removed, 2 unchanged
    exit code 0
    ");
    assert_eq!(names(&rehearsal.hq), OURS);
    assert_eq!(names(&rehearsal.branch), [""; 0]);
}

#[test]
fn only_ours_are_removed() {
    let rehearsal = installed();
    rehearsal.add_sync("other");
    rehearsal.line("webhooks install other --yes");
    let strangers = [
        ("To the shop", "https://shop.example.com/hooks/hq-branch/hq"),
        ("frappe-sync hq-branch by hand", "https://shop.example.com"),
    ];
    for (name, url) in strangers {
        let webhook = json!({
            "name": name, "webhook_doctype": "Customer", "webhook_docevent": "on_update", "request_url": url,
        });
        person(&rehearsal.hq).insert("Webhook", webhook).unwrap();
    }
    let elsewhere = rehearsal.line("webhooks remove hq-branch --url https://x.example.com --yes");
    assert!(
        elsewhere.stdout.contains("0 removed, 4 unchanged"),
        "{}",
        elsewhere.stdout
    );
    let ended = rehearsal.line("webhooks remove hq-branch --yes");
    assert!(
        ended
            .stdout
            .contains("Webhooks: 0 made, 0 updated, 4 removed, 0 unchanged"),
        "{}",
        ended.told()
    );
    assert_eq!(
        names(&rehearsal.hq),
        [
            "To the shop",
            "frappe-sync hq-branch by hand",
            "frappe-sync other Customer after_insert",
            "frappe-sync other Customer on_change",
        ]
    );
    let again = rehearsal.line("webhooks remove hq-branch --yes");
    assert_eq!(again.code, 0, "{}", again.told());
    assert!(again.stdout.contains("0 removed"), "{}", again.stdout);
}

#[test]
fn a_name_that_leads_elsewhere_is_not_taken_over() {
    let rehearsal = with_receiver(ADDRESS);
    let webhook = json!({
        "name": OURS[0], "webhook_doctype": "Customer", "webhook_docevent": "on_update",
        "request_url": "https://shop.example.com/",
    });
    person(&rehearsal.hq).insert("Webhook", webhook).unwrap();
    let error = rehearsal.line("webhooks install --yes --json").error();
    assert_eq!(error["code"], 1);
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("leads to `https://shop.example.com/`"),
        "{message}"
    );
    assert_eq!(names(&rehearsal.branch), [""; 0]);
}

#[test]
fn a_user_without_the_rights_is_told_which_before_anything_is_written() {
    let rehearsal = with_receiver(ADDRESS);
    rehearsal
        .branch
        .deny(SYNC_USER, "Webhook", &["create", "delete"]);
    assert_told!(rehearsal.line("webhooks install --yes"), @r"
    error: site `branch`: our user `sync@example.com` may not create or delete Webhook documents
      --> http://127.0.0.1:[port]
      help: webhooks are for the role System Manager: give it to the user under User > Roles while this is done, and take it away again
    exit code 12
    ");
    assert_eq!(names(&rehearsal.hq), [""; 0]);
    let list = rehearsal.line("webhooks list --json").report();
    assert_eq!(
        list["sites"].as_array().unwrap().len(),
        2,
        "reading is enough to list"
    );
    rehearsal.branch.deny(SYNC_USER, "Webhook", &[]);
    assert_eq!(rehearsal.line("webhooks list --json").error()["code"], 12);
}

#[test]
fn what_is_missing_to_begin_with_is_told() {
    let folder = configured();
    let install = |words: &str| {
        let line = format!("webhooks install --yes --json {words}");
        let words: Vec<&str> = line.split_whitespace().collect();
        frappe_sync(folder.path(), &words).error()
    };
    let error = install("");
    assert_eq!(error["code"], 64);
    assert!(
        error["remedy"].as_str().unwrap().contains("public_url"),
        "{error}"
    );
    let error = install("--url https://sync.example.com");
    assert_eq!(error["code"], 78);
    assert!(
        error["remedy"]
            .as_str()
            .unwrap()
            .contains("webhook_secret_file"),
        "{error}"
    );
    let error = install("--url sync.example.com");
    assert_eq!(
        (&error["code"], &error["where"]),
        (&json!(64), &json!("--url"))
    );
    let error = install("--site brunch");
    assert_eq!(error["code"], 64);
    assert_eq!(error["remedy"], "did you mean `branch`?");
}

#[test]
fn a_check_passes_over_our_own_webhooks() {
    let rehearsal = installed();
    let told = rehearsal.line("check").stdout;
    assert!(!told.contains("calls another program"), "{told}");
}

/// Takes one request, says that it is taken, and returns its head and body.
fn take_one(listener: &TcpListener) -> (String, Vec<u8>) {
    let (mut stream, _) = listener.accept().unwrap();
    let patience = Some(Duration::from_secs(30));
    stream.set_read_timeout(patience).unwrap();
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut buffer).unwrap();
        assert_ne!(length, 0, "the request ends early");
        bytes.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Some(wanted) = header(head, "content-length")
            && body.len() == wanted.parse::<usize>().unwrap()
        {
            stream
                .write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                .unwrap();
            return (head.to_owned(), body.as_bytes().to_vec());
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

#[test]
fn what_a_person_does_arrives_signed_as_a_hint() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let rehearsal = with_receiver(&address);
    let ended = rehearsal.line("webhooks install --site hq --yes");
    assert_eq!(ended.code, 0, "{}", ended.told());
    assert!(
        ended.stderr.contains("is not encrypted"),
        "{}",
        ended.stderr
    );

    let hq = person(&rehearsal.hq);
    hq.update("Customer", "Alder Works Ltd", json!({"tax_id": "T-1"}))
        .unwrap();
    let (head, body) = take_one(&listener);
    assert!(
        head.starts_with("POST /hooks/hq-branch/hq HTTP/1.1\r\n"),
        "{head}"
    );
    let signature = header(&head, "X-Frappe-Webhook-Signature").map(str::as_bytes);
    assert_eq!(verify(SECRET.as_bytes(), &body, signature), Ok(()));
    let hint = Hint::parse("hq", &body).unwrap();
    assert_eq!(
        (hint.doctype.as_str(), hint.name.as_str()),
        ("Customer", "Alder Works Ltd")
    );
    assert_eq!(hint.event.as_deref(), Some("on_change"));
}
