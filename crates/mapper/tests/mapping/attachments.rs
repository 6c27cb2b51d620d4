use std::collections::BTreeMap;

use frappe_sync_mapper::{
    FileAcross, FileAddress, LinkContext, LinkRule, Translated, files_of, translate,
};
use frappe_sync_model::{DocKey, DocName, DocType, Document, Side};
use serde_json::{Map, Value, json};

use crate::world::{Site, World, resolve_texts, world};

/// Returns everything that is wrong, each with its help after a bar.
fn complaints(texts: &[&str], world: &World) -> Vec<String> {
    let diagnostics = resolve_texts(texts, world).expect_err("something is wrong here");
    diagnostics
        .iter()
        .map(|diagnostic| match &diagnostic.help {
            Some(help) => format!("{diagnostic} | {help}"),
            None => diagnostic.to_string(),
        })
        .collect()
}

const SHEET: &str = "
    title | Data
    image | Attach Image
    story | Text Editor";

const FILE: &str = "
    file_name | Data
    is_private | Check
    attached_to_doctype | Link | DocType
    attached_to_name | Data
    attached_to_field | Data
    content_hash | Data";

fn with_files() -> Site {
    Site::default()
        .with("Sheet", "field:title", SHEET)
        .with("Note", "field:title", "\n    title | Data")
        .with("File", "", FILE)
}

#[test]
fn files_make_one_mapping_of_those_of_all_their_documents() {
    let world = world(&with_files(), &with_files());
    let texts = [
        "version: 1\ndoctype: Sheet\nfiles: true\n",
        "version: 1\ndoctype: Note\nfiles: true\n",
    ];
    let mappings = resolve_texts(&texts, &world).unwrap();
    assert_eq!(mappings.len(), 3);
    let files = &mappings[2];
    assert!(files.is_of_files());
    assert_eq!(files.name.as_str(), "File");
    assert_eq!(
        files.filters.a[0].value,
        serde_json::json!(["Note", "Sheet"])
    );
    let rule = |mapping: usize, name: &str| {
        let fields = &mappings[mapping].fields;
        fields
            .iter()
            .find(|field| field.id == *name)
            .map(|field| field.link.clone())
    };
    assert_eq!(rule(0, "image"), Some(LinkRule::File));
    assert_eq!(rule(0, "story"), Some(LinkRule::FilesInText));
    let texts = ["version: 1\ndoctype: Sheet\n"];
    let mappings = resolve_texts(&texts, &world).unwrap();
    assert_eq!(mappings.len(), 1);
    assert!(
        mappings[0]
            .fields
            .iter()
            .all(|field| field.link == LinkRule::None)
    );
}

#[test]
fn mappings_whose_files_travel_must_agree_on_what_becomes_of_them() {
    let texts = [
        "version: 1\ndoctype: Sheet\nfiles: true\ndeletes: propagate\n",
        "version: 1\ndoctype: Note\nfiles: true\n",
    ];
    assert_eq!(
        complaints(&texts, &world(&with_files(), &with_files())),
        [
            "2.yaml:3:8: `Sheet` and `Note` say different things of `deletes`, and the files of a sync follow one rule \
             | give both the same `deletes`, or leave `files` out of one of them"
        ]
    );
    let by_hand = ["version: 1\ndoctype: File\n"];
    let complaint = complaints(&by_hand, &world(&with_files(), &with_files()));
    assert!(
        complaint[0].contains("write `files: true`"),
        "{complaint:?}"
    );
}

/// One file of each kind: there under another name, still to come, and unknown.
struct Stored;

impl LinkContext for Stored {
    fn doctype_across(&self, _: Side, doctype: &DocType) -> Option<DocType> {
        Some(doctype.clone())
    }

    fn counterpart(&self, _: Side, _: &DocType, name: &DocName) -> Option<DocName> {
        Some(name.clone())
    }

