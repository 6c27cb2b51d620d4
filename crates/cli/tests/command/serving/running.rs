//! Runs by themselves, and what the system and people ask of the process.

use serde_json::json;

use super::served::{Served, configure, until};
use crate::rehearsal::Rehearsal;

fn often() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    configure(&rehearsal, ", schedule: '@every 1s'", "");
    rehearsal
}

fn notes(rehearsal: &Rehearsal, customer: &str, note: &str) -> bool {
    rehearsal.on_both(customer, "customer_details") == [json!(note), json!(note)]
}

#[test]
fn an_edit_is_on_the_other_side_by_itself_both_ways_and_a_stop_ends_with_0() {
    let rehearsal = often();
    let served = Served::start(&rehearsal);
    let [first, second] = two(&rehearsal);
    until("a first run", || {
        served.sync("hq-branch")["last_success"].is_object()
    });
    rehearsal.save_on(&rehearsal.hq, &first, "customer_details", "from hq");
    rehearsal.save_on(
        &rehearsal.branch,
        &second,
        "customer_details",
        "from branch",
    );
    until("both edits are on both", || {
        notes(&rehearsal, &first, "from hq") && notes(&rehearsal, &second, "from branch")
    });
    assert_eq!(served.get("/readyz").status, 200);
    assert!(served.end().success());
    let report = rehearsal.line("verify --json").report();
    assert_ne!(report["outcome"], "different");
}

#[test]
fn a_killed_process_goes_on_when_it_is_started_again() {
    let rehearsal = often();
    let [first, _] = two(&rehearsal);
    let served = Served::start(&rehearsal);
    until("a first run", || {
        served.sync("hq-branch")["last_success"].is_object()
    });
    served.signal("KILL");
    drop(served);
    rehearsal.save_on(
        &rehearsal.hq,
        &first,
        "customer_details",
        "while nobody looked",
    );
    let served = Served::start(&rehearsal);
    until("what was missed", || {
        notes(&rehearsal, &first, "while nobody looked")
    });
    assert!(served.end().success());
}

#[test]
fn a_hook_brings_a_change_over_without_a_schedule_and_a_stranger_brings_nothing() {
    let rehearsal = Rehearsal::new();
    configure(&rehearsal, "", "");
    assert_eq!(rehearsal.line("run").code, 0);
    let [first, _] = two(&rehearsal);
    let served = Served::start(&rehearsal);
    let before = served.runs("hq-branch");
    rehearsal.save_on(&rehearsal.hq, &first, "customer_details", "hooked");
    assert_eq!(served.hook("hq", "Customer", &first, Some("guessed")), 401);
    assert_eq!(served.hook("elsewhere", "Customer", &first, None), 401);
    // One that no mapping is for costs no run.
    assert_eq!(served.hook("hq", "User", "x", None), 202);
    // A burst is a few runs, however slow this machine is, and not one each.
    for _ in 0..20 {
        assert_eq!(served.hook("hq", "Customer", &first, None), 202);
    }
    until("the change is there", || {
        notes(&rehearsal, &first, "hooked")
    });
    until("it is at rest", || {
        served.sync("hq-branch")["running"].is_null()
    });
    assert!(served.runs("hq-branch") - before < 10);
    let metrics = served.get("/metrics").body;
    assert!(
        metrics.contains("frappe_sync_hooks_total{outcome=\"taken\"} 21"),
        "{metrics}"
    );
    assert!(metrics.contains("frappe_sync_hooks_total{outcome=\"refused\"} 2"));
}

#[test]
fn a_configuration_is_read_again_and_a_bad_one_leaves_the_old_one_going() {
    let rehearsal = often();
    let served = Served::start(&rehearsal);
    rehearsal.configure("'@every 1s'", "'@every never'");
    served.signal("HUP");
    until("it is told", || {
        served.told().contains("the old one goes on")
    });
    assert!(served.told().contains("`@every never` is no schedule"));
    assert!(served.told().contains("frappe-sync.yaml:"));
    let runs = served.runs("hq-branch");
    until("the old one goes on", || served.runs("hq-branch") > runs);
    rehearsal.configure("'@every never'", "'0 3 * * *'");
    served.signal("HUP");
    until("the new one is taken", || {
        served.sync("hq-branch")["schedule"] == "0 3 * * *"
    });
    assert!(served.end().success());
}

