//! Two served sandboxes, and a configuration that keeps their customers in sync.

use std::path::Path;

use frappe_sync_sandbox::fixture::{self, Size};
use frappe_sync_sandbox::{Person, Sandbox, Server, SiteOptions, UserOptions};
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

    /// Returns the folder of the configuration.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
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
