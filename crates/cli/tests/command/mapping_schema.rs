//! The JSON Schema of mapping files against files, the reference and the reader itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use frappe_sync_mapper::parse;
use serde_json::Value;

use crate::schema::check;

const REFERENCE: &str = include_str!("../../../../docs/mapping.md");
const SCHEMA: &str = include_str!("../../../../docs/schemas/mapping@1.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn read(text: &str) -> Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options)
        .unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// Returns the mapping files of a folder and of those in it.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_ready_files_are_as_the_schema_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../mappings");
    let files = files_below(Path::new(folder));
    assert!(files.len() > 50, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        check(&schema(), &read(&text));
    }
}

#[test]
fn every_example_of_the_reference_is_as_the_schema_says() {
    let mut found = 0;
    for block in REFERENCE.split("```yaml\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        // A block may show several values of one key.
        let mut examples: Vec<String> = Vec::new();
        for line in block.lines() {
            match examples.last_mut() {
                Some(example) if line.starts_with(' ') => {
                    example.push('\n');
                    example.push_str(line);
                }
                _ => examples.push(line.to_owned()),
            }
        }
        for example in examples {
            let mut text = example.clone();
            for (key, line) in [("version", "version: 1"), ("doctype", "doctype: X")] {
                if !example.starts_with(key) {
                    text = format!("{line}\n{text}");
                }
            }
            check(&schema(), &read(&text));
            found += 1;
        }
    }
    assert!(found > 30, "{found}");
}

/// Returns the keys that the reader knows at a place, out of what it says of one that it does not.
fn known_to_the_reader(text: &str) -> BTreeSet<String> {
    let diagnostic = parse(text, "x.yaml").expect_err("`zzzzzzzz` is no key");
    let help = diagnostic.help.expect("the keys are listed");
    help.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let schema = schema();
    let head = "version: 1\ndoctype: X\n";
    for (text, place) in [
        ("zzzzzzzz: 1\n", &schema),
        ("fields: {zzzzzzzz: 1}\n", &schema["$defs"]["fields"]),
        (
            "fields: {map: {x: {zzzzzzzz: 1}}}\n",
            &schema["$defs"]["entry"]["oneOf"][1],
        ),
        ("tables: {x: {zzzzzzzz: 1}}\n", &schema["$defs"]["table"]),
        ("links: {zzzzzzzz: 1}\n", &schema["properties"]["links"]),
        (
            "fields: {default: {zzzzzzzz: 1}}\n",
            &schema["$defs"]["default"],
        ),
        (
            "fields: {compute: {zzzzzzzz: 1}}\n",
            &schema["$defs"]["compute"],
        ),
    ] {
        let keys = place["properties"].as_object().expect("a place has keys");
        let keys: BTreeSet<String> = keys.keys().cloned().collect();
        assert_eq!(
            known_to_the_reader(&format!("{head}{text}")),
            keys,
            "{text}"
        );
    }
}
