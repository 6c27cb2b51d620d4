//! A wire instead of the network: everything above it is the same, in virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, json};
use tokio::time::Instant;

use frappe_sync_connector::{
    FrappeSite, Jitter, RetryPolicy, SiteConfig, Wire, WireAnswer, WireFuture, WireOutcome,
    WireRequest,
};
use frappe_sync_model::{NewDocument, Site, SiteError, SiteErrorKind, Written};

use crate::scripted_site::quick_config;

/// Answers every request alike, after a while.
struct Scripted {
    after: Duration,
    outcome: WireOutcome,
    asked: Mutex<Vec<WireRequest>>,
}

impl Wire for Scripted {
    fn exchange(&self, request: WireRequest) -> WireFuture<'_> {
        self.asked.lock().unwrap().push(request);
        Box::pin(async {
            tokio::time::sleep(self.after).await;
            self.outcome.clone()
        })
    }
}

fn site(after: Duration, outcome: WireOutcome) -> (FrappeSite, Arc<Scripted>) {
    let wire = Arc::new(Scripted {
        after,
        outcome,
        asked: Mutex::default(),
    });
    let config = SiteConfig {
        retry: RetryPolicy::default(),
        jitter: Jitter::seeded(1),
        max_answer_bytes: 1000,
        ..quick_config("http://wire.localhost/prefix")
    };
    let site = FrappeSite::in_process(config, Arc::clone(&wire) as Arc<dyn Wire>).unwrap();
    (site, wire)
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> WireAnswer {
    let json = ("content-type", "application/json");
    let headers = headers.iter().chain([&json]);
    WireAnswer {
        status,
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.as_bytes().to_vec(),
    }
}

async fn write(site: &FrappeSite) -> Result<Written, SiteError> {
    let document = NewDocument {
        doctype: "ToDo".into(),
        name: None,
        body: Map::new(),
    };
    site.insert(&document).await
}

#[tokio::test(start_paused = true)]
async fn a_request_carries_what_it_would_carry_over_http() {
    let made = json!({"data": {"name": "T"}}).to_string();
    let (site, wire) = site(
        Duration::ZERO,
        WireOutcome::Answered(answer(200, &[], &made)),
    );
    assert_eq!(write(&site).await.unwrap().name, "T");
    assert_eq!(site.request_counts().write, 1);

    let asked = wire.asked.lock().unwrap().remove(0);
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("POST", "/api/resource/ToDo")
    );
    assert_eq!(asked.body, br#"{"data":{"doctype":"ToDo"}}"#);
    let header = |name: &str| {
        let found = asked.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("authorization"), Some("token the-key:hunter2"));
    assert_eq!(header("accept"), Some("application/json"));
    assert_eq!(header("content-type"), Some("application/json"));
    assert!(header("user-agent").unwrap().starts_with("frappe-sync/"));
    assert!(!format!("{asked:?} {site:?}").contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn outcomes_are_judged_as_over_http() {
    let whole = || answer(200, &[], "{\"data\": {\"name\": \"T\"}}");
    let large = format!("{{\"data\": \"{}\"}}", "x".repeat(2000));
    for (outcome, read, written) in [
        (
            WireOutcome::Lost,
            SiteErrorKind::Unreachable,
            SiteErrorKind::OutcomeUnknown,
        ),
        (
            WireOutcome::Cut(whole()),
            SiteErrorKind::NotFrappe,
            SiteErrorKind::OutcomeUnknown,
        ),
        (
            WireOutcome::Answered(answer(200, &[], "{\"mess")),
            SiteErrorKind::NotFrappe,
            SiteErrorKind::OutcomeUnknown,
        ),
        (
            WireOutcome::Answered(answer(200, &[], &large)),
            SiteErrorKind::NotFrappe,
            SiteErrorKind::OutcomeUnknown,
        ),
        (
            WireOutcome::Answered(answer(7, &[], "{}")),
            SiteErrorKind::Unreachable,
            SiteErrorKind::OutcomeUnknown,
        ),
        (
            WireOutcome::Answered(answer(404, &[("not a header", "x\n")], "{}")),
            SiteErrorKind::NotFound,
            SiteErrorKind::NotFound,
        ),
    ] {
        let (site, _) = site(Duration::ZERO, outcome.clone());
        assert_eq!(write(&site).await.unwrap_err().kind, written, "{outcome:?}");
        assert_eq!(site.request_counts().write, 1, "{outcome:?}");
        let read_error = site.matching_keys(&"ToDo".into(), &[]).await.unwrap_err();
        assert_eq!(read_error.kind, read, "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn waits_and_limits_pass_in_virtual_time() {
    let busy = answer(503, &[("retry-after", "10")], "{}");
    let (site, wire) = site(Duration::ZERO, WireOutcome::Answered(busy));
    let began = Instant::now();
    let error = write(&site).await.unwrap_err();
    assert!(matches!(error.kind, SiteErrorKind::Busy { .. }));
    assert!(
        began.elapsed() >= Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    assert!(wire.asked.lock().unwrap().len() > 3);
}

#[tokio::test(start_paused = true)]
async fn a_wire_that_takes_too_long_is_given_up() {
    let (site, _) = site(Duration::from_secs(131), WireOutcome::Lost);
    let began = Instant::now();
    assert_eq!(
        write(&site).await.unwrap_err().kind,
        SiteErrorKind::OutcomeUnknown
    );
    assert_eq!(began.elapsed().as_secs(), 130);
}