#[test]
fn a_paused_sync_stays_paused_over_a_restart_and_runs_when_a_person_asks() {
    let rehearsal = often();
    let served = Served::start(&rehearsal);
    until("a first run", || {
        served.sync("hq-branch")["last_success"].is_object()
    });
    assert_eq!(
        served
            .order("/api/syncs/hq-branch/pause", &json!({}))
            .status,
        202
    );
    until("it is at rest", || {
        served.sync("hq-branch")["running"].is_null()
    });
    assert!(served.end().success());
    let served = Served::start(&rehearsal);
    assert_eq!(served.sync("hq-branch")["paused"], true);
    let runs = served.runs("hq-branch");
    assert_eq!(
        served.order("/api/syncs/hq-branch/run", &json!({})).status,
        202
    );
    until("it ran once", || served.runs("hq-branch") == runs + 1);
    assert_eq!(served.sync("hq-branch")["paused"], true);
    assert_eq!(
        served
            .order("/api/syncs/hq-branch/resume", &json!({}))
            .status,
        202
    );
    until("it goes on", || served.runs("hq-branch") > runs + 1);
}

#[test]
fn people_are_told_of_what_needs_them_once() {
    let rehearsal = Rehearsal::new();
    rehearsal.map("conflict: manual\n");
    let tell =
        "  tell: { command: 'cat >> told.json; echo \" $FRAPPE_SYNC_TOPIC\" >> told.json' }\n";
    configure(&rehearsal, ", schedule: '@every 1s'", tell);
    assert_eq!(rehearsal.line("run").code, 0);
    let [first, _] = two(&rehearsal);
    let served = Served::start(&rehearsal);
    // No run comes between the two edits.
    let order = |what: &str| {
        let path = format!("/api/syncs/hq-branch/{what}");
        assert_eq!(served.order(&path, &json!({})).status, 202);
    };
    order("pause");
    until("it is at rest", || {
        served.sync("hq-branch")["running"].is_null()
    });
    rehearsal.save_on_both(&first, "customer_details", ["one", "other"]);
    order("resume");
    let told = rehearsal.folder().join("told.json");
    let read = || std::fs::read_to_string(&told).unwrap_or_default();
    until("it is told", || read().ends_with("conflicts\n"));
    let runs = served.runs("hq-branch");
    until("two more runs", || served.runs("hq-branch") > runs + 1);
    let (news, topic) = (read(), " conflicts\n");
    let news: serde_json::Value = serde_json::from_str(news.strip_suffix(topic).unwrap()).unwrap();
    assert_eq!(news["format"], "frappe-sync/tale@1");
    assert_eq!(news["message"], "hq-branch: 1 conflict wait for a person");
}

#[test]
fn a_port_that_is_taken_and_a_page_without_a_token_are_told_before_anything_runs() {
    let rehearsal = Rehearsal::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ended = rehearsal.line(&format!("serve --listen 127.0.0.1:{port} --json"));
    let error = ended.error();
    assert_eq!(error["code"], 1);
    assert!(error["remedy"].to_string().contains("--listen"));
    let ended = rehearsal.line("serve --listen 0.0.0.0:0 --json");
    assert_eq!(ended.error()["code"], 78);
    assert!(ended.stdout.contains("token_file"));
    rehearsal.branch.reset_requests();
    assert_eq!(rehearsal.branch.request_counts().total(), 0);
}

#[test]
fn a_run_under_cron_leaves_its_figures_for_a_collector() {
    let rehearsal = Rehearsal::new();
    assert_eq!(
        rehearsal
            .line("run --quiet --metrics-textfile figures.prom")
            .code,
        0
    );
    let file = rehearsal.folder().join("figures.prom");
    let figures = std::fs::read_to_string(&file).unwrap();
    assert!(figures.contains("frappe_sync_runs_total{sync=\"hq-branch\",outcome=\"converged\"} 1"));
    assert!(figures.contains("frappe_sync_last_success_timestamp_seconds{sync=\"hq-branch\"}"));
    assert!(!figures.contains("# EOF"));
    rehearsal.configure("http://", "https://");
    let ended = rehearsal.line("run --quiet --metrics-textfile figures.prom");
    assert_ne!(ended.code, 0);
    let figures = std::fs::read_to_string(&file).unwrap();
    assert!(!figures.contains("converged"), "{figures}");
}

/// Returns two customers that both sites have.
fn two(rehearsal: &Rehearsal) -> [String; 2] {
    let names = rehearsal.customers();
    [names[0].clone(), names[1].clone()]
}
