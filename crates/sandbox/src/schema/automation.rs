//! DocTypes whose documents make a Frappe site act on saves. Here they are documents like any other: nothing acts.

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
        name: "Webhook",
        module: "Integrations",
        autoname: "Prompt",
        flags: &[],
        fields: &[
            ("webhook_doctype", "Link", "DocType", "reqd"),
            (
                "webhook_docevent",
                "Select",
                "after_insert\non_update\non_submit\non_cancel\non_trash\non_update_after_submit\non_change",
                "",
            ),
            ("enabled", "Check", "", "default=1"),
            ("condition", "Small Text", "", ""),
            ("request_url", "Small Text", "", "reqd"),
            (
                "request_method",
                "Select",
                "POST\nPUT\nDELETE",
                "reqd default=POST",
            ),
            ("timeout", "Int", "", "default=5"),
            ("webhook_secret", "Password", "", ""),
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
