//! The reference in `docs/mapping.md` says only what is accepted.

use std::path::Path;

use frappe_sync_mapper::parse;
use proptest::prelude::*;

const REFERENCE: &str = include_str!("../../../../docs/mapping.md");

/// Returns every top-level key of every YAML example, with what belongs to it.
fn examples() -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    for block in REFERENCE.split("```yaml\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        for line in block.lines() {
            match examples.last_mut() {
                Some(example) if line.starts_with(' ') => {
                    example.push('\n');
                    example.push_str(line);
                }
                _ => examples.push(line.to_owned()),
            }
        }
    }
    examples
}

#[test]
fn every_example_of_the_reference_parses() {
    let examples = examples();
    assert!(examples.len() > 20, "{}", examples.len());
    for example in examples {
        let mut text = String::new();
        for (key, line) in [("version", "version: 1\n"), ("doctype", "doctype: X\n")] {
            if !example.starts_with(key) {
                text.push_str(line);
            }
        }
        text.push_str(&example);
        if let Err(diagnostic) = parse(&text, "docs/mapping.md") {
            panic!("{}\nin:\n{text}", diagnostic.report());
        }
    }
}

#[test]
fn every_ready_file_is_in_the_reference() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../mappings");
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    for name in names(Path::new(folder)) {
        if name.ends_with(".yaml") {
            assert!(REFERENCE.contains(&format!("`{name}`")), "{name}");
            continue;
        }
        let heading = format!("[`mappings/{name}/`](../mappings/{name})");
        let (_, about) = REFERENCE.split_once(&heading).expect(&name);
        for file in names(&Path::new(folder).join(&name)) {
            let file = file.trim_end_matches(".yaml");
            assert!(about.contains(&format!("`{file}`")), "{name}/{file}");
        }
    }
}

proptest! {
    /// Whatever stands in a file, the answer is a mapping or a diagnostic that can be shown.
    #[test]
    fn no_text_breaks_the_reader(
        lines in proptest::collection::vec(
            prop_oneof![
                Just("version: 1"), Just("doctype: X"), Just("doctype: &x {a: É, b: *x}"),
                Just("identity: [a, b]"), Just("filters: [[a, in, [1, 007, ~]]]"),
                Just("fields:"), Just("  except: [é]"), Just("  only:"), Just("\ttables: {"),
                Just("tables: {a: {key: [b]}}"), Just("? - x"), Just("<<: {a: 1}"), Just("\u{feff}x: |"),
                Just("  \"é\u{7}"), Just("---"), Just("...")
            ],
            0..8,
        ),
    ) {
        let text = lines.join("\n");
        if let Err(diagnostic) = parse(&text, "x.yaml") {
            prop_assert!(!diagnostic.report().is_empty());
            prop_assert!(diagnostic.line >= 1 && diagnostic.column >= 1);
        }
    }
}
