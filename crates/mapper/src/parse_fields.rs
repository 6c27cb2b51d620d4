//! What a mapping file says of fields and child tables, from the tree.

use frappe_sync_model::{ConflictPolicy, Direction, FieldName, MissingLinks, PerSide, Side};
use serde_json::Value;

use crate::Diagnostic;
use crate::filters;
use crate::read::Section;
use crate::selection::{
    FieldEntry, Given, Presence, RestEntry, Selection, TableEntry, ValuesEntry,
};
use crate::source::{Placed, Source};
use crate::yaml::{Content, Node};

const SELECTION_KEYS: [&str; 6] = [
    "only",
    "except",
    "except_if_present",
    "map",
    "default",
    "compute",
];

const TABLE_KEYS: [&str; 12] = [
    "b",
    "key",
    "filters",
    "direction",
    "conflict",
    "if_present",
    "only",
    "except",
    "except_if_present",
    "map",
    "default",
    "compute",
];

const ENTRY_KEYS: [&str; 8] = [
    "b",
    "direction",
    "conflict",
    "missing",
    "values",
    "back",
    "rest",
    "row_of",
];

// Of each choice the first is what holds where the file says nothing.

pub(crate) const DIRECTIONS: [(&str, Direction); 3] = [
    ("both", Direction::Both),
    ("a-to-b", Direction::AToB),
    ("b-to-a", Direction::BToA),
];

pub(crate) const CONFLICTS: [(&str, ConflictPolicy); 4] = [
    ("newest", ConflictPolicy::Newest),
    ("a", ConflictPolicy::A),
    ("b", ConflictPolicy::B),
    ("manual", ConflictPolicy::Manual),
];

pub(crate) const MISSING: [(&str, MissingLinks); 2] =
    [("park", MissingLinks::Park), ("clear", MissingLinks::Clear)];

/// Reads the value of `fields`.
pub(crate) fn read_fields(source: Source<'_>, node: &Node) -> Result<Selection, Diagnostic> {
    let expected = "`only`, `except`, `except_if_present` or `map` with fields";
    let section = source.section(node, &SELECTION_KEYS, expected)?;
    read_selection(source, &section)
}

/// Reads the value of `tables`.
pub(crate) fn read_tables(source: Source<'_>, node: &Node) -> Result<Vec<TableEntry>, Diagnostic> {
    let mut tables: Vec<TableEntry> = Vec::new();
    for (table, node) in source.entries(node, "a child table field with its keys")? {
        let expected = "`key`, `only`, `except` or `except_if_present` with a list of fields";
        let section = source.section(node, &TABLE_KEYS, expected)?;
        let a = Placed {
            value: FieldName::from(table.name.as_str()),
            at: table.at,
        };
        let b = match section.get("b") {
            Some(node) => name_on_b(source, node)?,
            None => a.clone(),
        };
        if let Some(other) = tables.iter().find(|other| other.names.b.value == b.value) {
            return Err(taken(source, &other.names, &b));
        }
        let key = match section.get("key") {
            Some(node) => source.names(node)?,
            None => Vec::new(),
        };
        let (filters, filter_places) = match section.get("filters") {
            Some(node) => filters::read(source, node)?,
            None => Default::default(),
        };
        tables.push(TableEntry {
            names: PerSide { a, b },
            key,
            filters,
            filter_places,
            direction: given(source, &section, "direction", &DIRECTIONS)?,
            conflict: given(source, &section, "conflict", &CONFLICTS)?.map(|given| given.value),
            fields: read_selection(source, &section)?,
            presence: match section.get("if_present") {
                Some(node) if source.flag(node)? => Presence::Optional,
                _ => Presence::Required,
            },
        });
    }
    Ok(tables)
}

fn read_selection(source: Source<'_>, section: &Section<'_>) -> Result<Selection, Diagnostic> {
    let names = |key| match section.get(key) {
        Some(node) => source.names(node),
        None => Ok(Vec::new()),
    };
    let only = match section.get("only") {
        Some(node) => Some(source.names(node)?),
        None => None,
    };
    if only.is_some() {
        for key in ["except", "except_if_present"] {
            if let Some((key, _)) = section.entry(key) {
                return Err(source
                    .diagnostic(key.at, format!("`{}` says nothing beside `only`", key.name))
                    .with_help("`only` lists all that travels: keep one of the two"));
            }
        }
    }
    let selection = Selection {
        only,
        except: names("except")?,
        except_if_present: names("except_if_present")?,
        map: match section.get("map") {
            Some(node) => read_map(source, node)?,
            None => Vec::new(),
        },
        default: match section.get("default") {
            Some(node) => read_given(source, node, "a value", |node| {
                filters::read_value(source, node)
            })?,
            None => PerSide::default(),
        },
        compute: match section.get("compute") {
            Some(node) => read_given(source, node, "an expression", |node| {
                source.text(node, "an expression").map(str::to_owned)
            })?,
            None => PerSide::default(),
        },
    };
    check_twice(source, &selection)?;
    Ok(selection)
}

