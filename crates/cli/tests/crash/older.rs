//! A copy of the state from before the last runs: what they made is not in it.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use serde_json::json;

use crate::book::Book;
use crate::content::{fill, values};
use crate::kind::ORDER;
use crate::oracle::judge;
use crate::twins::Twins;

/// The files of the state, and what is in them.
struct Copy(Vec<(PathBuf, Vec<u8>)>);

impl Copy {
    fn of(folder: &Path) -> Self {
        let files = fs::read_dir(folder).unwrap();
        let files = files.map(|file| file.unwrap().path());
        Self(
            files
                .map(|file| (file.clone(), fs::read(file).unwrap()))
                .collect(),
        )
    }

    /// Puts it in the place of what is there.
    fn restore(&self, folder: &Path) {
        fs::remove_dir_all(folder).unwrap();
        fs::create_dir(folder).unwrap();
        for (path, content) in &self.0 {
            fs::write(path, content).unwrap();
        }
    }
}

/// Sets how far both sites are ahead of the time.
fn set_clocks(twins: &Twins, ahead: TimeDelta) {
    twins.sites.iter().for_each(|site| site.set_skew(ahead));
}

#[test]
fn an_older_copy_of_the_state_is_stopped_and_made_anew_without_doubles() {
    let twins = Twins::new();
    let mut book = Book::default();
    fill(&twins, &mut book);
    twins.run_to_the_end();
    let folder = twins.state().parent().unwrap().to_owned();
    let copy = Copy::of(&folder);
    // What a run sets off in the background may make documents for some minutes after it, so these are made later.
    set_clocks(&twins, TimeDelta::minutes(10));
    for number in 0..6 {
        let marker = format!("late {number}");
        let side = number % 2;
        let order = values(&twins, side, &ORDER, &marker, number);
        twins.insert(side, ORDER.doctype, order);
        book.made(&ORDER, &marker);
    }
    twins.run_to_the_end();
    judge(&twins, &book);

    set_clocks(&twins, TimeDelta::zero());
    copy.restore(&folder);
    for _ in 0..2 {
        twins.reset_requests();
        let stopped = twins.line("run --json");
        assert_eq!(stopped.code(), Some(4), "{stopped:?}");
        let told = stopped.told();
        assert!(told.contains("the file is an older copy"), "{told}");
        assert!(told.contains("`state rebuild`"), "{told}");
        assert!(told.contains("--allow older_state"), "{told}");
        assert_eq!(twins.writes(), [0, 0]);
    }

    let rebuilt = twins.line("state rebuild twins --yes --json");
    assert_eq!(rebuilt.code(), Some(0), "{rebuilt:?}");
    assert_eq!(twins.writes(), [0, 0]);
    twins.run_to_the_end();
    judge(&twins, &book);

    // It works on.
    let person = twins.person(0);
    let orders = person
        .list(ORDER.doctype, &["name"], json!([["po_no", "=", "late 1"]]))
        .unwrap();
    let name = orders[0]["name"].as_str().unwrap();
    let terms = json!("<p>60 days</p>");
    person
        .update(ORDER.doctype, name, json!({ "terms": terms }))
        .unwrap();
    book.wrote(&ORDER, "late 1", "terms", terms);
    twins.run_to_the_end();
    judge(&twins, &book);
}
