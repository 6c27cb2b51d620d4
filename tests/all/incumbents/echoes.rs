//! What comes back after a write of ours is ours only if nobody touched it.

use frappe_sync_engine::EngineError;
use frappe_sync_model::Side;
use frappe_sync_sandbox::{Action, Fault, Matcher, Method, Moment};
use frappe_sync_tests::{Names, SitePair, Sync};
use serde_json::json;

use crate::scene::{customer, customers_only, edit, said, sandboxes};

fn our_update() -> Matcher {
    Matcher::writes().method(Method::Put)
}

/// Both sites agree on the customer `C`, and then a person changes its notes on `a`.
async fn agreed_and_edited(word: &str) -> (SitePair, Names) {
    let (pair, names) = sandboxes(word).await;
    customer(&pair, &names, Side::A, "C").await;
    (pair, names)
}

/// What the person on `b` said last stands on both sides.
async fn assert_the_person_stands(pair: &SitePair, names: &Names, sync: &Sync<'_>) {
    sync.run_until_quiet().await;
    for side in Side::BOTH {
        let notes = said(pair, names, side, "C", "notes").await;
        assert_eq!(notes, "by b", "{side}");
    }
    sync.assert_equal().await;
}

#[tokio::test]
async fn an_edit_of_the_very_field_that_we_wrote_is_not_taken_for_our_echo() {
    let (pair, names) = agreed_and_edited("Echo").await;
    let sync = Sync::new(&pair, &customers_only(&names, "prefer: b\n"));
    sync.run_until_quiet().await;
    edit(&pair, &names, Side::A, "C", json!({ "notes": "by a" })).await;
    let doctype = names.customer.clone();
    let faults = pair.sandboxes().b.faults();
    faults.interpose(our_update(), Moment::After, move |site| {
        let person = site.as_user("person@example.com");
        let saved = person.update(&doctype, "C", json!({ "notes": "by b" }));
        assert!(saved.is_ok(), "{saved:?}");
    });
    sync.run().await;
    assert_eq!(faults.pending(), 0);
    assert_the_person_stands(&pair, &names, &sync).await;
}

#[tokio::test]
async fn an_edit_after_a_write_whose_end_we_never_saw_is_not_taken_for_our_echo() {
    let (pair, names) = agreed_and_edited("Ghost").await;
    let sync = Sync::new(&pair, &customers_only(&names, "prefer: b\n"));
    sync.run_until_quiet().await;
    edit(&pair, &names, Side::A, "C", json!({ "notes": "by a" })).await;
    // The site goes away right after it took the write, so that nothing is read back.
    let faults = pair.sandboxes().b.faults();
    let later = faults.clone();
    faults.interpose(our_update(), Moment::After, move |_| {
        for _ in 0..20 {
            later.push(Fault {
                matcher: Matcher::any(),
                action: Action::HtmlBadGateway { executed: false },
            });
        }
    });
    let ended = sync.try_run().await;
    assert!(matches!(ended, Err(EngineError::Site { .. })), "{ended:?}");
    faults.clear();
    assert_eq!(said(&pair, &names, Side::B, "C", "notes").await, "by a");
    edit(&pair, &names, Side::B, "C", json!({ "notes": "by b" })).await;
    assert_the_person_stands(&pair, &names, &sync).await;
}
