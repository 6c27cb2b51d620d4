//! A field on a level that our user may read and not write: the site answers 200 and keeps the old value.

use frappe_sync_engine::Cause;
use frappe_sync_model::Side;
use frappe_sync_tests::Sync;
use serde_json::json;

use crate::scene::{customer, customers_only, edit, said, sandboxes};

#[tokio::test]
async fn a_value_that_is_refused_in_silence_is_told_and_arrives_once_it_may() {
    let (pair, names) = sandboxes("Level").await;
    customer(&pair, &names, Side::A, "C").await;
    let sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.run_until_quiet().await;
    let permissions = |write: u8| {
        json!({ "permissions": [
            { "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1 },
            { "role": "System Manager", "read": 1, "write": write, "permlevel": 1 },
        ] })
    };
    let hidden = pair
        .sandboxes()
        .b
        .set_permlevel(&names.customer, "notes", 1);
    assert!(hidden.is_ok(), "{hidden:?}");
    pair.people
        .b
        .update("DocType", &names.customer, permissions(0))
        .await;

    edit(
        &pair,
        &names,
        Side::A,
        "C",
        json!({ "notes": "from a", "phone": "1" }),
    )
    .await;
    let report = sync.run().await;
    assert_eq!(report.refused.len(), 1, "{report:#?}");
    assert_eq!(
        (
            report.refused[0].site,
            report.refused[0].path.to_string().as_str()
        ),
        (Side::B, "notes")
    );
    assert_eq!(said(&pair, &names, Side::B, "C", "phone").await, "1");
    assert_eq!(said(&pair, &names, Side::B, "C", "notes").await, "0");
    assert_eq!(
        said(&pair, &names, Side::A, "C", "notes").await,
        "from a",
        "nothing came back"
    );
    // It is not tried for ever, and it is not taken for agreed either.
    sync.assert_quiet().await;
    let verified = sync.verify().await;
    assert!(!verified.equal);
    assert_eq!(
        verified.causes.get(&Cause::Refused),
        Some(&1),
        "{verified:#?}"
    );

    pair.people
        .b
        .update("DocType", &names.customer, permissions(1))
        .await;
    let shown = pair
        .sandboxes()
        .b
        .set_permlevel(&names.customer, "notes", 0);
    assert!(shown.is_ok(), "{shown:?}");
    sync.run().await;
    assert_eq!(said(&pair, &names, Side::B, "C", "notes").await, "from a");
    sync.assert_equal().await;
    sync.assert_quiet().await;
}
