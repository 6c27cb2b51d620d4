//! `init`: two sites become a configuration that passes `check`, without a word typed into a file.

use frappe_sync_sandbox::fixture::{self, Size};
use frappe_sync_sandbox::{Sandbox, Server, SiteOptions, UserOptions};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::program::{Ended, SECRET, frappe_sync, frappe_sync_with_input, frappe_sync_with_secret};
use crate::rehearsal::person;

const SYNC_USER: &str = "sync@example.com";

/// Two sites with everything that the fixture has, and an empty folder.
struct Fresh {
    hq: Sandbox,
    branch: Sandbox,
    urls: [String; 2],
    folder: tempfile::TempDir,
    _servers: [Server; 2],
    // Dropped last: the servers run on it.
    _runtime: Runtime,
}

impl Fresh {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let (hq, branch) = (site(1, 8), site(2, 5));
        let address = "127.0.0.1:0".parse().unwrap();
        let servers = [&hq, &branch].map(|site| runtime.block_on(site.serve(address)).unwrap());
        Self {
            hq,
            branch,
            urls: [servers[0].url(), servers[1].url()],
            folder: tempfile::tempdir().unwrap(),
            _servers: servers,
            _runtime: runtime,
        }
    }

    /// Says which sites are meant; the secret is at hand as `SECRET`.
    fn words<'w>(&'w self, more: &[&'w str]) -> Vec<&'w str> {
        let mut words = vec![
            "init",
            "--a-url",
            &self.urls[0],
            "--a-name",
            "hq",
            "--a-key",
            "key",
            "--a-secret-env",
            "SECRET",
            "--b-url",
            &self.urls[1],
            "--b-name",
            "branch",
            "--b-key",
            "key",
            "--b-secret-env",
            "SECRET",
        ];
        words.extend(more);
        words
    }

    fn init(&self, more: &[&str]) -> Ended {
        frappe_sync_with_secret(self.folder.path(), &self.words(more))
    }

    fn line(&self, line: &str) -> Ended {
        let words: Vec<&str> = line.split_whitespace().collect();
        frappe_sync_with_secret(self.folder.path(), &words)
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn site(seed: u64, customers: usize) -> Sandbox {
    let site = Sandbox::new(SiteOptions {
        seed,
        ..SiteOptions::default()
    });
    let size = Size {
        customers,
        addresses: 4,
        items: 6,
        employees: 3,
        orders: 3,
        ..Size::default()
    };
    fixture::install_doctypes(&site).unwrap();
    fixture::load(&site, 1, size).unwrap();
    site.add_user(UserOptions {
        email: SYNC_USER.to_owned(),
        roles: vec!["System Manager".to_owned(), "Script Manager".to_owned()],
        api_key: "key".to_owned(),
        api_secret: SECRET.to_owned(),
    })
    .unwrap();
    site
}

fn mapping<'r>(report: &'r Value, doctype: &str) -> &'r Value {
    let mappings = report["mappings"].as_array().unwrap();
    let found = mappings
        .iter()
        .find(|mapping| mapping["doctype"] == doctype);
    found.unwrap_or_else(|| panic!("no {doctype}: {report:#}"))
}

