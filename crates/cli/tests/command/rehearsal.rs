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
    servers: [Server; 2],
    // Dropped last: the servers run on it.
    _runtime: Runtime,
}

impl Rehearsal {
    /// Serves a site with customers, and one with the same and fewer of them.
    pub(crate) fn new() -> Self {
        Self::of(site(1, customers(12)), site(2, customers(9)))
    }

    /// Serves two sites with as many customers, the same on both.
    pub(crate) fn with_customers(number: usize) -> Self {
        Self::of(site(1, customers(number)), site(2, customers(number)))
    }

    /// Serves a site with sales orders, and one with the same customers and items and none; maps all of it with
    /// the ready mapping files, in which `a` wins.
    pub(crate) fn of_orders() -> Self {
        let company = Size {
            items: 6,
            orders: 2,
            submitted_percent: 0,
            ..customers(4)
        };
        let empty = Size {
            orders: 0,
            ..company
        };
        let rehearsal = Self::of(site(1, company), site(2, empty));
        let ready = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mappings");
        for mapping in READY {
            let text = std::fs::read_to_string(ready.join(mapping)).unwrap();
            let text = text.replace("conflict: newest", "conflict: a");
            std::fs::write(rehearsal.folder().join(mapping), text).unwrap();
        }
        rehearsal.configure("[customer.yaml]", &format!("[{}]", READY.join(", ")));
        rehearsal
    }

    /// Serves a site with sales orders, customers, addresses and items, and one that has units and trees only.
    pub(crate) fn of_orders_and_nothing() -> Self {
        let company = Size {
            addresses: 4,
            items: 6,
            orders: 3,
            submitted_percent: 0,
            ..customers(4)
        };
        Self::of(site(1, company), site(2, customers(0)))
    }

    fn of(hq: Sandbox, branch: Sandbox) -> Self {
        let runtime = Runtime::new().unwrap();
        let address = "127.0.0.1:0".parse().unwrap();
        let servers = [&hq, &branch].map(|site| runtime.block_on(site.serve(address)).unwrap());
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), &servers[0].url(), &servers[1].url());
        Self {
            hq,
            branch,
            folder,
            servers,
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

    /// Adds a mapping file to the sync.
    pub(crate) fn add_mapping(&self, name: &str, lines: &str) {
        let text = format!("version: 1\n{lines}");
        std::fs::write(self.folder().join(format!("{name}.yaml")), text).unwrap();
        self.configure("[customer.yaml", &format!("[{name}.yaml, customer.yaml"));
    }

    /// Changes the configuration.
    pub(crate) fn configure(&self, from: &str, to: &str) {
        self.rewrite("frappe-sync.yaml", from, to);
    }

    /// Changes a file in the folder of the configuration.
    pub(crate) fn rewrite(&self, file: &str, from: &str, to: &str) {
        let path = self.folder().join(file);
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

    /// Saves a customer on a site.
    pub(crate) fn save_on(&self, site: &Sandbox, customer: &str, field: &str, value: &str) {
        let changes = Value::from_iter([(field, value)]);
        person(site).update("Customer", customer, changes).unwrap();
    }

    /// Makes a customer on the first site.
    pub(crate) fn new_customer(&self, name: &str) {
        let customer = serde_json::json!({
            "customer_name": name,
            "customer_group": "Commercial",
            "territory": "All Territories",
        });
        person(&self.hq).insert("Customer", customer).unwrap();
    }

    /// Tells whether a customer is on the second site.
    pub(crate) fn is_on_branch(&self, customer: &str) -> bool {
        person(&self.branch).get("Customer", customer).is_ok()
    }

    /// Returns the names of the customers that the second site has from the beginning.
    pub(crate) fn customers(&self) -> Vec<String> {
        let none = serde_json::json!([]);
        let rows = person(&self.branch)
            .list("Customer", &["name"], none)
            .unwrap();
        let name = |row: &Value| row["name"].as_str().unwrap().to_owned();
        rows.iter().map(name).collect()
    }

    /// Returns what both sites hold in a field of a customer.
    pub(crate) fn on_both(&self, customer: &str, field: &str) -> [Value; 2] {
        [&self.hq, &self.branch]
            .map(|site| person(site).get("Customer", customer).unwrap()[field].clone())
    }

    /// Returns the address of the first site.
    pub(crate) fn address_of_hq(&self) -> String {
        self.servers[0].url()
    }

    /// Returns the address of the second site.
    pub(crate) fn address_of_branch(&self) -> String {
        self.servers[1].url()
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

/// The ready mapping files of a company that sells.
const READY: [&str; 8] = [
    "uom.yaml",
    "territory.yaml",
    "customer_group.yaml",
    "item_group.yaml",
    "item.yaml",
    "customer.yaml",
    "address.yaml",
    "sales_order.yaml",
];

fn customers(number: usize) -> Size {
    Size {
        customers: number,
        addresses: 0,
        items: 0,
        employees: 0,
        orders: 0,
        ..Size::default()
    }
}

fn site(seed: u64, size: Size) -> Sandbox {
    let site = Sandbox::new(SiteOptions {
        seed,
        ..SiteOptions::default()
    });
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