    fn file_across(&self, _: Side, address: &FileAddress) -> FileAcross {
        match address.path.as_str() {
            "/files/a b.png" | "/private/files/a b.png" => FileAcross::At(FileAddress {
                path: "/private/files/c d1e2f3.png".to_owned(),
                file: Some("there".into()),
            }),
            "/files/later.png" => FileAcross::Waits("later".into()),
            _ => FileAcross::Unknown,
        }
    }
}

fn translated(field: &str, value: &str) -> Translated {
    let world = world(&with_files(), &with_files());
    let mappings = resolve_texts(&["version: 1\ndoctype: Sheet\nfiles: true\n"], &world)
        .expect("the mapping holds");
    let mut fields = mappings[0].fields.iter();
    let field = fields
        .find(|it| it.id == *field)
        .expect("the field travels");
    translate(field, Side::A, &json!(value), &Map::new(), &Stored)
}

fn value(text: &str) -> Translated {
    Translated::Value(json!(text))
}

#[test]
fn an_address_becomes_that_of_the_other_side() {
    assert_eq!(
        translated("image", "/files/a b.png"),
        value("/private/files/c d1e2f3.png")
    );
    for stays in [
        "https://example.com/files/a b.png",
        "/assets/x.png",
        "files/x.png",
    ] {
        assert_eq!(translated("image", stays), value(stays));
    }
    for (waits, name) in [
        ("/files/later.png", "later"),
        ("/files/none.png", "/files/none.png"),
    ] {
        let missing = Translated::MissingTarget {
            doctype: "File".into(),
            name: name.into(),
        };
        assert_eq!(translated("image", waits), missing);
    }
}

#[test]
fn addresses_inside_of_a_text_are_translated_and_nothing_else_is() {
    for (text, expected) in [
        (
            r#"<img src="/files/a%20b.png" alt="/files/a b.png is shown">"#,
            r#"<img src="/private/files/c%20d1e2f3.png" alt="/files/a b.png is shown">"#,
        ),
        (
            "<a href='/private/files/a b.png?fid=here'>/files/a b.png</a>",
            "<a href='/private/files/c%20d1e2f3.png?fid=there'>/files/a b.png</a>",
        ),
        (
            "![x](/files/a%20b.png)",
            "![x](/private/files/c%20d1e2f3.png)",
        ),
        (
            r#"<img src="/files/none.png">"#,
            r#"<img src="/files/none.png">"#,
        ),
        (
            r#"<img src="https://x/files/a b.png">"#,
            r#"<img src="https://x/files/a b.png">"#,
        ),
        ("profiles/ and /files/", "profiles/ and /files/"),
        (
            r#"ends within "/files/a b.png"#,
            r#"ends within "/files/a b.png"#,
        ),
        ("Grüße /files/ (/files/", "Grüße /files/ (/files/"),
    ] {
        assert_eq!(translated("story", text), value(expected), "{text}");
    }
    let waits = r#"<img src="/files/a b.png"><img src="/files/later.png">"#;
    assert!(matches!(
        translated("story", waits),
        Translated::MissingTarget { .. }
    ));
}

#[test]
fn the_files_that_a_document_shows_are_listed_once() {
    let world = world(&with_files(), &with_files());
    let mappings = resolve_texts(&["version: 1\ndoctype: Sheet\nfiles: true\n"], &world).unwrap();
    let fields = json!({
        "image": "/files/x.png", "title": "/files/no.png",
        "story": r#"<img src="/files/x.png"><img src="/private/files/y.png?fid=f1">"#,
    });
    let Value::Object(fields) = fields else {
        unreachable!()
    };
    let document = Document {
        key: DocKey {
            name: "S".into(),
            modified: None,
            creation: None,
            owner: String::new(),
            lft: None,
        },
        modified_by: String::new(),
        docstatus: 0,
        fields,
        tables: BTreeMap::new(),
    };
    let found = files_of(&mappings[0], Side::A, &document);
    let paths: Vec<(&str, Option<&str>)> = found
        .iter()
        .map(|it| (it.path.as_str(), it.file.as_ref().map(DocName::as_str)))
        .collect();
    assert_eq!(
        paths,
        [("/files/x.png", None), ("/private/files/y.png", Some("f1"))]
    );
}
