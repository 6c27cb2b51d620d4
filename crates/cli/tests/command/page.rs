//! The plan as a page: what is in the file, and who may read it. What a browser makes of it is tested beside the
//! code that writes it.

use serde_json::{Value, json};

use crate::rehearsal::{Rehearsal, person};

/// Returns the plan that a page holds.
fn held(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"plan\">").unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(data).unwrap()
}

#[test]
fn a_page_holds_the_plan_that_is_printed() {
    let rehearsal = Rehearsal::new();
    let hostile = "</script><script>alert(1)</script>";
    // A form would not take it, but an app or a patch writes what it likes.
    let customer = json!({ "customer_name": "Bobby" });
    person(&rehearsal.hq).insert("Customer", customer).unwrap();
    let tax_id = json!({ "tax_id": hostile });
    rehearsal
        .hq
        .silent_set("Customer", "Bobby", tax_id)
        .unwrap();
    let plan = rehearsal.line("plan --html plan.html --json");
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    let page = std::fs::read_to_string(rehearsal.folder().join("plan.html")).unwrap();
    let (plan, held) = (plan.report(), held(&page));
    for part in ["sync", "plan_id", "summary", "operations", "graph"] {
        assert_eq!(held[part], plan[part], "{part}");
    }
    assert!(plan["operations"].to_string().contains(hostile));
    assert!(!page.contains(hostile));
    assert!(page.contains("<title>Plan of hq-branch"));
    assert!(
        !rehearsal.folder().join("state").exists(),
        "a plan writes no state"
    );
}

#[cfg(unix)]
#[test]
fn a_page_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let rehearsal = Rehearsal::new();
    let plan = rehearsal.line("plan --html plan.html");
    assert!(plan.stderr.contains("page: plan.html"), "{}", plan.stderr);
    let page = std::fs::metadata(rehearsal.folder().join("plan.html")).unwrap();
    assert_eq!(page.permissions().mode() & 0o777, 0o600);
}

#[test]
fn one_page_holds_the_plan_of_one_sync() {
    let rehearsal = Rehearsal::new();
    rehearsal.add_sync("second");
    let plan = rehearsal.line("plan --html plan.html --json");
    assert_eq!(plan.error()["code"], 64);
    assert!(!rehearsal.folder().join("plan.html").exists());
}

#[test]
fn a_page_that_cannot_be_written_is_told_with_its_place() {
    let rehearsal = Rehearsal::new();
    let plan = rehearsal.line("plan --html nowhere/plan.html --json");
    assert_eq!(plan.code, 1);
    let error = plan.reports().pop().unwrap();
    assert_eq!(error["format"], "frappe-sync/error@1");
    assert_eq!(error["where"], "nowhere/plan.html");
}
