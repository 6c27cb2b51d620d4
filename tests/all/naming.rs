//! Names that are kept where a site would hand out its own, through Data Import (protocol 5.6).

use frappe_sync_engine::RunReport;
use frappe_sync_model::{ParkedCause, RunOutcome, Side, StateStore, SyncName};
use frappe_sync_sandbox::{Action, Fault, Matcher};
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, pairs, text};
use serde_json::{Value, json};

/// Orders named by a series, with rows.
struct Orders {
    order: String,
    row: String,
    /// What stands before the year.
    series: String,
}

impl Orders {
    fn new(word: &str) -> Self {
        let prefix = Names::unique(word).prefix;
        Self {
            order: format!("{prefix} Order"),
            row: format!("{prefix} Row"),
            series: format!("{}-", prefix.replace(' ', "-").to_uppercase()),
        }
    }

    async fn install(&self, pair: &SitePair) {
        self.install_with(pair, "hash").await;
        self.install_order(pair, "naming_series:").await;
    }

    async fn install_with(&self, pair: &SitePair, rows: &str) {
        let field = |name: &str, fieldtype: &str| json!({"fieldname": name, "fieldtype": fieldtype, "label": name});
        for side in Side::BOTH {
            let row = json!({
                "name": self.row, "module": "Custom", "custom": 1, "istable": 1, "autoname": rows,
                "permissions": [], "fields": [field("item", "Data"), field("qty", "Float")],
            });
            pair.people[side].insert("DocType", row).await;
        }
    }

    async fn install_order(&self, pair: &SitePair, autoname: &str) {
        let field = |name: &str, fieldtype: &str, more: Value| {
            let mut field = json!({"fieldname": name, "fieldtype": fieldtype, "label": name});
            if let (Some(field), Some(more)) = (field.as_object_mut(), more.as_object()) {
                field.extend(more.clone());
            }
            field
        };
        let none = || json!({});
        for side in Side::BOTH {
            let order = json!({
                "name": self.order, "module": "Custom", "custom": 1, "autoname": autoname,
                "is_submittable": 1, "allow_import": 1, "allow_rename": 1,
                "permissions": [{ "role": "System Manager", "read": 1, "write": 1, "create": 1,
                    "delete": 1, "submit": 1, "cancel": 1, "amend": 1, "import": 1 }],
                "fields": [
                    field("naming_series", "Select", json!({"options": format!("{}.YYYY.-", self.series)})),
                    field("title", "Data", none()),
                    field("code", "Data", json!({"unique": 1})),
                    field("day", "Date", none()),
                    field("at", "Datetime", none()),
                    field("hour", "Time", none()),
                    field("lasts", "Duration", none()),
                    field("total", "Currency", none()),
                    field("open", "Check", json!({"default": "1"})),
                    field("choice", "Select", json!({"options": "One\nTwo"})),
                    field("given", "Data", json!({"default": "given"})),
                    field("body", "Text", none()),
                    field("items", "Table", json!({"options": self.row})),
                    field("more", "Table", json!({"options": self.row})),
                    field("amended_from", "Link", json!({
                        "options": self.order, "read_only": 1, "no_copy": 1,
                    })),
                ],
            });
            pair.people[side].insert("DocType", order).await;
        }
    }

    async fn uninstall(&self, pair: &SitePair) {
        if pair.sandboxes.is_some() {
            return;
        }
        for side in Side::BOTH {
            for doctype in [&self.order, &self.row] {
                // What cannot be taken away is left: the sites are made for tests.
                let _left = pair.people[side].delete("DocType", doctype).await;
            }
        }
    }

    fn mapping(&self, more: &str) -> Vec<String> {
        vec![format!(
            "version: 1\ndoctype: {}\nidentity: create\nnaming: keep\n{more}",
            self.order
        )]
    }

    async fn sell(&self, pair: &SitePair, side: Side, title: &str) -> String {
        let order = json!({
            "title": title, "code": title, "total": 12.5, "day": "2026-01-02",
            "items": [{"item": "Bolt", "qty": 1}, {"item": "Nut", "qty": 2.5}],
            "more": [{"item": "Box", "qty": 3}],
        });
        pair.people[side].insert(&self.order, order).await
    }

    async fn sell_many(&self, pair: &SitePair, side: Side, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        for at in 0..count {
            names.push(self.sell(pair, side, &format!("order {at}")).await);
        }
        names
    }

    async fn names(&self, pair: &SitePair, side: Side) -> Vec<String> {
        let mut names = pair.people[side].names(&self.order).await;
        names.sort();
        names
    }
}

