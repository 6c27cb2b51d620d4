//! The loop.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use frappe_sync_hooks::{Due, Hint, Hints};
use frappe_sync_serve::web::{self, Answer, Door, Host, Office, Order};
use frappe_sync_serve::{Roster, Standing as Told, Tale, Telling, Topic, Work};
use frappe_sync_store::{OpenError, StateFile};
use futures::future::LocalBoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use sd_notify::NotifyState;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::desk::Desk;
use super::news::tell;
use super::paused;
use super::plans::plans;
use super::settle::{standing, waiting};
use super::shared::{Message, Shared};
use super::signals::{Signal, Signals};
use super::work::{Bench, Carried};
use crate::config::{self, Config};
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::failure;
use crate::ui::Ui;
use crate::wiring::{connect, secret_of};

/// A look about is never further apart: the watchdog and `/readyz` want a sign of life.
const BEAT: Duration = Duration::from_secs(10);

/// How long runs have to end when the process is asked to: the longest request and a breath (protocol 10.2).
const FAREWELL: Duration = Duration::from_secs(125);

/// What `serve` starts with.
pub(crate) struct Start {
    /// The file that is read again when it is asked to.
    pub(crate) file: Option<PathBuf>,
    /// The configuration.
    pub(crate) config: Arc<Config>,
    /// The state file.
    pub(crate) state: PathBuf,
    /// Where it listens, where that is not as the configuration says.
    pub(crate) listen: Option<SocketAddr>,
}

/// Runs every sync on its schedule until the process is asked to end.
pub(crate) async fn serve(ui: &Ui, start: Start) -> Result<Exit, CliError> {
    let address = start.listen.unwrap_or(start.config.serve.listen);
    let door = door(ui, &start.config, address)?;
    // Before anybody is told that it serves: a signal that nobody hears ends the process.
    let signals = Signals::hear().map_err(|error| {
        CliError::new(ErrorKind::Failed, "signals cannot be listened to").because(error)
    })?;
    let shared = Arc::new(Shared::new(start.state.clone(), Arc::clone(&start.config)));
    let bench = Bench::new(ui, Arc::clone(&shared));
    let secret = match &start.config.serve.webhook_secret {
        Some(source) => Some(secret_of(ui, source, "the secret of the webhooks")?),
        None => None,
    };
    let mut rounds = Rounds::new(&bench, start)?;
    rounds.configure()?;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        CliError::new(ErrorKind::Failed, "the page cannot be served")
            .at(address.to_string())
            .because(error)
            .remedy("another program has the port: end it, or give another one with `--listen`")
    })?;
    let address = listener.local_addr().unwrap_or(address);
    let (stop, stopped) = oneshot::channel::<()>();
    let (inbox, messages) = mpsc::unbounded_channel();
    let desk: Arc<dyn Office> = Arc::new(Desk {
        shared,
        inbox,
        secret,
    });
    let served = tokio::spawn(web::serve(listener, web::router(desk, door), async {
        // The loop has ended, whichever way.
        let _ended = stopped.await;
    }));
    ui.tell(&format!(
        "frappe-sync serves {} at http://{address}/",
        crate::render::text::count(rounds.start.config.syncs.len() as u64, "sync")
    ));
    notify(&[NotifyState::Ready]);
    let ended = rounds.until_the_end(signals, messages).await;
    notify(&[NotifyState::Stopping]);
    drop(stop);
    // Who still reads a page is not waited for.
    let _late = tokio::time::timeout(Duration::from_secs(2), served).await;
    ended
}

/// Sees who may ask.
fn door(ui: &Ui, config: &Config, address: SocketAddr) -> Result<Door, CliError> {
    let token = match &config.serve.token {
        Some(source) => {
            let token = secret_of(ui, source, "the token of the page")?;
            Some(token.expose_secret().to_owned())
        }
        None if address.ip().is_loopback() => None,
        None => {
            let message = format!("{address} can be reached by others, and the page has no token");
            return Err(CliError::new(ErrorKind::Config, message)
                .at("serve")
                .remedy("set `serve: token_file` (or `token_env`, `token_command`), or listen on 127.0.0.1"));
        }
    };
    let public = config.serve.public_url.as_ref();
    let host = public.and_then(|url| config::host_of(url));
    let hosts = host.iter().map(|name| Host::new(name)).collect();
    Ok(Door::new(address.ip(), token, hosts))
}

