//! What people see of each command, with colour and without.

use serde_json::{Value, json};

use crate::program::frappe_sync;
use crate::rehearsal::{Rehearsal, person};
use crate::steady::FILTERS;

/// What a person types into a new row of an order.
const ROW: [&str; 5] = ["item_code", "item_name", "uom", "qty", "rate"];

/// Compares what a command tells with the kept text, without colour; and that colour only adds to it.
fn assert_looks(name: &str, rehearsal: &Rehearsal, line: &str, code: i32) {
    let plain = rehearsal.line(line);
    let colored = rehearsal.line(&format!("{line} --color always"));
    assert!(!plain.told().contains('\u{1b}'), "{line}");
    assert_eq!(plain.code, code, "{}", plain.told());
    insta::with_settings!({ filters => FILTERS, description => line, omit_expression => true }, {
        insta::assert_snapshot!(name, plain.told());
        insta::assert_snapshot!(format!("{name}_in_colour"), colored.told());
    });
}

/// Two sites in sync, and then a day's work on both.
fn after_a_day() -> Rehearsal {
    let rehearsal = Rehearsal::of_orders();
    let first = rehearsal.line("run");
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    let (hq, branch) = (person(&rehearsal.hq), person(&rehearsal.branch));
    let customers = hq.list("Customer", &["name"], json!([])).unwrap();
    let name = |index: usize| customers[index]["name"].as_str().unwrap().to_owned();
    // One field, a long text, and a value that both sides changed.
    let text = "Deliver to the back door before noon. Ring twice and wait for the porter, who has \
                the key to the store. Invoices go to the office in the town.";
    hq.update("Customer", &name(0), json!({ "customer_details": text }))
        .unwrap();
    assert_eq!(rehearsal.line("run").code, 0);
    let changed = text.replace("twice", "once").replace("town", "harbour");
    let details = json!({ "customer_details": changed, "website": "https://new.example" });
    hq.update("Customer", &name(0), details).unwrap();
    rehearsal.save_on_both(&name(1), "tax_id", ["A-1", "B-1"]);
    // A new customer on the branch, and rows of an order that were changed, added and taken out.
    let customer = json!({
        "customer_name": "Harbour Stores",
        "customer_group": "Commercial",
        "territory": "All Territories",
    });
    branch.insert("Customer", customer).unwrap();
    let orders = hq.list("Sales Order", &["name"], json!([])).unwrap();
    let order = orders[0]["name"].as_str().unwrap().to_owned();
    let mut items = hq.get("Sales Order", &order).unwrap()["items"].clone();
    let rows: &mut Vec<Value> = items.as_array_mut().unwrap();
    rows.remove(1);
    rows[0]["qty"] = json!(99.0);
    let mut new = rows[1].clone();
    new.as_object_mut()
        .unwrap()
        .retain(|field, _| ROW.contains(&field.as_str()));
    new["qty"] = json!(5.0);
    rows.push(new);
    // The form numbers rows anew; a request that does not would leave two of one number.
    for (place, row) in rows.iter_mut().enumerate() {
        row["idx"] = json!(place + 1);
    }
    hq.update("Sales Order", &order, json!({ "items": items }))
        .unwrap();
    rehearsal
}

#[test]
fn a_first_plan_lists_what_is_made_and_links_it() {
    let rehearsal = Rehearsal::of_orders();
    // One customer has another name on the branch.
    person(&rehearsal.branch)
        .rename("Customer", "Cedar Textiles B/V", "Cedar (branch)")
        .unwrap();
    let name = json!({ "customer_name": "Cedar Textiles B/V" });
    rehearsal
        .branch
        .silent_set("Customer", "Cedar (branch)", name)
        .unwrap();
    assert_looks("first_plan", &rehearsal, "plan --limit 1", 0);
}

#[test]
fn a_plan_shows_fields_rows_and_rules() {
    let rehearsal = after_a_day();
    assert_looks("plan", &rehearsal, "plan --detailed-exitcode", 2);
    assert_looks(
        "plan_of_one_doctype",
        &rehearsal,
        "plan --only Customer --limit 1",
        0,
    );
}

#[test]
fn a_run_and_what_is_read_of_it_afterwards() {
    let rehearsal = after_a_day();
    let conflict = "conflict: manual";
    rehearsal.rewrite("customer.yaml", "conflict: a", conflict);
    rehearsal
        .hq
        .deny("sync@example.com", "Customer", &["create"]);
    let run = rehearsal.line("run");
    assert_eq!(run.code, 3);
    insta::with_settings!({ filters => FILTERS, omit_expression => true }, {
        insta::assert_snapshot!("run", run.told());
    });
    // The same is still open, so that the next run looks the same but for what it wrote.
    assert_looks("run_again", &rehearsal, "run", 3);
    for (name, line, code) in [
        ("status", "status", 0),
        ("verify", "verify", 3),
        ("conflicts_list", "conflicts list", 0),
        ("conflicts_show", "conflicts show 1", 0),
        ("parked_list", "parked list", 0),
        ("state_info", "state info", 0),
    ] {
        assert_looks(name, &rehearsal, line, code);
    }
    let show = ["parked", "show", "Customer", "Harbour Stores"];
    insta::with_settings!({ filters => FILTERS, omit_expression => true }, {
        insta::assert_snapshot!("parked_show", rehearsal.frappe_sync(&show).told());
    });
}

#[test]
fn a_check_of_both_sites() {
    let rehearsal = Rehearsal::new();
    assert_looks("check", &rehearsal, "check", 0);
}

#[test]
fn the_help_of_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let mut waiting = vec![Vec::<String>::new()];
    while let Some(command) = waiting.pop() {
        let mut words: Vec<&str> = command.iter().map(String::as_str).collect();
        words.push("--help");
        let help = frappe_sync(folder.path(), &words);
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{command:?}");
        let name = words.join("_").replace("--", "");
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(name, help.stdout);
        });
        for below in commands_of(&help.stdout) {
            waiting.push(command.iter().cloned().chain([below]).collect());
        }
    }
}

/// Returns the commands that a help lists.
fn commands_of(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:");
    listed
        .skip(1)
        .take_while(|line| !line.is_empty())
        // A description may go on in a second line, further to the right.
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .map(str::to_owned)
        .collect()
}