/// What the loads of a scenario left is taken away; other imports of a real site are none of ours.
async fn nothing_is_left(pair: &SitePair, orders: &Orders, side: Side) {
    let ours = json!([["reference_doctype", "=", orders.order]]);
    let imports = pair.people[side].list("Data Import", &["name"], ours).await;
    assert!(imports.is_empty(), "{imports:?}");
    if pair.sandboxes.is_none() {
        return;
    }
    assert!(pair.people[side].names("Data Import Log").await.is_empty());
    let files = json!([["file_name", "like", "frappe-sync-%"]]);
    let files = pair.people[side].list("File", &["name"], files).await;
    assert!(files.is_empty(), "{files:?}");
}

fn parked(sync: &Sync<'_>) -> Vec<(String, ParkedCause, String)> {
    let parked = sync.state.sync(&SyncName::new("test")).parked(None);
    let parked = parked.expect("the state can be read").into_iter();
    parked
        .map(|one| (one.key.name.to_string(), one.cause, one.message))
        .collect()
}

fn counts(report: &RunReport) -> (u64, u64) {
    (report.summary.create, report.summary.parked)
}

#[tokio::test]
async fn orders_keep_their_names_and_the_series_goes_on_after_them() {
    for pair in pairs().await {
        let orders = Orders::new("Kept");
        orders.install(&pair).await;
        let names = orders.sell_many(&pair, Side::A, 7).await;
        assert!(names[6].ends_with("-00007"), "{names:?}");
        let sync = Sync::new(&pair, &orders.mapping(""));
        let plan = sync.plan().await;
        let planned: Vec<_> = plan.operations.iter().map(|one| one.name.clone()).collect();
        assert!(planned.iter().all(Option::is_some), "{planned:?}");
        assert!(orders.names(&pair, Side::B).await.is_empty());
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(counts(&report), (7, 0), "{report:#?}");
        assert_eq!(orders.names(&pair, Side::B).await, names);
        let one = pair.people.b.get(&orders.order, &names[3]).await;
        assert_eq!(one["items"][1]["item"], "Nut", "{one}");
        assert_eq!(one["items"][1]["qty"], 2.5, "{one}");
        assert_eq!(one["more"][0]["item"], "Box", "{one}");
        let source = pair.people.a.get(&orders.order, &names[3]).await;
        assert_eq!(one["items"][1]["name"], source["items"][1]["name"]);
        sync.assert_equal().await;
        sync.assert_quiet().await;
        nothing_is_left(&pair, &orders, Side::B).await;
        // What b makes itself comes after, and goes to a under its name.
        let own = orders.sell(&pair, Side::B, "made on b").await;
        assert!(own.ends_with("-00008"), "{own}");
        sync.run().await;
        assert_eq!(orders.names(&pair, Side::A).await.last(), Some(&own));
        let next = orders.sell(&pair, Side::A, "made on a").await;
        assert!(next.ends_with("-00009"), "{next}");
        sync.run().await;
        sync.assert_equal().await;
        sync.assert_quiet().await;
        orders.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn what_a_cell_cannot_carry_arrives_all_the_same() {
    for pair in pairs().await {
        let orders = Orders::new("Cells");
        orders.install(&pair).await;
        let values = json!([
            {"title": "=1+1", "body": "  two blanks\nand a line\r\nof \"more\", \n", "at": "2026-03-04 05:06:07",
             "day": "2026-11-12", "hour": "10:11:12", "lasts": 93784, "total": -1234567.891, "open": 0,
             "choice": "Two", "given": "mine", "items": [{"item": " a ", "qty": 0}, {"item": "", "qty": 0}]},
            {"title": "007", "body": "", "at": "2026-03-04 05:06:07.123456", "hour": "", "lasts": 0, "choice": "", "given": "",
             "items": []},
        ]);
        for one in values.as_array().into_iter().flatten() {
            pair.people.a.insert(&orders.order, one.clone()).await;
        }
        let sync = Sync::new(&pair, &orders.mapping(""));
        sync.run_until_quiet().await;
        assert_eq!(parked(&sync), []);
        sync.assert_equal().await;
        let names = orders.names(&pair, Side::A).await;
        assert_eq!(orders.names(&pair, Side::B).await, names);
        for name in names {
            let a = pair.people.a.get(&orders.order, &name).await;
            let b = pair.people.b.get(&orders.order, &name).await;
            for field in [
                "title", "body", "at", "day", "hour", "lasts", "total", "open", "choice", "given",
            ] {
                assert_eq!(text(&a, field), text(&b, field), "{field} of {name}");
            }
            // Nothing is stored as nothing or as an empty text.
            let rows = |one: &Value| -> Vec<(String, Value)> {
                let rows = one["items"].as_array().cloned().unwrap_or_default();
                rows.iter()
                    .map(|row| (text(row, "item"), row["qty"].clone()))
                    .collect()
            };
            assert_eq!(rows(&a), rows(&b), "{name}");
        }
        sync.assert_quiet().await;
        orders.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_refused_order_is_parked_and_the_others_are_made() {
    for pair in pairs().await {
        let orders = Orders::new("Refused");
        orders.install(&pair).await;
        let names = orders.sell_many(&pair, Side::A, 5).await;
        // One value is taken on b, and b knows no third choice.
        let other = json!({"title": "other", "code": "order 1"});
        pair.people.b.insert(&orders.order, other).await;
        let sync = Sync::new(&pair, &orders.mapping("direction: a-to-b\n"));
        let report = sync.run().await;
        // The first of b has the first name.
        let made = orders.names(&pair, Side::B).await;
        assert_eq!(made.len(), 4, "{report:#?}");
        let parked = parked(&sync);
        assert_eq!(parked.len(), 2, "{parked:#?}");
        let taken = parked.iter().find(|(name, ..)| *name == names[0]);
        let (_, cause, message) = taken.expect("its name is taken");
        assert_eq!(*cause, ParkedCause::Collision);
        assert!(message.contains("another"), "{message}");
        let refused = parked.iter().find(|(name, ..)| *name == names[1]);
        let (_, cause, message) = refused.expect("its code is taken");
        assert_eq!(*cause, ParkedCause::Collision, "{message}");
        let kept = pair.people.b.get(&orders.order, &names[0]).await;
        assert_eq!(kept["title"], "other");
        // Once it is mended they come, too.
        let gone = pair.people.b.delete(&orders.order, &names[0]).await;
        assert!(gone.is_ok(), "{gone:?}");
        sync.run().await;
        assert_eq!(orders.names(&pair, Side::B).await, names);
        sync.assert_equal().await;
        orders.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_table_that_is_turned_down_costs_only_the_row_that_is_wrong() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let orders = Orders::new("Turned");
    orders.install(&pair).await;
    let names = orders.sell_many(&pair, Side::A, 4).await;
    pair.people
        .a
        .update(&orders.order, &names[2], json!({"choice": "Two"}))
        .await;
    let setter = json!({
        "doctype_or_field": "DocField", "doc_type": orders.order, "field_name": "choice",
        "property": "options", "property_type": "Text", "value": "One\nThree",
    });
    pair.people.b.insert("Property Setter", setter).await;
    let sync = Sync::new(&pair, &orders.mapping("direction: a-to-b\n"));
    let report = sync.run().await;
    assert_eq!(counts(&report), (3, 1), "{report:#?}");
    let parked = parked(&sync);
    assert_eq!(parked[0].0, names[2]);
    assert!(
        parked[0].2.contains("choice: Value must be one of"),
        "{parked:?}"
    );
    nothing_is_left(&pair, &orders, Side::B).await;
}

#[tokio::test]
async fn a_worker_that_is_killed_makes_nothing_twice() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let orders = Orders::new("Killed");
    orders.install_with(&pair, "hash").await;
    orders.install_order(&pair, "hash").await;
    let mut names = orders.sell_many(&pair, Side::A, 8).await;
    names.sort();
    let b = &pair.sandboxes().b;
    b.set_worker(Some(0));
    let sync = Sync::new(&pair, &orders.mapping(""));
    let report = sync.run().await;
    assert_eq!(report.summary.create, 0, "{report:#?}");
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.kind == "import_under_way")
    );
    // The queue is there still when the next run comes; then a worker makes three and dies.
    b.set_worker(Some(3));
    let report = sync.run().await;
    assert!(report.summary.create < 8, "{report:#?}");
    b.set_worker(None);
    sync.run_until_quiet().await;
    assert_eq!(orders.names(&pair, Side::B).await, names);
    sync.assert_equal().await;
    nothing_is_left(&pair, &orders, Side::B).await;
}

#[tokio::test]
async fn a_lost_answer_at_any_step_makes_nothing_twice() {
    let steps = [
        "/api/method/upload_file",
        "/api/resource/Data Import",
        "data_import.form_start_import",
        "data_import.get_import_status",
    ];
    for step in steps {
        let pair = SitePair::sandbox(PairOptions::default()).await;
        let orders = Orders::new("Lost");
        orders.install(&pair).await;
        let names = orders.sell_many(&pair, Side::A, 4).await;
        let mut sync = Sync::new(&pair, &orders.mapping(""));
        sync.options.request_timeout.b = std::time::Duration::ZERO;
        // More often than a read is tried again.
        for _ in 0..6 {
            pair.sandboxes().b.faults().push(Fault {
                matcher: Matcher::any().path(step),
                action: Action::FailAfterWrite,
            });
        }
        // Whatever became of this one.
        let _first = sync.try_run().await;
        pair.sandboxes().b.faults().clear();
        sync.run_until_quiet().await;
        assert_eq!(orders.names(&pair, Side::B).await, names, "{step}");
        sync.assert_equal().await;
    }
}

#[tokio::test]
async fn without_a_scheduler_nothing_is_made_and_the_remedy_is_named() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let orders = Orders::new("Asleep");
    orders.install(&pair).await;
    let names = orders.sell_many(&pair, Side::A, 3).await;
    let scheduler = |on: u8| json!({"enable_scheduler": on});
    let settings = "System Settings";
    pair.people.b.update(settings, settings, scheduler(0)).await;
    let sync = Sync::new(&pair, &orders.mapping(""));
    let report = sync.run().await;
    assert_eq!(counts(&report), (0, 3), "{report:#?}");
    for (_, cause, message) in parked(&sync) {
        assert_eq!(cause, ParkedCause::Mapping);
        assert!(message.contains("Scheduler is inactive"), "{message}");
        assert!(message.contains("naming: own"), "{message}");
    }
    assert!(orders.names(&pair, Side::B).await.is_empty());
    nothing_is_left(&pair, &orders, Side::B).await;
    pair.people.b.update(settings, settings, scheduler(1)).await;
    sync.run_until_quiet().await;
    assert_eq!(orders.names(&pair, Side::B).await, names);
}

#[tokio::test]
async fn a_series_that_cannot_be_raised_holds_the_orders_back() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let orders = Orders::new("Counter");
    orders.install(&pair).await;
    orders.sell_many(&pair, Side::A, 2).await;
    let b = &pair.sandboxes().b;
    b.deny("sync@example.com", "Document Naming Settings", &[]);
    let sync = Sync::new(&pair, &orders.mapping(""));
    let report = sync.run().await;
    assert_eq!(counts(&report), (0, 2), "{report:#?}");
    let (_, cause, message) = &parked(&sync)[0];
    assert_eq!(*cause, ParkedCause::NotPermitted);
    assert!(message.contains("cannot be raised to 2"), "{message}");
    assert!(orders.names(&pair, Side::B).await.is_empty());
}

