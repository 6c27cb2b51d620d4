//! All topics, in the order in which they run.

use super::check::Topic;
use super::{
    acting, auth, child_tables, client_methods, compare_and_set, concurrency, defaults, deletes,
    dependents, docstatus, envelopes, errors, files, filters, imports, insert_many, keyset, links,
    lists, metadata, naming, oauth, presence, records, renames, row_names, sessions, singles,
    submitted, tags, texts, time, traces, trees, v2, values, webhooks,
};

/// Every check of the suite.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        name: "envelopes",
        checks: envelopes::CHECKS,
    },
    Topic {
        name: "errors",
        checks: errors::CHECKS,
    },
    Topic {
        name: "auth",
        checks: auth::CHECKS,
    },
    Topic {
        name: "sessions",
        checks: sessions::CHECKS,
    },
    Topic {
        name: "oauth",
        checks: oauth::CHECKS,
    },
    Topic {
        name: "lists",
        checks: lists::CHECKS,
    },
    Topic {
        name: "filters",
        checks: filters::CHECKS,
    },
    Topic {
        name: "keyset",
        checks: keyset::CHECKS,
    },
    Topic {
        name: "child_tables",
        checks: child_tables::CHECKS,
    },
    Topic {
        name: "row_names",
        checks: row_names::CHECKS,
    },
    Topic {
        name: "naming",
        checks: naming::CHECKS,
    },
    Topic {
        name: "imports",
        checks: imports::CHECKS,
    },
    Topic {
        name: "defaults",
        checks: defaults::CHECKS,
    },
    Topic {
        name: "values",
        checks: values::CHECKS,
    },
    Topic {
        name: "texts",
        checks: texts::CHECKS,
    },
    Topic {
        name: "tags",
        checks: tags::CHECKS,
    },
    Topic {
        name: "compare_and_set",
        checks: compare_and_set::CHECKS,
    },
    Topic {
        name: "concurrency",
        checks: concurrency::CHECKS,
    },
    Topic {
        name: "docstatus",
        checks: docstatus::CHECKS,
    },
    Topic {
        name: "submitted",
        checks: submitted::CHECKS,
    },
    Topic {
        name: "links",
        checks: links::CHECKS,
    },
    Topic {
        name: "trees",
        checks: trees::CHECKS,
    },
    Topic {
        name: "singles",
        checks: singles::CHECKS,
    },
    Topic {
        name: "files",
        checks: files::CHECKS,
    },
    Topic {
        name: "deletes",
        checks: deletes::CHECKS,
    },
    Topic {
        name: "dependents",
        checks: dependents::CHECKS,
    },
    Topic {
        name: "presence",
        checks: presence::CHECKS,
    },
    Topic {
        name: "renames",
        checks: renames::CHECKS,
    },
    Topic {
        name: "traces",
        checks: traces::CHECKS,
    },
    Topic {
        name: "acting",
        checks: acting::CHECKS,
    },
    Topic {
        name: "webhooks",
        checks: webhooks::CHECKS,
    },
    Topic {
        name: "records",
        checks: records::CHECKS,
    },
    Topic {
        name: "metadata",
        checks: metadata::CHECKS,
    },
    Topic {
        name: "insert_many",
        checks: insert_many::CHECKS,
    },
    Topic {
        name: "time",
        checks: time::CHECKS,
    },
    Topic {
        name: "client_methods",
        checks: client_methods::CHECKS,
    },
    Topic {
        name: "v2",
        checks: v2::CHECKS,
    },
];
