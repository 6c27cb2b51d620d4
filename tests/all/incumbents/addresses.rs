//! A site is what it holds, not how it is reached.

use frappe_sync_connector::{Auth, FrappeSite, SiteConfig, SiteUrl};
use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_tests::{Names, SitePair, Sync, install, pairs, uninstall};
use secrecy::SecretString;
use serde_json::json;

use crate::scene::{customer, edit, said};
use crate::two_way::load;

/// The same pair, with `b` under another address.
fn under_another_address(pair: &SitePair) -> SitePair {
    let mut moved = pair.swapped().swapped();
    moved.urls.b = format!("{}/", pair.urls.b.replace("127.0.0.1", "localhost"));
    assert_ne!(moved.urls.b.trim_end_matches('/'), pair.urls.b);
    let url = SiteUrl::new(&moved.urls.b).expect("the other address is sound");
    let (key, secret) = pair.keys.b.clone();
    let auth = Auth::Token {
        key,
        secret: SecretString::from(secret),
    };
    moved.sites.b = FrappeSite::new(SiteConfig::new(url, auth)).expect("a client can be made");
    moved
}

#[tokio::test]
async fn a_site_that_is_reached_under_another_address_goes_on() {
    for pair in pairs().await {
        let names = Names::unique("Address");
        install(&pair, &names).await;
        load(&pair, &names, 5, 4).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;

        let moved = under_another_address(&pair);
        let mut sync = sync.over(&moved);
        sync.options.addresses = moved.urls.clone();
        sync.assert_quiet().await;
        edit(
            &pair,
            &names,
            Side::B,
            "Customer 00001",
            json!({ "phone": "b" }),
        )
        .await;
        customer(&pair, &names, Side::A, "New").await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(
            (report.summary.create, report.summary.update),
            (1, 1),
            "{report:#?}"
        );
        let phone = said(&pair, &names, Side::A, "Customer 00001", "phone").await;
        assert_eq!(phone, "b");
        for side in Side::BOTH {
            let orders = pair.people[side].names(&names.order).await;
            assert_eq!(orders.len(), 4, "{side}: {orders:?}");
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}
