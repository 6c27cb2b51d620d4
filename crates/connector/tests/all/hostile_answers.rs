//! Answers that no working Frappe site gives.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, json};

use frappe_sync_connector::{FrappeSite, SiteConfig};
use frappe_sync_model::{DocKey, NewDocument, Site, SiteError, SiteErrorKind, Written};

use crate::scripted_site::{Reply, ScriptedSite, quick_config};

async fn read(site: &FrappeSite) -> Result<Vec<DocKey>, SiteError> {
    site.matching_keys(&"ToDo".into(), &[]).await
}

async fn write(site: &FrappeSite) -> Result<Written, SiteError> {
    let document = NewDocument {
        doctype: "ToDo".into(),
        name: None,
        body: Map::new(),
    };
    site.insert(&document).await
}

fn nothing_listed() -> Reply {
    Reply::json(200, json!({"message": []}))
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_tells_where_to() {
    let target = "https://user:pass@erp.example.com/login?sid=secret";
    let redirect = || Reply::new(301, &[("location", target)], b"");
    let script = ScriptedSite::in_order([redirect(), redirect()]).await;
    let site = script.client();
    for error in [
        read(&site).await.unwrap_err(),
        write(&site).await.unwrap_err(),
    ] {
        assert_eq!(error.kind, SiteErrorKind::NotFrappe);
        assert!(
            error
                .message
                .contains("redirects to `https://erp.example.com/login`"),
            "{error}"
        );
    }
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn a_page_instead_of_json_is_no_frappe_site_and_leaves_a_write_unknown() {
    for status in [200, 403, 404] {
        let script = ScriptedSite::in_order([Reply::html(status), Reply::html(status)]).await;
        let site = script.client();
        let error = read(&site).await.unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::NotFrappe);
        assert!(error.message.contains("text/html"), "{error}");
        assert_eq!(
            write(&site).await.unwrap_err().kind,
            SiteErrorKind::OutcomeUnknown
        );
        assert_eq!(script.asked().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn json_under_another_content_type_is_not_taken() {
    let reply = || Reply::new(200, &[("content-type", "text/plain")], b"{\"message\": []}");
    let script = ScriptedSite::in_order([reply(), reply()]).await;
    let site = script.client();
    assert_eq!(
        read(&site).await.unwrap_err().kind,
        SiteErrorKind::NotFrappe
    );
    assert_eq!(
        write(&site).await.unwrap_err().kind,
        SiteErrorKind::OutcomeUnknown
    );
}

#[tokio::test]
async fn json_without_what_was_asked_for_is_not_taken() {
    let reply = || Reply::json(200, json!({"message": {"a": 1}, "data": {"title": "x"}}));
    let script = ScriptedSite::in_order([reply(), reply()]).await;
    let site = script.client();
    let error = read(&site).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotFrappe);
    assert_eq!(error.request, "read keys of ToDo");
    let error = write(&site).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::OutcomeUnknown);
    assert_eq!(error.request, "POST ToDo");
}

#[tokio::test]
async fn half_a_body_is_read_again() {
    let script = ScriptedSite::in_order([Reply::half_a_body(), nothing_listed()]).await;
    assert_eq!(read(&script.client()).await.unwrap(), []);

    let script = ScriptedSite::in_order([(); 3].map(|()| Reply::half_a_body())).await;
    let error = read(&script.client()).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotFrappe);
    assert_eq!(script.asked().len(), 3);
}

#[tokio::test]
async fn half_a_body_leaves_a_write_unknown() {
    let script = ScriptedSite::in_order([Reply::half_a_body()]).await;
    let error = write(&script.client()).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::OutcomeUnknown);
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_a_lost_answer() {
    let script = ScriptedSite::in_order([(); 4].map(|()| Reply::Bytes(Vec::new()))).await;
    let site = script.client();
    assert_eq!(
        write(&site).await.unwrap_err().kind,
        SiteErrorKind::OutcomeUnknown
    );
    assert_eq!(
        read(&site).await.unwrap_err().kind,
        SiteErrorKind::Unreachable
    );
    assert_eq!(script.asked().len(), 4);
}

#[tokio::test]
async fn silence_ends_with_the_timeout() {
    let script = ScriptedSite::answering(|_| Reply::Silence).await;
    let config = SiteConfig {
        read_timeout: Duration::from_millis(50),
        ..script.config()
    };
    let site = FrappeSite::new(config).unwrap();
    let error = read(&site).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::Unreachable);
    assert!(error.message.contains("did not answer in time"), "{error}");
    assert_eq!(site.request_counts().read, 3);
}

