//! What is planned comes out: on broad data, a plan that is carried out at once leaves nothing to plan.

use frappe_sync_engine::Action;
use frappe_sync_model::Side;
use frappe_sync_tests::{Names, PairOptions, Sales, SitePair, Sync, install, text};
use serde_json::json;

use super::{assert_as_planned, customer, filled, note};
use crate::removing::propagating;
use crate::two_way::load;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides
    }

    fn side(&mut self) -> Side {
        Side::BOTH[self.roll(2)]
    }
}

/// Does a day's work on both sites.
async fn people_work(pair: &SitePair, names: &Names, sales: &Sales, dice: &mut Dice, day: usize) {
    for step in 0..12 {
        let side = dice.side();
        let person = &pair.people[side];
        let customers = person.names(&names.customer).await;
        let any = |dice: &mut Dice| customers[dice.roll(customers.len())].clone();
        match dice.roll(9) {
            0 => {
                let document = json!({
                    "customer_name": format!("New {day}-{step}"), "main_customer": any(dice),
                });
                person.insert(&names.customer, document).await;
            }
            1 => {
                let (one, other) = (
                    format!("Ring {day}-{step} A"),
                    format!("Ring {day}-{step} B"),
                );
                person
                    .insert(&names.customer, json!({ "customer_name": one }))
                    .await;
                let second = json!({ "customer_name": other, "main_customer": one });
                person.insert(&names.customer, second).await;
                person
                    .update(&names.customer, &one, json!({ "main_customer": other }))
                    .await;
            }
            2 => {
                let order = json!({
                    "customer": any(dice), "remarks": format!("day {day}-{step}"), "total": 0.1 + 0.2,
                    "items": [{ "item": "ITEM-00001", "qty": 1.5 }, { "item": "ITEM-00002", "note": "x" }],
                });
                person.insert(&names.order, order).await;
            }
            3 => {
                let orders = person.names(&names.order).await;
                let name = &orders[dice.roll(orders.len())];
                let order = person.get(&names.order, name).await;
                let mut rows = order["items"].as_array().cloned().unwrap_or_default();
                rows.rotate_left(1);
                rows.push(json!({ "item": "ITEM-00000", "qty": step }));
                person
                    .update(&names.order, name, json!({ "items": rows }))
                    .await;
            }
            4 => {
                // Renamed apart on one day, a pair has two names for good: that is no matter of plans.
                let person = &pair.people[Side::BOTH[day % 2]];
                let customers = person.names(&names.customer).await;
                let old = &customers[dice.roll(customers.len())];
                let renamed = person
                    .rename(&names.customer, old, &format!("Renamed {day}-{step}"))
                    .await;
                assert!(renamed.is_ok(), "{renamed:?}");
            }
            5 => {
                let orders = person.names(&names.order).await;
                let _done = person
                    .delete(&names.order, &orders[dice.roll(orders.len())])
                    .await;
            }
            6 => drop(
                sales
                    .sell(
                        pair,
                        side,
                        &format!("sale {day}-{step}"),
                        u8::try_from(dice.roll(3)).unwrap_or(0),
                    )
                    .await,
            ),
            7 => {
                let list = person
                    .list(
                        &sales.sale,
                        &["name", "docstatus"],
                        json!([["docstatus", "<", 2]]),
                    )
                    .await;
                if let Some(sale) = list.first() {
                    let next = sale["docstatus"].as_u64().unwrap_or(0) + 1;
                    let changes = json!({ "docstatus": next });
                    person
                        .update(&sales.sale, &text(sale, "name"), changes)
                        .await;
                }
            }
            _ => {
                let changes = json!({ "notes": format!("{day}-{step} on {side}"), "main_customer": any(dice) });
                person.update(&names.customer, &any(dice), changes).await;
            }
        }
    }
}

#[tokio::test]
async fn a_plan_that_is_carried_out_at_once_comes_out_wholly_and_leaves_nothing_to_plan() {
    for seed in 1..=6 {
        let pair = SitePair::sandbox(PairOptions::default()).await;
        let names = Names::new("Broad");
        install(&pair, &names).await;
        let sales = Sales::install(&pair, "Broad").await;
        load(&pair, &names, 8, 6).await;
        let mut mappings = propagating(&names);
        mappings.extend(sales.mappings("deletes: propagate\n"));
        let mut sync = Sync::new(&pair, &mappings);
        sync.options
            .allow
            .extend(["max_deletes", "max_changes"].map(str::to_owned));
        let mut dice = Dice(seed);
        for day in 0..4 {
            if day > 0 {
                people_work(&pair, &names, &sales, &mut dice, day).await;
            }
            let plan = sync.plan().await;
            let report = sync.apply(&plan).await;
            assert_as_planned(&plan, &report);
            let next = sync.plan().await;
            assert_eq!(next.operations, [], "seed {seed}, day {day}: {plan:#?}");
            sync.assert_equal().await;
        }
    }
}

#[tokio::test]
async fn links_in_a_circle_are_planned_as_two_steps_and_carried_out() {
    let (pair, names) = filled("Circle", 2, 1).await;
    let a = &pair.people.a;
    let changes = json!({ "main_customer": customer(1) });
    a.update(&names.customer, &customer(0), changes).await;
    let changes = json!({ "main_customer": customer(0) });
    a.update(&names.customer, &customer(1), changes).await;
    let sync = Sync::new(&pair, &names.mappings());
    let plan = sync.plan().await;
    let updates: Vec<_> = plan
        .operations
        .iter()
        .filter(|it| it.action == Action::Update)
        .collect();
    assert_eq!(updates.len(), 1, "{plan:#?}");
    assert_eq!(updates[0].changes[0].path.to_string(), "main_customer");
    assert_as_planned(&plan, &sync.apply(&plan).await);
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_value_that_a_site_rewrites_is_done_and_does_not_count_as_predicted() {
    let (pair, names) = filled("Rewritten", 4, 1).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    let hook = frappe_sync_sandbox::Hook::RewritesField {
        field: "notes".to_owned(),
        rewrite: frappe_sync_sandbox::Rewrite::Uppercase,
    };
    pair.sandboxes().b.add_hook(&names.customer, hook);
    note(&pair, &names, Side::A, 0..1, "planned").await;
    pair.people
        .a
        .update(&names.customer, &customer(1), json!({ "phone": "1" }))
        .await;
    let plan = sync.plan().await;
    let report = sync.apply(&plan).await;
    assert_eq!(report.done.len(), 2, "{report:#?}");
    let prediction = report.run.prediction.expect("a plan has a score");
    assert_eq!(
        (
            prediction.planned,
            prediction.as_planned,
            prediction.percent
        ),
        (2, 1, 50.0)
    );
    let run = sync.run().await;
    assert_eq!(run.prediction, None);
}
