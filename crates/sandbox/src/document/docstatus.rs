//! Draft, submitted, cancelled: which moves are allowed, and what may change after submit (protocol 7).

use super::record::Record;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::Field;
use crate::site::Transaction;
use crate::webhook::Happening;

/// What a save does to the state of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Save,
    Submit,
    UpdateAfterSubmit,
    Cancel,
}

impl From<Action> for Happening {
    fn from(action: Action) -> Self {
        match action {
            Action::Save => Self::Save,
            Action::Submit => Self::Submit,
            Action::UpdateAfterSubmit => Self::UpdateAfterSubmit,
            Action::Cancel => Self::Cancel,
        }
    }
}

impl Transaction<'_> {
    /// Checks the state that a new document asks for.
    pub(crate) fn check_new_docstatus(&mut self, record: &Record) -> Attempt<Action> {
        self.leave_draft(record)
    }

    /// Checks the move from the stored state.
    pub(crate) fn check_docstatus(&mut self, record: &Record, stored: &Record) -> Attempt<Action> {
        if record.meta.is_single {
            return Ok(Action::Save);
        }
        match (stored.docstatus(), record.docstatus()) {
            (0, _) => self.leave_draft(record),
            (1, 1) => {
                self.require(record, "submit")?;
                Ok(Action::UpdateAfterSubmit)
            }
            (1, 2) => {
                self.require(record, "cancel")?;
                Ok(Action::Cancel)
            }
            (1, 0) => Err(Failure::bare(
                Kind::DocstatusTransition,
                "Cannot change docstatus from 1 (Submitted) to 0 (Draft)",
            )),
            (2, _) => Err(Failure::bare(
                Kind::Validation,
                "Cannot edit cancelled document",
            )),
            (_, other) => Err(Failure::bare(
                Kind::Validation,
                format!("Invalid docstatus {other}"),
            )),
        }
    }

    fn leave_draft(&mut self, record: &Record) -> Attempt<Action> {
        match record.docstatus() {
            0 => Ok(Action::Save),
            1 => {
                self.require(record, "submit")?;
                Ok(Action::Submit)
            }
            2 => Err(Failure::bare(
                Kind::DocstatusTransition,
                "Cannot change docstatus from 0 (Draft) to 2 (Cancelled)",
            )),
            other => Err(Failure::bare(
                Kind::Validation,
                format!("Invalid docstatus {other}"),
            )),
        }
    }

    /// Refuses changes of a submitted document in fields that do not allow them.
    pub(crate) fn check_update_after_submit(
        &mut self,
        record: &Record,
        stored: &Record,
    ) -> Attempt<()> {
        for field in &record.meta.fields {
            if !field.allow_on_submit && !field.is_table() {
                check_field(field, record, stored)?;
            }
        }
        for (place, table) in record.meta.tables.iter().enumerate() {
            let allowed = record.meta.fields[table.field].allow_on_submit;
            let (now, before) = (record.tables[place].len(), stored.tables[place].len());
            if !allowed && now != before {
                return Err(changed(&record.meta.fields[table.field], before, now));
            }
        }
        for (place, table) in record.meta.tables.iter().enumerate() {
            let allowed = record.meta.fields[table.field].allow_on_submit;
            for row in record.tables[place]
                .iter()
                .filter(|row| !(row.is_new && allowed))
            {
                let stored = self.load(row.doctype(), row.name())?;
                for field in row
                    .meta
                    .fields
                    .iter()
                    .filter(|field| !field.allow_on_submit)
                {
                    check_field(field, row, &stored)?;
                }
            }
        }
        Ok(())
    }
}

fn check_field(field: &Field, record: &Record, stored: &Record) -> Attempt<()> {
    let (Some(storage), Some(_)) = (field.storage, field.column) else {
        return Ok(());
    };
    let (now, before) = (record.value(field), stored.value(field));
    if !now.is_truthy() && !before.is_truthy() {
        return Ok(());
    }
    let now = Record::valid_value(field, now)?;
    let would_be = storage.store(&now, &field.fieldname).unwrap_or(now);
    if would_be == *before || (!would_be.is_truthy() && !before.is_truthy()) {
        return Ok(());
    }
    Err(changed(field, before.to_text(), would_be.to_text()))
}

fn changed(field: &Field, before: impl std::fmt::Display, now: impl std::fmt::Display) -> Failure {
    Failure::shown(
        Kind::UpdateAfterSubmit,
        format!(
            "Not allowed to change <strong>{}</strong> after submission from <strong>{before}</strong> to <strong>{now}</strong>",
            field.title()
        ),
    )
}