#[tokio::test]
async fn submitted_cancelled_and_amended_orders_keep_their_names() {
    for pair in pairs().await {
        let orders = Orders::new("Stages");
        orders.install(&pair).await;
        let names = orders.sell_many(&pair, Side::A, 3).await;
        let person = &pair.people.a;
        for (name, stages) in [(&names[1], 1), (&names[2], 2)] {
            for stage in 1..=stages {
                person
                    .update(&orders.order, name, json!({"docstatus": stage}))
                    .await;
            }
        }
        let amendment = json!({"title": "amended", "amended_from": names[2], "body": " x "});
        let amended = person.insert(&orders.order, amendment).await;
        assert_eq!(amended, format!("{}-1", names[2]));
        let sync = Sync::new(&pair, &orders.mapping(""));
        sync.run_until_quiet().await;
        assert_eq!(parked(&sync), []);
        let mut all = names.clone();
        all.push(amended.clone());
        assert_eq!(orders.names(&pair, Side::B).await, all);
        for (name, docstatus) in [
            (&names[0], 0),
            (&names[1], 1),
            (&names[2], 2),
            (&amended, 0),
        ] {
            let there = pair.people.b.get(&orders.order, name).await;
            assert_eq!(there["docstatus"], docstatus, "{name}");
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        orders.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_plan_of_kept_names_is_carried_out_as_it_was_seen() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let orders = Orders::new("Planned");
    orders.install(&pair).await;
    let names = orders.sell_many(&pair, Side::A, 3).await;
    pair.people
        .a
        .update(&orders.order, &names[1], json!({"docstatus": 1}))
        .await;
    let sync = Sync::new(&pair, &orders.mapping(""));
    let plan = sync.plan().await;
    let applied = sync.apply(&plan).await;
    assert_eq!(applied.skipped.len(), 0, "{applied:#?}");
    assert_eq!(orders.names(&pair, Side::B).await, names);
    sync.assert_equal().await;
}

#[tokio::test]
async fn kept_names_are_meant_to_be_equal_so_renames_are_carried_over() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let orders = Orders::new("Renamed");
    orders.install(&pair).await;
    let names = orders.sell_many(&pair, Side::A, 2).await;
    let sync = Sync::new(&pair, &orders.mapping(""));
    sync.run_until_quiet().await;
    let renamed = pair
        .people
        .a
        .rename(&orders.order, &names[0], "Called so")
        .await;
    assert!(renamed.is_ok(), "{renamed:?}");
    let report = sync.run().await;
    assert_eq!(report.summary.rename, 1, "{report:#?}");
    let there = pair.people.b.get(&orders.order, "Called so").await;
    assert_eq!(text(&there, "title"), "order 0");
    sync.assert_quiet().await;
}
