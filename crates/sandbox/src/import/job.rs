//! The job that makes the documents.

use serde_json::{Value, json};

use crate::failure::{Attempt, Failure};
use crate::site::{Site, Transaction};
use crate::value::{Cell, cint};

/// A Data Import that waits for a worker.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) import: Cell,
    pub(crate) user: String,
}

impl Transaction<'_> {
    /// `form_start_import`: puts a job into the queue, unless it is there already.
    pub(crate) fn start_import(&mut self, import: &Cell) -> Attempt<Value> {
        let record = self.load("Data Import", import)?;
        self.require(&record, "write")?;
        let enabled = self
            .site
            .database
            .single("System Settings")
            .and_then(|values| values.get("enable_scheduler").map(cint))
            .is_some_and(|flag| flag != 0);
        if !enabled {
            return Err(Failure::invalid(
                "Scheduler is inactive. Cannot import data.",
            ));
        }
        if self.site.jobs.iter().any(|job| job.import == *import) {
            return Ok(json!(false));
        }
        let user = self.user().to_owned();
        self.site.jobs.push(Job {
            import: import.clone(),
            user,
        });
        Ok(json!(true))
    }

    fn set_import(&mut self, import: &Cell, fieldname: &str, value: Cell) {
        if let Ok(mut record) = self.load("Data Import", import) {
            record.set(fieldname, value);
            // It is there, and nothing about the value can be refused.
            drop(self.store_changed(&record));
        }
    }

    fn make_imported(
        &mut self,
        doctype: &str,
        values: serde_json::Map<String, Value>,
    ) -> Attempt<String> {
        let record = self.new_record(doctype, values)?;
        self.in_import = true;
        let made = self.insert(record);
        self.in_import = false;
        Ok(made?.name_text())
    }
}

/// Lets a worker do what is queued, as far as it gets.
pub(crate) fn run_jobs(site: &mut Site) {
    if site.worker_takes == Some(0) {
        return;
    }
    for job in std::mem::take(&mut site.jobs) {
        run(site, &job);
    }
}

fn run(site: &mut Site, job: &Job) {
    let mut transaction = Transaction::begin(site, &job.user);
    let Ok(record) = transaction.load("Data Import", &job.import) else {
        drop(transaction.rollback());
        return;
    };
    let doctype = record.text("reference_doctype");
    let Ok(table) = transaction.table_of(&doctype, &record.text("import_file")) else {
        transaction.set_import(&job.import, "status", Cell::text("Error"));
        drop(transaction.commit());
        return;
    };
    let warnings = match table.warnings.is_empty() {
        true => String::new(),
        false => Value::Array(table.warnings.clone()).to_string(),
    };
    transaction.set_import(&job.import, "template_warnings", Cell::text(warnings));
    let before = transaction.import_log(&job.import);
    drop(transaction.commit());
    if !table.warnings.is_empty() {
        return;
    }
    let total = table.payloads.len();
    let (mut index, mut taken) = (before.len(), 0);
    let mut made = before.iter().filter(|(is_made, _)| *is_made).count();
    for payload in table.payloads {
        if before
            .iter()
            .any(|(_, row)| *row == payload.rows.first().copied())
        {
            continue;
        }
        if site.worker_takes.is_some_and(|most| taken >= most) {
            // The worker was killed.
            return;
        }
        taken += 1;
        let mut transaction = Transaction::begin(site, &job.user);
        let outcome = transaction.make_imported(&doctype, payload.values);
        if outcome.is_err() {
            drop(transaction.rollback());
            transaction = Transaction::begin(site, &job.user);
        } else {
            made += 1;
            transaction.set_import(&job.import, "status", Cell::text("Partial Success"));
        }
        transaction.log_import(&job.import, index, &payload.rows, &outcome);
        drop(transaction.commit());
        index += 1;
    }
    let status = match made {
        0 => "Error",
        made if made == total => "Success",
        _ => "Partial Success",
    };
    let mut transaction = Transaction::begin(site, &job.user);
    transaction.set_import(&job.import, "status", Cell::text(status));
    drop(transaction.commit());
}
