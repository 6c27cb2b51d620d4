//! Carries out what people ask for on the page, where the roster does not.

use std::collections::BTreeSet;

use frappe_sync_engine::{resolve, resolve_by_hand};
use frappe_sync_model::{Side, StateStore as _};
use frappe_sync_serve::web::{Answer, Order, Refusal, Take};
use frappe_sync_store::StateFile;
use serde_json::{Value, json};

use super::desk::{refusal, told};
use super::shared::Reply;
use super::work::Bench;
use crate::commands::conflicts::shown;
use crate::commands::plan::plan_packed;
use crate::commands::why::story;
use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::failure;
use crate::html::write_plan;
use crate::wiring::RunSettings;
use crate::work::work_on;

impl Bench<'_> {
    /// Does what was ordered, and answers.
    pub(super) async fn answer(&self, sync: String, order: Order, reply: Reply) {
        let context = self.context(&sync);
        let config = std::sync::Arc::clone(&context.config);
        let answer = match config.syncs.iter().find(|known| known.name == *sync) {
            None => Err(Refusal::unknown(format!("there is no sync `{sync}`"))),
            Some(config) => {
                let answer = Box::pin(self.ordered(&context, config, order)).await;
                answer.map_err(|error| refusal(&error))
            }
        };
        // Who asked may have gone away.
        let _unheard = reply.send(answer);
    }

    async fn ordered(
        &self,
        context: &Context<'_>,
        sync: &SyncConfig,
        order: Order,
    ) -> Result<Answer, CliError> {
        match order {
            Order::Plan => {
                let report = plan_packed(context, sync, &RunSettings::default()).await?;
                let mut page = Vec::new();
                write_plan(&report, &mut page).map_err(|error| {
                    CliError::new(ErrorKind::Failed, "the page cannot be written").because(error)
                })?;
                let page = String::from_utf8_lossy(&page).into_owned();
                Ok(Answer::Page(self.shared.keep_page(page)))
            }
            Order::Conflict(number) => {
                let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
                let record = state
                    .sync(&sync.name)
                    .conflict(number)
                    .map_err(failure::of_state)?
                    .ok_or_else(|| {
                        let message = format!("there is no conflict {number} any more");
                        CliError::new(ErrorKind::NotInitialised, message)
                    })?;
                let shown = shown(context, sync, &state, &record).await?;
                Ok(Answer::Told(told(&shown)?))
            }
            Order::Why { doctype, name } => {
                let story = Box::pin(story(context, sync, &doctype, &name)).await?;
                let story = story.ok_or_else(|| {
                    let message = format!("nothing is known of {doctype} `{name}`");
                    CliError::new(ErrorKind::NotInitialised, message)
                })?;
                Ok(Answer::Told(told(&story)?))
            }
            Order::Resolve { conflicts, take } => {
                let resolved = self.resolve(context, sync, conflicts, &take).await?;
                Ok(Answer::Told(json!({ "resolved": resolved })))
            }
            Order::Run { .. } | Order::Verify | Order::Pause | Order::Resume | Order::Retry(_) => {
                Ok(Answer::Taken)
            }
        }
    }

    /// Decides conflicts, one after the other, when no run of the sync is under way. One that cannot be decided does
    /// not hold up the others.
    async fn resolve(
        &self,
        context: &Context<'_>,
        sync: &SyncConfig,
        conflicts: BTreeSet<i64>,
        take: &Take,
    ) -> Result<Vec<Value>, CliError> {
        let turn = self.turn(sync.name.as_str());
        let _turn = turn.lock().await;
        let open = context.open(sync, &RunSettings::default())?;
        let state = StateFile::open_existing(&context.state).map_err(failure::of_open)?;
        let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
        let store = state.sync(&sync.name);
        let mut resolved = Vec::new();
        for number in conflicts {
            let decided = work_on(context, sync, &open, &store, async |parts| match take {
                Take::A => resolve(parts, number, Side::A).await,
                Take::B => resolve(parts, number, Side::B).await,
                Take::Value(value) => resolve_by_hand(parts, number, value.clone()).await,
            });
            resolved.push(match decided.await {
                Ok(report) => told(&report)?,
                Err(error) if error.kind() == ErrorKind::Failed => {
                    json!({ "conflict": number, "error": refusal(&error) })
                }
                Err(error) => return Err(error),
            });
        }
        Ok(resolved)
    }
}
