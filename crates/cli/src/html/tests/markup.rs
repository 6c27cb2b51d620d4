//! What is in the file.

use super::report::{change, operation, plan, plan_of};
use crate::html::write_plan;
use frappe_sync_engine::{Action, GuardReport, MappingGraph, PlanReport};
use serde_json::{Value, json};

/// Returns the page of a plan.
pub(super) fn page(report: &PlanReport) -> String {
    let mut bytes = Vec::new();
    write_plan(&report.clone().pack(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Returns what stands between two marks.
fn between<'p>(page: &'p str, begin: &str, end: &str) -> &'p str {
    let (_, rest) = page.split_once(begin).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn the_page_holds_the_plan_that_it_is_made_of() {
    let report = plan();
    let page = page(&report);
    let data = between(
        &page,
        "<script type=\"application/json\" id=\"plan\">",
        "</script>",
    );
    let held: PlanReport = serde_json::from_str(data).unwrap();
    assert_eq!(held, report);
}

#[test]
fn the_same_plan_makes_the_same_page() {
    assert_eq!(page(&plan()), page(&plan()));
}

#[test]
fn the_page_asks_nobody_for_anything() {
    let page = page(&plan());
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'nonce-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    for loading in [
        " src=", "<link", "@import", "url(", "<iframe", "<object", "<form", "<base",
    ] {
        assert!(!page.contains(loading), "{loading}");
    }
    // Nothing that the policy would forbid is in our own markup either.
    for inline in [" style=", " onclick=", "javascript:"] {
        assert!(!page.contains(inline), "{inline}");
    }
}

#[test]
fn what_a_plan_says_is_text_in_the_frame_too() {
    let hostile = "<img src=x onerror=alert(1)>\"'&";
    let mut report = plan();
    report.sync = hostile.into();
    report.sites.a = hostile.to_owned();
    report.engine = hostile.to_owned();
    report.guard = Some(GuardReport {
        name: "max_changes".to_owned(),
        limit: hostile.to_owned(),
        seen: hostile.to_owned(),
        mapping: Some(hostile.to_owned()),
        message: hostile.to_owned(),
        remedy: hostile.to_owned(),
    });
    report.graph.nodes[0].doctypes.a = hostile.into();
    report
        .operations
        .push(operation(9, Action::Update, hostile, hostile, vec![]));
    let page = page(&report);
    assert!(!page.contains("<img"), "{page}");
    assert!(page.contains("&lt;img"));
    assert!(page.contains("A guard would stop the mapping"));
}

#[test]
fn an_end_of_the_script_in_a_value_ends_no_script() {
    let changes = vec![change(
        "notes",
        json!("</script><script>x"),
        json!("<!-- <script>"),
    )];
    let report = plan_of(vec![operation(1, Action::Update, "Customer", "A", changes)]);
    let page = page(&report);
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<!--"));
}

#[test]
fn a_plan_without_anything_to_do_has_a_page() {
    let mut report = plan_of(Vec::new());
    report.graph = MappingGraph::default();
    let page = page(&report);
    assert!(page.contains("<b>0</b> <span>to create</span>"));
    assert!(!page.contains("<svg"));
}

#[test]
fn a_plan_of_before_there_was_a_graph_has_a_page() {
    let mut held = serde_json::to_value(plan()).unwrap();
    held.as_object_mut().map(|plan| plan.remove("graph"));
    let report: PlanReport = serde_json::from_value(held).unwrap();
    let page = page(&report);
    // What is known of the mappings is what the operations are about.
    let table = between(&page, "<tbody>", "</tbody>");
    assert!(
        table.contains("<bdi>Customer</bdi>") && table.contains("<bdi>Sales Order</bdi>"),
        "{table}"
    );
    assert!(
        table.contains("1 to create") && table.contains("1 to update"),
        "{table}"
    );
}

#[test]
fn numbers_are_told_by_doctype_and_site() {
    let mut report = plan();
    report.operations[0].site = frappe_sync_model::Side::A;
    let rows = super::super::overview::rows(&report.pack());
    let told = |counts: &[super::super::overview::Count]| -> Vec<(Value, u64)> {
        counts
            .iter()
            .map(|count| (json!(count.kind), count.number))
            .collect()
    };
    assert_eq!(told(&rows[0].counts.a), [(json!("create"), 1)]);
    assert_eq!(told(&rows[0].counts.b), [(json!("update"), 1)]);
    assert_eq!(rows[1].note(), "1 to create, 1 to update");
}
