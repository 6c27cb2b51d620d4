//! Links to other documents: they must exist, and values are fetched through them (protocol 5.5, 7).

use std::sync::Arc;

use super::record::Record;
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{DOCSTATUS, Field, IDX, Meta, NAME};
use crate::site::Transaction;
use crate::value::Cell;

/// What is read of the document that a link names.
struct Target {
    name: Cell,
    docstatus: Cell,
    /// The values to be fetched, in the order of the fields that fetch them.
    fetched: Vec<Cell>,
}

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
        let meta = Arc::clone(&record.meta);
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
        let meta = Arc::clone(&record.meta);
        let fetched: Vec<(&Field, &str)> = meta
            .fields
            .iter()
            .filter_map(|other| Some((other, other.fetch_from.as_ref()?)))
            .filter(|(_, (link, _))| *link == field.fieldname)
            .filter(|(other, _)| !(other.fetch_if_empty && record.value(other).is_truthy()))
            .map(|(other, (_, source))| (other, &**source))
            .collect();
        let sent = record.cells[column].clone();
        let Some(target) = self.target_cells(&target_meta, &sent, &fetched)? else {
            // Versions before 16 look only at links through which nothing is fetched.
            if fetched.is_empty() || self.profile() == Profile::V16 {
                broken.missing.push(describe(record, field, &sent));
            }
            return Ok(());
        };
        record.cells[column] = target.name;
        let may_fetch = record.is_new || record.docstatus() != 1;
        for ((other, _), value) in fetched.iter().zip(target.fetched) {
            if may_fetch || other.allow_on_submit {
                record.set(&other.fieldname, value);
            }
        }
        if &*field.fieldname != "amended_from"
            && is_submittable
            && target_meta.is_submittable
            && target.docstatus == Cell::Int(2)
        {
            broken.cancelled.push(describe(record, field, &sent));
        }
        Ok(())
    }

    /// What a link needs of the document that it names.
    fn target_cells(
        &mut self,
        meta: &Meta,
        name: &Cell,
        fetched: &[(&Field, &str)],
    ) -> Attempt<Option<Target>> {
        if meta.is_single {
            let single = self.load(&meta.name, name)?;
            return Ok(Some(Target {
                name: single.name().clone(),
                docstatus: Cell::Int(0),
                fetched: fetched
                    .iter()
                    .map(|(_, source)| single.get(source).clone())
                    .collect(),
            }));
        }
        let Some(row) = self.site.database.row(&meta.name, name) else {
            return Ok(None);
        };
        let value = |source: &str| {
            meta.layout
                .find(source)
                .map_or(Cell::Null, |column| meta.layout.cell(row, column).clone())
        };
        Ok(Some(Target {
            name: row[NAME].clone(),
            docstatus: row[DOCSTATUS].clone(),
            fetched: fetched.iter().map(|(_, source)| value(source)).collect(),
        }))
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
