//! From the documents of event_streaming to the texts of mapping files.

use frappe_sync_mapper::parse;
use serde_json::{Value, json};

use super::{Documents, Import, convert, in_text};

const SETUP: &str = include_str!("../../tests/event_streaming/setup.json");

fn import(text: &str) -> Import {
    let documents = Documents::read(&in_text(text).unwrap()).unwrap();
    convert(&documents).unwrap()
}

/// Changes the set-up.
fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut setup: Value = serde_json::from_str(SETUP).unwrap();
    change(&mut setup);
    setup.to_string()
}

fn wrong(text: &str) -> String {
    let read = in_text(text).and_then(|values| Documents::read(&values));
    let error = match read.and_then(|documents| convert(&documents)) {
        Ok(import) => panic!("{import:#?}"),
        Err(error) => error.into_error("setup.json"),
    };
    let place = error.place().unwrap_or_default().to_owned();
    format!("{place}\n  {error}\n  {}", error.remedies().join("; "))
}

#[test]
fn every_feature_becomes_a_key_or_a_named_difference() {
    let import = import(SETUP);
    let [sync] = &import.syncs[..] else {
        panic!("{import:#?}");
    };
    let mut told = String::new();
    for mapping in &sync.mappings {
        let file = parse(&mapping.text, "x.yaml")
            .unwrap_or_else(|wrong| panic!("{wrong}\n{}", mapping.text));
        assert_eq!(file.doctypes.a.as_str(), mapping.doctypes.a);
        assert_eq!(file.doctypes.b.as_str(), mapping.doctypes.b);
        told.push_str(&format!(
            "----- {} waits: {}\n{}",
            file.name(),
            mapping.waits,
            mapping.text
        ));
    }
    for skipped in &sync.skipped {
        told.push_str(&format!(
            "----- {} {}: {}\n",
            skipped.doctype, skipped.place, skipped.reason
        ));
    }
    let differences = sync.differences.iter().chain(&import.differences);
    for difference in differences {
        told.push_str(&format!(
            "----- {:?} {}: {}\n",
            difference.kind, difference.place, difference.message
        ));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn what_came_under_other_names_is_not_made_twice() {
    let without = with(|setup| {
        let documents = setup.as_array_mut().unwrap();
        documents.retain(|document| document["doctype"] != "Event Producer Last Update");
    });
    let mapping = |import: &Import| {
        let mappings = &import.syncs[0].mappings;
        mappings
            .iter()
            .find(|mapping| mapping.doctypes.a == "Call")
            .unwrap()
            .clone()
    };
    let (known, unknown) = (mapping(&import(SETUP)), mapping(&import(&without)));
    assert!(!known.waits && unknown.waits);
    assert!(
        known
            .text
            .contains(r#"- ["creation",">","2026-03-01 09:30:00.123456"]"#),
        "{}",
        known.text
    );
}

#[test]
fn two_ways_to_one_doctype_wait_for_a_person() {
    let text = with(|setup| {
        // The area that a client links to is made of regions, and now of zones.
        let rows = setup[0]["producer_doctypes"].as_array_mut().unwrap();
        rows.push(json!({"ref_doctype": "Area", "use_same_name": 1, "status": "Approved"}));
    });
    let import = import(&text);
    let mappings = &import.syncs[0].mappings;
    let client = mappings
        .iter()
        .find(|mapping| mapping.doctypes.b == "Client")
        .unwrap();
    assert!(client.waits, "{}", client.text);
    let told = |word: &str| {
        client
            .differences
            .iter()
            .any(|it| it.message.contains(word))
    };
    assert!(told("a sync pairs each DocType once"), "{}", client.text);
    assert!(
        mappings
            .iter()
            .all(|mapping| mapping.doctypes.a != "Region")
    );
}

#[test]
fn each_producer_has_a_sync_and_unused_mappings_are_told() {
    let text = with(|setup| {
        let documents = setup.as_array_mut().unwrap();
        documents.push(json!({
            "doctype": "Event Producer", "producer_url": "https://lab.example.com",
            "producer_doctypes": [{"ref_doctype": "Item", "use_same_name": 1, "status": "Approved"}],
        }));
        documents.push(json!({
            "doctype": "Document Type Mapping", "name": "Old", "local_doctype": "A", "remote_doctype": "B",
            "field_mapping": [],
        }));
    });
    let import = import(&text);
    let producers: Vec<&str> = import
        .syncs
        .iter()
        .map(|sync| sync.producer.as_str())
        .collect();
    assert_eq!(
        producers,
        ["https://hq.example.com", "https://lab.example.com"]
    );
    assert_eq!(import.unused, ["Old"]);
}

#[test]
fn documents_come_as_frappe_answers_them() {
    let list: Value = serde_json::from_str(SETUP).unwrap();
    for wrapped in [
        json!({"data": list}),
        json!({"message": list}),
        json!({"docs": list}),
    ] {
        assert_eq!(in_text(&wrapped.to_string()).unwrap().len(), 7);
    }
    assert_eq!(
        in_text(&json!({"data": list[0]}).to_string())
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn what_cannot_be_read_is_told_with_its_place_and_what_to_do() {
    let cases = [
        "[{".to_owned(),
        "3".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        "[1]".to_owned(),
        r#"[{"name": "x"}]"#.to_owned(),
        r#"[{"doctype": "Event Producr"}]"#.to_owned(),
        r#"[{"doctype": "Customer"}]"#.to_owned(),
        r#"[{"doctype": "Event Producer", "producer_url": 3}]"#.to_owned(),
        r#"[{"doctype": "Event Producer", "producer_url": ""}]"#.to_owned(),
        r#"[{"doctype": "Event Producer", "producer_url": "https://a.example"}]"#.to_owned(),
        with(|setup| setup[0]["producer_doctypes"] = json!("Client")),
        with(|setup| setup[0]["producer_doctypes"][1] = json!("Client")),
        with(|setup| setup[0]["producer_doctypes"][1]["ref_doctype"] = json!(null)),
        with(|setup| setup[0]["producer_doctypes"][1]["use_same_name"] = json!("yes")),
        with(|setup| setup[0]["producer_doctypes"][1]["status"] = json!("Aproved")),
        with(|setup| setup[0]["producer_doctypes"][1]["has_mapping"] = json!(1)),
        with(|setup| setup[0]["producer_doctypes"][0]["mapping"] = json!("Clients")),
        with(|setup| setup[1]["field_mapping"][5]["mapping_type"] = json!("Sync")),
        with(|setup| setup[1]["field_mapping"][5]["mapping"] = json!(null)),
        with(|setup| setup[1]["field_mapping"][5]["mapping"] = json!("Areas")),
        with(|setup| setup[1]["field_mapping"][5]["remote_value_filters"] = json!("{")),
        with(|setup| setup[1]["field_mapping"][5]["remote_value_filters"] = json!("[]")),
        with(|setup| setup[1]["field_mapping"][5]["remote_value_filters"] = json!("{\"name\": 3}")),
        with(|setup| setup[1]["field_mapping"][5]["remote_value_filters"] = json!(null)),
        with(|setup| setup[1]["field_mapping"][0]["local_fieldname"] = json!("")),
        with(|setup| setup[6]["last_update"] = json!("yesterday")),
    ];
    let told: Vec<String> = cases.iter().map(|text| wrong(text)).collect();
    insta::assert_snapshot!(told.join("\n"));
}
