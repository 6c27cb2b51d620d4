//! The DocTypes and records of a bare site, as far as a client needs them.

use serde_json::{Map, Value, json};

/// A DocType in short form: name, naming, flags, fields.
struct Definition {
    name: &'static str,
    module: &'static str,
    autoname: &'static str,
    flags: &'static [&'static str],
    fields: &'static [FieldLine],
}

/// `(fieldname, fieldtype, options, flags and default)`; the last holds words such as `reqd unique default=1 permlevel=1`.
type FieldLine = (&'static str, &'static str, &'static str, &'static str);

/// Roles of a bare site.
pub(crate) const ROLES: [&str; 9] = [
    "Administrator",
    "System Manager",
    "Guest",
    "All",
    "Desk User",
    "Report Manager",
    "Script Manager",
    "Website Manager",
    "Workspace Manager",
];

/// Modules of a bare site.
pub(crate) const MODULES: [&str; 12] = [
    "Core",
    "Website",
    "Workflow",
    "Email",
    "Custom",
    "Geo",
    "Desk",
    "Integrations",
    "Printing",
    "Contacts",
    "Social",
    "Automation",
];

/// Countries that documents can link to, with their codes.
pub(crate) const COUNTRIES: [(&str, &str); 16] = [
    ("Austria", "at"),
    ("Brazil", "br"),
    ("Canada", "ca"),
    ("China", "cn"),
    ("France", "fr"),
    ("Germany", "de"),
    ("India", "in"),
    ("Italy", "it"),
    ("Japan", "jp"),
    ("Mexico", "mx"),
    ("Netherlands", "nl"),
    ("Spain", "es"),
    ("Switzerland", "ch"),
    ("United Arab Emirates", "ae"),
    ("United Kingdom", "gb"),
    ("United States", "us"),
];

/// Currencies.
pub(crate) const CURRENCIES: [&str; 8] = ["AED", "CHF", "CNY", "EUR", "GBP", "INR", "JPY", "USD"];

/// Languages, by code and name.
pub(crate) const LANGUAGES: [(&str, &str); 4] = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
];

/// Properties that a DocField and a Custom Field share.
const FIELD_PROPERTIES: &[FieldLine] = &[
    ("label", "Data", "", ""),
    ("fieldname", "Data", "", ""),
    ("fieldtype", "Data", "", "default=Data"),
    ("options", "Small Text", "", "ignore_xss_filter"),
    ("default", "Small Text", "", "ignore_xss_filter"),
    ("reqd", "Check", "", ""),
    ("unique", "Check", "", ""),
    ("length", "Int", "", ""),
    ("precision", "Data", "", ""),
    ("read_only", "Check", "", ""),
    ("hidden", "Check", "", ""),
    ("set_only_once", "Check", "", ""),
    ("allow_on_submit", "Check", "", ""),
    ("no_copy", "Check", "", ""),
    ("permlevel", "Int", "", ""),
    ("fetch_from", "Small Text", "", ""),
    ("fetch_if_empty", "Check", "", ""),
    ("is_virtual", "Check", "", ""),
    ("ignore_xss_filter", "Check", "", ""),
    ("ignore_user_permissions", "Check", "", ""),
    ("non_negative", "Check", "", ""),
    ("in_list_view", "Check", "", ""),
    ("in_standard_filter", "Check", "", ""),
    ("in_global_search", "Check", "", ""),
    ("in_preview", "Check", "", ""),
    ("in_filter", "Check", "", ""),
    ("allow_in_quick_entry", "Check", "", ""),
    ("search_index", "Check", "", ""),
    ("bold", "Check", "", ""),
    ("collapsible", "Check", "", ""),
    ("translatable", "Check", "", ""),
    ("print_hide", "Check", "", ""),
    ("report_hide", "Check", "", ""),
    ("hide_border", "Check", "", ""),
    ("columns", "Int", "", ""),
    ("width", "Data", "", ""),
    ("description", "Small Text", "", "ignore_xss_filter"),
    ("depends_on", "Code", "", ""),
    ("mandatory_depends_on", "Code", "", ""),
    ("read_only_depends_on", "Code", "", ""),
];

