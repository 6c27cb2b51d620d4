//! The text of one mapping file, made of what both sites say of a DocType or of a ready file.

use std::collections::BTreeMap;

use frappe_sync_mapper::names_mean_the_same;
use frappe_sync_model::{Direction, DocType, DocTypeMeta, FieldKind, Naming, PerSide, Side};

use super::direction::word;
use super::ready::Ready;
use super::yaml::scalar;
use crate::render::text::printable;

/// Where a mapping comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A ready file.
    Ready,
    /// What the sites say.
    Metadata,
}

/// What makes two documents the same one, and why that is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProposedIdentity {
    /// As it stands in the file: `name`, `[tax_id]` or `create`.
    pub(super) written: String,
    /// Why, as a sentence of a comment.
    pub(super) why: String,
}

/// A mapping file in the making.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(super) doctype: DocType,
    pub(super) origin: Origin,
    pub(super) direction: Direction,
    head: String,
    /// Fields that the file leaves out, by table, each with the reason; `None` stands for the document.
    left_out: BTreeMap<Option<String>, BTreeMap<String, String>>,
}

impl Draft {
    /// Takes a ready file, with the direction that our user's rights allow.
    pub(super) fn of_ready(ready: Ready, direction: Direction, follows: bool) -> Self {
        let mut head = ready.text.replacen(
            "\ndirection: both\n",
            &format!("\ndirection: {}\n", word(direction)),
            1,
        );
        if !follows {
            head = head.replacen(
                "\ndeletes: ignore\n",
                &format!("\ndeletes: ignore\n{DRAFTS}"),
                1,
            );
        }
        Self {
            doctype: ready.doctype.into(),
            origin: Origin::Ready,
            direction,
            head,
            left_out: BTreeMap::new(),
        }
    }

    /// Makes a file of what both sites say.
    pub(super) fn of_metadata(
        metas: PerSide<&DocTypeMeta>,
        direction: Direction,
        follows: bool,
    ) -> Self {
        let identity = propose_identity(metas);
        let doctype = &metas.a.name;
        let drafts = if follows { "" } else { DRAFTS };
        let line = |key: &str, value: &str, meaning: &str| {
            format!("{:<30}# {meaning}\n", format!("{key}: {value}"))
        };
        let head = [
            format!("# {doctype}, as both sites describe it. `frappe-sync check` lists the fields that stay.\n#\n"),
            format!("# {}\nversion: 1\ndoctype: {}\n", identity.why, scalar(doctype.as_str())),
            line("direction", word(direction), "both | a-to-b | b-to-a"),
            line("identity", &identity.written, "name | a list of fields | create"),
            line("conflict", "newest", "newest | a | b | manual, where both changed a value"),
            line("prefer", "a", "who wins a tie"),
            line("deletes", "ignore", "ignore | propagate"),
            drafts.to_owned(),
        ]
        .concat();
        Self {
            doctype: doctype.clone(),
            origin: Origin::Metadata,
            direction,
            head,
            left_out: BTreeMap::new(),
        }
    }

    /// Leaves a field out by its path, `status`, `items[]` or `items[].qty`, and says why in the file. Returns
    /// whether that is new.
    pub(super) fn leave_out(&mut self, path: &str, why: &str) -> bool {
        let (table, field) = match path.split_once("[].") {
            Some((table, field)) => (Some(table.to_owned()), field),
            None => (None, path.strip_suffix("[]").unwrap_or(path)),
        };
        let of_table = self.left_out.entry(table).or_default();
        of_table.insert(field.to_owned(), why.to_owned()).is_none()
    }

    /// Returns what the file leaves out beyond what a ready file does, by path.
    pub(super) fn leaves_out(&self) -> impl Iterator<Item = (String, &str)> {
        self.left_out.iter().flat_map(|(table, fields)| {
            fields.iter().map(move |(field, why)| {
                let path = match table {
                    Some(table) => format!("{table}[].{field}"),
                    None => field.clone(),
                };
                (path, why.as_str())
            })
        })
    }

    /// Returns the text of the file.
    pub(crate) fn text(&self) -> String {
        let mut text = self.head.clone();
        for (table, fields) in &self.left_out {
            let indent = if table.is_some() { 6 } else { 4 };
            let lines: String = fields
                .iter()
                .map(|(field, why)| {
                    format!(
                        "{:indent$}- {:<23} # {}\n",
                        "",
                        scalar(field),
                        printable(why)
                    )
                })
                .collect();
            text = match table {
                None => inserted(&text, "fields:", "  except_if_present:", &lines),
                Some(table) => in_table(&text, table, &lines),
            };
        }
        text
    }
}

const DRAFTS: &str = "docstatus: draft              # our user may not submit and cancel everywhere, so documents arrive as drafts\n";

/// Puts lines under `key` inside the section that begins with the line `section`; both are made where they are
/// missing.
fn inserted(text: &str, section: &str, key: &str, lines: &str) -> String {
    let mut written = text.trim_end().to_owned() + "\n";
    let Some(start) = line_of(&written, section, 0) else {
        // A section of the document's own fields stands before that of its tables.
        let at = line_of(&written, "tables:", 0).unwrap_or(written.len());
        written.insert_str(at, &format!("{section}\n{key}\n{lines}"));
        return written;
    };
    let indent = section.len() - section.trim_start().len();
    let end = section_end(&written, start, indent);
    match line_of(&written[..end], key, start) {
        Some(key_at) => {
            let after = key_at + key.len() + 1;
            written.insert_str(after, lines);
        }
        None => written.insert_str(end, &format!("{key}\n{lines}")),
    }
    written
}

