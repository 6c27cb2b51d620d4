//! One site, by a handle that is cheap to clone.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::late::{Late, settle};
use super::log::{Log, RequestCounts, RequestRecord};
use super::person::{Person, SiteError};
use crate::clock::Clock;
use crate::failure::Attempt;
use crate::fault::Faults;
use crate::hook::Hook;
use crate::profile::Profile;
use crate::site::{Site, SiteOptions, Transaction, UserOptions};
use crate::webhook::{Outbox, WebhookDelivery};

/// One Frappe-compatible site. Clones are handles on the same site.
#[derive(Clone)]
pub struct Sandbox(Arc<Shared>);

struct Shared {
    site: Mutex<Site>,
    late: Mutex<Vec<Late>>,
    log: Mutex<Log>,
    faults: Faults,
    outbox: Outbox,
}

impl Sandbox {
    /// Makes a bare site: the DocTypes, roles and users that Frappe itself installs, and nothing else.
    pub fn new(options: SiteOptions) -> Self {
        Self::of(Site::new(options))
    }

    pub(super) fn of(site: Site) -> Self {
        Self(Arc::new(Shared {
            outbox: site.outbox.clone(),
            site: Mutex::new(site),
            late: Mutex::default(),
            log: Mutex::default(),
            faults: Faults::default(),
        }))
    }

    /// Adds a user with an API key, and its roles where the site does not know them.
    ///
    /// # Errors
    ///
    /// What a person would be refused: an address that is none, a user or an API key that is there already.
    pub fn add_user(&self, options: UserOptions) -> Result<(), SiteError> {
        self.transact("Administrator", |transaction| {
            transaction.add_user(&options)
        })
    }

    /// A person who works at the site under this user.
    pub fn as_user(&self, email: &str) -> Person {
        Person::new(self.clone(), email)
    }

    /// The faults that stand between clients and the site.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Adds a hook to a DocType, after those that it has.
    pub fn add_hook(&self, doctype: &str, hook: Hook) {
        self.lock().hooks.add(doctype, hook);
    }

    /// Removes all hooks.
    pub fn clear_hooks(&self) {
        self.lock().hooks.clear();
    }

    /// Lets the site's workers make only so many documents of each Data Import before they are killed; none at all leaves
    /// it in the queue. `None` lets them work.
    pub fn set_worker(&self, documents: Option<usize>) {
        self.lock().worker_takes = documents;
    }

    /// Takes out what webhooks are to send (protocol 11), in the order in which it became due. A served site sends it by
    /// itself; without a server nobody else does.
    pub fn take_webhooks(&self) -> Vec<WebhookDelivery> {
        // What is late is carried out first.
        drop(self.lock());
        self.outbox().take()
    }

    pub(crate) fn outbox(&self) -> &Outbox {
        &self.0.outbox
    }

    /// The requests since the last [`Sandbox::reset_requests`], in the order in which they were answered; of very many only the last.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.log().records()
    }

    /// How many requests there were since the last [`Sandbox::reset_requests`].
    pub fn request_counts(&self) -> RequestCounts {
        self.log().counts()
    }

    /// Empties the log of requests.
    pub fn reset_requests(&self) {
        *self.log() = Log::default();
    }

    /// The version that the site behaves as.
    pub fn profile(&self) -> Profile {
        self.lock().profile
    }

    /// The clock that the site reads.
    pub fn clock(&self) -> Clock {
        self.lock().clock.clone()
    }

    /// The site's own time: its clock, and how far it is off.
    pub fn now(&self) -> DateTime<Utc> {
        self.lock().instant()
    }

    /// Sets how far the site is ahead of its clock.
    pub fn set_skew(&self, skew: TimeDelta) {
        self.lock().skew = skew;
    }

    /// The host name that the site was given.
    pub fn host(&self) -> String {
        self.lock().host.clone()
    }

    /// Work as one user in one transaction: all of it is done, or nothing.
    pub(super) fn transact<T>(
        &self,
        user: &str,
        work: impl FnOnce(&mut Transaction<'_>) -> Attempt<T>,
    ) -> Result<T, SiteError> {
        let mut site = self.lock();
        let mut transaction = Transaction::begin(&mut site, user);
        let done = work(&mut transaction);
        if done.is_ok() {
            transaction.commit();
        } else {
            transaction.rollback();
        }
        Ok(done?)
    }

    /// The site, with everything carried out that is due.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Site> {
        let mut late = self.0.late.lock().unwrap_or_else(PoisonError::into_inner);
        // What a request wrote that panicked is put back when the next one begins.
        let mut site = self.0.site.lock().unwrap_or_else(PoisonError::into_inner);
        settle(&mut late, &mut site);
        site
    }

    pub(super) fn postpone(&self, late: Late) {
        self.0
            .late
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(late);
    }

    pub(super) fn note(&self, record: RequestRecord) {
        self.log().push(record);
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sandbox {
    /// Which site it is, without what it holds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let site = self.lock();
        formatter
            .debug_struct("Sandbox")
            .field("host", &site.host)
            .field("profile", &site.profile)
            .finish_non_exhaustive()
    }
}

impl Transaction<'_> {
    fn add_user(&mut self, options: &UserOptions) -> Attempt<()> {
        for role in &options.roles {
            self.ensure_role(role)?;
        }
        let roles: Vec<Value> = options
            .roles
            .iter()
            .map(|role| json!({"role": role}))
            .collect();
        let values = json!({
            "email": options.email,
            "first_name": options.email.split('@').next().unwrap_or_default(),
            "enabled": 1,
            "send_welcome_email": 0,
            "api_key": options.api_key,
            "api_secret": options.api_secret,
            "roles": roles,
        });
        let Value::Object(values) = values else {
            return Ok(());
        };
        let record = self.new_record("User", values)?;
        self.insert(record).map(|_| ())
    }
}
