//! What it costs to read documents whose rows have older stamps than they have.

use frappe_sync_sandbox::RequestRecord;
use frappe_sync_tests::Sync;
use serde_json::json;

use crate::scene::sandboxes;
use crate::two_way::load;

#[tokio::test]
async fn orders_whose_rows_are_older_than_they_are_not_read_one_by_one() {
    let (pair, names) = sandboxes("Older").await;
    load(&pair, &names, 10, 120).await;
    let mut sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    let a = &pair.sandboxes().a;
    // What a `db_set` of a status does: the order has a new `modified`, its rows keep theirs.
    let touched = a.bulk_touch(&names.order, &json!([]), &json!({ "remarks": "set" }));
    assert_eq!(touched.ok(), Some(120));
    sync.options.allow.insert("max_changes".to_owned());
    a.reset_requests();
    let report = sync.run().await;
    assert_eq!(report.summary.update, 120, "{report:#?}");
    // Their keys, whether the site is the one that it was, the orders, and their rows once: none by itself.
    let requests = a.requests();
    let about = |doctype: &str| {
        let asked = |request: &&RequestRecord| request.doctype.as_deref() == Some(doctype);
        requests.iter().filter(asked).count()
    };
    assert!(about(&names.order) <= 3, "{requests:#?}");
    assert_eq!(about(&names.row), 1, "{requests:#?}");
    sync.assert_equal().await;
}
