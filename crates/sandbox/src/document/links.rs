//! Links to other documents: they must exist, and values are fetched through them (protocol 5.5, 7).

use super::record::Record;
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{DOCSTATUS, Field, IDX, Meta, NAME};
use crate::site::Transaction;
use crate::value::Cell;

/// What the links of a document lead to in vain.
#[derive(Default)]
struct Broken {
    missing: Vec<String>,
    cancelled: Vec<String>,
}

impl Transaction<'_> {
    /// Checks every link of a document and its rows, gives them the spelling of their targets, and fetches values.
    pub(crate) fn check_links(&mut self, record: &mut Record) -> Attempt<()> {
        let mut broken = Broken::default();
        let is_submittable = record.meta.is_submittable;
        self.follow_links(record, is_submittable, &mut broken)?;
        for row in record.children_mut() {
            self.follow_links(row, is_submittable, &mut broken)?;
        }
        if !broken.missing.is_empty() {
            let message = format!("Could not find {}", broken.missing.join(", "));
            return Err(Failure::shown(Kind::LinkValidation, message));
        }
        if !broken.cancelled.is_empty() {
            let message = format!(
                "Cannot link cancelled document: {}",
                broken.cancelled.join(", ")
            );
            return Err(Failure::shown(Kind::CancelledLink, message));
        }
        Ok(())
    }

    fn follow_links(
        &mut self,
        record: &mut Record,
        is_submittable: bool,
        broken: &mut Broken,
    ) -> Attempt<()> {
        let meta = std::sync::Arc::clone(&record.meta);
        let links = meta.fields.iter().filter(|field| field.is_link());
        let dynamic = meta.fields.iter().filter(|field| field.is_dynamic_link());
        for field in links.chain(dynamic) {
            let Some(column) = field.column else { continue };
            if record.cells[column].is_truthy() {
                self.follow_link(record, field, column, is_submittable, broken)?;
            }
        }
        Ok(())
    }

    fn follow_link(
        &mut self,
        record: &mut Record,
        field: &Field,
        column: usize,
        is_submittable: bool,
        broken: &mut Broken,
    ) -> Attempt<()> {
        let doctype = if field.is_link() {
            field.options.to_string()
        } else {
            let doctype = record.text(&field.options);
            if doctype.is_empty() {
                let label = record.meta.label(&field.options);
                return Err(Failure::invalid(format!("{label} must be set first")));
            }
            doctype
        };
        let target_meta = self.meta(&doctype)?;
        let fetched: Vec<Field> = record
            .meta
            .fields
            .iter()
            .filter(|other| {
                other
                    .fetch_from
                    .as_ref()
                    .is_some_and(|(link, _)| *link == field.fieldname)
            })
            .filter(|other| !(other.fetch_if_empty && record.value(other).is_truthy()))
            .cloned()
            .collect();
        let sent = record.cells[column].clone();
        let Some(target) = self.link_target(&target_meta, &sent)? else {
            // Versions before 16 look only at links through which nothing is fetched.
            if fetched.is_empty() || self.profile() == Profile::V16 {
                broken.missing.push(describe(record, field, &sent));
            }
            return Ok(());
        };
        record.cells[column] = target.cells[NAME].clone();
        for other in &fetched {
            let Some((_, source)) = &other.fetch_from else {
                continue;
            };
            if record.is_new || record.docstatus() != 1 || other.allow_on_submit {
                record.set(&other.fieldname, target.get(source).clone());
            }
        }
        let is_cancelled = target.cells[DOCSTATUS] == Cell::Int(2);
        if &*field.fieldname != "amended_from"
            && is_submittable
            && target_meta.is_submittable
            && is_cancelled
        {
            broken.cancelled.push(describe(record, field, &sent));
        }
        Ok(())
    }

    /// The row that a link names, without child rows.
    fn link_target(&mut self, meta: &std::sync::Arc<Meta>, name: &Cell) -> Attempt<Option<Record>> {
        if meta.is_single {
            return self.load(&meta.name, name).map(Some);
        }
        let row = self.site.database.row(&meta.name, name);
        Ok(row.map(|row| Record::stored(std::sync::Arc::clone(meta), meta.layout.complete(row))))
    }
}

fn describe(record: &Record, field: &Field, name: &Cell) -> String {
    let name = name.to_text();
    let title = field.title();
    if record.meta.is_table {
        format!("Row #{}: {title}: {name}", record.cells[IDX].to_text())
    } else {
        format!("{title}: {name}")
    }
}
