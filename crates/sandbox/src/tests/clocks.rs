//! What a site makes of its clock.

use chrono::{DateTime, TimeDelta};
use serde_json::json;

use super::{create, exists, read, site};

#[test]
fn stamps_are_in_the_sites_zone_and_the_date_header_is_not() {
    let sandbox = site();
    // 13:33:20 UTC is 15:33:20 in Berlin in September.
    sandbox
        .clock()
        .set(DateTime::from_timestamp(1_790_000_000, 0).unwrap());
    let answer = sandbox.handle(&create("a"));
    let modified = answer.value()["data"]["modified"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        modified.starts_with("2026-09-21 16:13:20.0000"),
        "{modified}"
    );
    assert_eq!(answer.header("date"), Some("Mon, 21 Sep 2026 14:13:20 GMT"));
}

#[test]
fn a_frozen_clock_gives_equal_stamps() {
    let sandbox = site();
    sandbox.clock().freeze();
    let modified = |name: &str| sandbox.handle(&create(name)).value()["data"]["modified"].clone();
    assert_eq!(modified("a"), modified("b"));
    sandbox.clock().thaw();
    assert_ne!(modified("c"), modified("d"));
}

#[test]
fn a_whole_second_loses_its_fraction_on_reads_alone() {
    let sandbox = site();
    sandbox.clock().freeze();
    sandbox
        .clock()
        .set(DateTime::from_timestamp(1_790_000_000, 0).unwrap());
    let written = sandbox.handle(&create("a")).value();
    let found = sandbox.handle(&read("a")).value();
    assert_eq!(written["data"]["modified"], "2026-09-21 16:13:20.000000");
    assert_eq!(found["data"]["modified"], "2026-09-21 16:13:20");
}

#[test]
fn the_clock_can_step_back_and_the_site_can_be_off() {
    let sandbox = site();
    sandbox.handle(&create("a"));
    sandbox.clock().advance(-TimeDelta::hours(1));
    sandbox.set_skew(-TimeDelta::minutes(30));
    let person = sandbox.as_user("Administrator");
    let before = person.get("Thing", "a").unwrap();
    let after = person.update("Thing", "a", json!({"title": "x"})).unwrap();
    assert!(after["modified"].as_str() < before["modified"].as_str());
    assert_eq!(
        sandbox.clock().now() - sandbox.now(),
        TimeDelta::minutes(30)
    );
}

#[test]
fn an_hour_repeats_when_summer_time_ends() {
    let sandbox = site();
    // 2026-10-25 00:59:59 UTC is 02:59:59 in Berlin, and a second later it is 02:00:00 again.
    sandbox
        .clock()
        .set(DateTime::from_timestamp(1_792_889_999, 0).unwrap());
    let first = sandbox.handle(&create("first")).value();
    sandbox.clock().advance(TimeDelta::seconds(2));
    let second = sandbox.handle(&create("second")).value();
    assert!(first["data"]["creation"].as_str() > second["data"]["creation"].as_str());
    assert!(exists(&sandbox, "second"));
}

#[test]
fn writes_past_the_api_stamp_nothing_or_everything_alike() {
    let sandbox = site();
    for name in ["a", "b", "c"] {
        sandbox.handle(&create(name));
    }
    let person = sandbox.as_user("Administrator");
    let before = person.get("Thing", "a").unwrap();
    sandbox
        .silent_set("Thing", "a", json!({"title": "silent"}))
        .unwrap();
    let after = person.get("Thing", "a").unwrap();
    assert_eq!(after["title"], "silent");
    assert_eq!(after["modified"], before["modified"]);

    let touched = sandbox.bulk_touch(
        "Thing",
        &json!({"name": ["in", ["a", "b"]]}),
        &json!({"title": "t"}),
    );
    assert_eq!(touched, Ok(2));
    let modified = |name: &str| person.get("Thing", name).unwrap()["modified"].clone();
    assert_eq!(modified("a"), modified("b"));
    assert_ne!(modified("a"), modified("c"));
    assert_eq!(
        sandbox
            .silent_set("Thing", "a", json!({"nothing": 1}))
            .unwrap_err()
            .status,
        500
    );
}

#[test]
fn many_are_written_in_silence_at_once() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    for name in ["a", "b", "c"] {
        person.insert("Thing", json!({"name": name})).unwrap();
    }
    let list = || {
        let fields = ["name", "title", "modified"];
        person.list("Thing", &fields, json!([])).unwrap()
    };
    let before = list();
    let filters = json!([["name", "in", ["a", "c"]]]);
    let written = sandbox.silent_set_all("Thing", &filters, &json!({"title": "t"}));
    assert_eq!(written.unwrap(), 2);
    let after = list();
    for (place, title) in [json!("t"), json!(null), json!("t")].iter().enumerate() {
        assert_eq!(after[place]["title"], *title);
        assert_eq!(after[place]["modified"], before[place]["modified"]);
    }
}
