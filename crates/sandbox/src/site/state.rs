//! A site.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::options::SiteOptions;
use crate::clock::Clock;
use crate::hook::Hooks;
use crate::login::Logins;
use crate::profile::Profile;
use crate::random::Random;
use crate::schema::{IDX, Layout, Meta, PARENTFIELD, merged_definition};
use crate::storage::{Database, Row};
use crate::value::{Cell, Stamp, cint, collation_key, stamp_from_utc};
use crate::webhook::Outbox;

/// The merged metadata of DocTypes, by name.
pub(crate) type Metas = HashMap<Arc<str>, Arc<Meta>>;

/// Everything that one site knows.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) profile: Profile,
    pub(crate) zone: Tz,
    pub(crate) clock: Clock,
    pub(crate) skew: TimeDelta,
    pub(crate) host: String,
    pub(crate) random: Random,
    pub(crate) database: Database,
    pub(crate) hooks: Hooks,
    /// Rights taken from single users: user, DocType, right.
    pub(crate) denied: Vec<(String, String, String)>,
    /// Sessions, codes and tokens. No backup holds them.
    pub(crate) logins: Logins,
    /// Data Imports that wait for a worker.
    pub(crate) jobs: Vec<crate::import::Job>,
    /// What webhooks are to send.
    pub(crate) outbox: Outbox,
    /// How many documents a worker makes before it is killed; `None`: it is not.
    pub(crate) worker_takes: Option<usize>,
    /// The time that a late request began at; it stamps with that (protocol 12.1).
    pinned: std::cell::Cell<Option<Stamp>>,
    metas: Metas,
    metas_version: u64,
}

impl Site {
    /// A bare site: DocTypes, roles and users that Frappe itself installs.
    pub(crate) fn new(options: SiteOptions) -> Self {
        let mut site = Self::empty(options);
        site.install();
        site
    }

    /// A site without a single DocType.
    pub(crate) fn empty(options: SiteOptions) -> Self {
        Self {
            profile: options.profile,
            zone: options.time_zone,
            clock: options.clock,
            skew: options.skew,
            host: options.host,
            random: Random::new(options.seed),
            database: Database::default(),
            hooks: Hooks::default(),
            denied: Vec::new(),
            logins: Logins::default(),
            jobs: Vec::new(),
            outbox: Outbox::default(),
            worker_takes: None,
            pinned: std::cell::Cell::new(None),
            metas: HashMap::new(),
            metas_version: 0,
        }
    }

    /// Puts the database back to a copy, of which all metadata is known.
    pub(crate) fn restore(&mut self, copy: &Database, metas: &Metas) {
        self.database.replace_by(copy);
        self.metas.clone_from(metas);
        self.metas_version = self.database.schema_version();
    }

    /// The merged metadata of all DocTypes.
    pub(crate) fn all_metas(&mut self) -> Metas {
        for doctype in self.doctypes() {
            self.meta(&doctype);
        }
        self.metas.clone()
    }

    /// The site's wall clock for a stamp.
    pub(crate) fn stamp(&self) -> Stamp {
        match self.pinned.get() {
            Some(stamp) => {
                // Documents of one late request still differ.
                self.pinned.set(Some(stamp + 1));
                stamp
            }
            None => stamp_from_utc(self.clock.stamp() + self.skew, self.zone),
        }
    }

    /// Makes stamps go on from a time in the past.
    pub(crate) fn pin_time(&self, stamp: Stamp) {
        self.pinned.set(Some(stamp));
    }

    /// Ends [`Site::pin_time`].
    pub(crate) fn unpin_time(&self) {
        self.pinned.set(None);
    }

    /// The site's idea of the time in UTC.
    pub(crate) fn instant(&self) -> DateTime<Utc> {
        self.clock.now() + self.skew
    }

    /// The merged metadata of a DocType, if there is one.
    pub(crate) fn meta(&mut self, doctype: &str) -> Option<Arc<Meta>> {
        if self.metas_version != self.database.schema_version() {
            self.metas.clear();
            self.metas_version = self.database.schema_version();
        }
        if let Some(meta) = self.metas.get(doctype) {
            return Some(Arc::clone(meta));
        }
        let meta = Arc::new(self.build_meta(doctype)?);
        self.metas.insert(Arc::clone(&meta.name), Arc::clone(&meta));
        Some(meta)
    }

    /// The names of all DocTypes.
    pub(crate) fn doctypes(&self) -> Vec<String> {
        let Some(table) = self.database.table("DocType") else {
            return Vec::new();
        };
        table
            .rows()
            .map(|(_, row)| row[0].to_text().into_owned())
            .collect()
    }

    fn build_meta(&self, doctype: &str) -> Option<Meta> {
        let table = self.database.table("DocType")?;
        let row = self.database.row("DocType", &Cell::text(doctype))?;
        // Names of DocTypes are names of tables too, and those have one spelling.
        if row[0].as_text() != Some(doctype) {
            return None;
        }
        let definition = merged_definition(
            table.layout().to_json(row),
            self.rows_of_document("DocField", doctype, "fields"),
            self.rows_of_document("DocPerm", doctype, "permissions"),
            self.rows_where("Custom Field", "dt", doctype),
            &self.rows_where("Property Setter", "doc_type", doctype),
        );
        let layout = self.layout(doctype, &definition);
        Some(Meta::parse(definition, layout))
    }

    /// The columns of a DocType's table; a Single has none and gets those of its fields.
    fn layout(&self, doctype: &str, definition: &Map<String, Value>) -> Arc<Layout> {
        if let Some(table) = self.database.table(doctype) {
            return Arc::clone(table.layout());
        }
        let mut layout = Layout::new(false);
        let bare = Meta::parse(definition.clone(), Arc::new(layout.clone()));
        for field in &bare.fields {
            if let Some(storage) = field.storage {
                layout.add(&field.fieldname, storage, None);
            }
        }
        Arc::new(layout)
    }

    /// The child rows of a document in one of its tables.
    pub(crate) fn rows_of_document(
        &self,
        child: &str,
        parent: &str,
        field: &str,
    ) -> Vec<Map<String, Value>> {
        let Some(table) = self.database.table(child) else {
            return Vec::new();
        };
        let mut rows: Vec<&Row> = table
            .keys_of_parent(&collation_key(parent))
            .filter_map(|key| table.get(key))
            .filter(|row| row[PARENTFIELD].as_text() == Some(field))
            .collect();
        rows.sort_by_key(|row| cint(&row[IDX]));
        rows.into_iter()
            .map(|row| table.layout().to_json(row))
            .collect()
    }

    fn rows_where(&self, doctype: &str, column: &str, value: &str) -> Vec<Map<String, Value>> {
        let Some(table) = self.database.table(doctype) else {
            return Vec::new();
        };
        let Some(column) = table.layout().find(column) else {
            return Vec::new();
        };
        let mut rows: Vec<&Row> = table
            .rows()
            .map(|(_, row)| row)
            .filter(|row| table.layout().cell(row, column).as_text() == Some(value))
            .collect();
        rows.sort_by_key(|row| cint(&row[IDX]));
        rows.into_iter()
            .map(|row| table.layout().to_json(row))
            .collect()
    }
}