struct Rounds<'b, 'a> {
    bench: &'b Bench<'a>,
    roster: Roster,
    telling: Telling,
    hints: BTreeMap<String, Hints>,
    began: Instant,
    start: Start,
    tasks: FuturesUnordered<LocalBoxFuture<'b, Option<Carried>>>,
}

impl<'b, 'a> Rounds<'b, 'a> {
    fn new(bench: &'b Bench<'a>, start: Start) -> Result<Self, CliError> {
        Ok(Self {
            roster: Roster::new(start.config.serve.max_runs),
            bench,
            telling: Telling::default(),
            hints: BTreeMap::new(),
            began: Instant::now(),
            start,
            tasks: FuturesUnordered::new(),
        })
    }

    /// Takes over the configuration: connects the sites, and plans the syncs.
    fn configure(&mut self) -> Result<(), CliError> {
        let config = Arc::clone(&self.start.config);
        let plans = plans(&config)?;
        for sync in &config.syncs {
            config::read_mappings(sync)?;
        }
        let mut sites = BTreeMap::new();
        for (name, site) in &config.sites {
            sites.insert(name.clone(), connect(self.bench.ui, site)?);
        }
        let paused = paused::read(&self.bench.shared.state)?;
        let state = match StateFile::open_read_only(&self.bench.shared.state) {
            Ok(state) => Some(state),
            // A run makes it, or brings it up to date.
            Err(OpenError::NotInitialised { .. } | OpenError::Outdated { .. }) => None,
            Err(error) => return Err(failure::of_open(error)),
        };
        let mut last = BTreeMap::new();
        for sync in &config.syncs {
            let Some(standing) = state
                .as_ref()
                .map(|state| standing(state, sync))
                .transpose()?
                .flatten()
            else {
                continue;
            };
            let name = sync.name.as_str();
            last.insert(name.to_owned(), standing.last_began);
            let metrics = &self.bench.shared.metrics;
            metrics.waits(name, waiting(&standing));
            if let Some(at) = standing.last_succeeded {
                metrics.succeeded(name, at);
            }
            self.telling.begin(
                name,
                &Told {
                    conflicts: standing.waiting_for_people.conflicts,
                    parked: standing.waiting_for_people.parked,
                    ..Told::default()
                },
            );
            self.bench
                .shared
                .know(name, |known| known.state = Some(standing));
        }
        // All of it is right: from here on it counts.
        *self.bench.sites.borrow_mut() = Rc::new(sites);
        self.bench.shared.configure(Arc::clone(&config));
        self.roster
            .plan(plans, Utc::now(), |name| last.get(name).copied().flatten());
        for name in &paused {
            self.roster.pause(name, true);
        }
        self.look();
        Ok(())
    }

    async fn until_the_end(
        &mut self,
        mut signals: Signals,
        mut messages: mpsc::UnboundedReceiver<Message>,
    ) -> Result<Exit, CliError> {
        loop {
            self.begin();
            let rest = self.rest();
            tokio::select! {
                signal = signals.next() => match signal {
                    Signal::End => break,
                    Signal::Reload => self.reload(),
                },
                Some(message) = messages.recv() => self.take(message),
                Some(carried) = self.tasks.next(), if !self.tasks.is_empty() => self.end(carried),
                () = tokio::time::sleep(rest) => {}
            }
            notify(&[NotifyState::Watchdog]);
        }
        self.bench
            .ui
            .tell("stopping once what is under way is finished; again to stop at once");
        self.bench.cancel.cancel();
        let farewell = async {
            while let Some(carried) = self.tasks.next().await {
                self.end(carried);
            }
        };
        tokio::select! {
            () = farewell => Ok(Exit::Done),
            () = second_end(&mut signals) => {
                Err(CliError::new(ErrorKind::Interrupted, "stopped at once")
                    .remedy("start again: what was under way is looked up first"))
            }
            () = tokio::time::sleep(FAREWELL) => {
                let message = "a run did not end in time, and was broken off";
                Err(CliError::new(ErrorKind::Interrupted, message)
                    .remedy("start again: what was under way is looked up first"))
            }
        }
    }

