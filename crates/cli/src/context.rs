//! What every command on a configuration begins with: the configuration, and the syncs that are meant.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use frappe_sync_connector::FrappeSite;
use frappe_sync_engine::{Cancel, Progress};
use frappe_sync_mapper::nearest;
use frappe_sync_model::{PerSide, Side};

use crate::config::{self, Config, SiteConfig, SyncConfig};
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::{GlobalArgs, SyncArgs};
use crate::ui::Ui;
use crate::wiring::{OpenSync, RunSettings};

/// A configuration, and where to print.
pub(crate) struct Context<'a> {
    /// Where to print.
    pub(crate) ui: &'a Ui,
    /// The configuration.
    pub(crate) config: Arc<Config>,
    /// The state file.
    pub(crate) state: PathBuf,
    /// What stands in the place of a person who watches, where the command is done for [`serve`](crate::serve).
    pub(crate) service: Option<Service>,
}

/// What a command that nobody watches works with.
#[derive(Clone)]
pub(crate) struct Service {
    /// The sites that are connected already, by name.
    pub(crate) sites: Rc<BTreeMap<String, FrappeSite>>,
    /// Hears how far it is.
    pub(crate) progress: Rc<dyn Progress>,
    /// Asks it to stop.
    pub(crate) cancel: Rc<Cancel>,
}

impl<'a> Context<'a> {
    /// Loads the configuration that the options name.
    pub(crate) fn load(global: &GlobalArgs, ui: &'a Ui) -> Result<Self, CliError> {
        let config = Arc::new(config::load(global.config.as_deref())?);
        let state = global.state.clone().unwrap_or_else(|| config.state.clone());
        Ok(Self {
            ui,
            config,
            state,
            service: None,
        })
    }

    /// Reads the mappings of a sync, and connects its sites, or takes them as they are connected. Asks nothing of a
    /// site yet.
    pub(crate) fn open(
        &self,
        sync: &SyncConfig,
        settings: &RunSettings,
    ) -> Result<OpenSync, CliError> {
        let connected = self.service.as_ref().and_then(|service| {
            let site = |side: Side| service.sites.get(&sync.sites[side]).map(FrappeSite::beside);
            let [a, b] = Side::BOTH.map(site);
            Some(PerSide { a: a?, b: b? })
        });
        match connected {
            Some(sites) => {
                let mappings = config::read_mappings(sync)?;
                OpenSync::with_sites(&self.config, sync, settings, mappings, sites)
            }
            None => OpenSync::new(self.ui, &self.config, sync, settings),
        }
    }

    /// Returns the site of this name.
    pub(crate) fn site(&self, name: &str) -> Result<&SiteConfig, CliError> {
        let sites = &self.config.sites;
        sites.get(name).ok_or_else(|| {
            let known = || sites.keys().map(String::as_str);
            let help = match nearest(name, known()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("sites are: {}", known().collect::<Vec<_>>().join(", ")),
            };
            CliError::new(ErrorKind::Usage, format!("there is no site `{name}`")).remedy(help)
        })
    }

    /// Returns the syncs that are meant: the named one, or all.
    pub(crate) fn syncs(&self, args: &SyncArgs) -> Result<Vec<&SyncConfig>, CliError> {
        let Some(name) = &args.sync else {
            return Ok(self.config.syncs.iter().collect());
        };
        let known = || self.config.syncs.iter().map(|sync| sync.name.as_str());
        match self
            .config
            .syncs
            .iter()
            .find(|sync| sync.name == name.as_str())
        {
            Some(sync) => Ok(vec![sync]),
            None => {
                let help = match nearest(name, known()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("syncs are: {}", known().collect::<Vec<_>>().join(", ")),
                };
                let message = format!("there is no sync `{name}`");
                Err(CliError::new(ErrorKind::Usage, message).remedy(help))
            }
        }
    }

    /// Does `work` for each sync. One that fails is told and does not hold up the others, unless it was asked
    /// to stop. Returns how it all ended.
    pub(crate) async fn each(
        &self,
        syncs: &[&SyncConfig],
        work: impl AsyncFn(&SyncConfig) -> Result<Exit, CliError>,
    ) -> Result<Exit, CliError> {
        let mut ended = Exit::Done;
        for sync in syncs {
            match work(sync).await {
                Ok(exit) => ended = ended.and(exit),
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Err(error),
                Err(error) => {
                    self.ui.error(&error);
                    ended = ended.and(error.exit());
                }
            }
            if ended == Exit::Interrupted {
                break;
            }
        }
        Ok(ended)
    }
}
