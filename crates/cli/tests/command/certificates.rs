//! `verify`: what the certificate says, where it goes, and how the program ends.

use serde_json::{Value, json};

use crate::rehearsal::{Rehearsal, person};

const NAME: &str = "Alder Works Ltd";

/// A document that only the target of a one-way sync has, and an edit there.
fn one_way() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    rehearsal.map("direction: a-to-b\n");
    assert_eq!(rehearsal.line("run").code, 0);
    person(&rehearsal.branch)
        .update(
            "Customer",
            NAME,
            json!({ "website": "https://own.example" }),
        )
        .unwrap();
    rehearsal
}

#[test]
fn what_the_mapping_wants_so_is_listed_with_its_cause_and_ends_with_0() {
    let rehearsal = one_way();
    let verify = rehearsal.line("verify --json");
    assert_eq!(verify.code, 0, "{}", verify.stdout);
    let report = verify.report();
    assert_eq!(report["equal"], false);
    assert_eq!(report["outcome"], "equal_but");
    assert_eq!(report["causes"], json!({ "direction": 1 }));
    let different = &report["doctypes"][0]["different"][0];
    assert_eq!(different["paths"], json!(["website"]));
    assert_eq!(different["cause"], "direction");
    let text = rehearsal.line("verify").stdout;
    assert!(text.contains("website [direction]"), "{text}");
    assert!(
        text.contains("equal but for what is listed, 1 of 12 pairs differ"),
        "{text}"
    );
}

#[test]
fn what_waits_for_a_run_ends_with_3() {
    let rehearsal = one_way();
    person(&rehearsal.hq)
        .update("Customer", NAME, json!({ "website": "https://hq.example" }))
        .unwrap();
    let verify = rehearsal.line("verify --json");
    assert_eq!(verify.code, 3, "{}", verify.stdout);
    let report = verify.report();
    assert_eq!(report["outcome"], "different");
    assert_eq!(report["causes"], json!({ "not yet synced": 1 }));
}

#[test]
fn a_certificate_is_kept_in_a_file_and_two_of_them_can_be_compared() {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.line("run").code, 0);
    let kept = |name: &str| -> Value {
        let verify = rehearsal.line(&format!("verify --out {name}"));
        assert_eq!(verify.code, 0, "{}{}", verify.stdout, verify.stderr);
        let text = std::fs::read_to_string(rehearsal.folder().join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let (first, second) = (kept("first.json"), kept("second.json"));
    assert_eq!(first["format"], "frappe-sync/verify@1");
    assert_eq!(first["outcome"], "equal");
    assert_eq!(first["sites"]["a"]["user"], "sync@example.com");
    for same in ["state_id", "mapping_hash", "sites"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    let digests = |report: &Value| report["doctypes"][0]["digests"].clone();
    assert_eq!(digests(&first), digests(&second));
    assert_eq!(digests(&first)["a"], digests(&first)["b"]);
    for site in [&rehearsal.hq, &rehearsal.branch] {
        person(site)
            .update(
                "Customer",
                NAME,
                json!({ "website": "https://new.example" }),
            )
            .unwrap();
    }
    let third = kept("third.json");
    assert_ne!(digests(&first), digests(&third));
    assert_eq!(digests(&third)["a"], digests(&third)["b"]);

    let nowhere = rehearsal.line("verify --out no/such/folder.json --json");
    assert_eq!(nowhere.code, 1, "{}", nowhere.stdout);
    let message = nowhere.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("cannot be written"), "{message}");
}

#[test]
fn one_doctype_alone_is_verified() {
    let rehearsal = Rehearsal::of_orders();
    assert_eq!(rehearsal.line("run").code, 0);
    let report = rehearsal.line("verify --only Customer --json").report();
    let doctypes = report["doctypes"].as_array().unwrap();
    assert_eq!(doctypes.len(), 1);
    assert_eq!(doctypes[0]["doctype"], "Customer");
    let told = rehearsal.line("verify --only Custmer --json");
    assert_eq!(told.error()["remedy"], "did you mean `Customer`?");
}
