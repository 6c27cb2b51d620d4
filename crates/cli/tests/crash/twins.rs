//! Two served sites with the DocTypes of a trading company, and a sync between them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use frappe_sync_sandbox::fixture::{self, Size};
use frappe_sync_sandbox::{Person, Sandbox, Server, SiteOptions, UserOptions};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::kind::KINDS;
use crate::process::{Ended, SECRET, frappe_sync};

/// The sync's user on both sites.
const SYNC_USER: &str = "sync@example.com";

/// Two sites that answer while this lives.
pub(crate) struct Twins {
    /// `a` and `b`.
    pub(crate) sites: [Sandbox; 2],
    folder: tempfile::TempDir,
    _servers: [Server; 2],
    // Dropped last: the servers run on it.
    _runtime: Runtime,
}

impl Twins {
    /// Serves two sites that have what documents link to, and none of the documents under test.
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let sites = [site(1), site(2)];
        let address = "127.0.0.1:0".parse().unwrap();
        let servers = sites
            .each_ref()
            .map(|site| runtime.block_on(site.serve(address)).unwrap());
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), servers.each_ref().map(Server::url));
        Self {
            sites,
            folder,
            _servers: servers,
            _runtime: runtime,
        }
    }

    /// Returns the folder of the configuration.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the state file.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder().join("state/frappe-sync.db")
    }

    /// Returns the journal beside it.
    pub(crate) fn journal(&self) -> PathBuf {
        self.folder().join("state/frappe-sync.journal.db")
    }

    /// Runs the binary with the words of a line, none of which has a space in it.
    pub(crate) fn line(&self, line: &str) -> Ended {
        let words: Vec<&str> = line.split_whitespace().collect();
        frappe_sync(self.folder(), &words)
    }

    /// Runs until it converges, which writes of a run that was ended may keep from happening at once: they can be
    /// running on the site for a second. Returns how many runs that took.
    pub(crate) fn run_to_the_end(&self) -> usize {
        for runs in 1..=200 {
            let run = self.line("run --json");
            match run.code() {
                Some(0) => return runs,
                Some(3) => {
                    let report = run.report();
                    let waits = report["unknown"].as_array().unwrap();
                    let parked = report["parked"].as_array().unwrap();
                    assert!(!waits.is_empty() || !parked.is_empty(), "{run:?}");
                }
                _ => panic!("{run:?}"),
            }
        }
        panic!("{:?}", self.line("run --json"));
    }

    /// Runs once more, and nothing is written to either site.
    pub(crate) fn assert_quiet(&self) {
        self.reset_requests();
        let run = self.line("run --json");
        assert_eq!(run.code(), Some(0), "{run:?}");
        assert_eq!(run.report()["applied"], 0, "{run:?}");
        assert_eq!(self.writes(), [0, 0], "{run:?}");
    }

    /// Forgets which requests there were.
    pub(crate) fn reset_requests(&self) {
        self.sites.iter().for_each(Sandbox::reset_requests);
    }

    /// Returns how many requests wrote to each site.
    pub(crate) fn writes(&self) -> [usize; 2] {
        self.sites
            .each_ref()
            .map(|site| site.request_counts().writes)
    }

    /// Returns how many requests there were to each site.
    pub(crate) fn requests(&self) -> [usize; 2] {
        self.sites
            .each_ref()
            .map(|site| site.request_counts().total())
    }

    /// Returns somebody who works on a site.
    pub(crate) fn person(&self, side: usize) -> Person {
        self.sites[side].as_user("Administrator")
    }

    /// Makes a document on a site and returns its name.
    pub(crate) fn insert(&self, side: usize, doctype: &str, values: Value) -> String {
        let made = self.person(side).insert(doctype, values).unwrap();
        made["name"].as_str().unwrap().to_owned()
    }
}

fn site(seed: u64) -> Sandbox {
    let site = Sandbox::new(SiteOptions {
        seed,
        ..SiteOptions::default()
    });
    let masters = Size {
        customers: 0,
        addresses: 0,
        items: 0,
        employees: 0,
        orders: 0,
        ..Size::default()
    };
    fixture::install_doctypes(&site).unwrap();
    fixture::load(&site, 1, masters).unwrap();
    site.add_user(UserOptions {
        email: SYNC_USER.to_owned(),
        roles: vec!["System Manager".to_owned()],
        api_key: "key".to_owned(),
        api_secret: SECRET.to_owned(),
    })
    .unwrap();
    site
}

fn configure(folder: &Path, urls: [String; 2]) {
    let mut config = "version: 1\nsites:\n".to_owned();
    for (name, url) in ["a", "b"].into_iter().zip(urls) {
        // No request of a test runs longer than a second.
        writeln!(
            config,
            "  {name}: {{ url: '{url}', request_timeout: 1s, auth: {{ api_key: key, api_secret_env: \
             SECRET }} }}"
        )
        .unwrap();
    }
    let mut files = Vec::new();
    for (number, kind) in KINDS.iter().enumerate() {
        let file = format!("mapping-{number}.yaml");
        std::fs::write(folder.join(&file), kind.mapping).unwrap();
        files.push(file);
    }
    writeln!(
        config,
        "syncs:\n  twins: {{ a: a, b: b, mappings: [{}] }}",
        files.join(", ")
    )
    .unwrap();
    std::fs::write(folder.join("frappe-sync.yaml"), config).unwrap();
}
