//! The likeliest mistakes: each is told with what happened, where, and what to do.

use std::fs;

use frappe_sync_sandbox::{Action, Fault, Matcher};

use crate::program::{command, ended};
use crate::rehearsal::Rehearsal;
use crate::steady::assert_told;

#[test]
fn an_address_where_nobody_listens() {
    let rehearsal = Rehearsal::new();
    let address = rehearsal.address_of_hq();
    rehearsal.configure(&address, "http://127.0.0.1:1");
    assert_told!(rehearsal.line("plan"), @r"
    error: site `hq`: `http://127.0.0.1:[port]` cannot be reached
      --> http://127.0.0.1:[port], ask who we are
      cause: error sending request
      cause: client error (Connect)
      cause: tcp connect error
      cause: Connection refused (os error 111)
      help: see whether `url` is right and the site is up; nothing is lost, the next run goes on from here
    exit code 75
    ");
}

#[test]
fn an_address_that_a_browser_shows() {
    let rehearsal = Rehearsal::new();
    let address = rehearsal.address_of_hq();
    rehearsal.configure(&address, &format!("{address}/app/customer"));
    assert_told!(rehearsal.line("plan"), @r"
    error: the address of a site ends before `/app`, `/desk`, `/login` and `/api`
      --> [folder]/frappe-sync.yaml:3:14
      help: for example `https://erp.example.com`
    exit code 78
    ");
}

#[test]
fn an_address_without_its_beginning() {
    let rehearsal = Rehearsal::new();
    let address = rehearsal.address_of_hq();
    rehearsal.configure(&address, "erp.example.com");
    assert_told!(rehearsal.line("plan"), @r"
    error: the address of a site is written like `https://erp.example.com`: relative URL without a base
      --> [folder]/frappe-sync.yaml:3:14
    exit code 78
    ");
}

#[test]
fn an_encrypted_address_of_a_site_that_is_not() {
    let rehearsal = Rehearsal::new();
    let address = rehearsal.address_of_hq();
    rehearsal.configure(&address, &address.replace("http:", "https:"));
    assert_told!(rehearsal.line("plan"), @r"
    error: site `hq`: the certificate of `https://127.0.0.1:[port]` did not verify, or TLS failed; the certificate of a private authority belongs in the site's `ca_file`
      --> https://127.0.0.1:[port], ask who we are
      cause: error sending request
      cause: client error (Connect)
      cause: received corrupt message of type InvalidContentType
      help: a certificate of an authority of your own is named by `ca_file`; a site without TLS has an address that begins with `http://`
    exit code 75
    ");
}

#[test]
fn a_key_that_the_site_does_not_know() {
    let rehearsal = Rehearsal::new();
    let mut words = command(rehearsal.folder(), &["plan"]);
    assert_told!(ended(words.env("SECRET", "another")), @r"
    error: site `hq`: `http://127.0.0.1:[port]` does not accept the API key and secret
      --> http://127.0.0.1:[port], ask who we are
      help: see whether key and secret are those of this site, and their user is enabled; or make new ones under User > Settings > API Access, which makes the old secret void
    exit code 12
    ");
}

#[test]
fn a_variable_that_is_not_set() {
    let rehearsal = Rehearsal::new();
    assert_told!(ended(&mut command(rehearsal.folder(), &["run"])), @r"
    error: the API secret of site `hq` is not at hand
      --> site `hq`
      cause: the environment variable `SECRET` is not set
      help: set it with `export SECRET=...`, or name a file with `api_secret_file`
      help: it must be there too where cron or systemd starts the program
    exit code 78
    ");
}

#[test]
fn a_key_that_no_file_knows() {
    let rehearsal = Rehearsal::new();
    rehearsal.rewrite("customer.yaml", "identity", "idntity");
    assert_told!(rehearsal.line("plan"), @r"
    error: unknown key `idntity`
      --> [folder]/customer.yaml:3:1
        |
      3 | idntity: [customer_name]
        | ^^^^^^^
      help: did you mean `identity`?
    exit code 78
    ");
    rehearsal.rewrite("customer.yaml", "idntity", "identity");
    rehearsal.configure("mappings:", "mapings:");
    assert_told!(rehearsal.line("plan"), @r"
    error: unknown key `mapings`
      --> [folder]/frappe-sync.yaml:6:34
        |
      6 |   hq-branch: { a: hq, b: branch, mapings: [customer.yaml] }
        |                                  ^^^^^^^
      help: did you mean `mappings`?
    exit code 78
    ");
}

#[test]
fn a_mapping_file_that_is_not_there() {
    let rehearsal = Rehearsal::new();
    rehearsal.configure("customer.yaml", "mappings/customer.yaml");
    assert_told!(rehearsal.line("plan"), @r"
    error: there is no file `mappings/customer.yaml`
      --> [folder]/frappe-sync.yaml:6:45
        |
      6 |   hq-branch: { a: hq, b: branch, mappings: [mappings/customer.yaml] }
        |                                             ^^^^^^^^^^^^^^^^^^^^^^
      help: paths begin at `[folder]`, where this file is
    exit code 78
    ");
}

#[test]
fn a_doctype_that_no_site_knows() {
    let rehearsal = Rehearsal::new();
    rehearsal.rewrite("customer.yaml", "Customer", "Kunde");
    assert_told!(rehearsal.line("plan"), @r"
    error: `a` has no DocType `Kunde`
      --> [folder]/customer.yaml:2:10
        |
      2 | doctype: Kunde
        |          ^^^^^
      help: write its name as the site does, with capitals and spaces; the app that brings it must be installed there
    error: `b` has no DocType `Kunde`
      --> [folder]/customer.yaml:2:10
        |
      2 | doctype: Kunde
        |          ^^^^^
      help: write its name as the site does, with capitals and spaces; the app that brings it must be installed there
    exit code 78
    ");
}

#[test]
fn a_site_in_maintenance() {
    let rehearsal = Rehearsal::new();
    // More often than anything that only reads is tried.
    for _ in 0..20 {
        drop(rehearsal.branch.faults().push(Fault {
            matcher: Matcher::any(),
            action: Action::Reject {
                status: 503,
                exc_type: "SessionStopped".to_owned(),
                message: "Under maintenance".to_owned(),
            },
        }));
    }
    assert_told!(rehearsal.line("plan"), @r"
    error: site `branch`: Under maintenance
      --> http://127.0.0.1:[port], ask who we are
      help: the site is busy or in maintenance: run again later
    exit code 75
    ");
}

#[test]
fn a_permission_that_is_missing() {
    let rehearsal = Rehearsal::new();
    let rights = ["read", "select", "write", "create"];
    rehearsal
        .branch
        .deny("sync@example.com", "Customer", &rights);
    assert_told!(rehearsal.line("plan"), @r"
    error: site `branch`: No permission to read Customer
      --> http://127.0.0.1:[port], read keys of Customer
      help: give a role of the sync's user that permission, under Role Permissions Manager; `frappe-sync check` tells of all that are missing
    exit code 12
    ");
}

#[test]
fn a_state_that_cannot_be_written() {
    let rehearsal = Rehearsal::new();
    fs::write(rehearsal.folder().join("taken"), "").unwrap();
    assert_told!(rehearsal.line("run --state taken/sync.db"), @r"
    error: `taken/sync.db` cannot be opened: give this user the right to read and write it and its folder
      cause: Not a directory (os error 20)
      help: or name another file with `state:` in the configuration, or `--state FILE`
    exit code 1
    ");
    fs::write(
        rehearsal.folder().join("notes.txt"),
        "hello, this is no database\n",
    )
    .unwrap();
    assert_told!(rehearsal.line("run --state notes.txt"), @r"
    error: `notes.txt` is not a state file of frappe-sync: name another file under `state`; if it was one before, put a backup in its place, or make it anew with `frappe-sync state rebuild`
      cause: file is not a database
    exit code 1
    ");
}

#[test]
fn a_sync_that_another_run_holds() {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.line("run").code, 0);
    let lock = rehearsal
        .folder()
        .join("state/frappe-sync.db.hq-branch.lock");
    let held = fs::File::open(lock).unwrap();
    held.lock().unwrap();
    assert_told!(rehearsal.line("run"), @r"
    error: sync `hq-branch` is being run by process [n] on [host] since [time]: wait until that run is done, or end it
    exit code 11
    ");
}

#[test]
fn a_sync_that_is_not_there() {
    let rehearsal = Rehearsal::new();
    assert_told!(rehearsal.line("run hq-brunch"), @r"
    error: there is no sync `hq-brunch`
      help: did you mean `hq-branch`?
    exit code 64
    ");
    assert_told!(rehearsal.line("run --only Custmer"), @r"
    error: sync `hq-branch` maps no DocType `Custmer`
      help: did you mean `Customer`?
    exit code 64
    ");
}