const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "DocType",
        module: "Core",
        autoname: "Prompt",
        flags: &["allow_rename"],
        fields: &[
            ("module", "Link", "Module Def", "reqd"),
            ("custom", "Check", "", ""),
            ("autoname", "Data", "", "length=999"),
            ("naming_rule", "Data", "", ""),
            ("issingle", "Check", "", "set_only_once"),
            ("istable", "Check", "", ""),
            ("editable_grid", "Check", "", "default=1"),
            ("is_tree", "Check", "", ""),
            ("is_submittable", "Check", "", ""),
            ("is_virtual", "Check", "", ""),
            ("track_changes", "Check", "", ""),
            ("track_seen", "Check", "", ""),
            ("track_views", "Check", "", ""),
            ("quick_entry", "Check", "", ""),
            ("queue_in_background", "Check", "", ""),
            ("allow_rename", "Check", "", "default=1"),
            ("allow_import", "Check", "", ""),
            ("allow_copy", "Check", "", ""),
            ("read_only", "Check", "", ""),
            ("in_create", "Check", "", ""),
            ("hide_toolbar", "Check", "", ""),
            ("title_field", "Data", "", ""),
            ("search_fields", "Data", "", ""),
            ("image_field", "Data", "", ""),
            ("sort_field", "Data", "", ""),
            ("sort_order", "Select", "ASC\nDESC", "default=DESC"),
            ("description", "Small Text", "", ""),
            ("document_type", "Data", "", ""),
            ("nsm_parent_field", "Data", "", ""),
            ("engine", "Data", "", "default=InnoDB"),
            ("fields", "Table", "DocField", ""),
            ("permissions", "Table", "DocPerm", ""),
        ],
    },
    Definition {
        name: "DocField",
        module: "Core",
        autoname: "hash",
        flags: &["istable"],
        fields: FIELD_PROPERTIES,
    },
    Definition {
        name: "DocPerm",
        module: "Core",
        autoname: "hash",
        flags: &["istable"],
        fields: &[
            ("role", "Link", "Role", "reqd"),
            ("permlevel", "Int", "", "default=0"),
            ("if_owner", "Check", "", ""),
            ("select", "Check", "", ""),
            ("read", "Check", "", "default=1"),
            ("write", "Check", "", "default=1"),
            ("create", "Check", "", "default=1"),
            ("delete", "Check", "", "default=1"),
            ("submit", "Check", "", ""),
            ("cancel", "Check", "", ""),
            ("amend", "Check", "", ""),
            ("report", "Check", "", "default=1"),
            ("export", "Check", "", "default=1"),
            ("import", "Check", "", ""),
            ("share", "Check", "", "default=1"),
            ("print", "Check", "", "default=1"),
            ("email", "Check", "", "default=1"),
        ],
    },
    Definition {
        name: "Custom Field",
        module: "Custom",
        autoname: "",
        flags: &[],
        fields: &[
            ("dt", "Link", "DocType", "reqd"),
            ("module", "Link", "Module Def", ""),
            ("insert_after", "Data", "", ""),
            ("is_system_generated", "Check", "", ""),
        ],
    },
    Definition {
        name: "Property Setter",
        module: "Custom",
        autoname: "",
        flags: &[],
        fields: &[
            (
                "doctype_or_field",
                "Select",
                "\nDocField\nDocType\nDocType Link\nDocType Action\nDocType State",
                "reqd",
            ),
            ("doc_type", "Link", "DocType", "reqd"),
            ("field_name", "Data", "", ""),
            ("row_name", "Data", "", ""),
            ("module", "Link", "Module Def", ""),
            ("property", "Data", "", "reqd"),
            ("property_type", "Data", "", ""),
            ("value", "Small Text", "", "ignore_xss_filter"),
            ("default_value", "Data", "", ""),
            ("is_system_generated", "Check", "", ""),
        ],
    },
    Definition {
        name: "Module Def",
        module: "Core",
        autoname: "field:module_name",
        flags: &[],
        fields: &[
            ("module_name", "Data", "", "reqd unique"),
            ("custom", "Check", "", ""),
            ("app_name", "Data", "", ""),
        ],
    },
    Definition {
        name: "Role",
        module: "Core",
        autoname: "field:role_name",
        flags: &["allow_rename"],
        fields: &[
            ("role_name", "Data", "", "reqd unique"),
            ("disabled", "Check", "", ""),
            ("desk_access", "Check", "", "default=1"),
            ("two_factor_auth", "Check", "", ""),
        ],
    },
    Definition {
        name: "Has Role",
        module: "Core",
        autoname: "hash",
        flags: &["istable"],
        fields: &[("role", "Link", "Role", "")],
    },
    Definition {
        name: "User",
        module: "Core",
        autoname: "",
        flags: &["allow_rename"],
        fields: &[
            ("enabled", "Check", "", "default=1"),
            ("email", "Data", "Email", "reqd"),
            ("first_name", "Data", "", "reqd"),
            ("last_name", "Data", "", ""),
            ("full_name", "Data", "", "read_only"),
            ("username", "Data", "", "unique"),
            ("language", "Link", "Language", ""),
            ("time_zone", "Data", "", ""),
            ("send_welcome_email", "Check", "", "default=1"),
            ("user_type", "Data", "", "default=System User"),
            ("api_key", "Data", "", "unique read_only permlevel=1"),
            ("api_secret", "Password", "", "permlevel=1"),
            ("roles", "Table", "Has Role", "permlevel=1"),
        ],
    },
    Definition {
        name: "System Settings",
        module: "Core",
        autoname: "",
        flags: &["issingle"],
        fields: &[
            ("country", "Link", "Country", ""),
            ("language", "Link", "Language", ""),
            ("time_zone", "Data", "", ""),
            ("setup_complete", "Check", "", ""),
            ("date_format", "Data", "", "default=yyyy-mm-dd"),
            ("time_format", "Data", "", "default=HH:mm:ss"),
            ("number_format", "Data", "", "default=#,###.##"),
            ("float_precision", "Data", "", ""),
            ("currency_precision", "Data", "", ""),
            ("session_expiry", "Data", "", ""),
            ("allow_error_traceback", "Check", "", "default=1"),
            ("apply_perm_level_on_api_calls", "Check", "", ""),
            ("enable_scheduler", "Check", "", ""),
        ],
    },
    Definition {
        name: "Deleted Document",
        module: "Core",
        autoname: "hash",
        flags: &[],
        fields: &[
            ("deleted_name", "Data", "", "read_only"),
            ("deleted_doctype", "Data", "", "read_only"),
            ("restored", "Check", "", "read_only"),
            ("new_name", "Read Only", "", "read_only"),
            ("data", "Code", "", "read_only"),
        ],
    },
    Definition {
        name: "Comment",
        module: "Core",
        autoname: "hash",
        flags: &[],
        fields: &[
            ("comment_type", "Data", "", "reqd default=Comment"),
            ("comment_email", "Data", "", ""),
            ("comment_by", "Data", "", ""),
            ("subject", "Text", "", ""),
            ("published", "Check", "", ""),
            ("seen", "Check", "", ""),
            ("reference_doctype", "Link", "DocType", ""),
            ("reference_name", "Dynamic Link", "reference_doctype", ""),
            ("reference_owner", "Data", "", ""),
            ("content", "HTML Editor", "", "ignore_xss_filter"),
        ],
    },
    Definition {
        name: "File",
        module: "Core",
        autoname: "hash",
        flags: &[],
        fields: &[
            ("file_name", "Data", "", ""),
            ("is_private", "Check", "", ""),
            ("is_home_folder", "Check", "", ""),
            ("is_folder", "Check", "", ""),
            ("is_attachments_folder", "Check", "", ""),
            ("file_type", "Data", "", ""),
            ("file_size", "Int", "", ""),
            ("file_url", "Code", "", ""),
            ("folder", "Link", "File", ""),
            ("attached_to_doctype", "Link", "DocType", ""),
            ("attached_to_name", "Data", "", ""),
            ("attached_to_field", "Data", "", ""),
            ("content_hash", "Data", "", ""),
        ],
    },
    Definition {
        name: "Dynamic Link",
        module: "Core",
        autoname: "hash",
        flags: &["istable"],
        fields: &[
            ("link_doctype", "Link", "DocType", "reqd"),
            ("link_name", "Dynamic Link", "link_doctype", "reqd"),
            ("link_title", "Read Only", "", "read_only"),
        ],
    },
    Definition {
        name: "Country",
        module: "Geo",
        autoname: "field:country_name",
        flags: &["allow_rename"],
        fields: &[
            ("country_name", "Data", "", "reqd unique"),
            ("date_format", "Data", "", ""),
            ("time_format", "Data", "", "default=HH:mm:ss"),
            ("time_zones", "Text", "", ""),
            ("code", "Data", "", ""),
        ],
    },
    Definition {
        name: "Currency",
        module: "Geo",
        autoname: "field:currency_name",
        flags: &["allow_rename"],
        fields: &[
            ("currency_name", "Data", "", "reqd unique"),
            ("enabled", "Check", "", ""),
            ("fraction", "Data", "", ""),
            ("fraction_units", "Int", "", ""),
            ("symbol", "Data", "", ""),
            ("number_format", "Data", "", ""),
        ],
    },
    Definition {
        name: "Language",
        module: "Core",
        autoname: "field:language_code",
        flags: &[],
        fields: &[
            ("language_code", "Data", "", "reqd unique"),
            ("language_name", "Data", "", "reqd"),
            ("enabled", "Check", "", "default=1"),
        ],
    },
];

