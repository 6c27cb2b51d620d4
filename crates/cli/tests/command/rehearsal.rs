//! Two served sandboxes, and a configuration that keeps their customers in sync.

use std::path::Path;

use frappe_sync_sandbox::fixture::{self, Size};
use frappe_sync_sandbox::{Person, Sandbox, Server, SiteOptions, UserOptions};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::program::{Ended, SECRET, configure, frappe_sync_with_secret};

/// Two sites that answer while this lives.
pub(crate) struct Rehearsal {
    pub(crate) hq: Sandbox,
    pub(crate) branch: Sandbox,
    folder: tempfile::TempDir,
    _servers: [Server; 2],
    // Dropped last: the servers run on it.
    _runtime: Runtime,
}

impl Rehearsal {
    /// Serves a site with customers, and one with the same and fewer of them.
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let (hq, branch) = (site(1, 12), site(2, 9));
        let address = "127.0.0.1:0".parse().unwrap();
        let servers = [&hq, &branch].map(|site| runtime.block_on(site.serve(address)).unwrap());
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), &servers[0].url(), &servers[1].url());
        Self {
            hq,
            branch,
            folder,
            _servers: servers,
            _runtime: runtime,
        }
    }

    /// Runs the binary where the configuration is.
    pub(crate) fn frappe_sync(&self, words: &[&str]) -> Ended {
        frappe_sync_with_secret(self.folder.path(), words)
    }

    /// Runs the binary with the words of a line, none of which has a space in it.
    pub(crate) fn line(&self, line: &str) -> Ended {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.frappe_sync(&words)
    }

    /// Adds lines to the mapping.
    pub(crate) fn map(&self, lines: &str) {
        append(&self.folder().join("customer.yaml"), lines);
    }

    /// Changes the configuration.
    pub(crate) fn configure(&self, from: &str, to: &str) {
        let path = self.folder().join("frappe-sync.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Adds a second sync, of the same sites and mapping.
    pub(crate) fn add_sync(&self, name: &str) {
        let sync = format!("  {name}: {{ a: hq, b: branch, mappings: [customer.yaml] }}\n");
        append(&self.folder().join("frappe-sync.yaml"), &sync);
    }

    /// Saves a customer on both sites, each in its own way.
    pub(crate) fn save_on_both(&self, customer: &str, field: &str, values: [&str; 2]) {
        for (site, value) in [&self.hq, &self.branch].into_iter().zip(values) {
            let changes = Value::from_iter([(field, value)]);
            person(site).update("Customer", customer, changes).unwrap();
        }
    }

    /// Returns what both sites hold in a field of a customer.
    pub(crate) fn on_both(&self, customer: &str, field: &str) -> [Value; 2] {
        [&self.hq, &self.branch]
            .map(|site| person(site).get("Customer", customer).unwrap()[field].clone())
    }

    /// Returns the folder of the configuration.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn append(path: &Path, lines: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, text + lines).unwrap();
}

/// Returns somebody who may do everything.
pub(crate) fn person(site: &Sandbox) -> Person {
    site.as_user("Administrator")
}

fn site(seed: u64, customers: usize) -> Sandbox {
    let site = Sandbox::new(SiteOptions {
        seed,
        ..SiteOptions::default()
    });
    let size = Size {
        customers,
        addresses: 0,
        items: 0,
        employees: 0,
        orders: 0,
        ..Size::default()
    };
    fixture::install_doctypes(&site).unwrap();
    fixture::load(&site, 1, size).unwrap();
    site.add_user(UserOptions {
        email: "sync@example.com".to_owned(),
        roles: vec!["System Manager".to_owned()],
        api_key: "key".to_owned(),
        api_secret: SECRET.to_owned(),
    })
    .unwrap();
    site
}
