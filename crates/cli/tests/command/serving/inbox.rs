//! The page in a browser.

use serde_json::json;

use super::browser::Tab;
use super::served::{Served, TOKEN, configure, until};
use crate::rehearsal::Rehearsal;

const HOSTILE: &str =
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";

/// Three customers in conflict, one of them with a value that would do harm.
fn in_conflict() -> (Rehearsal, Vec<String>) {
    let rehearsal = Rehearsal::new();
    rehearsal.map("conflict: manual\n");
    configure(&rehearsal, "", "");
    assert_eq!(rehearsal.line("run").code, 0);
    let names = rehearsal.customers()[..3].to_vec();
    for (name, value) in names.iter().zip([HOSTILE, "second", "third"]) {
        // Frappe itself makes the worst of it harmless; a name of a site's own making it does not.
        rehearsal.save_on_both(name, "customer_details", [value, "other"]);
    }
    assert_eq!(rehearsal.line("run").code, 3);
    (rehearsal, names)
}

fn open(served: &Served, place: &str, width: u32) -> Option<Tab> {
    let mut tab = Tab::open(&format!("http://{}/#/{place}", served.address), width)?;
    tab.until("document.querySelector('h1')");
    tab.script(&format!(
        "sessionStorage.setItem('frappe-sync-token', '{TOKEN}')"
    ));
    Some(tab)
}

#[test]
fn conflicts_are_compared_and_decided_one_by_one_and_many_at_once() {
    let (rehearsal, names) = in_conflict();
    let served = Served::start(&rehearsal);
    let Some(mut tab) = open(&served, "hq-branch/conflicts", 1280) else {
        return;
    };
    tab.until("document.querySelectorAll('.conflict').length === 3");
    tab.script("document.querySelectorAll('.conflict').forEach((one) => one.querySelector('.head button').click())");
    tab.until("document.querySelectorAll('.both').length === 3");
    // What would do harm is shown as what it is.
    let shown = tab.script("document.querySelector('main').textContent");
    assert!(
        shown.as_str().unwrap().contains("onerror") || shown.as_str().unwrap().contains("<img")
    );
    assert_eq!(
        tab.script("document.querySelectorAll('main img, main script').length"),
        0
    );
    assert_ne!(tab.script("document.title"), "owned");
    // One for `a`; its button stands in the first column.
    let one = format!(
        "[...document.querySelectorAll('.conflict')].find((one) => one.textContent.includes({}))",
        json!(names[1])
    );
    tab.script(&format!(
        "{one}.querySelector('.both section button').click()"
    ));
    until("it stands on both", || {
        rehearsal.on_both(&names[1], "customer_details") == [json!("second"), json!("second")]
    });
    tab.until("document.querySelectorAll('.conflict').length === 2");
    // The others for `b`, with a question before.
    tab.script("document.querySelector('main input[type=checkbox]').click()");
    tab.script("[...document.querySelectorAll('.many button')].at(-1).click()");
    tab.until("document.getElementById('ask').open");
    assert_eq!(
        tab.script("document.getElementById('ask-title').textContent"),
        "Decide 2 conflicts?"
    );
    tab.script("document.getElementById('ask-yes').click()");
    tab.until("document.querySelector('main').textContent.includes('No conflict waits')");
    for name in [&names[0], &names[2]] {
        assert_eq!(
            rehearsal.on_both(name, "customer_details"),
            [json!("other"), json!("other")]
        );
    }
}

#[test]
fn a_person_writes_a_value_of_their_own() {
    let (rehearsal, names) = in_conflict();
    let served = Served::start(&rehearsal);
    let Some(mut tab) = open(&served, "hq-branch/conflicts", 400) else {
        return;
    };
    tab.until("document.querySelectorAll('.conflict').length === 3");
    let one = format!(
        "[...document.querySelectorAll('.conflict')].find((one) => one.textContent.includes({}))",
        json!(names[2])
    );
    tab.script(&format!("{one}.querySelector('.head button').click()"));
    tab.until(&format!("{one}.querySelector('textarea')"));
    tab.script(&format!("{one}.querySelector('details').open = true; {one}.querySelector('textarea').value = 'third and other'; {one}.querySelector('details button.strong').click()"));
    let both = json!("third and other");
    until("it stands on both", || {
        rehearsal.on_both(&names[2], "customer_details") == [both.clone(), both.clone()]
    });
    // On a phone nothing is cut off at the side.
    assert_eq!(
        tab.script("document.documentElement.scrollWidth <= innerWidth"),
        true
    );
}

#[test]
fn the_keyboard_alone_is_enough_and_the_token_is_asked_for() {
    let (rehearsal, _) = in_conflict();
    let served = Served::start(&rehearsal);
    let Some(mut tab) = Tab::open(&format!("http://{}/", served.address), 1280) else {
        return;
    };
    tab.until("document.querySelector('.card h3 a')");
    let focused = "document.activeElement && (document.activeElement.textContent || document.activeElement.type)";
    let mut reached = Vec::new();
    for _ in 0..8 {
        tab.press("Tab", 9, "");
        reached.push(tab.script(focused).as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(reached[0], "To the content");
    assert!(
        reached.iter().any(|text| text == "hq-branch"),
        "{reached:?}"
    );
    tab.script("document.querySelector('.card h3 a').focus()");
    tab.press("Enter", 13, "\r");
    tab.until(
        "[...document.querySelectorAll('button')].some((one) => one.textContent === 'Pause')",
    );
    tab.script("[...document.querySelectorAll('button')].find((one) => one.textContent === 'Pause').focus()");
    tab.press("Enter", 13, "\r");
    tab.until("document.getElementById('ask').open");
    assert_eq!(tab.script("document.activeElement.type"), "password");
    tab.press("Escape", 27, "");
    tab.until("!document.getElementById('ask').open");
    assert_eq!(served.sync("hq-branch")["paused"], false);
}

#[test]
fn a_sync_its_runs_a_plan_and_a_document_can_be_looked_at_without_an_error() {
    let (rehearsal, names) = in_conflict();
    let served = Served::start(&rehearsal);
    let Some(mut tab) = open(&served, "hq-branch", 1280) else {
        return;
    };
    tab.until("document.querySelectorAll('table tbody tr').length === 2");
    tab.script("[...document.querySelectorAll('button')].find((one) => one.textContent === 'Show a plan').click()");
    tab.until("document.querySelector('iframe')");
    let name = names[1].replace(' ', "%20");
    tab.script(&format!(
        "location.hash = '#/hq-branch/why/Customer/{name}'"
    ));
    tab.until("document.querySelector('main').textContent.includes('customer_details')");
    tab.script("location.hash = '#/hq-branch/parked'");
    tab.until("document.querySelector('main').textContent.includes('Nothing is parked')");
    tab.script("location.hash = '#/nobody'");
    tab.until("document.querySelector('.note.bad')");
}
