//! Answers the page: from memory and the state file by itself, the rest through the loop.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use frappe_sync_hooks::{Hint, verify};
use frappe_sync_model::{PerSide, Side};
use frappe_sync_serve::web::{HookAnswer, Office, OfficeFuture, Order, Question, Refusal};
use frappe_sync_store::{ConflictFilter, OpenError, StateFile};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::shared::{Inbox, Message, Shared};
use crate::commands::history;
use crate::commands::status::status_of;
use crate::config::SyncConfig;
use crate::error::{CliError, ErrorKind};
use crate::failure;
use crate::report::conflicts::Wanted;
use crate::report::{conflicts, parked};

/// The most conflicts that are listed at a time.
const MOST_CONFLICTS: usize = 500;

/// A loop that has not looked about for so long hangs.
const LONGEST_SILENCE: TimeDelta = TimeDelta::seconds(90);

/// Answers the page.
pub(super) struct Desk {
    pub(super) shared: Arc<Shared>,
    pub(super) inbox: Inbox,
    /// What hooks are signed with; without it none is taken.
    pub(super) secret: Option<SecretString>,
}

impl Office for Desk {
    fn syncs(&self) -> Value {
        let config = self.shared.config();
        let (glances, _) = self.shared.glances();
        let syncs = glances.into_iter().filter_map(|glance| {
            let sync = config.syncs.iter().find(|sync| sync.name == *glance.sync)?;
            let known = self.shared.known(&glance.sync);
            let mut told = json!(glance);
            merge(&mut told, &known.state);
            merge(
                &mut told,
                &json!({
                    "sites": PerSide::from_fn(|side| json!({
                        "name": sync.sites[side],
                        "url": config.site(&sync.sites[side]).url.as_str(),
                    })),
                    "failure": known.failure,
                    "progress": glance.running.is_some().then_some(&known.live),
                }),
            );
            Some(told)
        });
        json!({
            "format": "frappe-sync/syncs@1",
            "version": env!("CARGO_PKG_VERSION"),
            "syncs": syncs.collect::<Vec<_>>(),
        })
    }

    fn read(&self, sync: &str, question: &Question) -> Result<Value, Refusal> {
        let config = self.shared.config();
        let known = config.syncs.iter().find(|known| known.name == *sync);
        let Some(known) = known else {
            return Err(Refusal::unknown(format!("there is no sync `{sync}`")));
        };
        answer(&self.shared, known, question).map_err(|error| refusal(&error))
    }

    fn order(&self, sync: &str, order: Order) -> OfficeFuture {
        let (reply, answer) = oneshot::channel();
        let message = Message::Order {
            sync: sync.to_owned(),
            order,
            reply,
        };
        let is_sent = self.inbox.send(message).is_ok();
        Box::pin(async move {
            let gone = || Refusal {
                status: 503,
                message: "frappe-sync is about to stop".to_owned(),
                remedy: vec!["ask again when it has been started".to_owned()],
            };
            if !is_sent {
                return Err(gone());
            }
            answer.await.unwrap_or_else(|_| Err(gone()))
        })
    }

    fn page(&self, ticket: &str) -> Option<Arc<str>> {
        self.shared.page(ticket)
    }

    fn hook(&self, sync: &str, site: &str, body: &[u8], signature: Option<&str>) -> HookAnswer {
        let answer = self.taken(sync, site, body, signature);
        let outcome = match answer {
            HookAnswer::Taken => "taken",
            HookAnswer::NotOurs => "refused",
            HookAnswer::Unreadable => "unreadable",
        };
        self.shared.metrics.hook(outcome);
        answer
    }

    fn metrics(&self) -> String {
        self.shared.metrics.render()
    }

    fn ready(&self) -> Result<(), String> {
        let (_, beat) = self.shared.glances();
        if beat.is_none_or(|beat| Utc::now() - beat > LONGEST_SILENCE) {
            return Err("the loop that begins the runs does not answer".to_owned());
        }
        match StateFile::open_read_only(&self.shared.state) {
            Ok(_) | Err(OpenError::NotInitialised { .. }) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Desk {
    fn taken(&self, sync: &str, site: &str, body: &[u8], signature: Option<&str>) -> HookAnswer {
        let Some(secret) = &self.secret else {
            return HookAnswer::NotOurs;
        };
        let secret = secret.expose_secret().as_bytes();
        if let Err(error) = verify(secret, body, signature.map(str::as_bytes)) {
            tracing::debug!(sync, site, %error, "a hook is refused");
            return HookAnswer::NotOurs;
        }
        let config = self.shared.config();
        let known = config.syncs.iter().find(|known| known.name == *sync);
        let is_known = known.is_some_and(|known| known.sites.a == site || known.sites.b == site);
        if !is_known {
            return HookAnswer::NotOurs;
        }
        let hint = match Hint::parse(site, body) {
            Ok(hint) => hint,
            Err(error) => {
                tracing::warn!(sync, site, %error, "a hook cannot be understood");
                return HookAnswer::Unreadable;
            }
        };
        let sync = sync.to_owned();
        // A loop that has ended looks at everything when it is started again.
        let _ended = self.inbox.send(Message::Hint { sync, hint });
        HookAnswer::Taken
    }
}

fn answer(shared: &Shared, sync: &SyncConfig, question: &Question) -> Result<Value, CliError> {
    let state = StateFile::open_read_only(&shared.state).map_err(failure::of_open)?;
    let store = state.sync(&sync.name);
    match question {
        Question::Status => told(&status_of(&state, sync, Utc::now())?),
        Question::History(limit) => told(&history::list(&state, sync, *limit)?),
        Question::Run(run) => told(&history::run_of(&state, sync, run)?),
        Question::Parked => told(&parked::read(&store).map_err(failure::of_state)?),
        Question::Conflicts { decided } => {
            let wanted = Wanted {
                filter: if *decided {
                    ConflictFilter::Decided
                } else {
                    ConflictFilter::Open
                },
                doctype: None,
                limit: MOST_CONFLICTS,
            };
            told(&conflicts::read(&store, &wanted).map_err(failure::of_state)?)
        }
    }
}

/// Makes JSON of a report.
pub(super) fn told(report: &impl Serialize) -> Result<Value, CliError> {
    serde_json::to_value(report).map_err(|error| {
        CliError::new(ErrorKind::Failed, "the answer cannot be written as JSON").because(error)
    })
}

/// Tells a failure as an answer.
pub(super) fn refusal(error: &CliError) -> Refusal {
    let status = match error.kind() {
        ErrorKind::Usage => 400,
        ErrorKind::NotInitialised => 404,
        ErrorKind::Locked => 409,
        ErrorKind::Guard | ErrorKind::Failed => 422,
        ErrorKind::Unreachable | ErrorKind::NotAuthorised => 502,
        ErrorKind::Interrupted => 503,
        ErrorKind::Config | ErrorKind::BrokenPipe => 500,
    };
    let message = std::iter::once(error.to_string()).chain(error.causes());
    Refusal {
        status,
        message: message.collect::<Vec<_>>().join(": "),
        remedy: error.remedies().to_vec(),
    }
}

fn merge(into: &mut Value, more: &impl Serialize) {
    if let (Value::Object(into), Ok(Value::Object(more))) = (into, serde_json::to_value(more)) {
        into.extend(more);
    }
}

/// The two sides, in the order of their names.
pub(super) const SIDES: [(Side, &str); 2] = [(Side::A, "a"), (Side::B, "b")];