    /// Begins what is due.
    fn begin(&mut self) {
        let bench = self.bench;
        let running = self.began.elapsed();
        for (sync, hints) in &mut self.hints {
            for due in hints.take_due(running) {
                let (Due::DocType { doctype, .. } | Due::Document(Hint { doctype, .. })) = due;
                self.roster.hint(sync, &doctype, Utc::now());
            }
        }
        for (sync, work) in self.roster.begin(Utc::now()) {
            tracing::debug!(sync, ?work, "begins");
            let work = async move { Some(bench.carry_out(sync, work).await) };
            self.tasks.push(Box::pin(work));
        }
        self.look();
    }

    fn look(&self) {
        let now = Utc::now();
        self.bench.shared.look(self.roster.glances(now), now);
    }

    /// Returns how long nothing is due.
    fn rest(&self) -> Duration {
        let now = Utc::now();
        let due = self.roster.next(now);
        let due = due.map(|due| (due - now).to_std().unwrap_or_default());
        let running = self.began.elapsed();
        let hinted = self.hints.values().filter_map(Hints::next_due).min();
        let hinted = hinted.map(|due| due.saturating_sub(running));
        let until = [due, hinted].into_iter().flatten().min();
        until.map_or(BEAT, |until| until.clamp(Duration::from_millis(5), BEAT))
    }

    fn take(&mut self, message: Message) {
        let (sync, order, reply) = match message {
            Message::Order { sync, order, reply } => (sync, order, reply),
            Message::Hint { sync, hint } => {
                let running = self.began.elapsed();
                self.hints.entry(sync).or_default().push(hint, running);
                return;
            }
        };
        let now = Utc::now();
        let whole = |sweep| Work::Run {
            only: std::collections::BTreeSet::new(),
            sweep,
        };
        if self.roster.has(&sync) {
            match &order {
                Order::Run { sweep } => self.roster.wish(&sync, whole(*sweep), now),
                Order::Verify => self.roster.wish(&sync, Work::Verify, now),
                Order::Retry(retry) => {
                    self.bench.retry(&sync, retry.clone());
                    self.roster.wish(&sync, whole(false), now);
                }
                Order::Pause | Order::Resume => {
                    self.roster.pause(&sync, order == Order::Pause);
                    let kept = paused::write(&self.bench.shared.state, &self.roster.paused());
                    let answer = kept
                        .map(|()| Answer::Taken)
                        .map_err(|error| super::desk::refusal(&error));
                    self.look();
                    // Who asked may have gone away.
                    let _unheard = reply.send(answer);
                    return;
                }
                Order::Plan | Order::Resolve { .. } | Order::Conflict(_) | Order::Why { .. } => {}
            }
        }
        let bench = self.bench;
        self.tasks.push(Box::pin(async move {
            bench.answer(sync, order, reply).await;
            None
        }));
    }

    fn end(&mut self, carried: Option<Carried>) {
        let Some(carried) = carried else {
            return;
        };
        self.roster.ended(&carried.sync, carried.ended, Utc::now());
        let mut tales = self.telling.tell(&carried.sync, &carried.told);
        tales.extend(carried.different.map(|message| Tale {
            format: "frappe-sync/tale@1",
            sync: carried.sync,
            topic: Topic::Different,
            message,
            conflicts: carried.told.conflicts,
            parked: carried.told.parked,
        }));
        for tale in tales {
            let how = self.start.config.serve.tell.clone();
            self.tasks.push(Box::pin(async move {
                tell(tale, how).await;
                None
            }));
        }
    }

    /// Reads the configuration again. A bad one is told, and the old one goes on.
    fn reload(&mut self) {
        notify(&[NotifyState::Reloading]);
        let before = Arc::clone(&self.start.config);
        let loaded = config::load(self.start.file.as_deref()).and_then(|config| {
            self.start.config = Arc::new(config);
            self.configure()
        });
        match loaded {
            Ok(()) => tracing::info!("the configuration was read again"),
            Err(error) => {
                self.start.config = before;
                self.bench.ui.error(&error);
                self.bench
                    .ui
                    .warn("the configuration is not taken; the old one goes on");
            }
        }
        notify(&[NotifyState::Ready]);
    }
}

async fn second_end(signals: &mut Signals) {
    while signals.next().await != Signal::End {}
}

/// Tells systemd, where it listens.
fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager was not told");
    }
}
