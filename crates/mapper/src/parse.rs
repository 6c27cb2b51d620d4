//! From the text of a mapping file to what it says.

use frappe_sync_model::{
    Cancelled, Deletes, DocType, Docstatus, FieldName, Identity, MissingLinks, NameKeeping,
    PerSide, Side,
};

use crate::Diagnostic;
use crate::file::{MappingFile, Places};
use crate::filters;
use crate::parse_fields::{CONFLICTS, DIRECTIONS, MISSING, read_fields, read_tables};
use crate::selection::Selection;
use crate::source::{Placed, Position, Source};
use crate::yaml::{self, Content, Node};

const VERSION: u64 = 1;

const KEYS: [&str; 18] = [
    "version",
    "doctype",
    "direction",
    "identity",
    "shared_names",
    "naming",
    "filters",
    "conflict",
    "prefer",
    "deletes",
    "docstatus",
    "cancelled",
    "files",
    "comments",
    "tags",
    "links",
    "fields",
    "tables",
];

// Of each choice the first is what holds where the file says nothing.

const SIDES: [(&str, Side); 2] = [("a", Side::A), ("b", Side::B)];

const NAMING: [(&str, NameKeeping); 2] = [("own", NameKeeping::Own), ("keep", NameKeeping::Keep)];

const DELETES: [(&str, Deletes); 2] = [
    ("ignore", Deletes::Ignore),
    ("propagate", Deletes::Propagate),
];

const DOCSTATUS: [(&str, Docstatus); 2] =
    [("follow", Docstatus::Follow), ("draft", Docstatus::Draft)];

const CANCELLED: [(&str, Cancelled); 2] =
    [("replay", Cancelled::Replay), ("skip", Cancelled::Skip)];

/// Reads a mapping file; `file` is only its name for messages.
///
/// # Errors
///
/// The first thing that is wrong with the text itself, such as an unknown key. Whether the DocTypes and
/// fields exist is for [`resolve`](crate::resolve) to say.
pub fn parse(text: &str, file: &str) -> Result<MappingFile, Diagnostic> {
    let source = Source { file, text };
    let root = yaml::read(source)?;
    let section = source.section(&root, &KEYS, "the keys of a mapping file")?;

    match section.get("version") {
        Some(node) => check_version(source, node)?,
        None => return Err(source.missing(root.at, "version", "version: 1")),
    }
    let Some(doctype) = section.get("doctype") else {
        return Err(source.missing(root.at, "doctype", "doctype: Customer"));
    };
    let doctypes = read_doctypes(source, doctype)?;
    let (identity, key) = match section.get("identity") {
        Some(node) => read_identity(source, node)?,
        None => (Identity::default(), Vec::new()),
    };
    let (filters, filter_places) = match section.get("filters") {
        Some(node) => filters::read(source, node)?,
        None => Default::default(),
    };
    Ok(MappingFile {
        file: file.to_owned(),
        doctypes: doctypes.clone().map(|doctype| doctype.value),
        direction: source.choice(section.get("direction"), &DIRECTIONS)?,
        identity,
        shared_names: match section.get("shared_names") {
            Some(node) => source.flag(node)?,
            None => false,
        },
        naming: source.choice(section.get("naming"), &NAMING)?,
        filters,
        conflict: source.choice(section.get("conflict"), &CONFLICTS)?,
        prefer: source.choice(section.get("prefer"), &SIDES)?,
        deletes: source.choice(section.get("deletes"), &DELETES)?,
        docstatus: source.choice(section.get("docstatus"), &DOCSTATUS)?,
        cancelled: source.choice(section.get("cancelled"), &CANCELLED)?,
        files: match section.get("files") {
            Some(node) => source.flag(node)?,
            None => false,
        },
        comments: match section.get("comments") {
            Some(node) => source.flag(node)?,
            None => false,
        },
        tags: match section.get("tags") {
            Some(node) => source.flag(node)?,
            None => false,
        },
        missing: match section.get("links") {
            Some(node) => read_links(source, node)?,
            None => MissingLinks::default(),
        },
        fields: match section.get("fields") {
            Some(node) => read_fields(source, node)?,
            None => Selection::default(),
        },
        tables: match section.get("tables") {
            Some(node) => read_tables(source, node)?,
            None => Vec::new(),
        },
        places: Places {
            doctypes: doctypes.map(|doctype| doctype.at),
            identity: section.get("identity").map(|node| node.at),
            naming: section.get("naming").map(|node| node.at),
            files: section.get("files").map(|node| node.at),
            comments: section.get("comments").map(|node| node.at),
            tags: section.get("tags").map(|node| node.at),
            key,
            filters: filter_places,
        },
        text: text.to_owned(),
    })
}

fn check_version(source: Source<'_>, node: &Node) -> Result<(), Diagnostic> {
    let Content::Number(number) = &node.content else {
        return Err(source.mismatch(node, "the number 1"));
    };
    if number.as_u64() == Some(VERSION) {
        return Ok(());
    }
    Err(source
        .diagnostic(
            node.at,
            format!("version {number} of mapping files is not known here"),
        )
        .with_help("this frappe-sync reads `version: 1`"))
}

fn read_doctypes(source: Source<'_>, node: &Node) -> Result<PerSide<Placed<DocType>>, Diagnostic> {
    let one = |node: &Node| {
        source
            .text(node, "the name of a DocType")
            .map(|name| Placed {
                value: DocType::from(name),
                at: node.at,
            })
    };
    if !matches!(node.content, Content::Keys(_)) {
        let both = one(node)?;
        return Ok(PerSide {
            a: both.clone(),
            b: both,
        });
    }
    let sides = source.section(node, &["a", "b"], "the DocTypes of `a` and `b`")?;
    let side = |key: &str| match sides.get(key) {
        Some(node) => one(node),
        None => Err(source.missing(node.at, key, "doctype: {a: Customer, b: Client}")),
    };
    Ok(PerSide {
        a: side("a")?,
        b: side("b")?,
    })
}

fn read_identity(source: Source<'_>, node: &Node) -> Result<(Identity, Vec<Position>), Diagnostic> {
    const EXPECTED: &str = "`name`, `create` or a list of fields";
    match &node.content {
        Content::Text(word) => match word.as_str() {
            "name" => Ok((Identity::Name, Vec::new())),
            "create" => Ok((Identity::Create, Vec::new())),
            other => Err(source
                .mismatch(node, EXPECTED)
                .with_help(format!("a natural key is a list: `identity: [{other}]`"))),
        },
        Content::List(items) if items.is_empty() => Err(source
            .diagnostic(node.at, "the natural key names no field")
            .with_help("for example `identity: [customer_name]`")),
        Content::List(_) => {
            let key: Vec<Placed<FieldName>> = source.names(node)?;
            let places = key.iter().map(|field| field.at).collect();
            let fields = key.into_iter().map(|field| field.value).collect();
            Ok((Identity::Key(fields), places))
        }
        _ => Err(source.mismatch(node, EXPECTED)),
    }
}

fn read_links(source: Source<'_>, node: &Node) -> Result<MissingLinks, Diagnostic> {
    let section = source.section(node, &["missing"], "`missing: park` or `missing: clear`")?;
    source.choice(section.get("missing"), &MISSING)
}
