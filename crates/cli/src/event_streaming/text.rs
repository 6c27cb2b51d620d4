//! The text of a mapping file.

use std::fmt::Write as _;

use serde_json::Value;

use super::difference::{Difference, Section};
use super::draft::{Draft, Fields, Names};
use crate::init::scalar;
use crate::render::text::printable;

/// How wide a comment is, in characters.
const WIDTH: usize = 110;

/// Writes a mapping file.
pub(super) fn mapping_text(draft: &Draft) -> String {
    let of = |section: Section| -> Vec<&Difference> {
        draft
            .differences
            .iter()
            .filter(|difference| difference.section == section)
            .collect()
    };
    let mut text = comment(0, &head(draft));
    text.push_str(&told(0, &of(Section::Head)));
    text.push_str("version: 1\n");
    let (a, b) = (scalar(&draft.doctypes.a), scalar(&draft.doctypes.b));
    let doctype = if a == b {
        a
    } else {
        format!("{{a: {a}, b: {b}}}")
    };
    text.push_str(&format!("doctype: {doctype}\n"));
    text.push_str(&line(
        "direction",
        "a-to-b",
        "from the producer (a) to the consumer (b)",
    ));
    text.push_str(&told(0, &of(Section::Identity)));
    match draft.names {
        Names::Same => {
            text.push_str(&line(
                "identity",
                "name",
                "`use_same_name`: equal names are the same document",
            ));
            text.push_str(&line(
                "shared_names",
                "true",
                "also where a site hands the names out",
            ));
        }
        Names::Looked => text.push_str(&line(
            "identity",
            "name",
            "event_streaming looks for it by its name",
        )),
        Names::Own => text.push_str(&line(
            "identity",
            "create",
            "the consumer gives names of its own",
        )),
    }
    filters(&mut text, draft, &of(Section::Filters));
    text.push_str(&line(
        "conflict",
        "a",
        "what the producer sends is written; what loses is kept in the journal",
    ));
    text.push_str(&line("prefer", "a", "who wins a tie"));
    match draft.names {
        Names::Looked => text.push_str(&line(
            "deletes",
            "ignore",
            "event_streaming deletes none of these",
        )),
        _ => text.push_str(&line(
            "deletes",
            "propagate",
            "as event_streaming does; an edit on the consumer wins",
        )),
    }
    let differences = of(Section::Fields);
    let body = fields(2, &draft.fields);
    if body.is_empty() {
        text.push_str(&told(0, &differences));
    } else {
        text.push_str(&format!("fields:\n{}{body}", told(2, &differences)));
    }
    if !draft.tables.is_empty() {
        text.push_str("tables:\n");
    }
    for table in &draft.tables {
        let _infallible = write!(
            text,
            "  {}:  # by Document Type Mapping {}\n{}    b: {}\n{}",
            scalar(&table.names.a),
            printable(&table.mapping),
            told(4, &of(Section::Table(table.names.a.clone()))),
            scalar(&table.names.b),
            fields(4, &table.fields),
        );
    }
    text
}

fn head(draft: &Draft) -> String {
    let (a, b) = (&draft.doctypes.a, &draft.doctypes.b);
    let what = if a == b {
        format!("{a} of the producer comes to the consumer.")
    } else {
        format!("{a} of the producer becomes {b} of the consumer.")
    };
    let by = match &draft.mapping {
        Some(mapping) => format!(" by Document Type Mapping `{mapping}`"),
        None => String::new(),
    };
    let differs = if draft.differences.is_empty() {
        ""
    } else {
        " What `DIFFERS` is otherwise than in event_streaming."
    };
    format!(
        "{what} Made by `frappe-sync import event-streaming` of {}{by}.{differs}",
        draft.place
    )
}

fn line(key: &str, value: &str, meaning: &str) -> String {
    format!("{:<30}# {meaning}\n", format!("{key}: {value}"))
}

fn filters(text: &mut String, draft: &Draft, differences: &[&Difference]) {
    text.push_str(&told(0, differences));
    if draft.filters.is_empty() {
        return;
    }
    text.push_str("filters:\n  a:\n");
    for filter in &draft.filters {
        let filter: Value = filter.clone().into();
        // JSON is YAML too.
        let _infallible = writeln!(text, "    - {filter}");
    }
}

fn fields(indent: usize, fields: &Fields) -> String {
    let mut text = String::new();
    let pad = " ".repeat(indent);
    let mut section = |head: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _infallible = writeln!(text, "{pad}{head}\n{}", lines.join("\n"));
        }
    };
    let except = fields
        .except
        .iter()
        .map(|field| format!("{pad}  - {}", scalar(field)));
    section("except_if_present:", except.collect());
    let map = fields
        .map
        .iter()
        .map(|(a, b)| format!("{pad}  {}: {}", scalar(a), scalar(b)));
    section("map:", map.collect());
    let default = fields.default.iter().map(|(field, value)| {
        let value = match value {
            Value::String(text) => scalar(text),
            other => other.to_string(),
        };
        format!("{pad}    {}: {value}", scalar(field))
    });
    section(&format!("default:\n{pad}  b:"), default.collect());
    let compute = fields.compute.iter().map(|(field, expression)| {
        format!(
            "{pad}    {}: {}",
            scalar(field),
            Value::from(expression.as_str())
        )
    });
    section(&format!("compute:\n{pad}  b:"), compute.collect());
    text
}

/// Returns differences as comments.
pub(super) fn told(indent: usize, differences: &[&Difference]) -> String {
    let told = differences.iter().map(|difference| {
        let waits = if difference.waits {
            " This mapping is not used until somebody has decided on it."
        } else {
            ""
        };
        let remedy = match &difference.remedy {
            Some(remedy) => format!(" What to do: {remedy}."),
            None => String::new(),
        };
        let text = format!(
            "DIFFERS: {} ({}).{waits}{remedy}",
            difference.message, difference.place
        );
        comment(indent, &text)
    });
    told.collect()
}

/// Returns text as lines of a comment.
pub(super) fn comment(indent: usize, text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in printable(text).split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && indent + 2 + line + 1 + word.chars().count() > WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
        .iter()
        .map(|line| format!("{:indent$}# {line}\n", ""))
        .collect()
}
