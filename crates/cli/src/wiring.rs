//! Builds what the engine works with from the configuration: sites, store, mappings.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use frappe_sync_connector::{FrappeSite, SecretSource, SiteConfig as Connection};
use frappe_sync_engine::{BeforeImages, Cancel, Chosen, Parts, Progress, RunOptions, SystemClock};
use frappe_sync_mapper::MappingFile;
use frappe_sync_model::{DocType, PerSide, Side, StateStore, SyncName};
use secrecy::SecretString;

use crate::config::{Config, SiteConfig, SyncConfig, read_mappings};
use crate::credentials::credentials;
use crate::error::{CliError, ErrorKind};
use crate::guard::Guard;
use crate::run_id;
use crate::ui::Ui;

/// A sync with its sites connected and its mappings read.
pub(crate) struct OpenSync {
    /// Its name.
    pub(crate) name: SyncName,
    /// Its sites.
    pub(crate) sites: PerSide<FrappeSite>,
    /// Its mapping files.
    pub(crate) mappings: Vec<MappingFile>,
    options: RunOptions,
    clock: SystemClock,
}

/// What a run is told on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunSettings {
    /// Guards that may be passed this once.
    pub(crate) allow: Vec<Guard>,
    /// Nobody works on the sites.
    pub(crate) maintenance: bool,
    /// Only the mappings of these DocTypes; none stands for all.
    pub(crate) only: BTreeSet<DocType>,
    /// When keys are swept.
    pub(crate) sweep: Sweep,
}

/// When a run reads every key of a DocType.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sweep {
    /// When the last sweep is long enough ago.
    #[default]
    WhenDue,
    /// In this run.
    Now,
}

impl OpenSync {
    /// Reads mappings and secrets, and makes the clients of both sites. Asks nothing of a site yet.
    pub(crate) fn new(
        ui: &Ui,
        config: &Config,
        sync: &SyncConfig,
        settings: &RunSettings,
    ) -> Result<Self, CliError> {
        Self::with_mappings(ui, config, sync, settings, read_mappings(sync)?)
    }

    /// The same, with mappings that stand in no file.
    pub(crate) fn with_mappings(
        ui: &Ui,
        config: &Config,
        sync: &SyncConfig,
        settings: &RunSettings,
        mappings: Vec<MappingFile>,
    ) -> Result<Self, CliError> {
        let site = |side: Side| config.site(&sync.sites[side]);
        let sites = PerSide {
            a: connect(ui, site(Side::A))?,
            b: connect(ui, site(Side::B))?,
        };
        Self::with_sites(config, sync, settings, mappings, sites)
    }

    /// The same, with sites that are connected already.
    pub(crate) fn with_sites(
        config: &Config,
        sync: &SyncConfig,
        settings: &RunSettings,
        mappings: Vec<MappingFile>,
        sites: PerSide<FrappeSite>,
    ) -> Result<Self, CliError> {
        for doctype in &settings.only {
            check_only(sync, &mappings, doctype)?;
        }
        let site = |side: Side| config.site(&sync.sites[side]);
        let mut options = RunOptions {
            addresses: PerSide::from_fn(|side| site(side).url.to_string()),
            request_timeout: PerSide::from_fn(|side| site(side).request_timeout),
            allow: settings.allow.iter().map(|guard| guard.name()).collect(),
            maintenance: settings.maintenance,
            only: settings.only.clone(),
            ..RunOptions::default()
        };
        if let Some(lag) = sync.lag {
            options.lag = lag;
        }
        if let Some(limit) = sync.guard.max_changes {
            options.max_changes = limit;
        }
        if let Some(limit) = sync.guard.max_deletes {
            options.max_deletes = limit;
        }
        if let Some(sweep) = sync.sweep {
            options.sweep = sweep;
        }
        if sync.undo_kept.is_some() {
            options.before_images = BeforeImages::Kept;
        }
        if settings.sweep == Sweep::Now {
            options.sweep = TimeDelta::zero();
        }
        Ok(Self {
            name: sync.name.clone(),
            sites,
            mappings,
            options,
            clock: SystemClock,
        })
    }

    /// Works on these documents only, under these mappings.
    pub(crate) fn choose(&mut self, mappings: Vec<MappingFile>, chosen: Chosen) {
        self.mappings = mappings;
        self.options.chosen = Some(chosen);
    }

    /// Puts together what the engine works with.
    pub(crate) fn parts<'a, T: StateStore>(
        &'a self,
        store: &'a T,
        progress: &'a dyn Progress,
        cancel: &'a Cancel,
    ) -> Parts<'a, FrappeSite, T, SystemClock> {
        Parts {
            sync: self.name.clone(),
            run: run_id::new(),
            sites: self.sites.as_ref(),
            store,
            clock: &self.clock,
            mappings: &self.mappings,
            options: self.options.clone(),
            progress,
            cancel,
        }
    }
}

/// Makes the client of a site.
pub(crate) fn connect(ui: &Ui, site: &SiteConfig) -> Result<FrappeSite, CliError> {
    let auth = credentials(ui, site)?;
    let mut connection = Connection::new(site.url.clone(), auth);
    connection.ca_file.clone_from(&site.ca_file);
    connection.request_timeout = site.request_timeout;
    connection.time_zone = site.time_zone;
    if let Some(number) = site.max_in_flight {
        connection.max_in_flight = number;
    }
    FrappeSite::new(connection).map_err(|error| {
        CliError::new(ErrorKind::Config, format!("site `{}`: {error}", site.name))
            .at(site.url.to_string())
            .because(error)
    })
}

/// Reads a secret of ours, which `what` names.
pub(crate) fn secret_of(
    ui: &Ui,
    source: &SecretSource,
    what: &str,
) -> Result<SecretString, CliError> {
    let secret = source.read().map_err(|error| {
        CliError::new(ErrorKind::Config, format!("{what} is not at hand"))
            .at("serve")
            .because(error)
            .remedy("it must be there too where systemd starts the program")
    })?;
    if let Some(warning) = &secret.warning {
        ui.warn(&format!("{what}: {warning}"));
    }
    Ok(secret.value)
}

fn check_only(
    sync: &SyncConfig,
    mappings: &[MappingFile],
    doctype: &DocType,
) -> Result<(), CliError> {
    let names = || {
        mappings
            .iter()
            .flat_map(|file| [file.doctypes.a.as_str(), file.doctypes.b.as_str()])
    };
    if names().any(|name| name == doctype.as_str()) {
        return Ok(());
    }
    let message = format!("sync `{}` maps no DocType `{doctype}`", sync.name);
    let error = CliError::new(ErrorKind::Usage, message);
    Err(
        match frappe_sync_mapper::nearest(doctype.as_str(), names()) {
            Some(meant) => error.remedy(format!("did you mean `{meant}`?")),
            None => error,
        },
    )
}
