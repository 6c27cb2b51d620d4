//! Installs what a bare site holds.

use serde_json::{Map, Value, json};

use super::state::Site;
use crate::schema::{COUNTRIES, CURRENCIES, Field, LANGUAGES, MODULES, ROLES, definitions};
use crate::value::{Cell, format_stamp_in_full};

impl Site {
    /// Fills an empty site.
    pub(super) fn install(&mut self) {
        self.install_doctypes();
        for role in ROLES {
            self.seed("Role", role, json!({"role_name": role, "desk_access": 1}));
        }
        for module in MODULES {
            self.seed(
                "Module Def",
                module,
                json!({"module_name": module, "app_name": "frappe"}),
            );
        }
        for (country, code) in COUNTRIES {
            self.seed(
                "Country",
                country,
                json!({"country_name": country, "code": code}),
            );
        }
        for currency in CURRENCIES {
            self.seed(
                "Currency",
                currency,
                json!({"currency_name": currency, "enabled": 1}),
            );
        }
        for (code, name) in LANGUAGES {
            self.seed(
                "Language",
                code,
                json!({"language_code": code, "language_name": name, "enabled": 1}),
            );
        }
        for user in ["Administrator", "Guest"] {
            self.seed(
                "User",
                user,
                json!({"email": user, "first_name": user, "full_name": user, "enabled": 1}),
            );
        }
        self.seed(
            "File",
            "Home",
            json!({"file_name": "Home", "is_folder": 1, "is_home_folder": 1}),
        );
        self.seed("File", "Home/Attachments", json!({
            "file_name": "Attachments", "is_folder": 1, "is_attachments_folder": 1, "folder": "Home",
        }));
        self.store_settings();
        self.database.commit();
    }

    fn install_doctypes(&mut self) {
        for definition in definitions() {
            let flag = |key: &str| definition.get(key).is_some();
            let name = text(&definition, "name");
            if !flag("issingle") {
                self.database.create_table(&name, flag("istable"));
            }
            let fields: Vec<Field> = rows(&definition, "fields").map(Field::parse).collect();
            let Some(table) = self.database.alter_table(&name) else {
                continue;
            };
            let mut layout = (**table.layout()).clone();
            for field in &fields {
                if let Some(storage) = field.storage {
                    let column = layout.add(&field.fieldname, storage, field.default.as_deref());
                    if field.unique {
                        _ = table.set_unique(column, true);
                    }
                }
            }
            table.set_layout(layout);
        }
        for definition in definitions() {
            let name = text(&definition, "name");
            for (key, child) in [("fields", "DocField"), ("permissions", "DocPerm")] {
                for (index, row) in rows(&definition, key).enumerate() {
                    let mut row = row.clone();
                    row.extend([
                        ("parent".to_owned(), json!(name)),
                        ("parentfield".to_owned(), json!(key)),
                        ("parenttype".to_owned(), json!("DocType")),
                        ("idx".to_owned(), json!(index + 1)),
                    ]);
                    let row_name = self.random.letters(10);
                    self.seed(child, &row_name, Value::Object(row));
                }
            }
            self.seed("DocType", &name, Value::Object(definition));
        }
    }

    /// Writes a row as it is, without any check.
    pub(super) fn seed(&mut self, doctype: &str, name: &str, values: Value) {
        let stamp = Cell::Stamp(self.stamp());
        let Some(table) = self.database.table(doctype) else {
            return;
        };
        let layout = table.layout();
        let mut cells = layout.complete(&[]);
        if let Value::Object(values) = values {
            for (key, value) in values {
                let Some(column) = layout.find(&key) else {
                    continue;
                };
                let storage = layout.column(column).storage;
                cells[column] = storage
                    .store(&Cell::from_json(value), &key)
                    .unwrap_or_default();
            }
        }
        let standard = [
            Cell::text(name),
            Cell::text("Administrator"),
            stamp.clone(),
            stamp,
            Cell::text("Administrator"),
        ];
        for (cell, value) in cells.iter_mut().zip(standard) {
            *cell = value;
        }
        self.database.put(doctype, cells.into());
    }

    fn store_settings(&mut self) {
        let modified = format_stamp_in_full(self.stamp());
        let zone = self.zone.name();
        let values = [
            ("time_zone", zone),
            ("language", "en"),
            ("date_format", "yyyy-mm-dd"),
            ("time_format", "HH:mm:ss"),
            ("number_format", "#,###.##"),
            ("setup_complete", "1"),
            ("allow_error_traceback", "1"),
            ("apply_perm_level_on_api_calls", "0"),
            ("enable_scheduler", "1"),
            ("strip_exif_metadata_from_uploaded_images", "1"),
            ("name", "System Settings"),
            ("owner", "Administrator"),
            ("modified_by", "Administrator"),
            ("docstatus", "0"),
            ("idx", "0"),
            ("creation", &modified),
            ("modified", &modified),
        ];
        let values = values.map(|(key, value)| (Box::from(key), Cell::text(value)));
        self.database
            .set_single("System Settings", Some(values.into()));
    }
}

fn rows<'a>(
    definition: &'a Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a Map<String, Value>> {
    definition
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

fn text(definition: &Map<String, Value>, key: &str) -> String {
    definition
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
