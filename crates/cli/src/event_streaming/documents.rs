//! The documents of event_streaming, as far as they say what travels.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use frappe_sync_mapper::nearest;
use serde_json::Value;

use super::read::Reader;
use crate::error::{CliError, ErrorKind};

pub(super) const PRODUCER: &str = "Event Producer";
pub(super) const CONSUMER: &str = "Event Consumer";
pub(super) const MAPPING: &str = "Document Type Mapping";
pub(super) const LAST_UPDATE: &str = "Event Producer Last Update";

/// The DocTypes whose documents are read. Their child tables come with them.
pub(crate) const DOCTYPES: [&str; 4] = [PRODUCER, MAPPING, CONSUMER, LAST_UPDATE];

/// What cannot be read: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputError {
    pub(super) place: String,
    pub(super) message: String,
    pub(super) remedy: String,
}

impl InputError {
    pub(super) fn new(
        place: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    pub(super) fn kind(place: &str, key: Option<&str>, wanted: &str, found: &Value) -> Self {
        let found = match found {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        let message = match key {
            Some(key) => format!("`{key}` is to be {wanted}, and is {found}"),
            None => format!("this is to be {wanted}, and is {found}"),
        };
        let remedy = "export the document anew, as the site gives it: `/api/resource/DOCTYPE/NAME`, \
                      or `bench export-fixtures`";
        Self::new(place, message, remedy)
    }

    /// Makes it an error of the command.
    pub(crate) fn into_error(self, source: &str) -> CliError {
        CliError::new(ErrorKind::Config, self.message)
            .at(format!("{source}: {}", self.place))
            .remedy(self.remedy)
    }
}

/// All that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Documents {
    pub(super) producers: Vec<Producer>,
    pub(super) consumers: Vec<Consumer>,
    pub(super) mappings: BTreeMap<String, Mapping>,
    /// Up to when the updates of a producer were taken, in its own time, by its address.
    pub(super) last_updates: BTreeMap<String, String>,
    /// Fields that event_streaming does not have, with the place of each.
    pub(super) unknown_fields: Vec<(String, String)>,
}

/// A site from which this one takes documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Producer {
    pub(super) url: String,
    pub(super) rows: Vec<ProducerRow>,
}

/// A DocType that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProducerRow {
    pub(super) number: usize,
    pub(super) doctype: String,
    /// The Document Type Mapping, where `has_mapping` is set.
    pub(super) mapping: Option<String>,
    pub(super) same_name: bool,
    pub(super) status: String,
    pub(super) unsubscribed: bool,
    pub(super) condition: Option<String>,
}

/// A site to which this one gives documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Consumer {
    pub(super) url: String,
    pub(super) doctypes: Vec<String>,
}

/// A pair of DocTypes with fields of other names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) name: String,
    pub(super) local: String,
    pub(super) remote: String,
    pub(super) rows: Vec<FieldRow>,
}

/// A pair of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldRow {
    pub(super) number: usize,
    pub(super) local: String,
    pub(super) remote: Option<String>,
    pub(super) default: Option<String>,
    pub(super) kind: RowKind,
    pub(super) mapping: Option<String>,
    pub(super) filters: Option<String>,
}

/// `mapping_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// The value is copied.
    Plain,
    /// A child table with a mapping of its own.
    ChildTable,
    /// A document that this one depends on, with a mapping of its own.
    Document,
}

