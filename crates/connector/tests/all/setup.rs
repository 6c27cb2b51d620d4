//! What is set up once: headers, certificates, the check of the configuration.

use serde_json::json;

use frappe_sync_connector::{ConfigError, FrappeSite, SiteConfig};
use frappe_sync_model::{BodyQuery, KeyQuery, Site, SiteErrorKind};

use crate::scripted_site::{Reply, ScriptedSite, quick_config};

#[tokio::test]
async fn every_request_carries_the_key_asks_for_json_and_no_cookie() {
    let pong = || {
        let cookie = [("set-cookie", "sid=Guest; Path=/")];
        Reply::json_with(200, &cookie, json!({"message": "pong"}))
    };
    let script = ScriptedSite::in_order([pong(), pong()]).await;
    let site = script.client();
    site.ping().await.unwrap();
    site.ping().await.unwrap();
    for asked in script.asked() {
        assert_eq!(asked.header("authorization"), Some("token the-key:hunter2"));
        assert_eq!(asked.header("accept"), Some("application/json"));
        assert_eq!(asked.header("cookie"), None);
        assert!(
            asked
                .header("user-agent")
                .unwrap()
                .starts_with("frappe-sync/")
        );
        assert!(asked.header("accept-encoding").unwrap().contains("gzip"));
    }
}

#[tokio::test]
async fn a_path_prefix_stays_in_front_of_every_path() {
    let script = ScriptedSite::in_order([Reply::json(200, json!({"message": "pong"}))]).await;
    let site = FrappeSite::new(quick_config(&format!("{}/erp/", script.url()))).unwrap();
    site.ping().await.unwrap();
    assert_eq!(script.asked()[0].target, "/erp/api/method/ping");
}

#[tokio::test]
async fn neither_a_site_nor_its_errors_show_the_secret() {
    let script = ScriptedSite::in_order([Reply::json(
        401,
        json!({"exception": "frappe.exceptions.AuthenticationError"}),
    )])
    .await;
    let site = script.client();
    let error = site.probe().await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotAuthorised);
    assert_eq!(error.status, Some(401));
    let shown = format!("{site:?} {error} {error:?} {:?}", script.config());
    assert!(
        !shown.contains("hunter2") && !shown.contains("the-key"),
        "{shown}"
    );
}

#[test]
fn a_configuration_that_cannot_work_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let no_certificate = folder.path().join("ca.pem");
    std::fs::write(&no_certificate, "not a certificate").unwrap();
    let refused = |change: &dyn Fn(&mut SiteConfig)| {
        let mut config = quick_config("https://erp.example.com");
        change(&mut config);
        FrappeSite::new(config).unwrap_err()
    };
    assert!(matches!(
        refused(&|config| config.ca_file = Some(folder.path().join("missing.pem"))),
        ConfigError::CaFile { .. }
    ));
    assert!(matches!(
        refused(&|config| config.ca_file = Some(no_certificate.clone())),
        ConfigError::NoCertificate { .. }
    ));
    assert!(matches!(
        refused(&|config| config.max_in_flight = 0),
        ConfigError::NothingInFlight
    ));
    assert!(matches!(
        refused(&|config| config.user_agent = "a\nb".to_owned()),
        ConfigError::Client { .. }
    ));
}

#[test]
fn the_futures_of_a_site_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn check(site: &FrappeSite, keys: &KeyQuery, bodies: &BodyQuery<'_>) {
        is_send(&site.probe());
        is_send(&site.keys(keys));
        is_send(&site.documents(bodies));
        is_send(&site.insert_many(&[]));
        is_send(&site.existing(&keys.doctype, &[]));
    }
    let _compiles = check;
}
