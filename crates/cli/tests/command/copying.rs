//! `copy`: some documents from one site to another, with what they link to and no more.

use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use frappe_sync_sandbox::{Matcher, Moment, Sandbox};
use serde_json::json;

use crate::program::{Ended, SECRET, command, ended, frappe_sync};
use crate::rehearsal::{Rehearsal, person};

const ORDER: &str = "SO-00001";

fn copy(rehearsal: &Rehearsal, words: &[&str]) -> Ended {
    let mut all = vec!["copy", "--from", "hq", "--to", "branch"];
    all.extend(words);
    rehearsal.frappe_sync(&all)
}

fn copy_order(rehearsal: &Rehearsal, more: &[&str]) -> Ended {
    let mut words = vec![
        "--doctype",
        "Sales Order",
        "--name",
        ORDER,
        "--json",
        "--yes",
    ];
    words.extend(more);
    copy(rehearsal, &words)
}

fn names(site: &Sandbox, doctype: &str) -> Vec<String> {
    let rows = person(site).list(doctype, &["name"], json!([])).unwrap();
    let mut names: Vec<String> = rows
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// Puts the customer of the order into a group that only the first site has, under another one.
fn with_own_groups(rehearsal: &Rehearsal) -> String {
    let hq = person(&rehearsal.hq);
    for (name, parent) in [("Retail", "All Customer Groups"), ("Kiosks", "Retail")] {
        let group = json!({
            "customer_group_name": name, "parent_customer_group": parent, "is_group": 1,
        });
        hq.insert("Customer Group", group).unwrap();
    }
    let order = hq.get("Sales Order", ORDER).unwrap();
    let customer = order["customer"].as_str().unwrap().to_owned();
    hq.update("Customer", &customer, json!({"customer_group": "Kiosks"}))
        .unwrap();
    customer
}

#[test]
fn an_order_comes_with_what_it_links_to_and_nothing_else() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    let customer = with_own_groups(&rehearsal);
    let report = copy_order(&rehearsal, &["--with-links"]);
    assert_eq!(report.code, 0, "{}{}", report.stdout, report.stderr);
    let report = report.report();
    assert_eq!(report["format"], "frappe-sync/run@1");
    assert_eq!(report["parked"], json!([]));

    let branch = person(&rehearsal.branch);
    assert_eq!(names(&rehearsal.branch, "Sales Order").len(), 1);
    assert_eq!(
        names(&rehearsal.branch, "Customer"),
        std::slice::from_ref(&customer)
    );
    let there = branch.get("Customer", &customer).unwrap();
    assert_eq!(there["customer_group"], "Kiosks");
    let group = branch.get("Customer Group", "Kiosks").unwrap();
    assert_eq!(group["parent_customer_group"], "Retail");
    let order = person(&rehearsal.hq).get("Sales Order", ORDER).unwrap();
    let mut items: Vec<String> = order["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["item_code"].as_str().unwrap().to_owned())
        .collect();
    items.sort();
    items.dedup();
    assert_eq!(names(&rehearsal.branch, "Item"), items);
    // Nothing links from an order to them.
    assert_eq!(names(&rehearsal.branch, "Address"), Vec::<String>::new());
}

#[test]
fn what_is_linked_to_and_there_is_left_as_it_is_until_it_is_asked_for() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    let hq = person(&rehearsal.hq);
    let branch = person(&rehearsal.branch);
    let order = hq.get("Sales Order", ORDER).unwrap();
    let customer = order["customer"].as_str().unwrap();
    let own = json!({
        "customer_name": customer, "customer_type": "Individual", "customer_group": "Individual",
        "territory": "India", "website": "https://own.example.com",
    });
    branch.insert("Customer", own).unwrap();
    let item = order["items"][0]["item_code"].as_str().unwrap();
    let own = json!({
        "item_code": item, "item_name": "Our own", "item_group": "Services", "stock_uom": "Nos",
    });
    branch.insert("Item", own).unwrap();

    for _ in 0..2 {
        let report = copy_order(&rehearsal, &["--with-links"]);
        assert_eq!(report.code, 0, "{}{}", report.stdout, report.stderr);
        let there = branch.get("Customer", customer).unwrap();
        assert_eq!(there["website"], "https://own.example.com");
        assert_eq!(there["territory"], "India");
        assert_eq!(branch.get("Item", item).unwrap()["item_name"], "Our own");
        assert_eq!(names(&rehearsal.branch, "Sales Order").len(), 1);
    }

    let words = [
        "--doctype",
        "Customer",
        "--name",
        customer,
        "--json",
        "--yes",
    ];
    let report = copy(&rehearsal, &words);
    assert_eq!(report.code, 0, "{}{}", report.stdout, report.stderr);
    let here = hq.get("Customer", customer).unwrap();
    let there = branch.get("Customer", customer).unwrap();
    assert_eq!(there["website"], here["website"]);
    assert_eq!(there["territory"], here["territory"]);
    assert_eq!(branch.get("Item", item).unwrap()["item_name"], "Our own");
}

