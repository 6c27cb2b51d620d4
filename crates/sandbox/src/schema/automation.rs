//! DocTypes whose documents make a Frappe site act on saves. Of these only webhooks act here.

use super::builtin::Definition;

/// What a site acts by, each after its child DocTypes.
pub(super) const AUTOMATION: &[Definition] = &[
    Definition {
        name: "Notification",
        module: "Email",
        autoname: "Prompt",
        flags: &[],
        fields: &[
            ("enabled", "Check", "", "default=1"),
            ("is_standard", "Check", "", "default=0"),
            (
                "channel",
                "Select",
                "Email\nSlack\nSystem Notification\nSMS",
                "reqd default=Email",
            ),
            ("subject", "Data", "", ""),
            (
                "event",
                "Select",
                "\nNew\nSave\nSubmit\nCancel\nDays After\nDays Before\nValue Change\nMethod\nCustom",
                "reqd",
            ),
            ("document_type", "Link", "DocType", "reqd"),
            ("condition", "Code", "", ""),
            ("message", "Code", "", "default=Add your message here"),
        ],
    },
    Definition {
        name: "Webhook Header",
        module: "Integrations",
        autoname: "hash",
        flags: &["istable"],
        fields: &[
            ("key", "Small Text", "", ""),
            ("value", "Small Text", "", ""),
        ],
    },
    Definition {
        name: "Webhook Data",
        module: "Integrations",
        autoname: "hash",
        flags: &["istable"],
        fields: &[("fieldname", "Select", "", ""), ("key", "Data", "", "reqd")],
    },
    Definition {
        name: "Webhook",
        module: "Integrations",
        autoname: "Prompt",
        flags: &[],
        fields: &[
            ("webhook_doctype", "Link", "DocType", "reqd set_only_once"),
            (
                "webhook_docevent",
                "Select",
                "after_insert\non_update\non_submit\non_cancel\non_trash\non_update_after_submit\non_change",
                "set_only_once",
            ),
            ("enabled", "Check", "", "default=1"),
            ("condition", "Small Text", "", "ignore_xss_filter"),
            ("request_url", "Small Text", "", "reqd"),
            (
                "request_method",
                "Select",
                "POST\nPUT\nDELETE",
                "reqd default=POST",
            ),
            ("timeout", "Int", "", "default=5"),
            ("is_dynamic_url", "Check", "", "default=0"),
            (
                "request_structure",
                "Select",
                "\nForm URL-Encoded\nJSON",
                "",
            ),
            ("enable_security", "Check", "", "default=0"),
            ("webhook_secret", "Password", "", ""),
            ("webhook_headers", "Table", "Webhook Header", ""),
            ("webhook_data", "Table", "Webhook Data", ""),
            ("webhook_json", "Code", "JSON", ""),
        ],
    },
    Definition {
        name: "Server Script",
        module: "Core",
        autoname: "Prompt",
        flags: &[],
        fields: &[
            (
                "script_type",
                "Select",
                "DocType Event\nScheduler Event\nPermission Query\nAPI",
                "reqd",
            ),
            ("reference_doctype", "Link", "DocType", ""),
            (
                "doctype_event",
                "Select",
                "Before Insert\nBefore Validate\nBefore Save\nAfter Insert\nAfter Save\nBefore Submit\nAfter \
                 Submit\nBefore Cancel\nAfter Cancel\nBefore Delete\nAfter Delete",
                "",
            ),
            ("disabled", "Check", "", "default=0"),
            ("script", "Code", "", "reqd"),
        ],
    },
    Definition {
        name: "Assignment Rule Day",
        module: "Automation",
        autoname: "hash",
        flags: &["istable"],
        fields: &[(
            "day",
            "Select",
            "Monday\nTuesday\nWednesday\nThursday\nFriday\nSaturday\nSunday",
            "",
        )],
    },
    Definition {
        name: "Assignment Rule",
        module: "Automation",
        autoname: "Prompt",
        flags: &[],
        fields: &[
            ("document_type", "Link", "DocType", "reqd"),
            ("priority", "Int", "", ""),
            ("disabled", "Check", "", "default=0"),
            (
                "description",
                "Small Text",
                "",
                "reqd default=Automatic Assignment",
            ),
            ("assign_condition", "Code", "", "reqd"),
            ("assignment_days", "Table", "Assignment Rule Day", "reqd"),
            (
                "rule",
                "Select",
                "Round Robin\nLoad Balancing\nBased on Field",
                "reqd",
            ),
        ],
    },
];
