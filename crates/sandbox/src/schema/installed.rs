//! Turns the short form of the built-in DocTypes into documents.

use serde_json::{Map, Value, json};

use super::automation::AUTOMATION;
use super::builtin::{DEFINITIONS, Definition, FIELD_PROPERTIES, FieldLine};
use super::bulk::BULK;
use super::oauth::OAUTH;

/// The definitions as documents of DocType, with rows of DocField and DocPerm, tables before what uses them.
pub(crate) fn definitions() -> impl Iterator<Item = Map<String, Value>> {
    let all = DEFINITIONS
        .iter()
        .chain(AUTOMATION)
        .chain(BULK)
        .chain(OAUTH);
    all.map(document)
}

fn document(definition: &Definition) -> Map<String, Value> {
    let shared: &[FieldLine] = if definition.name == "Custom Field" {
        FIELD_PROPERTIES
    } else {
        &[]
    };
    let fields: Vec<Value> = definition
        .fields
        .iter()
        .chain(shared)
        .map(|line| Value::Object(field(line)))
        .collect();
    let mut document = Map::new();
    let texts = [
        ("name", definition.name),
        ("module", definition.module),
        ("autoname", definition.autoname),
    ];
    document.extend(texts.map(|(key, value)| (key.to_owned(), json!(value))));
    document.extend(
        definition
            .flags
            .iter()
            .map(|flag| ((*flag).to_owned(), json!(1))),
    );
    document.insert("fields".to_owned(), Value::Array(fields));
    document.insert("permissions".to_owned(), permissions(definition));
    document
}

fn field(line: &FieldLine) -> Map<String, Value> {
    let (fieldname, fieldtype, options, words) = line;
    let mut field = Map::new();
    field.insert("fieldname".to_owned(), json!(fieldname));
    field.insert("label".to_owned(), json!(label(fieldname)));
    field.insert("fieldtype".to_owned(), json!(fieldtype));
    if !options.is_empty() {
        field.insert("options".to_owned(), json!(options));
    }
    let (flags, default) = words.split_once("default=").unwrap_or((words, ""));
    if !default.is_empty() {
        field.insert("default".to_owned(), json!(default));
    }
    for word in flags.split_whitespace() {
        match word.split_once('=') {
            Some((key, number)) => {
                field.insert(key.to_owned(), json!(number.parse::<i64>().unwrap_or(0)));
            }
            None => {
                field.insert(word.to_owned(), json!(1));
            }
        }
    }
    field
}

fn label(fieldname: &str) -> String {
    fieldname
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn permissions(definition: &Definition) -> Value {
    if definition.flags.contains(&"istable") {
        return json!([]);
    }
    let full = json!({"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1,
        "report": 1, "export": 1, "share": 1, "print": 1, "email": 1});
    let upper = json!({"role": "System Manager", "permlevel": 1, "read": 1, "write": 1});
    match definition.name {
        "User" => json!([full, upper]),
        // Anybody may read what everybody's documents link to.
        "Country" | "Currency" | "Language" => {
            json!([full, {"role": "All", "read": 1, "write": 0}])
        }
        "File" | "Comment" => {
            json!([full, {"role": "All", "read": 1, "write": 1, "create": 1, "delete": 1, "if_owner": 1}])
        }
        "Server Script" => {
            json!([{"role": "Script Manager", "read": 1, "write": 1, "create": 1, "delete": 1}])
        }
        _ => json!([full]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_flags_numbers_and_defaults_with_spaces() {
        let field = field(&(
            "user_type",
            "Data",
            "",
            "unique permlevel=1 default=System User",
        ));
        assert_eq!(field["unique"], 1);
        assert_eq!(field["permlevel"], 1);
        assert_eq!(field["default"], "System User");
        assert_eq!(field["label"], "User Type");
    }
}
