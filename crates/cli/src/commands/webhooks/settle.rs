//! What was decided on the webhooks of a sync is shown, asked for and carried out.

use super::sides::{OneSide, report};
use crate::config::SyncConfig;
use crate::consent::ConsentArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render;
use crate::render::text::count;
use crate::ui::Volume;
use crate::webhooks::carry_out;

/// Shows what is decided, and does it unless it is only to be shown; `verb` is what a person is asked for.
pub(super) async fn settle(
    context: &Context<'_>,
    sync: &SyncConfig,
    sides: &[OneSide<'_>],
    (dry_run, consent): (bool, &ConsentArgs),
    verb: &str,
) -> Result<Exit, CliError> {
    let told = report(sync, dry_run, sides);
    let changes = told.summary.changes();
    if changes > 0 && !dry_run {
        if !consent.yes {
            let would = report(sync, true, sides);
            context.ui.tell(&render::webhooks::changed(&would));
        }
        let question = format!("{verb} {}?", count(changes as u64, "webhook"));
        consent.ask(context.ui, &question)?;
        for one in sides {
            carry_out(&one.client, one.site, &one.looked).await?;
        }
    }
    if changes > 0 || context.ui.volume() == Volume::Normal {
        context.ui.report(&told, render::webhooks::changed)?;
    }
    Ok(Exit::Done)
}
