//! The dependency graph of a sync, from two real sandboxes.

use serde_json::json;

use crate::program::configured;
use crate::rehearsal::Rehearsal;

/// A rehearsal with a tree, a circle and a DocType that links to both.
fn rehearsal() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    for (name, doctype) in [
        ("territory", "Territory"),
        ("address", "Address"),
        ("order", "Sales Order"),
    ] {
        let mapping = match name {
            "order" => "version: 1\ndoctype: Sales Order\nidentity: [po_no]\n".to_owned(),
            "address" => "version: 1\ndoctype: Address\nidentity: [address_title]\n".to_owned(),
            _ => format!("version: 1\ndoctype: {doctype}\nidentity: name\n"),
        };
        std::fs::write(rehearsal.folder().join(format!("{name}.yaml")), mapping).unwrap();
    }
    let customer = "version: 1\ndoctype: Customer\nidentity: [customer_name]\n";
    std::fs::write(rehearsal.folder().join("customer.yaml"), customer).unwrap();
    rehearsal.configure(
        "[customer.yaml]",
        "[order.yaml, customer.yaml, address.yaml, territory.yaml]",
    );
    rehearsal
}

#[test]
fn the_graph_tells_order_links_and_circles() {
    let rehearsal = rehearsal();
    let graph = rehearsal.line("graph --json");
    assert_eq!(graph.code, 0, "{}{}", graph.stdout, graph.stderr);
    let graph = graph.report();
    let names: Vec<&str> = graph["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["mapping"].as_str().unwrap())
        .collect();
    assert_eq!(names.first(), Some(&"Territory"));
    assert_eq!(names.last(), Some(&"Sales Order"));
    let edges = graph["edges"].as_array().unwrap();
    let edge = |from: &str, to: &str| {
        let found = edges
            .iter()
            .find(|edge| edge["from"] == from && edge["to"] == to);
        found
            .unwrap_or_else(|| panic!("{from} links to {to}"))
            .clone()
    };
    assert_eq!(edge("Territory", "Territory")["leads"], "to_itself");
    let customer = edge("Sales Order", "Customer");
    assert_eq!(customer["required"], true);
    assert_eq!(customer["leads"], "earlier");
    assert_eq!(
        customer["fields"][0]["field"],
        json!({"a": "customer", "b": "customer"})
    );
    let circles = graph["cycles"].as_array().unwrap();
    assert_eq!(circles.len(), 1, "{circles:?}");
    assert_eq!(edge("Customer", "Address")["in_cycle"], true);
    let both = [edge("Customer", "Address"), edge("Address", "Customer")];
    let later = both.iter().filter(|edge| edge["leads"] == "later");
    assert_eq!(later.count(), 1);
    assert!(!rehearsal.folder().join("state").exists());
}

#[test]
fn the_graph_of_a_plan_is_that_of_the_command() {
    let rehearsal = rehearsal();
    let graph = rehearsal.line("graph --json").report();
    let plan = rehearsal.line("plan --json").report();
    for part in ["nodes", "edges", "cycles", "outside"] {
        assert_eq!(plan["graph"][part], graph[part]);
    }
}

#[test]
fn the_form_is_that_of_the_option_or_of_the_file() {
    let rehearsal = rehearsal();
    assert!(
        rehearsal
            .line("graph")
            .stdout
            .contains("Level 1\n   1  Territory")
    );
    assert!(
        rehearsal
            .line("graph --format dot")
            .stdout
            .starts_with("digraph \"hq-branch\" {")
    );
    for (file, begin) in [
        ("graph.svg", "<svg xmlns="),
        ("graph.gv", "digraph "),
        ("graph.txt", "Sync hq-branch: 4 mappings"),
    ] {
        let ended = rehearsal.frappe_sync(&["graph", "hq-branch", "--out", file, "--quiet"]);
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (0, ""),
            "{}",
            ended.stderr
        );
        let text = std::fs::read_to_string(rehearsal.folder().join(file)).unwrap();
        assert!(text.starts_with(begin), "{text}");
    }
}

#[test]
fn one_file_holds_the_graph_of_one_sync() {
    let rehearsal = rehearsal();
    rehearsal.add_sync("second");
    let ended = rehearsal.line("graph --out graph.svg --json");
    assert_eq!(ended.error()["code"], 64);
    assert!(!rehearsal.folder().join("graph.svg").exists());
}

#[test]
fn a_graph_without_sites_ends_with_75() {
    let folder = configured();
    let ended = crate::program::frappe_sync_with_secret(folder.path(), &["graph", "--json"]);
    assert_eq!(ended.error()["code"], 75);
}
