//! Deletes: when they are looked for, how many may go, and what is told of them.

use serde_json::json;

use crate::rehearsal::{Rehearsal, person};

/// Two sites in sync that carry deletes over; hq has lost two customers.
fn with_deletes(sync: &str) -> Rehearsal {
    let rehearsal = Rehearsal::new();
    rehearsal.map("deletes: propagate\n");
    rehearsal.configure("mappings: [", &format!("{sync}, mappings: ["));
    assert_eq!(rehearsal.line("run").code, 0);
    for name in ["Alder Works Ltd", "Bright Trading S.A."] {
        person(&rehearsal.hq).delete("Customer", name).unwrap();
    }
    rehearsal
}

#[test]
fn a_plan_and_a_run_tell_of_deletes_and_the_guard_stops_too_many() {
    let rehearsal = with_deletes("guard: { max_deletes: 1 }");
    let plan = rehearsal.line("plan --json").report();
    assert_eq!(plan["guard"]["name"], "max_deletes");

    let stopped = rehearsal.line("run --json");
    assert_eq!(stopped.code, 4, "{}", stopped.stdout);
    assert_eq!(stopped.report()["guard"]["name"], "max_deletes");
    assert_eq!(rehearsal.branch.len_of("Customer"), 12);

    let plan = rehearsal.line("plan --allow max_deletes");
    assert!(
        plan.stdout.contains("  - delete `Bright Trading S.A.` ["),
        "{}",
        plan.stdout
    );
    assert!(plan.stdout.contains(", 2 to delete, "), "{}", plan.stdout);
    let allowed = rehearsal.line("run --allow max_deletes --json");
    assert_eq!(allowed.code, 0, "{}", allowed.stdout);
    assert_eq!(allowed.report()["summary"]["delete"], 2);
    assert_eq!(rehearsal.branch.len_of("Customer"), 10);
}

#[test]
fn a_sweep_finds_what_no_record_tells_of() {
    let rehearsal = Rehearsal::new();
    rehearsal.map("deletes: propagate\n");
    rehearsal.configure("mappings: [", "sweep: 7d, mappings: [");
    rehearsal
        .hq
        .deny("sync@example.com", "Deleted Document", &["read"]);
    assert_eq!(rehearsal.line("run").code, 0);
    person(&rehearsal.hq)
        .delete("Customer", "Alder Works Ltd")
        .unwrap();
    let unseen = rehearsal.line("run --json").report();
    assert_eq!(unseen["summary"]["delete"], 0);
    let swept = rehearsal.line("run --sweep --json").report();
    assert_eq!(swept["summary"]["delete"], 1);
}

#[test]
fn what_stays_is_counted_by_verify() {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.line("run").code, 0);
    person(&rehearsal.hq)
        .delete("Customer", "Alder Works Ltd")
        .unwrap();
    assert_eq!(rehearsal.line("run --sweep").code, 0);
    let verify = rehearsal.line("verify --json");
    assert_eq!(verify.code, 0, "{}", verify.stdout);
    let doctype = &verify.report()["doctypes"][0];
    assert_eq!(
        (&doctype["pairs"], &doctype["tombstones"]),
        (&json!(11), &json!(1))
    );
}

#[test]
fn only_guards_that_there_are_can_be_passed() {
    let rehearsal = Rehearsal::new();
    let told = rehearsal.line("run --allow max_delets");
    assert_eq!(told.code, 64);
    assert!(told.stderr.contains("'max_deletes'"), "{}", told.stderr);
    let report = rehearsal.line("run --allow max_delets --json").error();
    assert_eq!(report["remedy"], "did you mean `max_deletes`?");
    let all = "max_changes max_deletes empty_side same_site older_state";
    let allowed = all.replace(' ', " --allow ");
    assert_eq!(rehearsal.line(&format!("run --allow {allowed}")).code, 0);
}
