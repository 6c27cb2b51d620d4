//! The way between the engine and a site: latency, faults, people who come in between, and death.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use frappe_sync_connector::{Wire, WireAnswer, WireFuture, WireOutcome, WireRequest};
use frappe_sync_model::Side;
use frappe_sync_sandbox::{Action, Fault, Matcher, Method, Outcome, Request, Response};
use serde_json::Value;

use super::dice::Dice;
use super::fate::Fate;
use super::history::{Event, Meddle, When};
use super::kind::Kind;
use super::people;
use super::planted::Planted;
use super::site::World;
use super::sync::REQUEST_TIMEOUT;

/// The way to one site in one run.
pub(crate) struct WorldWire {
    pub(crate) world: Arc<World>,
    pub(crate) side: Side,
    pub(crate) fate: Arc<Fate>,
    /// The dice of latencies.
    pub(crate) seed: u64,
    /// The bug that is planted on the way, if one is.
    pub(crate) planted: Option<Planted>,
    pub(crate) sent: AtomicU64,
}

impl Wire for WorldWire {
    fn exchange(&self, request: WireRequest) -> WireFuture<'_> {
        Box::pin(self.carry(to_sandbox(request)))
    }
}

impl WorldWire {
    async fn carry(&self, mut request: Request) -> WireOutcome {
        if self.planted == Some(Planted::NoCompareAndSet) {
            without_token(&mut request);
        }
        let nth = self.sent.fetch_add(1, Ordering::SeqCst);
        let mut dice = Dice::of(self.seed.wrapping_mul(31).wrapping_add(nth));
        tokio::time::sleep(latency(&mut dice)).await;
        if self.fate.is_dead() {
            return std::future::pending().await;
        }
        people::commit_due(&self.world);
        let is_write = writes(&request);
        let mut met = self.fate.meet(Event::Request);
        if is_write {
            met.extend(self.fate.meet(Event::WriteRequest));
        }
        if !met.is_empty() {
            self.heat(&request);
        }
        self.in_between(&met, When::Before);
        if let Some(Meddle::Fault(Action::Slow { millis })) = met.iter().find(|what| is_fault(what))
        {
            // It may take too long.
            self.fate.disturb();
            tokio::time::sleep(Duration::from_millis(*millis)).await;
            people::commit_due(&self.world);
        }
        if self.fate.is_dead() {
            return std::future::pending().await;
        }
        if is_write {
            people::commit_those_in(&self.world, self.side, &request);
        }
        let outcome = self.exchanged(&request, &met, is_write);
        self.in_between(&met, When::After);
        tokio::time::sleep(latency(&mut dice)).await;
        self.world.time.now();
        if self.fate.is_dead() {
            return std::future::pending().await;
        }
        to_wire(outcome)
    }

    /// Carries out a request, under a fault if there is one.
    fn exchanged(&self, request: &Request, met: &[Meddle], is_write: bool) -> Outcome {
        let site = &self.world.sites[self.side];
        let kind = if is_write { "write" } else { "read" };
        let mut slept = 0;
        for what in met {
            let action = match what {
                Meddle::Fault(Action::Slow { millis }) => {
                    self.tally("faults", format!("slow {kind}"));
                    slept = *millis;
                    continue;
                }
                Meddle::Fault(action) => {
                    self.tally("faults", format!("{} {kind}", name_of(action)));
                    self.fate.disturb();
                    action.clone()
                }
                Meddle::KillInFlight { millis } => {
                    self.tally("kills", format!("in flight of a {kind}"));
                    self.fate.kill();
                    Action::KeepRunning {
                        millis: Some(*millis),
                    }
                }
                Meddle::Act { .. } | Meddle::Kill(_) => continue,
            };
            let action = without(action, slept);
            if let (Action::KeepRunning { millis }, true) = (&action, is_write) {
                self.runs_on(*millis);
            }
            let matcher = Matcher::any();
            // Its hold is on nothing, so the ticket is of no use.
            let _ticket = site.faults().push(Fault { matcher, action });
            return site.exchange(request);
        }
        site.exchange(request)
    }

    fn in_between(&self, met: &[Meddle], moment: When) {
        for what in met {
            match what {
                Meddle::Act {
                    when,
                    side,
                    act,
                    seed,
                } if *when == moment => {
                    self.tally("mid-run", format!("{act:?}"));
                    people::act(&self.world, *side, *act, *seed);
                }
                Meddle::Kill(when) if *when == moment => {
                    self.tally("kills", format!("{when:?} a request"));
                    self.fate.kill();
                }
                _ => {}
            }
        }
    }

