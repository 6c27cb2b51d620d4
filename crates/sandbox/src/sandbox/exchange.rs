//! A request as a client sees it: faults in between, and a line in the log.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use super::handle::Sandbox;
use super::late::Late;
use super::log::{RequestRecord, describe};
use crate::api::{EnvelopeStyle, answer, failure_response};
use crate::failure::Failure;
use crate::fault::{Action, Effect, Moment, Observer};
use crate::http::{Outcome, Request, Response};
use crate::import::run_jobs;
use crate::login::answer_login;

impl Sandbox {
    /// Sends a request through the faults of the site (see [`Sandbox::faults`]). In a simulation without a network this is the network.
    ///
    /// Blocks while the request is held.
    pub fn exchange(&self, request: &Request) -> Outcome {
        let mut record = describe(request, self.profile());
        let outcome = match self.faults().take(&record) {
            None => Outcome::Response(self.perform(request, &mut record)),
            Some(Effect::Run(Moment::Before, run)) => {
                run(self);
                Outcome::Response(self.perform(request, &mut record))
            }
            Some(Effect::Run(Moment::After, run)) => {
                let response = self.perform(request, &mut record);
                run(self);
                Outcome::Response(response)
            }
            Some(Effect::Action(action, observer)) => {
                self.hit(request, &mut record, action, &observer)
            }
        };
        record.status = match &outcome {
            Outcome::Response(response) | Outcome::Cut(response) => Some(response.status),
            Outcome::Lost { .. } => None,
        };
        self.note(record);
        outcome
    }

    /// Answers a request with no fault in between.
    pub fn handle(&self, request: &Request) -> Response {
        let mut record = describe(request, self.profile());
        let response = self.perform(request, &mut record);
        record.status = Some(response.status);
        self.note(record);
        response
    }

    fn perform(&self, request: &Request, record: &mut RequestRecord) -> Response {
        let mut site = self.lock();
        let response = match site.identify(request) {
            Ok(sender) => {
                // A worker has had time since the request before.
                run_jobs(&mut site);
                let answered = answer_login(&mut site, &sender, request);
                let response = answered.unwrap_or_else(|| answer(&mut site, &sender.user, request));
                let response = sender.told_of_expiry(response);
                record.user = sender.user;
                response
            }
            Err(failure) => failure_response(&failure, &[], EnvelopeStyle::One, site.profile),
        };
        drop(site);
        if response.status >= 400 && !wants_json(request) {
            let page = format!("<!doctype html><title>Error {}</title>", response.status);
            return self.dated(Response::html(response.status, &page));
        }
        self.dated(response)
    }

    /// Carries out a request under a fault.
    fn hit(
        &self,
        request: &Request,
        record: &mut RequestRecord,
        action: Action,
        observer: &Observer,
    ) -> Outcome {
        let outcome = match action {
            Action::Reject {
                status,
                exc_type,
                message,
            } => {
                let failure = Failure {
                    status,
                    class: exc_type.into(),
                    module: "frappe.exceptions.",
                    message,
                    shown: true,
                };
                Outcome::Response(self.refuse(&failure))
            }
            Action::Deadlock => {
                let failure = Failure {
                    status: 500,
                    class: "QueryDeadlockError".into(),
                    module: "frappe.exceptions.",
                    message: "(1213, 'Deadlock found when trying to get lock; try restarting transaction')".to_owned(),
                    shown: false,
                };
                Outcome::Response(self.refuse(&failure))
            }
            Action::TooManyRequests { retry_after } => {
                Outcome::Response(self.too_many(retry_after))
            }
            Action::Redirect { location } => {
                let mut response =
                    Response::html(302, "<!doctype html><title>Redirecting...</title>");
                response.headers.push(("Location".to_owned(), location));
                Outcome::Response(self.dated(response))
            }
            Action::HtmlBadGateway { executed } => {
                if executed {
                    drop(self.perform(request, record));
                }
                let page = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>";
                Outcome::Response(self.dated(Response::html(502, page)))
            }
            Action::LoseRequest => Outcome::Lost { executed: false },
            Action::FailAfterWrite => {
                drop(self.perform(request, record));
                Outcome::Lost { executed: true }
            }
            Action::KeepRunning { millis } => {
                self.keep_running(request, record, millis, observer);
                Outcome::Lost { executed: true }
            }
            Action::Hold => {
                observer.hit();
                observer.wait();
                Outcome::Response(self.perform(request, record))
            }
            Action::HoldResponse => {
                let response = self.perform(request, record);
                observer.hit();
                observer.wait();
                Outcome::Response(response)
            }
            Action::Slow { millis } => {
                self.pass(millis);
                Outcome::Response(self.perform(request, record))
            }
            Action::CutBody => Outcome::Cut(self.perform(request, record)),
            Action::WrongContentType => {
                let mut response = self.perform(request, record);
                response
                    .headers
                    .retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
                response.headers.push((
                    "Content-Type".to_owned(),
                    "text/html; charset=utf-8".to_owned(),
                ));
                Outcome::Response(response)
            }
        };
        observer.hit();
        outcome
    }

    fn refuse(&self, failure: &Failure) -> Response {
        self.dated(failure_response(
            failure,
            &[],
            EnvelopeStyle::One,
            self.profile(),
        ))
    }

    fn too_many(&self, retry_after: Option<u64>) -> Response {
        let body = json!({"exc_type": "TooManyRequestsError", "exception": "frappe.exceptions.TooManyRequestsError"});
        let mut response = Response::json(429, &body);
        if let Some(seconds) = retry_after {
            response.headers.extend([
                ("Retry-After".to_owned(), seconds.to_string()),
                ("X-RateLimit-Reset".to_owned(), seconds.to_string()),
                ("X-RateLimit-Limit".to_owned(), "60000000".to_owned()),
                ("X-RateLimit-Remaining".to_owned(), "0".to_owned()),
            ]);
        }
        self.dated(response)
    }

    fn keep_running(
        &self,
        request: &Request,
        record: &mut RequestRecord,
        millis: Option<u64>,
        observer: &Observer,
    ) {
        let mut site = self.lock();
        let Ok(user) = site.identify(request).map(|sender| sender.user) else {
            return;
        };
        record.user.clone_from(&user);
        let due = millis.map(|millis| site.clock.now() + milliseconds(millis));
        let began = site.stamp();
        drop(site);
        self.postpone(Late {
            request: request.clone(),
            user,
            began,
            due,
            ticket: observer.clone(),
        });
    }

    /// Lets time pass: a manual clock moves, the machine's is waited for.
    fn pass(&self, millis: u64) {
        let clock = self.clock();
        if clock.is_manual() {
            clock.advance(milliseconds(millis));
        } else {
            std::thread::sleep(Duration::from_millis(millis));
        }
    }

    /// Adds the `Date` of the site's clock.
    fn dated(&self, mut response: Response) -> Response {
        let date = self.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        response.headers.push(("Date".to_owned(), date));
        response
    }
}

/// Whether errors are answered in JSON rather than as a page (protocol 1.2).
fn wants_json(request: &Request) -> bool {
    let accept = request.header("accept").unwrap_or_default();
    accept.contains("application/json")
        || (request.path.starts_with("/api/") && !accept.starts_with("text"))
}

fn milliseconds(millis: u64) -> TimeDelta {
    TimeDelta::try_milliseconds(i64::try_from(millis).unwrap_or(i64::MAX)).unwrap_or(TimeDelta::MAX)
}
