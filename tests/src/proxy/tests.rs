use std::sync::mpsc;
use std::time::Duration;

use frappe_sync_sandbox::Sandbox;
use serde_json::json;

use super::*;
use crate::{PairOptions, Person, SitePair};

const WAITS: Waits = Waits {
    answer: Duration::from_millis(1),
    write: Duration::from_millis(1),
};

/// A site behind a proxy that meets every request with this fault, and a person who goes through it.
async fn behind(rates: Rates) -> (SitePair, Proxy, Person) {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let proxy = Proxy::before(&pair.urls.a, 1, WAITS).await.unwrap();
    proxy.set_rates(rates);
    let person = Person::new(&proxy.url(), "person-key", "person-secret");
    (pair, proxy, person)
}

fn note(title: &str) -> serde_json::Value {
    json!({ "data": { "doctype": "Role", "role_name": title } })
}

/// Makes a document through the proxy. Returns what the person saw, and how many of these there are then.
async fn made(fault: Fault) -> (Result<serde_json::Value, String>, usize, Proxy, Sandbox) {
    let (pair, proxy, person) = behind(Rates::none().with(fault, 1000)).await;
    let site = pair.sandboxes().a.clone();
    let before = site.len_of("Role");
    let document = note("Storm");
    let seen = person
        .send(reqwest::Method::POST, "/api/resource/Role", Some(&document))
        .await;
    while proxy.held() > 0 {
        tokio::task::yield_now().await;
    }
    let made = site.len_of("Role") - before;
    (seen, made, proxy, site)
}

#[tokio::test]
async fn without_faults_everything_is_passed_on_as_it_is() {
    let (pair, proxy, person) = behind(Rates::none()).await;
    let name = "a b/c%d?e&f\u{e4}";
    person.insert("Role", json!({ "role_name": name })).await;
    let direct = pair.people.a.get("Role", name).await;
    assert_eq!(person.get("Role", name).await, direct);
    let refused = person.try_get("Role", "nowhere").await.unwrap_err();
    assert!(refused.starts_with("404"), "{refused}");
    assert_eq!(proxy.counts().requests, 3);
    assert_eq!(proxy.counts().faults.len(), 0);
}

#[tokio::test]
async fn each_fault_does_what_its_name_says() {
    let expected = [
        (Fault::LoseRequest, "error sending request", 0),
        (Fault::LoseAnswer, "error sending request", 1),
        (Fault::BadGatewayBefore, "502", 0),
        (Fault::BadGatewayAfter, "502", 1),
        (Fault::TooManyRequests, "429", 0),
        (Fault::Deadlock, "QueryDeadlockError", 0),
        (Fault::CutBody, "error decoding response body", 1),
        (Fault::HoldWrite, "error sending request", 1),
    ];
    for (fault, told, count) in expected {
        let (seen, made, proxy, _site) = made(fault).await;
        let seen = seen.unwrap_err();
        assert!(seen.contains(told), "{fault}: {seen}");
        assert_eq!(made, count, "{fault}");
        assert_eq!(proxy.counts().faults[&fault], 1);
    }
    let (seen, made, _proxy, _site) = made(Fault::DelayAnswer).await;
    assert_eq!((seen.unwrap()["name"].as_str(), made), (Some("Storm"), 1));
}

#[tokio::test]
async fn a_read_is_not_held() {
    let (_pair, proxy, person) = behind(Rates::none().with(Fault::HoldWrite, 1000)).await;
    assert!(!person.names("Role").await.is_empty());
    assert_eq!(proxy.counts().faults.len(), 0);
}

#[tokio::test]
async fn a_trap_springs_at_its_request_before_or_after_the_site_has_it() {
    for (moment, count) in [(Moment::Before, 0), (Moment::After, 1)] {
        let (pair, proxy, person) = behind(Rates::none()).await;
        let site = pair.sandboxes().a.clone();
        let before = site.len_of("Role");
        let (tell, told) = mpsc::channel();
        let seen_site = site.clone();
        proxy.trap(2, moment, move || {
            tell.send(seen_site.len_of("Role") - before).unwrap();
        });
        assert!(!person.names("Role").await.is_empty());
        let seen = person
            .send(
                reqwest::Method::POST,
                "/api/resource/Role",
                Some(&note("Storm")),
            )
            .await;
        assert!(seen.is_err());
        assert_eq!(told.recv().unwrap(), count);
        assert_eq!(site.len_of("Role") - before, count);
    }
}

#[tokio::test]
async fn the_same_seed_hits_the_same_requests() {
    let mut counts = Vec::new();
    for _ in 0..2 {
        let rates = Rates::of_each(100).with(Fault::HoldWrite, 0);
        let (_pair, proxy, person) = behind(rates).await;
        for _ in 0..60 {
            let _seen = person.try_get("Role", "System Manager").await;
        }
        counts.push(proxy.counts());
    }
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0].faults.len() > 5, "{:?}", counts[0]);
}
