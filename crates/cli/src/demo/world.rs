//! The two sites of the demo, and the files of somebody who keeps them in sync.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use frappe_sync_sandbox::fixture::{self, Size};
use frappe_sync_sandbox::{Person, Profile, Sandbox, Server, SiteError, SiteOptions, UserOptions};

use crate::error::{CliError, ErrorKind};

/// The mapping files that everybody gets, masters first.
const MAPPINGS: [(&str, &str); 9] = [
    ("uom", include_str!("../../../../mappings/uom.yaml")),
    (
        "territory",
        include_str!("../../../../mappings/territory.yaml"),
    ),
    (
        "customer_group",
        include_str!("../../../../mappings/customer_group.yaml"),
    ),
    (
        "item_group",
        include_str!("../../../../mappings/item_group.yaml"),
    ),
    ("item", include_str!("../../../../mappings/item.yaml")),
    (
        "customer",
        include_str!("../../../../mappings/customer.yaml"),
    ),
    ("address", include_str!("../../../../mappings/address.yaml")),
    (
        "employee",
        include_str!("../../../../mappings/employee.yaml"),
    ),
    (
        "sales_order",
        include_str!("../../../../mappings/sales_order.yaml"),
    ),
];

/// Both sites have the same seed, so that what both have of a kind is the same up to the smaller number.
const SEED: u64 = 7;

/// One site of the demo.
pub(super) struct DemoSite {
    /// Its name in the configuration.
    pub(super) name: &'static str,
    /// Its zone.
    pub(super) time_zone: Tz,
    /// What is on it.
    pub(super) size: Size,
    /// Who works there.
    pub(super) person: &'static str,
    /// The site.
    pub(super) sandbox: Sandbox,
    server: Server,
}

/// Both sites, served, and a folder with configuration, mappings and keys.
pub(super) struct World {
    /// The headquarters, side `a`.
    pub(super) hq: DemoSite,
    /// The branch, side `b`.
    pub(super) branch: DemoSite,
    /// The configuration.
    pub(super) config: PathBuf,
}

impl DemoSite {
    async fn open(
        name: &'static str,
        profile: Profile,
        time_zone: Tz,
        person: &'static str,
        size: Size,
    ) -> Result<Self, CliError> {
        let sandbox = Sandbox::new(SiteOptions {
            profile,
            time_zone,
            seed: SEED,
            host: format!("{name}.example.com"),
            ..SiteOptions::default()
        });
        fill(&sandbox, name, person, size).map_err(refused)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = sandbox
            .serve(address)
            .await
            .map_err(|error| not_written("a free port", error))?;
        Ok(Self {
            name,
            time_zone,
            size,
            person,
            sandbox,
            server,
        })
    }

    /// Returns where it answers.
    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    /// Returns the person who works there.
    pub(super) fn at_work(&self) -> Person {
        self.sandbox.as_user(self.person)
    }
}

impl World {
    /// Serves two sites and writes the files into `folder`.
    pub(super) async fn open(folder: &Path) -> Result<Self, CliError> {
        let headquarters = Size {
            customers: 60,
            addresses: 60,
            items: 80,
            employees: 12,
            orders: 80,
            submitted_percent: 0,
            ..Size::default()
        };
        let shop = Size {
            customers: 40,
            addresses: 30,
            employees: 8,
            orders: 50,
            ..headquarters
        };
        let (kolkata, berlin) = (chrono_tz::Asia::Kolkata, chrono_tz::Europe::Berlin);
        let (anna, ben) = ("anna@hq.example.com", "ben@branch.example.com");
        let hq = DemoSite::open("hq", Profile::V15, kolkata, anna, headquarters).await?;
        let branch = DemoSite::open("branch", Profile::V16, berlin, ben, shop).await?;
        let config = write_files(folder, &hq, &branch)
            .map_err(|error| not_written(&folder.display().to_string(), error))?;
        Ok(Self { hq, branch, config })
    }
}

/// What the sandbox would not do.
pub(super) fn refused(error: SiteError) -> CliError {
    CliError::new(ErrorKind::Failed, "the demo's own site refused").because(error)
}

fn not_written(place: &str, error: io::Error) -> CliError {
    CliError::new(ErrorKind::Failed, "the demo cannot be set up")
        .at(place)
        .because(error)
}

fn fill(sandbox: &Sandbox, name: &str, person: &str, size: Size) -> Result<(), SiteError> {
    fixture::install_doctypes(sandbox)?;
    fixture::load(sandbox, SEED, size)?;
    let roles = ["System Manager", "Sales User", "Stock User", "HR User"];
    for (email, key) in [
        (format!("sync@{name}.example.com"), format!("{name}-key")),
        (person.to_owned(), format!("{name}-person")),
    ] {
        sandbox.add_user(UserOptions {
            email,
            roles: roles.map(str::to_owned).to_vec(),
            api_secret: format!("{key}-secret"),
            api_key: key,
        })?;
    }
    Ok(())
}

fn write_files(folder: &Path, hq: &DemoSite, branch: &DemoSite) -> io::Result<PathBuf> {
    let mappings = folder.join("mappings");
    fs::create_dir_all(&mappings)?;
    for (name, text) in MAPPINGS {
        fs::write(mappings.join(format!("{name}.yaml")), text)?;
    }
    for site in [hq, branch] {
        let secret = format!("{}-key-secret\n", site.name);
        write_private(&folder.join(format!("{}.secret", site.name)), &secret)?;
    }
    let site = |site: &DemoSite| {
        format!(
            "  {name}:\n    url: {url}\n    auth: {{ kind: token, api_key: {name}-key, \
             api_secret_file: {name}.secret }}\n",
            name = site.name,
            url = site.url(),
        )
    };
    let files = MAPPINGS.map(|(name, _)| format!("      - mappings/{name}.yaml\n"));
    let text = format!(
        "version: 1\nstate: state/frappe-sync.db\nsites:\n{}{}syncs:\n  demo:\n    a: hq\n    b: branch\n    \
         mappings:\n{}",
        site(hq),
        site(branch),
        files.concat(),
    );
    let config = folder.join("frappe-sync.yaml");
    fs::write(&config, text)?;
    Ok(config)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
