//! A sync without a network and in virtual time: the same seed gives the same requests, and no wait takes time.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeZone as _, Utc};
use frappe_sync_connector::RetryPolicy;
use frappe_sync_engine::{Cancel, Parts, RunOptions, RunReport, Silent};
use frappe_sync_mapper::{MappingFile, parse};
use frappe_sync_model::{PerSide, RunId, Side, Site as _, SiteErrorKind, SyncName};
use frappe_sync_sandbox::{
    Action, Fault, Matcher, Moment, Person, RequestKind, RequestRecord, Rule, Sandbox,
};
use frappe_sync_store::StateFile;
use frappe_sync_tests::{Hook, VirtualOptions, VirtualPair};
use serde_json::{Value, json};

const MAPPING: &str = "version: 1\ndoctype: Order\ndirection: both\nidentity: [code]\n";

fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0)
        .single()
        .expect("this moment exists once")
}

fn add_doctypes(person: &Person) {
    let permissions = json!([{
        "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1,
    }]);
    let doctypes = [
        json!({"name": "Order Item", "istable": 1, "fields": [
            {"fieldname": "item", "fieldtype": "Data", "label": "Item"},
        ]}),
        json!({"name": "Order", "autoname": "hash", "permissions": permissions, "fields": [
            {"fieldname": "code", "fieldtype": "Data", "label": "Code", "unique": 1},
            {"fieldname": "title", "fieldtype": "Data", "label": "Title"},
            {"fieldname": "items", "fieldtype": "Table", "label": "Items", "options": "Order Item"},
        ]}),
    ];
    for mut doctype in doctypes {
        doctype["module"] = json!("Custom");
        doctype["custom"] = json!(1);
        person
            .insert("DocType", doctype)
            .expect("a sound DocType is taken");
    }
}

fn add_orders(person: &Person, letter: char, count: usize) {
    for number in 0..count {
        let order = json!({
            "code": format!("{letter}{number}"), "title": "t", "items": [{"item": "x"}, {"item": "y"}],
        });
        person.insert("Order", order).expect("an order is taken");
    }
}

async fn run(
    pair: &VirtualPair,
    state: &StateFile,
    mappings: &[MappingFile],
    run: u32,
) -> RunReport {
    let clock = || pair.time.now();
    let parts = Parts {
        sync: SyncName::new("test"),
        run: RunId::new(format!("run-{run}")),
        sites: pair.sites.as_ref(),
        store: &state.sync(&SyncName::new("test")),
        clock: &clock,
        mappings,
        options: RunOptions::default(),
        progress: &Silent,
        cancel: &Cancel::default(),
    };
    match frappe_sync_engine::run(&parts).await {
        Ok(report) => report,
        Err(error) => panic!("the run failed: {error}: {error:?}"),
    }
}

/// Everything that a pair shows of a sync.
#[derive(Debug, PartialEq)]
struct Trace {
    requests: PerSide<Vec<RequestRecord>>,
    orders: PerSide<Vec<Value>>,
    ended: DateTime<Utc>,
}

async fn trace(seed: u64) -> Trace {
    // Every request is on its way for a while that follows from its path, so that answers overtake each other.
    let hook: Hook = Arc::new(|_: Moment, _: &Sandbox, request| {
        Duration::from_millis(10 + request.body.len() as u64 % 90)
    });
    let options = VirtualOptions {
        seed,
        hook,
        ..VirtualOptions::default()
    };
    let pair = VirtualPair::new(start(), &options);
    for (side, letter) in [(Side::A, 'a'), (Side::B, 'b')] {
        let person = pair.person(side);
        add_doctypes(&person);
        add_orders(&person, letter, 30);
        let sandbox = &pair.sandboxes[side];
        sandbox.reset_requests();
        sandbox.faults().add_rule(Rule {
            matcher: Matcher::any(),
            action: Action::Deadlock,
            probability: 0.2,
        });
    }
    let mapping = parse(MAPPING, "order.yaml").unwrap_or_else(|error| panic!("{error}"));
    let state = StateFile::in_memory().expect("SQLite opens in memory");
    for number in 1..=3 {
        run(&pair, &state, std::slice::from_ref(&mapping), number).await;
    }
    Trace {
        requests: PerSide::from_fn(|side| pair.sandboxes[side].requests()),
        orders: PerSide::from_fn(|side| {
            let fields = ["name", "code", "title", "modified"];
            let listed = pair.person(side).list("Order", &fields, json!([]));
            listed.expect("a person may list orders")
        }),
        ended: pair.time.now(),
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_requests() {
    let began = std::time::Instant::now();
    let first = trace(7).await;
    assert_eq!(first.orders.a.len(), 60, "{:#?}", first.orders.a);
    assert_eq!(first.orders.b.len(), 60, "{:#?}", first.orders.b);
    assert!(
        first
            .requests
            .a
            .iter()
            .any(|request| request.status == Some(500))
    );
    // Deadlocks were waited out, in virtual time alone.
    assert!(first.ended - start() > chrono::TimeDelta::seconds(5));
    assert!(began.elapsed() < Duration::from_secs(60));

    assert_eq!(trace(7).await, first);
    let other = trace(8).await;
    assert_ne!(other.orders.a[0]["name"], first.orders.a[0]["name"]);
}

fn pair_with(hook: Hook) -> VirtualPair {
    let options = VirtualOptions {
        hook,
        retry: RetryPolicy {
            max_tries: 1,
            ..RetryPolicy::default()
        },
        ..VirtualOptions::default()
    };
    let pair = VirtualPair::new(start(), &options);
    add_doctypes(&pair.person(Side::A));
    pair
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_for_ever_is_given_up_in_virtual_time() {
    let slow: Hook = Arc::new(|moment, _: &Sandbox, request| {
        let is_slow = moment == Moment::After && request.path.contains("resource");
        if is_slow {
            Duration::MAX
        } else {
            Duration::ZERO
        }
    });
    let pair = pair_with(slow);
    let order = frappe_sync_model::NewDocument {
        doctype: "Order".into(),
        name: None,
        body: serde_json::Map::new(),
    };
    let error = pair
        .sites
        .a
        .insert(&order)
        .await
        .expect_err("nothing answers");
    assert_eq!(error.kind, SiteErrorKind::OutcomeUnknown);
    assert_eq!((pair.time.now() - start()).num_seconds(), 130);
    // It was carried out all the same.
    assert_eq!(pair.sandboxes.a.len_of("Order"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_site_that_is_slow_by_its_own_clock_is_slow_for_us_too() {
    let pair = pair_with(Arc::new(|_, _, _| Duration::ZERO));
    for seconds in [5, 100] {
        pair.sandboxes.a.faults().push(Fault {
            matcher: Matcher::any(),
            action: Action::Slow {
                millis: seconds * 1000,
            },
        });
    }
    let began = pair.time.now();
    pair.sites
        .a
        .ping()
        .await
        .expect("five seconds are short enough");
    assert_eq!(
        (pair.time.now() - began).num_seconds(),
        5,
        "the time passes once, not on either clock"
    );
    let error = pair.sites.a.ping().await.expect_err("a read has a minute");
    assert_eq!(error.kind, SiteErrorKind::Unreachable);
    let reads = pair.sandboxes.a.requests();
    assert!(
        reads
            .iter()
            .all(|request| request.kind == RequestKind::Read)
    );
}
