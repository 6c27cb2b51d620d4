//! Addresses of a site's own files, alone in a field or inside of a text.

use std::collections::BTreeSet;

use frappe_sync_model::{DocName, DocType, Document, Side};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::{EffectiveMapping, FieldMapping, LinkContext, LinkRule, Translated};

/// The DocType of stored files.
pub const FILE: &str = "File";

/// How the addresses of a site's own files begin: those that anybody may read, and private ones.
const FOLDERS: [&str; 2] = ["/private/files/", "/files/"];

/// What a private file's address in a text is followed by, and then the name of its `File` (protocol 5.5).
const FILE_ID: &str = "?fid=";

/// What browsers need encoded in an address within quotes.
const IN_TEXT: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'%');

/// The address of a file that the site stores itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileAddress {
    /// The `file_url` of its `File`, such as `/private/files/offer.pdf`.
    pub path: String,
    /// The name of that `File`, where the address tells it.
    pub file: Option<DocName>,
}

/// What is known of a file on the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAcross {
    /// It is there, at this address.
    At(FileAddress),
    /// A `File` of this name travels, and has no counterpart yet.
    Waits(DocName),
    /// No `File` that travels has this address.
    Unknown,
}

impl FileAddress {
    /// Reads the address that is the whole of a value; none where it is that of another site, or of something else.
    fn of_value(value: &str) -> Option<Self> {
        let is_own = FOLDERS.iter().any(|folder| value.starts_with(folder));
        is_own.then(|| Self::parsed(value, str::to_owned))
    }

    fn parsed(text: &str, decode: impl Fn(&str) -> String) -> Self {
        match text.split_once(FILE_ID) {
            Some((path, file)) => Self {
                path: decode(path),
                file: (!file.is_empty()).then(|| DocName::new(decode(file))),
            },
            None => Self {
                path: decode(text),
                file: None,
            },
        }
    }

    /// Writes it as it was asked for: with the name of its `File` where that one had it.
    fn written_like(&self, asked: &Self, encode: impl Fn(&str) -> String) -> String {
        let path = encode(&self.path);
        match (&asked.file, &self.file) {
            (Some(_), Some(file)) if self.path.starts_with(FOLDERS[0]) => {
                format!("{path}{FILE_ID}{}", encode(file.as_str()))
            }
            _ => path,
        }
    }
}

/// Returns the addresses of own files that a document holds in its mapped fields and rows, each once and in order.
pub fn files_of(mapping: &EffectiveMapping, side: Side, document: &Document) -> Vec<FileAddress> {
    let mut found = BTreeSet::new();
    collect(&mapping.fields, side, &document.fields, &mut found);
    for table in &mapping.tables {
        let rows = document.tables.get(&table.names[side]);
        for row in rows.into_iter().flatten() {
            collect(&table.fields, side, &row.fields, &mut found);
        }
    }
    found.into_iter().collect()
}

fn collect(
    fields: &[FieldMapping],
    side: Side,
    values: &Map<String, Value>,
    found: &mut BTreeSet<FileAddress>,
) {
    for field in fields {
        let text = || values.get(field.names[side].as_str())?.as_str();
        match field.link {
            LinkRule::File => found.extend(text().and_then(FileAddress::of_value)),
            LinkRule::FilesInText => {
                let pieces = text().map(pieces).unwrap_or_default();
                found.extend(pieces.into_iter().filter_map(|piece| piece.address));
            }
            LinkRule::None
            | LinkRule::Link { .. }
            | LinkRule::Dynamic { .. }
            | LinkRule::Row { .. } => {}
        }
    }
}

/// Translates an address that is the whole value.
pub(crate) fn translate_address(
    value: &Value,
    from: Side,
    context: &impl LinkContext,
) -> Translated {
    let Some(asked) = value.as_str().and_then(FileAddress::of_value) else {
        return Translated::Value(value.clone());
    };
    match context.file_across(from, &asked) {
        FileAcross::At(there) => {
            Translated::Value(there.written_like(&asked, str::to_owned).into())
        }
        FileAcross::Waits(name) => missing(name),
        FileAcross::Unknown => missing(DocName::new(asked.path)),
    }
}

/// Translates the addresses within a text. One that no `File` has stays as it is: it leads nowhere here either.
pub(crate) fn translate_text(value: &Value, from: Side, context: &impl LinkContext) -> Translated {
    let Some(text) = value.as_str() else {
        return Translated::Value(value.clone());
    };
    let mut translated = String::with_capacity(text.len());
    for piece in pieces(text) {
        let across = piece
            .address
            .map(|asked| (context.file_across(from, &asked), asked));
        match across {
            Some((FileAcross::At(there), asked)) => {
                translated.push_str(&there.written_like(&asked, encoded));
            }
            Some((FileAcross::Waits(name), _)) => return missing(name),
            Some((FileAcross::Unknown, _)) | None => translated.push_str(piece.text),
        }
    }
    Translated::Value(translated.into())
}

fn missing(name: DocName) -> Translated {
    Translated::MissingTarget {
        doctype: DocType::from(FILE),
        name,
    }
}

/// A piece of a text: an address, or what stands between two.
struct Piece<'t> {
    text: &'t str,
    address: Option<FileAddress>,
}

/// Cuts a text into addresses of own files, which stand in quotes or brackets, and the rest.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut done = 0;
    let mut look = 0;
    while let Some(at) = text[look..].find("files/") {
        let here = look + at;
        look = here + "files/".len();
        let Some(start) = FOLDERS.iter().find_map(|folder| {
            let start = (here + "files/".len()).checked_sub(folder.len())?;
            let opened = text.get(..start)?.chars().next_back();
            let is_address = text[start..].starts_with(folder)
                && opened.is_some_and(|letter| matches!(letter, '"' | '\'' | '('));
            is_address.then_some(start)
        }) else {
            continue;
        };
        let closing = match text[..start].chars().next_back() {
            Some('(') => ')',
            Some(quote) => quote,
            None => continue,
        };
        let Some(length) = text[start..].find(closing) else {
            continue;
        };
        let end = start + length;
        if start < done || text[start..end].contains(['<', '>', '\n']) {
            continue;
        }
        found.push(Piece {
            text: &text[done..start],
            address: None,
        });
        found.push(Piece {
            text: &text[start..end],
            address: Some(FileAddress::parsed(&text[start..end], decoded)),
        });
        done = end;
        look = end;
    }
    found.push(Piece {
        text: &text[done..],
        address: None,
    });
    found
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, IN_TEXT).to_string()
}
