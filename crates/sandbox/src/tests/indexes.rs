//! An index never changes what a list holds.

use serde_json::{Value, json};

use super::{request, site};
use crate::random::Random;
use crate::{Method, Sandbox};

/// Documents with few different stamps and names that collate oddly.
fn crowded() -> Sandbox {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    let mut random = Random::new(11);
    sandbox.clock().freeze();
    for index in 0..200 {
        if random.chance(0.2) {
            sandbox.clock().advance(chrono::TimeDelta::microseconds(1));
        }
        let marks = ["a", "B", "é", "_", "-", "ß", "Z", "1", "/", " x"];
        let name = format!("{}{}{index}", random.pick(&marks), random.pick(&marks))
            .trim()
            .to_owned();
        let code = if random.chance(0.5) {
            json!(format!("code {index}"))
        } else {
            Value::Null
        };
        person
            .insert("Thing", json!({"name": name, "title": random.pick(&marks), "code": code, "lines": [{"what": "x"}]}))
            .unwrap();
    }
    sandbox
}

fn list(sandbox: &Sandbox, mut arguments: Value) -> Vec<Value> {
    if arguments.get("doctype").is_none() {
        arguments["doctype"] = json!("Thing");
    }
    let answer = sandbox.handle(&request(
        Method::Post,
        "/api/method/frappe.client.get_list",
        Some(arguments),
    ));
    assert_eq!(answer.status, 200, "{}", answer.value());
    answer.value()["message"].as_array().unwrap().clone()
}

fn everything(sandbox: &Sandbox, order_by: &str) -> Vec<Value> {
    list(
        sandbox,
        json!({
            "fields": ["name", "modified", "creation", "code"], "order_by": order_by, "limit_page_length": 0,
        }),
    )
}

#[test]
fn keyset_pages_give_every_row_once_in_order() {
    let sandbox = crowded();
    let all = everything(&sandbox, "modified asc, name asc");
    for limit in [1, 3, 7, 50, 500] {
        let mut seen = Vec::new();
        let mut last = json!({"modified": "2000-01-01", "name": ""});
        loop {
            let page = list(
                &sandbox,
                json!({
                    "fields": ["name", "modified", "creation", "code"],
                    "filters": [["modified", ">=", last["modified"]]],
                    "or_filters": [["modified", ">", last["modified"]], ["name", ">", last["name"]]],
                    "order_by": "modified asc, name asc",
                    "limit_page_length": limit,
                }),
            );
            let Some(end) = page.last() else { break };
            last = end.clone();
            seen.extend(page);
        }
        assert_eq!(seen, all, "pages of {limit}");
    }
}

#[test]
fn pages_by_name_give_every_row_once_in_order() {
    let sandbox = crowded();
    let all = everything(&sandbox, "name asc");
    let mut seen = Vec::new();
    let mut last = json!("");
    loop {
        let page = list(
            &sandbox,
            json!({
                "fields": ["name", "modified", "creation", "code"], "filters": [["name", ">", last]],
                "order_by": "name asc", "limit_page_length": 13,
            }),
        );
        let Some(end) = page.last() else { break };
        last = end["name"].clone();
        seen.extend(page);
    }
    assert_eq!(seen, all);
}

/// The same condition once in a form that an index serves, and once hidden from it behind a condition that always holds.
#[test]
fn an_index_and_a_scan_find_the_same() {
    let sandbox = crowded();
    let all = everything(&sandbox, "modified asc, name asc");
    let mut random = Random::new(5);
    for _ in 0..60 {
        let row = random.pick(&all).clone();
        let other = random.pick(&all).clone();
        let conditions = [
            json!(["name", "=", row["name"]]),
            json!(["name", "in", [row["name"], other["name"], "nobody"]]),
            json!(["name", ">", row["name"]]),
            json!(["modified", ">", row["modified"]]),
            json!(["modified", "between", [row["modified"], other["modified"]]]),
            json!(["creation", "in", [row["creation"], other["creation"]]]),
            json!(["code", "in", [row["code"], "code 7", ""]]),
            json!(["code", "=", other["code"]]),
        ];
        let condition = random.pick(&conditions);
        let order = *random.pick(&[
            "modified asc, name asc",
            "name asc",
            "name desc",
            "modified desc, name desc",
        ]);
        let by_index = json!({"filters": [condition], "order_by": order, "limit_page_length": 0});
        // As an alternative no index is used, and the order is made by sorting.
        let by_scan = json!({"or_filters": [condition, ["name", "=", ""]], "order_by": order, "limit_page_length": 0});
        assert_eq!(
            list(&sandbox, by_index),
            list(&sandbox, by_scan),
            "{condition} by {order}"
        );
    }
}

#[test]
fn rows_of_parents_are_found_by_index() {
    let sandbox = crowded();
    let all = everything(&sandbox, "name asc");
    let parents: Vec<Value> = all.iter().take(17).map(|row| row["name"].clone()).collect();
    let rows = list(
        &sandbox,
        json!({
            "doctype": "Line", "parent": "Thing", "fields": ["parent", "what", "idx"],
            "filters": [["parent", "in", parents], ["parenttype", "=", "Thing"]],
            "order_by": "parent asc, idx asc", "limit_page_length": 0,
        }),
    );
    let found: Vec<Value> = rows.iter().map(|row| row["parent"].clone()).collect();
    assert_eq!(found, parents);
}

#[test]
fn conditions_on_rows_repeat_their_parents() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    person
        .insert(
            "Thing",
            json!({"name": "a", "lines": [{"what": "x"}, {"what": "x"}, {"what": "y"}]}),
        )
        .unwrap();
    person.insert("Thing", json!({"name": "b"})).unwrap();
    let filtered = list(&sandbox, json!({"filters": [["Line", "what", "=", "x"]]}));
    assert_eq!(filtered, [json!({"name": "a"}), json!({"name": "a"})]);
    let joined = list(
        &sandbox,
        json!({"fields": ["name", "lines.what"], "order_by": "name asc"}),
    );
    assert_eq!(joined.len(), 4);
    assert_eq!(joined[3], json!({"name": "b", "what": null}));
}