#[test]
fn the_same_copy_again_writes_nothing_and_later_edits_are_brought_over() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    assert_eq!(copy_order(&rehearsal, &["--with-links"]).code, 0);
    let again = copy_order(&rehearsal, &["--with-links"]).report();
    assert_eq!(again["requests"]["b"]["write"], 0);
    assert_eq!(again["requests"]["a"]["write"], 0);
    assert_eq!(names(&rehearsal.branch, "Sales Order").len(), 1);

    let hq = person(&rehearsal.hq);
    hq.update("Sales Order", ORDER, json!({"po_no": "edited"}))
        .unwrap();
    // Of what was copied before, only what is asked for again is looked at.
    let order = hq.get("Sales Order", ORDER).unwrap();
    let customer = order["customer"].as_str().unwrap();
    hq.update(
        "Customer",
        customer,
        json!({"website": "https://new.example.com"}),
    )
    .unwrap();
    let again = copy_order(&rehearsal, &["--with-links"]).report();
    assert_eq!(again["summary"]["update"], 1, "{again:#}");
    let made = &names(&rehearsal.branch, "Sales Order")[0];
    let branch = person(&rehearsal.branch);
    assert_eq!(branch.get("Sales Order", made).unwrap()["po_no"], "edited");
    let there = branch.get("Customer", customer).unwrap();
    assert_ne!(there["website"], "https://new.example.com");
}

#[test]
fn a_copy_that_was_deleted_is_made_again() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    assert_eq!(copy_order(&rehearsal, &["--with-links"]).code, 0);
    let made = names(&rehearsal.branch, "Sales Order").remove(0);
    person(&rehearsal.branch)
        .delete("Sales Order", &made)
        .unwrap();
    let again = copy_order(&rehearsal, &["--with-links"]).report();
    assert_eq!(again["summary"]["create"], 1, "{again:#}");
    assert_eq!(names(&rehearsal.branch, "Sales Order").len(), 1);
}

#[test]
fn a_dry_run_shows_the_plan_and_writes_nothing_anywhere() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    let before: Vec<_> = files(&rehearsal);
    let words = [
        "--doctype",
        "Sales Order",
        "--filters",
        r#"[["po_no","is","set"]]"#,
        "--with-links",
        "--dry-run",
        "--json",
        "--html",
        "copy.html",
    ];
    let plan = copy(&rehearsal, &words);
    assert_eq!(plan.code, 0, "{}{}", plan.stdout, plan.stderr);
    let plan = plan.report();
    assert_eq!(plan["format"], "frappe-sync/plan@1");
    assert_eq!(plan["writes_to"]["a"], 0);
    let orders = plan["operations"].as_array().unwrap();
    let orders = orders
        .iter()
        .filter(|step| step["doctype"] == "Sales Order");
    assert_eq!(orders.count(), 3);
    assert_eq!(names(&rehearsal.branch, "Customer"), Vec::<String>::new());
    let mut expected = before;
    expected.push("copy.html".to_owned());
    expected.sort();
    assert_eq!(files(&rehearsal), expected);
}