/// Puts lines under what a table leaves out.
fn in_table(text: &str, table: &str, lines: &str) -> String {
    let section = format!("  {}:", scalar(table));
    let with_table = if line_of(text, &section, 0).is_some() {
        text.to_owned()
    } else if let Some(tables) = line_of(text, "tables:", 0) {
        let mut text = text.to_owned();
        text.insert_str(
            tables + "tables:\n".len(),
            &format!("{section}\n    if_present: true\n"),
        );
        text
    } else {
        format!(
            "{}\ntables:\n{section}\n    if_present: true\n",
            text.trim_end()
        )
    };
    inserted(&with_table, &section, "    except_if_present:", lines)
}

/// Finds a line, from a place in the text on.
fn line_of(text: &str, line: &str, from: usize) -> Option<usize> {
    let mut at = 0;
    for one in text.split_inclusive('\n') {
        if at >= from && one.trim_end() == line {
            return Some(at);
        }
        at += one.len();
    }
    None
}

/// Returns where the section ends that begins at `start`: before the next line that is indented no deeper.
fn section_end(text: &str, start: usize, indent: usize) -> usize {
    let mut at = start;
    for (number, line) in text[start..].split_inclusive('\n').enumerate() {
        let content = line.trim_start();
        let is_deeper = line.len() - content.len() > indent;
        if number > 0 && !is_deeper && !content.is_empty() {
            break;
        }
        at += line.len();
    }
    at
}

/// Proposes what makes two documents the same one: their names where people choose them, else a unique field,
/// else nothing.
pub(super) fn propose_identity(metas: PerSide<&DocTypeMeta>) -> ProposedIdentity {
    if names_mean_the_same(metas.a) && names_mean_the_same(metas.b) {
        return ProposedIdentity {
            written: "name".to_owned(),
            why: "Names are chosen by people, so equal names are the same document.".to_owned(),
        };
    }
    if let Some(field) = unique_field(metas) {
        return ProposedIdentity {
            written: format!("[{}]", scalar(field)),
            why: format!(
                "Each site hands out names of its own, so two documents are the same one where `{field}` is\n\
                 # equal, of which each site takes a value once."
            ),
        };
    }
    let hint = match &metas.a.title_field {
        // Titles of vouchers repeat.
        Some(title) if !metas.a.is_submittable && metas.b.field(title.as_str()).is_some() => {
            format!("`identity: [{title}]` is better\n# where no two documents share it.")
        }
        _ => "A list of fields is better\n# where one is known.".to_owned(),
    };
    ProposedIdentity {
        written: "create".to_owned(),
        why: format!(
            "Each site hands out names of its own and no field tells documents apart, so every document gets\n\
             # its own twin on the other site, also one that both sites hold already. {hint}"
        ),
    }
}

/// Finds a text that both sites take once and send along.
fn unique_field(metas: PerSide<&DocTypeMeta>) -> Option<&str> {
    let tells_apart = |side: Side, name: &str| {
        metas[side].field(name).is_some_and(|field| {
            field.unique
                && matches!(field.kind, FieldKind::Text | FieldKind::Int)
                && !field.is_virtual
                && !(field.read_only && field.no_copy)
        })
    };
    let names_itself = |name: &str| {
        Side::BOTH
            .into_iter()
            .any(|side| matches!(&metas[side].naming, Naming::Field(field) if field == name))
    };
    let fields = metas.a.fields.iter().map(|field| field.name.as_str());
    let mut candidates = fields.filter(|name| {
        tells_apart(Side::A, name) && tells_apart(Side::B, name) && !names_itself(name)
    });
    let first = candidates.clone().next();
    candidates
        .find(|name| metas.a.field(name).is_some_and(|field| field.required))
        .or(first)
}

#[cfg(test)]
mod tests {
    use frappe_sync_mapper::parse;

    use super::super::ready::{ready, ready_doctypes};
    use super::*;

    #[test]
    fn a_ready_file_takes_further_fields_wherever_it_lists_some_or_none() {
        for doctype in ready_doctypes() {
            let mut draft = Draft::of_ready(ready(doctype).unwrap(), Direction::AToB, false);
            assert!(draft.leave_out("custom_a", "only on `hq`"));
            assert!(draft.leave_out("items[].custom_b", "only on `hq`"));
            assert!(draft.leave_out("custom_rows[].custom_c", "only on `hq`"));
            assert!(draft.leave_out("whole[]", "only on `hq`"));
            assert!(draft.leave_out("a_name_that_is_longer_than_its_column", "only on `hq`"));
            assert!(!draft.leave_out("custom_a", "only on `hq`"));
            let text = draft.text();
            let file = parse(&text, "x.yaml").unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
            assert_eq!(file.direction, Direction::AToB);
            assert_eq!(file.docstatus, frappe_sync_model::Docstatus::Draft);
            for line in [
                "    - custom_a                # only on `hq`\n",
                "    - whole                   # only on `hq`\n",
                "    - a_name_that_is_longer_than_its_column # only on `hq`\n",
                "      - custom_b                # only on `hq`\n",
                "      - custom_c                # only on `hq`\n",
            ] {
                assert!(text.contains(line), "{line}{text}");
            }
        }
    }
}
