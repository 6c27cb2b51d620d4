//! Settings that are one document: compared and changed, never made.

use frappe_sync_model::RunOutcome;
use frappe_sync_sandbox::{Matcher, Method, Moment};
use frappe_sync_tests::{PairOptions, SitePair, Sync, pairs, text};
use serde_json::{Value, json};

async fn install(pair: &SitePair) -> String {
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |passed| passed.as_micros());
    let name = format!("T{:06} Settings", nanos % 1_000_000);
    let field = |name: &str, fieldtype: &str, more: Value| {
        let mut field = json!({ "fieldname": name, "fieldtype": fieldtype, "label": name });
        if let (Some(field), Some(more)) = (field.as_object_mut(), more.as_object()) {
            field.extend(more.clone());
        }
        field
    };
    let row = json!({
        "name": format!("{name} Row"), "module": "Custom", "custom": 1, "istable": 1,
        "fields": [field("word", "Data", json!({}))],
    });
    let single = json!({
        "name": name, "module": "Custom", "custom": 1, "issingle": 1,
        "fields": [
            field("title", "Data", json!({})), field("days", "Int", json!({})), field("on", "Check", json!({})),
            field("since", "Date", json!({})), field("rate", "Currency", json!({})),
            field("rows", "Table", json!({ "options": format!("{name} Row") })),
        ],
        "permissions": [{ "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1 }],
    });
    for person in [&pair.people.a, &pair.people.b] {
        person.insert("DocType", row.clone()).await;
        person.insert("DocType", single.clone()).await;
    }
    name
}

async fn uninstall(pair: &SitePair, name: &str) {
    if pair.sandboxes.is_some() {
        return;
    }
    for person in [&pair.people.a, &pair.people.b] {
        let _left = person.delete("DocType", name).await;
        let _left = person.delete("DocType", &format!("{name} Row")).await;
    }
}

fn mapping(name: &str, more: &str) -> String {
    format!("version: 1\ndoctype: {name}\n{more}")
}

#[tokio::test]
async fn settings_that_were_never_saved_are_filled_and_then_follow_both_ways() {
    for pair in pairs().await {
        let name = install(&pair).await;
        let (a, b) = (&pair.people.a, &pair.people.b);
        let values = json!({
            "title": "from a", "days": 7, "on": 1, "since": "2026-02-03", "rate": 1.5,
            "rows": [{ "word": "one" }, { "word": "two" }],
        });
        a.update(&name, &name, values).await;
        let sync = Sync::new(&pair, &[mapping(&name, "")]);
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(report.summary.create, 0, "{report:#?}");
        let there = b.get(&name, &name).await;
        assert_eq!(text(&there, "title"), "from a");
        assert_eq!(there["days"], 7);
        assert_eq!(there["rows"].as_array().map(Vec::len), Some(2), "{there:#}");
        sync.assert_equal().await;
        sync.assert_quiet().await;

        b.update(&name, &name, json!({ "title": "from b", "since": null }))
            .await;
        a.update(&name, &name, json!({ "days": 8 })).await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert!(report.conflicts.is_empty(), "{report:#?}");
        let here = a.get(&name, &name).await;
        assert_eq!(text(&here, "title"), "from b");
        assert_eq!(text(&here, "since"), "");
        assert_eq!(b.get(&name, &name).await["days"], 8);
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &name).await;
    }
}

#[tokio::test]
async fn an_edit_of_settings_between_our_read_and_our_write_is_never_overwritten() {
    for saved_before in [true, false] {
        let pair = SitePair::sandbox(PairOptions::default()).await;
        let name = install(&pair).await;
        let (a, b) = (&pair.people.a, &pair.people.b);
        if saved_before {
            b.update(&name, &name, json!({ "rate": 2 })).await;
        }
        a.update(&name, &name, json!({ "title": "from a" })).await;
        let setting = name.clone();
        pair.sandboxes().b.faults().interpose(
            Matcher::writes().method(Method::Put),
            Moment::Before,
            move |site| {
                let edit = json!({ "title": "typed just now" });
                let person = site.as_user("person@example.com");
                let saved = person.update(&setting, &setting, edit);
                assert!(saved.is_ok(), "{saved:?}");
            },
        );
        let sync = Sync::new(&pair, &[mapping(&name, "conflict: b\n")]);
        sync.run_until_quiet().await;
        assert_eq!(pair.sandboxes().b.faults().pending(), 0);
        assert_eq!(text(&b.get(&name, &name).await, "title"), "typed just now");
        assert_eq!(text(&a.get(&name, &name).await, "title"), "typed just now");
    }
}