fn files(rehearsal: &Rehearsal) -> Vec<String> {
    let entries = std::fs::read_dir(rehearsal.folder()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn without_its_links_a_document_is_parked_and_told_how_they_come_along() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    let words = ["--doctype", "Sales Order", "--name", ORDER, "--yes"];
    let told = copy(&rehearsal, &words);
    assert_eq!(told.code, 3, "{}{}", told.stdout, told.stderr);
    assert!(
        told.stderr.contains("`--with-links` brings along"),
        "{}",
        told.stderr
    );
    assert_eq!(names(&rehearsal.branch, "Customer"), Vec::<String>::new());
    assert_eq!(copy_order(&rehearsal, &["--with-links"]).code, 0);
    // What another copy left parked is not gone on with, and not told.
    let words = ["--doctype", "UOM", "--json", "--yes"];
    let other = copy(&rehearsal, &words);
    assert_eq!(other.code, 0, "{}", other.stdout);
    assert_eq!(other.report()["parked"], json!([]));
}

#[test]
fn nobody_who_could_answer_means_no() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    let words = ["--doctype", "Sales Order", "--name", ORDER, "--with-links"];
    let told = copy(&rehearsal, &words);
    assert_eq!(told.code, 64, "{}{}", told.stdout, told.stderr);
    assert!(told.stderr.contains("Sales Order on b"), "{}", told.stderr);
    assert!(
        told.stderr.contains("`--yes` goes ahead"),
        "{}",
        told.stderr
    );
    assert_eq!(
        names(&rehearsal.branch, "Sales Order"),
        Vec::<String>::new()
    );
}

#[test]
fn a_copy_that_was_killed_goes_on_where_it_was() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    let words = [
        "copy",
        "--from",
        "hq",
        "--to",
        "branch",
        "--doctype",
        "Sales Order",
        "--with-links",
        "--yes",
        "--json",
    ];
    for nth in 1..=4 {
        let child: Arc<Mutex<Option<Child>>> = Arc::default();
        let victim = Arc::clone(&child);
        let moment = [Moment::Before, Moment::After][nth % 2];
        let faults = rehearsal.branch.faults();
        faults.interpose(Matcher::writes().nth(nth), moment, move |_| {
            if let Some(child) = victim.lock().unwrap().as_mut() {
                child.kill().unwrap();
            }
        });
        let mut program = command(rehearsal.folder(), &words);
        program
            .env("SECRET", SECRET)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        *child.lock().unwrap() = Some(program.spawn().unwrap());
        loop {
            let ended = child.lock().unwrap().as_mut().unwrap().try_wait();
            if ended.unwrap().is_some() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        faults.clear();
    }
    let mut last = copy(&rehearsal, &words[5..]);
    for _ in 0..3 {
        if last.code == 0 {
            break;
        }
        last = copy(&rehearsal, &words[5..]);
    }
    assert_eq!(last.code, 0, "{}{}", last.stdout, last.stderr);
    assert_eq!(names(&rehearsal.branch, "Sales Order").len(), 3);
    assert_eq!(
        copy(&rehearsal, &words[5..]).report()["requests"]["b"]["write"],
        0
    );
}

#[test]
fn more_documents_than_one_request_names_are_copied() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    let hq = person(&rehearsal.hq);
    for number in 0..1100 {
        let unit = json!({"uom_name": format!("Unit {number}")});
        hq.insert("UOM", unit).unwrap();
    }
    let words = [
        "--doctype",
        "UOM",
        "--filters",
        r#"{"name": ["like", "Unit %"]}"#,
        "--yes",
        "--json",
    ];
    let report = copy(&rehearsal, &words).report();
    assert_eq!(report["summary"]["create"], 1100);
    let again = copy(&rehearsal, &words).report();
    assert_eq!(again["requests"]["b"]["write"], 0);
}

