//! Natural keys of several parts, one of them a Link.

use frappe_sync_tests::Sync;
use serde_json::json;

use super::scene::{clear, doctype, said, sites};

#[tokio::test]
async fn a_link_in_a_key_is_compared_by_its_counterpart() {
    let site = |thing: &str, code: &str| {
        vec![
            doctype(
                thing,
                &format!("{}-.#####", thing.to_uppercase()),
                &format!("{code} | Data | reqd"),
            ),
            doctype(
                "Rate",
                "RATE-.#####",
                &format!(
                    "thing | Link | {thing}\n list | Data |\n rate | Currency |\n note | Data |"
                ),
            ),
        ]
    };
    for pair in sites(site("Article", "code"), site("Product", "sku")).await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        // The same article has another name on the other site, whose numbers run otherwise.
        b.insert("Product", json!({ "sku": "Z" })).await;
        let product = b.insert("Product", json!({ "sku": "X" })).await;
        let article = a.insert("Article", json!({ "code": "X" })).await;
        assert_ne!(article[7..], product[7..]);
        for list in ["Retail", "Trade"] {
            a.insert("Rate", json!({ "thing": article, "list": list, "rate": 5 }))
                .await;
            b.insert(
                "Rate",
                json!({ "thing": product, "list": list, "note": list }),
            )
            .await;
        }
        let sync = Sync::new(
        &pair,
        &[
            "version: 1\ndoctype: {a: Article, b: Product}\nidentity: [code]\nfields: {map: {code: sku}}\n".to_owned(),
            "version: 1\ndoctype: Rate\nidentity: [thing, list]\n".to_owned(),
        ],
    );
        let report = sync.run().await;
        assert_eq!(report.summary.create, 1, "{report:#?}");
        assert_eq!(report.summary.conflict, 0, "{report:#?}");
        for side in [a, b] {
            let rates = side
                .list("Rate", &["list", "rate", "note"], json!([]))
                .await;
            let mut rates: Vec<String> = rates
                .iter()
                .map(|rate| said(rate, &["list", "rate", "note"]))
                .collect();
            rates.sort();
            assert_eq!(rates, ["Retail|5|Retail", "Trade|5|Trade"]);
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        clear(&pair).await;
    }
}
