//! Runs every check on one site and tells what came of it.

use std::fmt;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;

use super::check::{Check, Topic};
use super::failure::{Failure, Outcome};
use super::registry::TOPICS;
use super::schema;
use super::site::{Access, Site};
use super::version::Version;

/// Limits a run to these topics, separated by commas; for work on the suite itself.
const TOPICS_VARIABLE: &str = "CONFORMANCE_TOPICS";

/// What came of a run.
pub(super) struct Report {
    url: String,
    version: Version,
    time_zone: String,
    topics: Vec<(&'static str, usize)>,
    passed: usize,
    skipped: Vec<&'static Check>,
    failed: Vec<(&'static Check, Failure)>,
    left: Vec<String>,
}

/// Makes the DocTypes, runs all checks that speak of this version, and cleans up in any case.
pub(super) async fn run(access: Access) -> Result<Report, Failure> {
    let site = Site::connect(access).await?;
    let mut report = Report {
        url: site.access().url.clone(),
        version: site.version(),
        time_zone: site.time_zone().to_owned(),
        topics: Vec::new(),
        passed: 0,
        skipped: Vec::new(),
        failed: Vec::new(),
        left: Vec::new(),
    };
    let made = schema::create(&site).await;
    if made.is_ok() {
        for topic in chosen_topics() {
            report.run_topic(&site, topic).await;
        }
    }
    report.left = schema::remove(&site).await;
    made.map(|()| report)
}

impl Report {
    /// Whether the site behaves as stated, and nothing of the suite is left on it.
    pub(super) fn is_clean(&self) -> bool {
        self.failed.is_empty() && self.left.is_empty()
    }

    /// Every check that does not hold, with its section, and everything that stayed behind.
    pub(super) fn complaints(&self) -> String {
        let mut text = format!("{} does not behave as stated", self.url);
        for (check, failure) in &self.failed {
            text.push_str(&format!(
                "\n  [{}] {}\n      {failure}",
                check.section, check.name
            ));
        }
        for thing in &self.left {
            text.push_str(&format!("\n  left behind: {thing}"));
        }
        text
    }

    async fn run_topic(&mut self, site: &Site, topic: &'static Topic) {
        let mut count = 0;
        for check in topic.checks {
            if !check.versions.include(site.version()) {
                self.skipped.push(check);
                continue;
            }
            count += 1;
            match outcome(check, site).await {
                Ok(()) => self.passed += 1,
                Err(failure) => self.failed.push((check, failure)),
            }
        }
        self.topics.push((topic.name, count));
    }
}

/// A panic in a check is a failure of that check, so that the cleaning up still happens.
async fn outcome(check: &Check, site: &Site) -> Outcome {
    AssertUnwindSafe((check.run)(site))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Failure::new("the check itself panicked")))
}

fn chosen_topics() -> impl Iterator<Item = &'static Topic> {
    let chosen = std::env::var(TOPICS_VARIABLE).ok();
    TOPICS.iter().filter(move |topic| {
        chosen
            .as_ref()
            .is_none_or(|names| names.split(',').any(|name| name == topic.name))
    })
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url,
            version,
            time_zone,
            ..
        } = self;
        writeln!(formatter, "{url}: Frappe {version}, {time_zone}")?;
        for (topic, count) in &self.topics {
            writeln!(formatter, "  {topic:<16} {count:>3}")?;
        }
        for check in &self.skipped {
            writeln!(
                formatter,
                "  skipped [{}] {}: {}",
                check.section, check.name, check.versions
            )?;
        }
        let (passed, skipped, failed) = (self.passed, self.skipped.len(), self.failed.len());
        write!(
            formatter,
            "{passed} checks passed, {skipped} skipped, {failed} failed"
        )
    }
}