#[test]
fn addresses_take_their_credentials_from_the_environment() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (rehearsal.address_of_hq(), rehearsal.address_of_branch());
    let words = [
        "copy",
        "--from",
        &from,
        "--to",
        &to,
        "--doctype",
        "Item",
        "--with-links",
        "--yes",
        "--json",
    ];
    let missing = frappe_sync(folder.path(), &words);
    assert_eq!(missing.code, 78, "{}", missing.stdout);
    let error = missing.error();
    assert!(
        error["remedy"]
            .as_str()
            .unwrap()
            .contains("export FRAPPE_SYNC_FROM_KEY"),
        "{error}"
    );

    let mut program = command(folder.path(), &words);
    for side in ["FROM", "TO"] {
        program.env(format!("FRAPPE_SYNC_{side}_KEY"), "key");
        program.env(format!("FRAPPE_SYNC_{side}_SECRET"), SECRET);
    }
    let report = ended(&mut program);
    assert_eq!(report.code, 0, "{}{}", report.stdout, report.stderr);
    assert_eq!(names(&rehearsal.branch, "Item").len(), 6);
    let states = std::fs::read_dir(folder.path().join("state")).unwrap();
    let states: Vec<String> = states
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        states
            .iter()
            .any(|name| name.starts_with("copy-127.0.0.1_")),
        "{states:?}"
    );
    // An address of the configuration is that site, and remembered as the same.
    let words = [
        "copy",
        "--from",
        "hq",
        "--to",
        &to,
        "--doctype",
        "Item",
        "--dry-run",
        "--json",
    ];
    let plan = rehearsal.frappe_sync(&words).report();
    assert_eq!(plan["summary"]["create"], 0, "{plan:#}");
}

#[test]
fn what_makes_no_sense_is_told_with_where_and_what_to_do() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    let hq = rehearsal.address_of_hq();
    let mistakes: [(&[&str], &str, &str, &str); 8] = [
        (
            &["--doctype", "Sales Ordr"],
            "--doctype",
            "has no DocType `Sales Ordr`",
            "did you mean `Sales Order`?",
        ),
        (
            &["--doctype", "Sales Order Item"],
            "--doctype",
            "cannot be copied",
            "a child table",
        ),
        (
            &["--doctype", "Item", "--filters", "item_code=1"],
            "--filters",
            "no JSON",
            "for example",
        ),
        (
            &[
                "--doctype",
                "Item",
                "--filters",
                r#"[["item_nam","=","x"]]"#,
            ],
            "--filters",
            "`Item` has no field `item_nam`",
            "did you mean `item_name`?",
        ),
        (
            &["--doctype", "Item", "--name", "ITM-00001", "--name", "Nope"],
            "--name",
            "no Item `Nope`",
            "spelled",
        ),
        (
            &["--doctype", "Item", "--doctype", "UOM", "--name", "x"],
            "--name",
            "one DocType",
            "of its own",
        ),
        (
            &["--doctype", "Item", "--to", "brunch"],
            "--to",
            "no site `brunch`",
            "did you mean `branch`?",
        ),
        (
            &["--doctype", "Item", "--to", &hq],
            "--to",
            "both sides",
            "two different sites",
        ),
    ];
    for (words, place, message, remedy) in mistakes {
        let mut all = vec!["copy", "--from", "hq", "--json"];
        if !words.contains(&"--to") {
            all.extend(["--to", "branch"]);
        }
        all.extend(words);
        let told = rehearsal.frappe_sync(&all);
        assert_eq!(told.code, 64, "{}{}", told.stdout, told.stderr);
        let error = told.error();
        let says = |key: &str, text: &str| error[key].as_str().unwrap().contains(text);
        assert_eq!(error["where"], place, "{error}");
        assert!(says("message", message), "{error}");
        assert!(says("remedy", remedy), "{error}");
    }
}

#[test]
fn what_a_sync_would_bring_back_as_new_is_refused() {
    let rehearsal = Rehearsal::of_orders_and_nothing();
    rehearsal.add_mapping("sales_order", "doctype: Sales Order\nidentity: create\n");
    let told = copy_order(&rehearsal, &["--with-links"]);
    assert_eq!(told.code, 64, "{}{}", told.stdout, told.stderr);
    let error = told.error();
    assert_eq!(
        error["remedy"],
        "`frappe-sync run hq-branch` brings them over"
    );
}
