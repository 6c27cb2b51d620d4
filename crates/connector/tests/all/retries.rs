//! What is sent again, and what never is.

use std::time::Duration;

use serde_json::{Map, Value, json};

use frappe_sync_connector::FrappeSite;
use frappe_sync_model::{NewDocument, Site, SiteError, SiteErrorKind, Written};

use crate::scripted_site::{Reply, ScriptedSite};

async fn write(site: &FrappeSite) -> Result<Written, SiteError> {
    let document = NewDocument {
        doctype: "ToDo".into(),
        name: None,
        body: Map::new(),
    };
    site.insert(&document).await
}

fn done() -> Reply {
    Reply::json(200, json!({"data": {"name": "T-1"}}))
}

fn exception(status: u16, exception: &str) -> Reply {
    Reply::json(status, json!({ "exception": exception }))
}

#[tokio::test]
async fn a_write_is_repeated_where_the_site_says_that_nothing_was_done() {
    let nothing_done = [
        Reply::json(429, json!({"exc_type": "TooManyRequestsError"})),
        Reply::json_with(429, &[("retry-after", "0")], json!({})),
        Reply::html(429),
        Reply::json(503, json!({"exc_type": "SessionStopped"})),
        Reply::json(500, json!({"exc_type": "QueryDeadlockError"})),
        // 14 names the class in `exception` alone.
        exception(
            500,
            "frappe.exceptions.QueryDeadlockError: (1213, 'Deadlock found')",
        ),
        exception(
            500,
            "frappe.exceptions.QueryTimeoutError: (1205, 'Lock wait')",
        ),
    ];
    for reply in nothing_done {
        let script = ScriptedSite::in_order([reply.clone(), done()]).await;
        let site = script.client();
        assert_eq!(write(&site).await.unwrap().name, "T-1", "{reply:?}");
        assert_eq!(site.request_counts().write, 2);
        assert_eq!(script.asked()[0].body, script.asked()[1].body);
    }
}

#[tokio::test]
async fn no_other_write_is_repeated() {
    let refused = |exc_type: &str| SiteErrorKind::Refused {
        exc_type: exc_type.to_owned(),
    };
    let cases: [(u16, &str, SiteErrorKind); 9] = [
        (401, "AuthenticationError", SiteErrorKind::NotAuthorised),
        (403, "PermissionError", SiteErrorKind::NotPermitted),
        (404, "DoesNotExistError", SiteErrorKind::NotFound),
        (409, "DuplicateEntryError", SiteErrorKind::Duplicate),
        (417, "UniqueValidationError", SiteErrorKind::Duplicate),
        (417, "TimestampMismatchError", SiteErrorKind::Stale),
        (417, "MandatoryError", refused("MandatoryError")),
        (500, "TypeError", refused("TypeError")),
        (502, "", SiteErrorKind::OutcomeUnknown),
    ];
    for (status, exc_type, kind) in cases {
        let reply = Reply::json(status, json!({ "exc_type": exc_type }));
        let script = ScriptedSite::in_order([reply]).await;
        let error = write(&script.client()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{status} {exc_type}");
        assert_eq!(error.status, Some(status));
        assert_eq!(error.request, "POST ToDo");
        assert_eq!(script.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_lock_that_never_comes_free_holds_back_this_document_alone() {
    let deadlock = || Reply::json(500, json!({"exc_type": "QueryDeadlockError"}));
    let script = ScriptedSite::in_order([deadlock(), deadlock(), deadlock()]).await;
    let error = write(&script.client()).await.unwrap_err();
    assert!(error.concerns_one_document());
    assert_eq!(script.asked().len(), 3);
}

#[tokio::test]
async fn a_site_that_stays_busy_says_until_when() {
    let busy = || Reply::json(503, json!({"exc_type": "SessionStopped"}));
    let script = ScriptedSite::in_order([busy(), busy(), busy()]).await;
    let error = write(&script.client()).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::Busy { retry_after: None });

    // Longer than the budget: there is no use in waiting.
    let busy = Reply::json_with(429, &[("retry-after", "3600")], json!({}));
    let script = ScriptedSite::in_order([busy]).await;
    let error = write(&script.client()).await.unwrap_err();
    let retry_after = Some(Duration::from_secs(3600));
    assert_eq!(error.kind, SiteErrorKind::Busy { retry_after });
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn the_words_of_the_site_reach_people_without_their_wrapping() {
    let message = json!({
        "message": "Error: Value missing for <b>ToDo</b>: <strong>Description</strong>",
        "title": "Missing Fields",
        "raise_exception": 1,
    });
    let messages = json!([message.to_string()]).to_string();
    let body: Value = json!({"exc_type": "MandatoryError", "_server_messages": messages});
    let script = ScriptedSite::in_order([Reply::json(417, body)]).await;
    let error = write(&script.client()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Error: Value missing for ToDo: Description"
    );
}
