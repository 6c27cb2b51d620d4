//! The DocTypes of Data Import, and the settings of naming series (protocol 5.2, 5.6).

use super::builtin::Definition;

pub(super) const BULK: &[Definition] = &[
    Definition {
        name: "Data Import",
        module: "Core",
        autoname: "format:{reference_doctype} Import on {creation}",
        flags: &[],
        fields: &[
            ("reference_doctype", "Link", "DocType", "reqd set_only_once"),
            (
                "import_type",
                "Select",
                "\nInsert New Records\nUpdate Existing Records",
                "reqd set_only_once",
            ),
            ("import_file", "Attach", "", ""),
            ("google_sheets_url", "Data", "", ""),
            ("template_options", "Code", "JSON", ""),
            (
                "status",
                "Select",
                "Pending\nSuccess\nPartial Success\nError\nTimed Out",
                "read_only default=Pending",
            ),
            ("template_warnings", "Code", "JSON", ""),
            ("submit_after_import", "Check", "", "set_only_once"),
            ("mute_emails", "Check", "", "set_only_once default=1"),
            ("show_failed_logs", "Check", "", ""),
            ("payload_count", "Int", "", "read_only"),
        ],
    },
    Definition {
        name: "Data Import Log",
        module: "Core",
        autoname: "",
        flags: &["in_create"],
        fields: &[
            ("data_import", "Link", "Data Import", ""),
            ("row_indexes", "Code", "JSON", ""),
            ("success", "Check", "", ""),
            ("docname", "Data", "", ""),
            ("messages", "Code", "JSON", ""),
            ("exception", "Text", "", "ignore_xss_filter"),
            ("log_index", "Int", "", ""),
        ],
    },
    Definition {
        name: "Document Naming Settings",
        module: "Core",
        autoname: "",
        flags: &["issingle"],
        fields: &[
            ("transaction_type", "Data", "", ""),
            ("naming_series_options", "Text", "", ""),
            ("prefix", "Data", "", ""),
            ("current_value", "Int", "", ""),
            (
                "default_amend_naming",
                "Select",
                "Amend Counter\nDefault Naming",
                "default=Amend Counter",
            ),
        ],
    },
];