/// The definitions as documents of DocType, with rows of DocField and DocPerm, tables before what uses them.
pub(crate) fn definitions() -> impl Iterator<Item = Map<String, Value>> {
    DEFINITIONS.iter().map(document)
}

fn document(definition: &Definition) -> Map<String, Value> {
    let shared: &[FieldLine] = if definition.name == "Custom Field" {
        FIELD_PROPERTIES
    } else {
        &[]
    };
    let fields: Vec<Value> = definition
        .fields
        .iter()
        .chain(shared)
        .map(|line| Value::Object(field(line)))
        .collect();
    let mut document = Map::new();
    let texts = [
        ("name", definition.name),
        ("module", definition.module),
        ("autoname", definition.autoname),
    ];
    document.extend(texts.map(|(key, value)| (key.to_owned(), json!(value))));
    document.extend(
        definition
            .flags
            .iter()
            .map(|flag| ((*flag).to_owned(), json!(1))),
    );
    document.insert("fields".to_owned(), Value::Array(fields));
    document.insert("permissions".to_owned(), permissions(definition));
    document
}

fn field(line: &FieldLine) -> Map<String, Value> {
    let (fieldname, fieldtype, options, words) = line;
    let mut field = Map::new();
    field.insert("fieldname".to_owned(), json!(fieldname));
    field.insert("label".to_owned(), json!(label(fieldname)));
    field.insert("fieldtype".to_owned(), json!(fieldtype));
    if !options.is_empty() {
        field.insert("options".to_owned(), json!(options));
    }
    let (flags, default) = words.split_once("default=").unwrap_or((words, ""));
    if !default.is_empty() {
        field.insert("default".to_owned(), json!(default));
    }
    for word in flags.split_whitespace() {
        match word.split_once('=') {
            Some((key, number)) => {
                field.insert(key.to_owned(), json!(number.parse::<i64>().unwrap_or(0)));
            }
            None => {
                field.insert(word.to_owned(), json!(1));
            }
        }
    }
    field
}

fn label(fieldname: &str) -> String {
    fieldname
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn permissions(definition: &Definition) -> Value {
    if definition.flags.contains(&"istable") {
        return json!([]);
    }
    let full = json!({"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1,
        "report": 1, "export": 1, "share": 1, "print": 1, "email": 1});
    let upper = json!({"role": "System Manager", "permlevel": 1, "read": 1, "write": 1});
    match definition.name {
        "User" => json!([full, upper]),
        // Anybody may read what everybody's documents link to.
        "Country" | "Currency" | "Language" => {
            json!([full, {"role": "All", "read": 1, "write": 0}])
        }
        "File" | "Comment" => {
            json!([full, {"role": "All", "read": 1, "write": 1, "create": 1, "delete": 1, "if_owner": 1}])
        }
        _ => json!([full]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_flags_numbers_and_defaults_with_spaces() {
        let field = field(&(
            "user_type",
            "Data",
            "",
            "unique permlevel=1 default=System User",
        ));
        assert_eq!(field["unique"], 1);
        assert_eq!(field["permlevel"], 1);
        assert_eq!(field["default"], "System User");
        assert_eq!(field["label"], "User Type");
    }
}