/// A field is spoken of in one way.
fn check_twice(source: Source<'_>, selection: &Selection) -> Result<(), Diagnostic> {
    let twice =
        |at, name: &FieldName| Err(source.diagnostic(at, format!("`{name}` is named twice")));
    for field in &selection.except_if_present {
        let mut except = selection.except.iter();
        if except.any(|other| other.value == field.value) {
            return twice(field.at, &field.value);
        }
    }
    for entry in &selection.map {
        if let Some(at) = selection.excluded_at(&entry.names.a.value) {
            return twice(at, &entry.names.a.value);
        }
    }
    for side in Side::BOTH {
        for given in &selection.compute[side] {
            let name = &given.field.value;
            if selection.entry(side, name).is_some() {
                return Err(source
                    .diagnostic(
                        given.field.at,
                        format!("`{name}` of `{side}` stands under `map` already"),
                    )
                    .with_help("an expression gives a field all by itself: keep one of the two"));
            }
        }
    }
    Ok(())
}

fn read_map(source: Source<'_>, node: &Node) -> Result<Vec<FieldEntry>, Diagnostic> {
    let mut entries: Vec<FieldEntry> = Vec::new();
    for (key, node) in source.entries(node, "fields of `a`, each with that of `b`")? {
        let a = Placed {
            value: FieldName::from(key.name.as_str()),
            at: key.at,
        };
        let entry = read_entry(source, a, node)?;
        let b = &entry.names.b;
        if let Some(other) = entries.iter().find(|other| other.names.b.value == b.value) {
            return Err(taken(source, &other.names, b));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// Says that a field of `b` goes with another field of `a` already.
fn taken(
    source: Source<'_>,
    other: &PerSide<Placed<FieldName>>,
    b: &Placed<FieldName>,
) -> Diagnostic {
    source.diagnostic(
        b.at,
        format!(
            "`{}` of `b` goes with `{}` of `a` already",
            b.value, other.a.value
        ),
    )
}

fn read_entry(
    source: Source<'_>,
    a: Placed<FieldName>,
    node: &Node,
) -> Result<FieldEntry, Diagnostic> {
    if !matches!(node.content, Content::Keys(_)) {
        let b = source
            .text(node, "the name of the field on `b`, or keys with values")
            .map(|name| Placed {
                value: FieldName::from(name),
                at: node.at,
            })?;
        return Ok(FieldEntry {
            names: PerSide { a, b },
            direction: None,
            conflict: None,
            missing: None,
            values: None,
            row_of: None,
        });
    }
    let section = source.section(node, &ENTRY_KEYS, "what the mapping says of the field")?;
    let b = match section.get("b") {
        Some(node) => name_on_b(source, node)?,
        None => a.clone(),
    };
    Ok(FieldEntry {
        names: PerSide { a, b },
        direction: given(source, &section, "direction", &DIRECTIONS)?,
        conflict: given(source, &section, "conflict", &CONFLICTS)?.map(|given| given.value),
        missing: given(source, &section, "missing", &MISSING)?,
        values: read_values(source, &section)?,
        row_of: match section.get("row_of") {
            Some(node) => Some(Placed {
                value: FieldName::from(source.text(node, "the link to the document")?),
                at: node.at,
            }),
            None => None,
        },
    })
}

fn name_on_b(source: Source<'_>, node: &Node) -> Result<Placed<FieldName>, Diagnostic> {
    let name = source.text(node, "the name of the field on `b`")?;
    Ok(Placed {
        value: FieldName::from(name),
        at: node.at,
    })
}

fn given<T: Copy, const CHOICES: usize>(
    source: Source<'_>,
    section: &Section<'_>,
    key: &str,
    choices: &[(&str, T); CHOICES],
) -> Result<Option<Placed<T>>, Diagnostic> {
    let Some(node) = section.get(key) else {
        return Ok(None);
    };
    let value = source.choice(Some(node), choices)?;
    Ok(Some(Placed { value, at: node.at }))
}

fn read_values(
    source: Source<'_>,
    section: &Section<'_>,
) -> Result<Option<ValuesEntry>, Diagnostic> {
    let Some(node) = section.get("values") else {
        for key in ["back", "rest"] {
            if let Some((key, _)) = section.entry(key) {
                return Err(source
                    .diagnostic(
                        key.at,
                        format!("`{}` says nothing without `values`", key.name),
                    )
                    .with_help("for example `values: {Retail: Retail Client}`"));
            }
        }
        return Ok(None);
    };
    let expected = "values of `a`, each with that of `b`";
    let pairs = read_pairs(source, node, expected)?;
    if pairs.is_empty() {
        return Err(source
            .diagnostic(node.at, "the table of values is empty")
            .with_help("for example `values: {Retail: Retail Client}`"));
    }
    let back = match section.get("back") {
        Some(node) => read_pairs(source, node, "values of `b`, each with that of `a`")?,
        None => Vec::new(),
    };
    let rest = match section.get("rest") {
        Some(node) => read_rest(source, node)?,
        None => PerSide::from_fn(|_| RestEntry::Park),
    };
    Ok(Some(ValuesEntry {
        at: node.at,
        pairs,
        back,
        rest,
    }))
}

type Pairs = Vec<(Placed<String>, Placed<Value>)>;

fn read_pairs(source: Source<'_>, node: &Node, expected: &str) -> Result<Pairs, Diagnostic> {
    let entries = source.entries(node, expected)?;
    let pairs = entries.iter().map(|(key, node)| {
        let from = Placed {
            value: key.name.clone(),
            at: key.at,
        };
        let value = single(source, node)?;
        Ok((from, value))
    });
    pairs.collect()
}

fn single(source: Source<'_>, node: &Node) -> Result<Placed<Value>, Diagnostic> {
    if matches!(node.content, Content::List(_)) {
        return Err(source.mismatch(node, "a single value"));
    }
    Ok(Placed {
        value: filters::read_value(source, node)?,
        at: node.at,
    })
}

fn read_rest(source: Source<'_>, node: &Node) -> Result<PerSide<RestEntry>, Diagnostic> {
    const EXPECTED: &str = "`park`, `keep`, or a value for each side, `{a: .., b: ..}`";
    match &node.content {
        Content::Text(word) if word == "park" => Ok(PerSide::from_fn(|_| RestEntry::Park)),
        Content::Text(word) if word == "keep" => Ok(PerSide::from_fn(|_| RestEntry::Keep(node.at))),
        Content::Keys(_) => {
            let sides = source.section(node, &["a", "b"], EXPECTED)?;
            let side = |key| match sides.get(key) {
                Some(node) => Ok(RestEntry::Value(single(source, node)?)),
                None => Ok(RestEntry::Park),
            };
            Ok(PerSide {
                a: side("a")?,
                b: side("b")?,
            })
        }
        Content::Text(word) => Err(source.mismatch(node, EXPECTED).with_help(format!(
            "a value stands with the side that gets it: `rest: {{b: {word}}}`"
        ))),
        _ => Err(source.mismatch(node, EXPECTED)),
    }
}

/// Reads what fields of each side are given.
fn read_given<T>(
    source: Source<'_>,
    node: &Node,
    what: &str,
    read: impl Fn(&Node) -> Result<T, Diagnostic>,
) -> Result<PerSide<Vec<Given<T>>>, Diagnostic> {
    let expected = format!("`a` or `b`, with fields of that side, each with {what}");
    let sides = source.section(node, &["a", "b"], &expected)?;
    let side = |key: &str| -> Result<Vec<Given<T>>, Diagnostic> {
        let Some(node) = sides.get(key) else {
            return Ok(Vec::new());
        };
        let entries = source.entries(node, &format!("fields of `{key}`, each with {what}"))?;
        let given = entries.iter().map(|(key, node)| {
            if matches!(node.content, Content::List(_)) {
                return Err(source.mismatch(node, what));
            }
            Ok(Given {
                field: Placed {
                    value: FieldName::from(key.name.as_str()),
                    at: key.at,
                },
                value: Placed {
                    value: read(node)?,
                    at: node.at,
                },
            })
        });
        given.collect()
    };
    Ok(PerSide {
        a: side("a")?,
        b: side("b")?,
    })
}