    /// People like to work on what is just being written.
    fn heat(&self, request: &Request) {
        let path = request.path.replace("%20", " ");
        let place = path.strip_prefix("/api/resource/");
        let Some((doctype, name)) = place.and_then(|place| place.split_once('/')) else {
            return;
        };
        if let Some(kind) = Kind::of_doctype(doctype) {
            let known = self.world.names(self.side, kind).into_iter();
            let marked = known.filter(|(known, _)| known == name);
            let mut book = self.world.book();
            marked.for_each(|(_, marker)| book.heat((kind, marker)));
        }
    }

    /// Notes how long a write may still be running.
    fn runs_on(&self, millis: Option<u64>) {
        let longest = millis.map_or(REQUEST_TIMEOUT, Duration::from_millis);
        let until = self.world.time.now() + longest;
        let mut book = self.world.book();
        book.running_until = book.running_until.max(Some(until));
    }

    fn tally(&self, group: &'static str, kind: String) {
        self.world.book().tally.add(group, kind);
    }
}

/// Takes the token of compare-and-set out of an update.
fn without_token(request: &mut Request) {
    let Ok(mut body) = serde_json::from_slice::<Value>(&request.body) else {
        return;
    };
    if request.method == Method::Put
        && let Some(data) = body.get_mut("data").and_then(Value::as_object_mut)
    {
        data.remove("modified");
        request.body = body.to_string().into_bytes();
    }
}

fn latency(dice: &mut Dice) -> Duration {
    let longest = if dice.percent(5) { 3_000 } else { 120 };
    Duration::from_millis(u64::try_from(dice.between(1, longest)).unwrap_or(1))
}

/// What a request has slept already is a part of how long the site lets it run.
fn without(action: Action, slept: u64) -> Action {
    match action {
        Action::KeepRunning {
            millis: Some(millis),
        } => Action::KeepRunning {
            millis: Some(millis.saturating_sub(slept)),
        },
        other => other,
    }
}

fn is_fault(what: &Meddle) -> bool {
    matches!(what, Meddle::Fault(_) | Meddle::KillInFlight { .. })
}

fn name_of(action: &Action) -> &'static str {
    match action {
        Action::Reject { .. } => "rejected",
        Action::LoseRequest => "lost request",
        Action::FailAfterWrite => "lost answer",
        Action::KeepRunning { .. } => "kept running",
        Action::Hold | Action::HoldResponse => "held",
        Action::Slow { .. } => "slow",
        Action::CutBody => "half body",
        Action::TooManyRequests { .. } => "429",
        Action::Deadlock => "deadlock",
        Action::HtmlBadGateway { executed: true } => "502 after",
        Action::HtmlBadGateway { executed: false } => "502 before",
        Action::Redirect { .. } => "redirect",
        Action::WrongContentType => "wrong content type",
    }
}

/// Whether a request may change something.
pub(crate) fn writes(request: &Request) -> bool {
    const READING: [&str; 4] = [
        "frappe.client.get",
        "frappe.auth.",
        "frappe.desk.form.load",
        "frappe.desk.reportview",
    ];
    match request.method {
        Method::Get | Method::Head | Method::Options => false,
        Method::Post => {
            let method = request
                .path
                .strip_prefix("/api/method/")
                .unwrap_or_default();
            !READING.iter().any(|prefix| method.starts_with(prefix))
        }
        Method::Put | Method::Patch | Method::Delete => true,
    }
}

fn to_sandbox(request: WireRequest) -> Request {
    let method = Method::parse(&request.method).expect("the connector sends known verbs");
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: request.headers,
        body: request.body,
    }
}

fn to_wire(outcome: Outcome) -> WireOutcome {
    let answer = |response: Response| WireAnswer {
        status: response.status,
        headers: response.headers,
        body: response.body,
    };
    match outcome {
        Outcome::Response(response) => WireOutcome::Answered(answer(response)),
        Outcome::Cut(response) => {
            let mut cut = answer(response);
            cut.body.truncate(cut.body.len() / 2);
            WireOutcome::Cut(cut)
        }
        Outcome::Lost { .. } => WireOutcome::Lost,
    }
}
