//! The sites that a command on webhooks works on.

use clap::Args;
use frappe_sync_connector::{FrappeSite, Permission};
use frappe_sync_mapper::{MappingFile, nearest};
use frappe_sync_model::Side;
use secrecy::SecretString;

use crate::config::{SiteConfig, SyncConfig, read_mappings};
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::options::SyncArgs;
use crate::webhooks::{Action, Looked, SiteWebhooks, Wanted, WebhooksReport, look, require};
use crate::wiring::connect;

/// Which syncs, and which of their sites.
#[derive(Args, Debug)]
pub(super) struct SidesArgs {
    #[command(flatten)]
    sync: SyncArgs,

    /// Only this site of the configuration; without it, both sites of the sync
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
}

/// One site with its webhooks.
pub(super) struct OneSide<'a> {
    pub(super) side: Side,
    pub(super) site: &'a SiteConfig,
    pub(super) client: FrappeSite,
    pub(super) looked: Vec<Looked>,
}

impl SidesArgs {
    /// Returns the syncs that are meant: with a site, those that it is part of.
    pub(super) fn syncs<'c>(
        &self,
        context: &'c Context<'_>,
    ) -> Result<Vec<&'c SyncConfig>, CliError> {
        let mut syncs = context.syncs(&self.sync)?;
        let Some(site) = &self.site else {
            return Ok(syncs);
        };
        let names: Vec<&str> = syncs
            .iter()
            .flat_map(|sync| [sync.sites.a.as_str(), sync.sites.b.as_str()])
            .collect();
        if !names.contains(&site.as_str()) {
            let message = match &self.sync.sync {
                Some(sync) => format!("sync `{sync}` has no site `{site}`"),
                None => format!("no sync has a site `{site}`"),
            };
            let error = CliError::new(ErrorKind::Usage, message).at("--site");
            return Err(match nearest(site, names.iter().copied()) {
                Some(meant) => error.remedy(format!("did you mean `{meant}`?")),
                None => error.remedy(format!("sites are: {}", names.join(", "))),
            });
        }
        syncs.retain(|sync| [&sync.sites.a, &sync.sites.b].contains(&site));
        Ok(syncs)
    }

    /// Looks at the webhooks of the sites that are meant. Every site is asked before anything is written to one, so that
    /// what is wrong with the second is known before the first is changed.
    pub(super) async fn look<'c>(
        &self,
        context: &'c Context<'_>,
        sync: &'c SyncConfig,
        permissions: &[Permission],
        public_url: Option<&str>,
        secret: Option<&SecretString>,
    ) -> Result<Vec<OneSide<'c>>, CliError> {
        let mappings: Vec<MappingFile> = read_mappings(sync)?;
        let (mut sides, mut errors) = (Vec::new(), Vec::new());
        for side in Side::BOTH {
            let site = context.config.site(&sync.sites[side]);
            if self.site.as_ref().is_some_and(|only| *only != site.name) {
                continue;
            }
            let wanted = Wanted {
                sync: &sync.name,
                site,
                side,
                mappings: &mappings,
                public_url,
                secret,
            };
            let asked = async {
                let client = connect(context.ui, site)?;
                require(&client, site, permissions).await?;
                let looked = look(&client, &wanted).await?;
                Ok::<_, CliError>(OneSide {
                    side,
                    site,
                    client,
                    looked,
                })
            };
            match asked.await {
                Ok(one) => sides.push(one),
                Err(error) => errors.push(error),
            }
        }
        match CliError::of_all(errors) {
            Some(error) => Err(error),
            None => Ok(sides),
        }
    }
}

/// Puts together what is told.
pub(super) fn report(sync: &SyncConfig, dry_run: bool, sides: &[OneSide<'_>]) -> WebhooksReport {
    let sites = sides.iter().map(|one| SiteWebhooks {
        side: one.side,
        site: one.site.name.clone(),
        webhooks: one
            .looked
            .iter()
            .map(|looked| looked.entry.clone())
            .collect(),
    });
    WebhooksReport::new(&sync.name, dry_run, sites.collect())
}

/// Sets what is done with every webhook.
pub(super) fn decide(sides: &mut [OneSide<'_>], action: impl Fn(&Looked) -> Action) {
    for looked in sides.iter_mut().flat_map(|one| &mut one.looked) {
        looked.entry.action = action(looked);
    }
}