impl Documents {
    /// Reads documents; of two of one DocType and name the second counts.
    ///
    /// # Errors
    ///
    /// A document is none of event_streaming, or holds something that such a document cannot hold.
    pub(crate) fn read(values: &[Value]) -> Result<Self, InputError> {
        let mut documents = Self::default();
        for (index, value) in values.iter().enumerate() {
            let place = format!("document {}", index + 1);
            let mut reader = Reader::new(&place, value)?;
            let Some(doctype) = reader.text("doctype")? else {
                return Err(InputError::new(
                    place,
                    "it has no `doctype`",
                    "export whole documents; a list of Frappe names no DocType",
                ));
            };
            match doctype {
                PRODUCER => documents.producer(value)?,
                CONSUMER => documents.consumer(value)?,
                MAPPING => documents.mapping(value)?,
                LAST_UPDATE => documents.last_update(value)?,
                other => {
                    let help = match nearest(other, DOCTYPES) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("take it out; what is read are: {}", DOCTYPES.join(", ")),
                    };
                    let message =
                        format!("a document of `{other}` says nothing of event_streaming");
                    return Err(InputError::new(place, message, help));
                }
            }
        }
        Ok(documents)
    }

    fn producer(&mut self, value: &Value) -> Result<(), InputError> {
        let mut reader = Reader::new(PRODUCER, value)?;
        let url = reader.required("producer_url")?;
        let url = url.trim_end_matches('/').to_owned();
        let place = format!("{PRODUCER} `{url}`");
        reader.place.clone_from(&place);
        reader.ignore(&["api_key", "api_secret", "user", "incoming_change"]);
        let mut rows = Vec::new();
        for (number, row) in reader.rows("producer_doctypes")? {
            let mut row = Reader::new(format!("{place}, row {number}"), row)?;
            let mapping = row.text("mapping")?.map(str::to_owned);
            let mapping = match (row.flag("has_mapping")?, mapping) {
                (false, _) => None,
                (true, Some(mapping)) => Some(mapping),
                (true, None) => {
                    return Err(InputError::new(
                        row.place,
                        "`has_mapping` is set and `mapping` is empty",
                        "name the Document Type Mapping there, or take `has_mapping` away",
                    ));
                }
            };
            rows.push(ProducerRow {
                number,
                doctype: row.required("ref_doctype")?,
                mapping,
                same_name: row.flag("use_same_name")?,
                status: row.text("status")?.unwrap_or("Pending").to_owned(),
                unsubscribed: row.flag("unsubscribe")?,
                condition: row.text("condition")?.map(str::to_owned),
            });
            let row_place = row.place.clone();
            if let Some(row) = rows.last() {
                one_of(
                    &row_place,
                    "status",
                    &row.status,
                    &["Pending", "Approved", "Rejected"],
                )?;
            }
            self.unknown_fields.extend(row.left());
        }
        self.unknown_fields.extend(reader.left());
        self.producers.retain(|other| other.url != url);
        self.producers.push(Producer { url, rows });
        Ok(())
    }

    fn consumer(&mut self, value: &Value) -> Result<(), InputError> {
        let mut reader = Reader::new(CONSUMER, value)?;
        let url = reader.required("callback_url")?;
        let url = url.trim_end_matches('/').to_owned();
        let place = format!("{CONSUMER} `{url}`");
        reader.place.clone_from(&place);
        reader.ignore(&["api_key", "api_secret", "user", "incoming_change"]);
        let mut doctypes = Vec::new();
        for (number, row) in reader.rows("consumer_doctypes")? {
            let mut row = Reader::new(format!("{place}, row {number}"), row)?;
            let status = row.text("status")?.unwrap_or("Pending");
            let is_sent = status == "Approved" && !row.flag("unsubscribed")?;
            // What it holds back is held back by the row of the other site's Event Producer too.
            row.ignore(&["condition"]);
            let doctype = row.required("ref_doctype")?;
            if is_sent {
                doctypes.push(doctype);
            }
            self.unknown_fields.extend(row.left());
        }
        self.unknown_fields.extend(reader.left());
        self.consumers.retain(|other| other.url != url);
        self.consumers.push(Consumer { url, doctypes });
        Ok(())
    }

    fn mapping(&mut self, value: &Value) -> Result<(), InputError> {
        let mut reader = Reader::new(MAPPING, value)?;
        let own_name = reader.text("name")?.map(str::to_owned);
        let name = match own_name {
            Some(name) => name,
            None => reader.required("mapping_name")?,
        };
        let place = format!("{MAPPING} `{name}`");
        reader.place.clone_from(&place);
        reader.ignore(&["mapping_name"]);
        let mut rows = Vec::new();
        for (number, row) in reader.rows("field_mapping")? {
            let mut row = Reader::new(format!("{place}, row {number}"), row)?;
            let kind = row.text("mapping_type")?;
            let kind = match kind {
                None => RowKind::Plain,
                Some("Child Table") => RowKind::ChildTable,
                Some("Document") => RowKind::Document,
                Some(other) => {
                    one_of(
                        &row.place,
                        "mapping_type",
                        other,
                        &["Child Table", "Document"],
                    )?;
                    RowKind::Plain
                }
            };
            rows.push(FieldRow {
                number,
                local: row.required("local_fieldname")?,
                remote: row.text("remote_fieldname")?.map(str::to_owned),
                default: row.text("default_value")?.map(str::to_owned),
                kind,
                mapping: row.text("mapping")?.map(str::to_owned),
                filters: row.text("remote_value_filters")?.map(str::to_owned),
            });
            self.unknown_fields.extend(row.left());
        }
        let mapping = Mapping {
            name: name.clone(),
            local: reader.required("local_doctype")?,
            remote: reader.required("remote_doctype")?,
            rows,
        };
        self.unknown_fields.extend(reader.left());
        self.mappings.insert(name, mapping);
        Ok(())
    }

    fn last_update(&mut self, value: &Value) -> Result<(), InputError> {
        let mut reader = Reader::new(LAST_UPDATE, value)?;
        let producer = reader.required("event_producer")?;
        let producer = producer.trim_end_matches('/').to_owned();
        reader.place = format!("{LAST_UPDATE} `{producer}`");
        if let Some(time) = reader.text("last_update")? {
            if NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S%.f").is_err() {
                return Err(InputError::new(
                    reader.place,
                    format!("`last_update` is no time of Frappe: `{time}`"),
                    "it is written `2026-03-01 09:30:00.000000`",
                ));
            }
            self.last_updates.insert(producer, time.to_owned());
        }
        self.unknown_fields.extend(reader.left());
        Ok(())
    }
}

fn one_of(place: &str, key: &str, value: &str, choices: &[&str]) -> Result<(), InputError> {
    if choices.contains(&value) {
        return Ok(());
    }
    let help = match nearest(value, choices.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("event_streaming knows: {}", choices.join(", ")),
    };
    Err(InputError::new(
        place,
        format!("`{key}` is `{value}`, which event_streaming does not have"),
        help,
    ))
}
