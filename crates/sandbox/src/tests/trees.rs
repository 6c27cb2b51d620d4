//! Nested sets stay nested sets.

use serde_json::{Value, json};

use crate::random::Random;
use crate::{Sandbox, SiteOptions};

fn site() -> Sandbox {
    let sandbox = Sandbox::new(SiteOptions::default());
    sandbox
        .as_user("Administrator")
        .insert("DocType", json!({
            "name": "Node", "module": "Custom", "custom": 1, "autoname": "Prompt", "is_tree": 1, "fields": [],
        }))
        .unwrap();
    sandbox
}

fn nodes(sandbox: &Sandbox) -> Vec<(String, String, i64, i64)> {
    let person = sandbox.as_user("Administrator");
    let rows = person
        .list("Node", &["name", "parent_node", "lft", "rgt"], Value::Null)
        .unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows.iter()
        .map(|row| {
            let number = |key: &str| row[key].as_i64().unwrap();
            (
                text(&row["name"]),
                text(&row["parent_node"]),
                number("lft"),
                number("rgt"),
            )
        })
        .collect()
}

/// Every node lies inside its parent, and no two ends are the same.
fn check(sandbox: &Sandbox) {
    let nodes = nodes(sandbox);
    let mut ends: Vec<i64> = nodes.iter().flat_map(|node| [node.2, node.3]).collect();
    ends.sort_unstable();
    ends.dedup();
    assert_eq!(ends.len(), nodes.len() * 2, "ends are shared: {nodes:?}");
    for (name, parent, left, right) in &nodes {
        assert!(left < right, "{name} is inside out");
        if let Some(above) = nodes.iter().find(|node| node.0 == *parent) {
            assert!(
                above.2 < *left && *right < above.3,
                "{name} is outside of {parent}: {nodes:?}"
            );
        }
    }
}

#[test]
fn random_moves_keep_every_node_inside_its_parent() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    let mut random = Random::new(3);
    let mut refused = 0;
    for index in 0..30 {
        let parent = if index == 0 {
            String::new()
        } else {
            format!("n{}", random.below(index))
        };
        person
            .insert(
                "Node",
                json!({"name": format!("n{index}"), "is_group": 1, "parent_node": parent}),
            )
            .unwrap();
        check(&sandbox);
    }
    for _ in 0..100 {
        let node = format!("n{}", random.below(30));
        let parent = if random.chance(0.1) {
            String::new()
        } else {
            format!("n{}", random.below(30))
        };
        if let Err(error) = person.update("Node", &node, json!({"parent_node": parent})) {
            assert_eq!(error.exc_type, "NestedSetRecursionError");
            refused += 1;
        }
        check(&sandbox);
    }
    assert!(refused > 0);
}

#[test]
fn a_node_with_children_stays() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    person
        .insert("Node", json!({"name": "root", "is_group": 1}))
        .unwrap();
    person
        .insert("Node", json!({"name": "leaf", "parent_node": "root"}))
        .unwrap();
    assert_eq!(
        person.delete("Node", "root").unwrap_err().exc_type,
        "NestedSetChildExistsError"
    );
    person.delete("Node", "leaf").unwrap();
    person.delete("Node", "root").unwrap();
}