#[test]
fn what_init_writes_is_checked_planned_run_and_verified_as_it_is() {
    let fresh = Fresh::new();
    let init = fresh.init(&["--doctypes", "Sales Order,Employee", "--yes", "--json"]);
    assert_eq!(init.code, 0, "{}", init.stdout);
    let report = init.report();
    let doctypes: Vec<&str> = report["mappings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mapping| mapping["doctype"].as_str().unwrap())
        .collect();
    let place = |doctype: &str| doctypes.iter().position(|one| *one == doctype).unwrap();
    for (first, then) in [
        ("Customer Group", "Customer"),
        ("UOM", "Item"),
        ("Customer", "Sales Order"),
        ("Item", "Sales Order"),
        ("Address", "Sales Order"),
    ] {
        assert!(place(first) < place(then), "{doctypes:?}");
    }
    assert_eq!(mapping(&report, "Sales Order")["chosen"], true);
    assert_eq!(mapping(&report, "UOM")["chosen"], false);
    assert_eq!(mapping(&report, "Customer")["source"], "ready");

    let check = fresh.line("check --json");
    assert_eq!(check.code, 0, "{}", check.stdout);
    assert_ne!(check.report()["result"], "fail");
    let plan = fresh.line("plan --json --detailed-exitcode");
    assert_eq!(plan.code, 2, "{}", plan.stdout);
    assert_eq!(plan.report()["parked"], json!([]));
    assert_eq!(fresh.line("run").code, 0);
    let verify = fresh.line("verify");
    assert_eq!(verify.code, 0, "{}", verify.stdout);
}

#[test]
fn naming_and_unique_fields_decide_who_is_who() {
    let fresh = Fresh::new();
    let doctype = |name: &str, unique: u8| {
        json!({
            "name": name, "module": "Custom", "custom": 1, "autoname": "T-.#####",
            "fields": [
                {"fieldname": "title", "fieldtype": "Data", "label": "Title", "reqd": 1},
                {"fieldname": "serial", "fieldtype": "Data", "label": "Serial", "unique": unique},
            ],
            "title_field": "title",
            "permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1}],
        })
    };
    for site in [&fresh.hq, &fresh.branch] {
        person(site)
            .insert("DocType", doctype("Machine", 1))
            .unwrap();
        person(site).insert("DocType", doctype("Visit", 0)).unwrap();
    }
    person(&fresh.hq)
        .insert("DocType", doctype("Loan", 0))
        .unwrap();
    let words = [
        "--doctypes",
        "Machine,Visit,Country,System Settings,Loan,Nothing",
        "--yes",
        "--json",
    ];
    let init = fresh.init(&words);
    assert_eq!(init.code, 0, "{}{}", init.stdout, init.stderr);
    let report = init.report();
    assert_eq!(mapping(&report, "Machine")["identity"], "serial");
    assert_eq!(mapping(&report, "Visit")["identity"], "create");
    assert_eq!(mapping(&report, "Country")["identity"], "name");
    assert!(
        fresh
            .text("mappings/visit.yaml")
            .contains("`identity: [title]` is better")
    );
    assert_eq!(
        report["skipped"],
        json!([
            {"doctype": "Loan", "reason": "only `hq` has it"},
            {"doctype": "Nothing", "reason": "neither site has it"},
            {"doctype": "System Settings", "reason": "a Single: settings are kept by each site"},
        ])
    );
    assert_eq!(fresh.line("check").code, 0);
}

#[test]
fn what_one_site_lacks_and_links_that_would_mislead_are_left_out_by_name() {
    let fresh = Fresh::new();
    let field =
        json!({"dt": "Customer", "fieldname": "rank", "label": "Rank", "fieldtype": "Data"});
    person(&fresh.hq).insert("Custom Field", field).unwrap();
    for site in [&fresh.hq, &fresh.branch] {
        let link = json!({
            "dt": "Customer", "fieldname": "looked_after_by", "label": "Looked after by", "fieldtype": "Link",
            "options": "Employee",
        });
        person(site).insert("Custom Field", link).unwrap();
    }
    let init = fresh.init(&[
        "--doctypes",
        "Customer",
        "--required",
        "leave",
        "--yes",
        "--json",
    ]);
    assert_eq!(init.code, 0, "{}", init.stdout);
    let text = fresh.text("mappings/customer.yaml");
    assert!(
        text.contains("    - rank                    # only on `hq`\n"),
        "{text}"
    );
    assert!(
        text.contains("# links to `Employee`, which is not mapped and named by each site\n"),
        "{text}"
    );
    let report = init.report();
    let left_out = &mapping(&report, "Customer")["left_out"];
    assert_eq!(left_out[0]["field"], "looked_after_by");
    let check = fresh.line("check");
    assert_eq!(check.code, 0, "{}", check.stdout);
    assert!(!check.stdout.contains("`rank`"), "{}", check.stdout);
}

#[test]
fn what_our_user_may_do_decides_the_direction() {
    let fresh = Fresh::new();
    fresh.hq.deny(SYNC_USER, "Item", &["write"]);
    fresh.branch.deny(SYNC_USER, "Sales Order", &["submit"]);
    fresh.branch.deny(SYNC_USER, "Employee", &["read"]);
    let words = ["--doctypes", "Item,Sales Order,Employee", "--yes", "--json"];
    let init = fresh.init(&words);
    assert_eq!(init.code, 0, "{}", init.stdout);
    let report = init.report();
    assert_eq!(mapping(&report, "Item")["direction"], "a-to-b");
    assert_eq!(
        report["skipped"][0]["reason"],
        "our user may not read it on `branch`"
    );
    assert!(
        fresh
            .text("mappings/sales_order.yaml")
            .contains("\ndocstatus: draft ")
    );
    assert_eq!(fresh.line("check").code, 0);
}

#[test]
fn a_module_is_mapped_as_a_whole() {
    let fresh = Fresh::new();
    let init = fresh.init(&["--module", "Geo", "--yes", "--json"]);
    assert_eq!(init.code, 0, "{}", init.stdout);
    let report = init.report();
    mapping(&report, "Country");
    mapping(&report, "Currency");
    let none = fresh.init(&["--module", "Gea", "--force", "--yes", "--json"]);
    assert_eq!(none.error()["code"], 64);
}

#[test]
fn secrets_from_standard_input_are_kept_in_private_files() {
    let fresh = Fresh::new();
    let words: Vec<&str> = fresh
        .words(&["--doctypes", "UOM", "--secrets-stdin", "--yes", "--json"])
        .into_iter()
        .filter(|word| !["--a-secret-env", "--b-secret-env", "SECRET"].contains(word))
        .collect();
    let both = format!("{SECRET}\n{SECRET}\n");
    let init = frappe_sync_with_input(fresh.folder.path(), &words, &both);
    assert_eq!(init.code, 0, "{}{}", init.stdout, init.stderr);
    assert!(!init.stdout.contains(SECRET), "{}", init.stdout);
    assert!(
        fresh
            .text("frappe-sync.yaml")
            .contains("api_secret_file: secrets/hq }")
    );
    assert!(!fresh.text("frappe-sync.yaml").contains(SECRET));
    assert_eq!(fresh.text("secrets/branch"), format!("{SECRET}\n"));
    assert!(fresh.text(".gitignore").contains("/secrets/\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let secret = fresh.folder.path().join("secrets/hq");
        let mode = std::fs::metadata(secret).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let check = frappe_sync(fresh.folder.path(), &["check"]);
    assert_eq!(check.code, 0, "{}{}", check.stdout, check.stderr);
    let missing = frappe_sync_with_input(fresh.folder.path(), &words, "");
    assert_eq!(missing.error()["code"], 64);
}

#[test]
fn nothing_is_overwritten() {
    let fresh = Fresh::new();
    std::fs::write(fresh.folder.path().join(".gitignore"), "mine\n").unwrap();
    let words = ["--doctypes", "UOM", "--yes", "--json"];
    assert_eq!(fresh.init(&words).code, 0);
    assert_eq!(fresh.text(".gitignore"), "mine\n");
    let first = fresh.text("frappe-sync.yaml");
    let again = fresh.init(&words);
    let error = again.error();
    assert_eq!(error["code"], 64);
    assert!(
        error["remedy"].as_str().unwrap().contains("--force"),
        "{error}"
    );
    assert_eq!(fresh.text("frappe-sync.yaml"), first);

    let forced = fresh.init(&["--doctypes", "UOM,Country", "--yes", "--force", "--json"]);
    assert_eq!(forced.code, 0, "{}", forced.stdout);
    assert_eq!(fresh.text("frappe-sync.yaml.old1"), first);
    assert_eq!(forced.report()["set_aside"].as_array().unwrap().len(), 2);
}

#[test]
fn sites_that_will_not_do_leave_no_file() {
    let fresh = Fresh::new();
    let twice = [
        "init",
        "--a-url",
        &fresh.urls[0],
        "--a-key",
        "key",
        "--a-secret-env",
        "SECRET",
        "--b-url",
        &fresh.urls[0].replace("127.0.0.1", "localhost"),
        "--b-key",
        "key",
        "--b-secret-env",
        "SECRET",
        "--doctypes",
        "Customer",
        "--required",
        "leave",
        "--yes",
        "--json",
    ];
    let same = frappe_sync_with_secret(fresh.folder.path(), &twice);
    assert_eq!(same.error()["code"], 78, "{}", same.stdout);
    let words = fresh.words(&["--doctypes", "UOM", "--yes", "--json"]);
    let wrong: Vec<&str> = words
        .iter()
        .map(|word| if *word == "key" { "kye" } else { word })
        .collect();
    let refused = frappe_sync_with_secret(fresh.folder.path(), &wrong);
    assert_eq!(refused.code, 12, "{}", refused.stdout);
    let nobody = fresh.init(&["--doctypes", "UOM", "--json"]);
    assert_eq!(nobody.error()["code"], 64);
    assert_eq!(fresh.files(), Vec::<String>::new());
}

#[test]
fn where_nobody_can_be_asked_the_flag_is_named() {
    let fresh = Fresh::new();
    for (words, flag) in [
        (vec!["init"], "--a-url"),
        (
            vec!["init", "--a-url", "https://hq.example.com"],
            "--a-key-env",
        ),
        (
            vec![
                "init",
                "--a-url",
                "https://hq.example.com",
                "--a-key",
                "key",
            ],
            "--a-secret-env",
        ),
        (fresh.words(&[]), "--doctypes"),
        (fresh.words(&["--doctypes", "Customer"]), "--required map"),
        (fresh.words(&["--doctypes", "UOM"]), "--yes"),
    ] {
        let ended = frappe_sync_with_secret(fresh.folder.path(), &words);
        assert_eq!(ended.code, 64, "{words:?} {}", ended.stderr);
        assert!(
            ended.stderr.contains(&format!("`{flag}`")),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(fresh.files(), Vec::<String>::new());
}