#[tokio::test(start_paused = true)]
async fn a_write_is_waited_for_ten_seconds_longer_than_it_can_run() {
    let script = ScriptedSite::answering(|_| Reply::Silence).await;
    let config = SiteConfig {
        connect_timeout: Duration::from_secs(3600),
        request_timeout: Duration::from_secs(20),
        ..script.config()
    };
    let site = FrappeSite::new(config).unwrap();
    let start = tokio::time::Instant::now();
    let error = write(&site).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::OutcomeUnknown);
    let waited = start.elapsed();
    assert!((30..32).contains(&waited.as_secs()), "{waited:?}");
    assert_eq!(site.request_counts().write, 1);
}

#[tokio::test]
async fn a_gateway_without_the_site_is_asked_again_by_reads_alone() {
    for status in [500, 502, 504] {
        let script = ScriptedSite::in_order([Reply::html(status), nothing_listed()]).await;
        assert_eq!(read(&script.client()).await.unwrap(), [], "{status}");

        let script = ScriptedSite::in_order([(); 3].map(|()| Reply::html(status))).await;
        let error = read(&script.client()).await.unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::Unreachable, "{status}");

        let script = ScriptedSite::in_order([Reply::html(status)]).await;
        let error = write(&script.client()).await.unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::OutcomeUnknown, "{status}");
        assert_eq!(error.status, Some(status));
        assert_eq!(script.asked().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_read_and_a_broken_one_is_not() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(b"{\"message\": [{\"name\": \"A\"}]}")
        .unwrap();
    let packed = encoder.finish().unwrap();
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let whole = Reply::new(200, &headers, &packed);
    let cut = || Reply::new(200, &headers, &packed[..packed.len() / 2]);

    let script = ScriptedSite::in_order([whole]).await;
    assert_eq!(read(&script.client()).await.unwrap()[0].name, "A");
    let script = ScriptedSite::in_order([cut(), cut(), cut()]).await;
    assert_eq!(
        read(&script.client()).await.unwrap_err().kind,
        SiteErrorKind::NotFrappe
    );
}

#[tokio::test]
async fn an_answer_larger_than_the_bound_is_not_read() {
    let padding = " ".repeat(2000);
    let reply = || {
        Reply::json(
            200,
            json!({"message": [], "data": {"name": "A"}, "pad": padding}),
        )
    };
    let script = ScriptedSite::in_order([reply(), reply()]).await;
    let config = SiteConfig {
        max_answer_bytes: 1000,
        ..script.config()
    };
    let site = FrappeSite::new(config).unwrap();
    let error = read(&site).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotFrappe);
    assert!(error.message.contains("larger"), "{error}");
    assert_eq!(
        write(&site).await.unwrap_err().kind,
        SiteErrorKind::OutcomeUnknown
    );
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn a_bomb_is_bounded_by_what_comes_out_of_it() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b' '; 10_000_000]).unwrap();
    let packed = encoder.finish().unwrap();
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let script = ScriptedSite::in_order([Reply::new(200, &headers, &packed)]).await;
    let config = SiteConfig {
        max_answer_bytes: 1_000_000,
        ..script.config()
    };
    let error = read(&FrappeSite::new(config).unwrap()).await.unwrap_err();
    assert!(error.message.contains("larger"), "{error}");
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_unreachable_and_nothing_was_done() {
    let unused = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let site = FrappeSite::new(quick_config(&unused)).unwrap();
    assert_eq!(
        read(&site).await.unwrap_err().kind,
        SiteErrorKind::Unreachable
    );
    let error = write(&site).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::Unreachable);
    assert!(error.source.is_some());
    // Each was tried three times: nothing had been sent.
    assert_eq!(site.request_counts().read, 3);
    assert_eq!(site.request_counts().write, 3);
}
