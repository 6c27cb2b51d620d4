//! A small client of its own: what a check says of Frappe must not pass through our connector.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, Method, Url};
use serde_json::{Value, json};

use super::answer::Answer;
use super::failure::{Failure, text};
use super::version::Version;

/// Longer than any request of the suite takes, shorter than a patient reader waits.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// An address and the API key of a user who is System Manager there.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) url: String,
    pub(super) key: String,
    pub(super) secret: String,
}

impl Access {
    /// What three environment variables say, if they are all set.
    pub(super) fn from_environment(url: &str, prefix: &str) -> Option<Self> {
        Some(Self {
            url: std::env::var(url).ok()?,
            key: std::env::var(format!("{prefix}_API_KEY")).ok()?,
            secret: std::env::var(format!("{prefix}_API_SECRET")).ok()?,
        })
    }
}

/// How a request names its sender.
#[derive(Clone, Copy)]
pub(super) enum Sender<'a> {
    /// The user of the API key.
    Ourselves,
    /// Nobody.
    Guest,
    /// Whatever this `Authorization` header says.
    Header(&'a str),
}

/// One site, the version it runs and the names that this run of the suite uses on it.
pub(super) struct Site {
    access: Access,
    base: Url,
    client: Client,
    version: Version,
    user: String,
    time_zone: String,
    letters: String,
    counter: AtomicU32,
}

impl Site {
    /// Connects, and learns the version, the user and the time zone.
    pub(super) async fn connect(access: Access) -> Result<Self, Failure> {
        let base = Url::parse(&access.url)
            .map_err(|error| Failure::new(format!("`{}` is no address: {error}", access.url)))?;
        let client = Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        let mut site = Self {
            client: if is_loopback(&base) {
                client.no_proxy()
            } else {
                client
            }
            .build()?,
            access,
            base,
            version: Version::parse("14.0")?,
            user: String::new(),
            time_zone: String::new(),
            letters: random_letters(),
            counter: AtomicU32::new(0),
        };
        let versions = site
            .call("frappe.utils.change_log.get_versions", json!({}))
            .await?;
        site.version = Version::parse(text(&versions["frappe"], "version")?)?;
        let user = site.call("frappe.auth.get_logged_user", json!({})).await?;
        site.user = user.as_str().unwrap_or_default().to_owned();
        let settings = json!({"doctype": "System Settings", "field": "time_zone"});
        let zone = site
            .call("frappe.client.get_single_value", settings)
            .await?;
        site.time_zone = zone.as_str().unwrap_or_default().to_owned();
        Ok(site)
    }

    pub(super) fn access(&self) -> &Access {
        &self.access
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// The user whom the API key belongs to.
    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// The IANA name of the zone that the site's timestamps are local to (protocol 10.3).
    pub(super) fn time_zone(&self) -> &str {
        &self.time_zone
    }

    /// The six letters that mark everything which this run makes.
    pub(super) fn letters(&self) -> &str {
        &self.letters
    }

    /// The name of one of the suite's own DocTypes, for example `FSC abcdef Record`.
    pub(super) fn doctype(&self, kind: &str) -> String {
        format!("FSC {} {kind}", self.letters)
    }

    /// A text that no other check of this run gets.
    pub(super) fn unique(&self, stem: &str) -> String {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("{stem}-{}-{number}", self.letters)
    }

    /// An address on the site, each segment percent-encoded.
    pub(super) fn address(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Sends one request as [`Sender::Ourselves`] that asks for JSON.
    pub(super) async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<Value>,
    ) -> Result<Answer, Failure> {
        self.send_as(Sender::Ourselves, method, url, body).await
    }

    /// Sends one request that asks for JSON.
    pub(super) async fn send_as(
        &self,
        sender: Sender<'_>,
        method: Method,
        url: Url,
        body: Option<Value>,
    ) -> Result<Answer, Failure> {
        let mut request = self.request(sender, method, url)?;
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.answer(request.header(ACCEPT, "application/json"))
            .await
    }

    /// A request without `Accept` and body, for checks about exactly these.
    pub(super) fn request(
        &self,
        sender: Sender<'_>,
        method: Method,
        url: Url,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        let request = self.client.request(method, url);
        let header = match sender {
            Sender::Guest => return Ok(request),
            Sender::Header(header) => header.to_owned(),
            Sender::Ourselves => format!("token {}:{}", self.access.key, self.access.secret),
        };
        let mut value = HeaderValue::from_str(&header)
            .map_err(|_| Failure::new("the API key does not fit into a header"))?;
        value.set_sensitive(true);
        Ok(request.header(AUTHORIZATION, value))
    }

    /// Sends a request that was built by [`Site::request`].
    pub(super) async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let request = request.build()?;
        let path: String = request
            .url()
            .as_str()
            .chars()
            .skip(self.base.as_str().len())
            .collect();
        let shown = format!("{} /{}", request.method(), path);
        Answer::read(shown, self.version, self.client.execute(request).await?).await
    }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str()
        .is_some_and(|host| host == "localhost" || host.starts_with("127."))
}

fn random_letters() -> String {
    let mut number = RandomState::new().build_hasher().finish();
    let mut letters = String::new();
    for _ in 0..6 {
        letters.push(char::from(
            b'a' + u8::try_from(number % 26).unwrap_or_default(),
        ));
        number /= 26;
    }
    letters
}
