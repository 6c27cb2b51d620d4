//! What a new document is called (protocol 5.2).

use super::record::Record;
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{NAME, scrub};
use crate::site::Transaction;
use crate::value::{Cell, cint};

impl Transaction<'_> {
    /// Names a new document and its rows.
    pub(crate) fn name_record(&mut self, record: &mut Record) -> Attempt<()> {
        let takes_new_name = record.meta.is_prompt() || self.profile() == Profile::V14;
        if let Some(name) = record.new_name.clone().filter(|_| takes_new_name) {
            record.cells[NAME] = self.checked_name(record, Cell::text(name))?;
            // Rows keep the names that were sent: naming them is skipped on this path.
            return Ok(());
        }
        self.name_by_rule(record)?;
        for row in record.children_mut() {
            self.name_by_rule(row)?;
        }
        Ok(())
    }

    /// Names one document or row by the rule of its DocType. What the client called it counts only where people choose names.
    pub(crate) fn name_by_rule(&mut self, record: &mut Record) -> Attempt<()> {
        let meta = std::sync::Arc::clone(&record.meta);
        let sent = std::mem::take(&mut record.cells[NAME]);
        if meta.is_autoincrement() {
            record.cells[NAME] = Cell::Int(self.site.database.next_number(&meta.name));
            return Ok(());
        }
        if self.profile() == Profile::V16 && &*meta.autoname == "UUID" {
            record.cells[NAME] = self.uuid_name(sent)?;
            return Ok(());
        }
        let name = if record.get("amended_from").is_truthy() {
            self.amended_name(record)
        } else if self.in_import && sent.is_truthy() {
            sent.to_text().into_owned()
        } else if meta.is_single {
            meta.name.to_string()
        } else if let Some(name) = self.name_by_controller(record)? {
            name
        } else {
            self.name_by_option(record, &meta.autoname, &sent)?
        };
        let name = if name.is_empty() {
            self.random_name()
        } else {
            name
        };
        record.cells[NAME] = self.checked_name(record, Cell::text(name))?;
        Ok(())
    }

    /// Frappe's `validate_name`.
    pub(crate) fn checked_name(&mut self, record: &Record, name: Cell) -> Attempt<Cell> {
        let doctype = record.doctype();
        if let Cell::Int(number) = name {
            if record.meta.is_autoincrement() {
                self.site.database.raise_sequence(doctype, number);
                return Ok(name);
            }
            return Err(Failure::shown(
                Kind::Name,
                "Invalid name type (integer) for varchar name column",
            ));
        }
        let text = name.to_text();
        if text.is_empty() {
            return Err(Failure::invalid(format!("No Name Specified for {doctype}")));
        }
        if text.starts_with(&format!("New {doctype}")) {
            return Err(Failure::shown(
                Kind::Name,
                "There were some errors setting the name, please contact the administrator",
            ));
        }
        let text = text.trim();
        if !record.meta.is_single && text == doctype && text != "DocType" {
            return Err(Failure::shown(
                Kind::Name,
                format!("Name of {doctype} cannot be {text}"),
            ));
        }
        if text.contains(['<', '>']) {
            return Err(Failure::shown(
                Kind::Name,
                "Name cannot contain special characters like '<', '>'",
            ));
        }
        Ok(Cell::text(text))
    }

    /// A random name of ten characters.
    pub(crate) fn random_name(&mut self) -> String {
        match self.profile() {
            Profile::V15 => self.site.random.letters(10),
            // Begins with the time, so that neighbours in time are neighbours in the index.
            Profile::V14 | Profile::V16 => {
                let deciseconds = self.site.instant().timestamp_millis() / 100;
                let digit = |place: u32| {
                    let index = deciseconds >> (5 * place) & 31;
                    char::from(b"0123456789abcdefghijklmnopqrstuv"[index as usize])
                };
                let prefix: String = [digit(2), digit(1), digit(0)].into_iter().collect();
                prefix + &self.site.random.letters(7)
            }
        }
    }

    fn uuid_name(&mut self, sent: Cell) -> Attempt<Cell> {
        if !sent.is_truthy() {
            let (high, low) = (self.site.random.next(), self.site.random.next());
            let millis = self.site.instant().timestamp_millis();
            return Ok(Cell::text(format!(
                "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
                millis >> 16 & 0xFFFF_FFFF,
                millis & 0xFFFF,
                high & 0xFFF,
                0x8000 | (high >> 12 & 0x3FFF),
                low & 0xFFFF_FFFF_FFFF,
            )));
        }
        let text = sent.to_text();
        let is_uuid = text.len() == 36
            && text.bytes().enumerate().all(|(place, byte)| match place {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if is_uuid {
            return Ok(Cell::text(&*text));
        }
        Err(Failure::shown(
            Kind::InvalidUuid,
            format!("Invalid value specified for UUID: {text}"),
        ))
    }

    fn amended_name(&mut self, record: &Record) -> String {
        let original = record.get("amended_from");
        let text = original.to_text();
        let is_amendment = self
            .site
            .database
            .row(record.doctype(), original)
            .and_then(|row| {
                let column = record.meta.layout.find("amended_from")?;
                Some(record.meta.layout.cell(row, column).is_truthy())
            })
            .unwrap_or(false);
        match text.rsplit_once('-').filter(|_| is_amendment) {
            Some((stem, number)) => format!("{stem}-{}", cint(&Cell::text(number)) + 1),
            None => format!("{text}-1"),
        }
    }

    /// The few built-in DocTypes that name themselves in code.
    fn name_by_controller(&mut self, record: &mut Record) -> Attempt<Option<String>> {
        Ok(Some(match record.doctype() {
            "Custom Field" => {
                if !record.get("fieldname").is_truthy() {
                    let fieldname = scrub(&record.text("label"));
                    record.set("fieldname", Cell::text(fieldname));
                }
                format!("{}-{}", record.text("dt"), record.text("fieldname"))
            }
            "Property Setter" => {
                let target = ["field_name", "row_name"]
                    .into_iter()
                    .map(|key| record.text(key))
                    .find(|value| !value.is_empty())
                    .unwrap_or_else(|| "main".to_owned());
                format!(
                    "{}-{target}-{}",
                    record.text("doc_type"),
                    record.text("property")
                )
            }
            "User" => record.text("email").trim().to_lowercase(),
            _ => return Ok(None),
        }))
    }

    fn name_by_option(
        &mut self,
        record: &mut Record,
        autoname: &str,
        sent: &Cell,
    ) -> Attempt<String> {
        let option = autoname.to_lowercase();
        if option.starts_with("field:") {
            let fieldname = &autoname["field:".len()..];
            let name = record.text(fieldname).trim().to_owned();
            if name.is_empty() {
                return Err(Failure::invalid(format!(
                    "{} is required",
                    record.meta.label(fieldname)
                )));
            }
            return Ok(name);
        }
        if option.starts_with("naming_series:") {
            return self.name_by_series_field(record);
        }
        if option.starts_with("prompt") {
            let name = sent.to_text().into_owned();
            if name.is_empty() {
                return Err(Failure::invalid("Please set the document name"));
            }
            return Ok(name);
        }
        if option.starts_with("format:") {
            return Ok(self.next_by_format(&autoname["format:".len()..], record));
        }
        if option == "hash" || !autoname.contains('#') {
            return Ok(String::new());
        }
        self.next_in_series(autoname, record)
    }

    fn name_by_series_field(&mut self, record: &mut Record) -> Attempt<String> {
        if !record.get("naming_series").is_truthy() {
            let Some(first) = record.meta.first_naming_series().map(str::to_owned) else {
                return Err(Failure::invalid("Naming Series mandatory"));
            };
            record.set("naming_series", Cell::text(first));
        }
        // The value need not be one of the options.
        let series = format!("{}.#####", record.text("naming_series"));
        self.next_in_series(&series, record)
    }
}
