//! Asks a site who we are, which versions run, and what time it is there (protocol 10).

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use frappe_sync_model::{SiteClock, SiteError, SiteErrorKind, SiteFacts};

use crate::answer::{Answer, unexpected};
use crate::request::Request;
use crate::transport::Transport;

/// Differences of clocks below this are taken for none: `Date` only tells whole seconds, and the way there
/// and back takes time of its own.
const CLOCK_UNCERTAINTY: Duration = Duration::seconds(2);

/// Asks for everything that [`SiteFacts`] holds.
pub(crate) async fn probe(transport: &Transport) -> Result<SiteFacts, SiteError> {
    let mut clock_reading = None;

    let request = who_we_are();
    let answer = transport.send(&request).await?;
    ClockReading::keep_best(&mut clock_reading, &answer);
    let user = user_of(answer.into_message(), &request)?;

    let request = Request::get(
        "frappe.utils.change_log.get_versions",
        &[],
        "ask for versions".into(),
    );
    let answer = transport.send(&request).await?;
    ClockReading::keep_best(&mut clock_reading, &answer);
    let apps = versions(&answer.into_message());
    let frappe_version = apps
        .iter()
        .find(|(app, _)| app == "frappe")
        .map(|(_, version)| version.clone())
        .ok_or_else(|| unexpected(&request, "the version of `frappe`"))?;

    let time_zone = match transport.config().time_zone {
        Some(time_zone) => time_zone,
        None => time_zone(transport, &mut clock_reading).await?,
    };
    Ok(SiteFacts {
        user,
        frappe_version,
        apps,
        clock: SiteClock {
            time_zone,
            skew: clock_reading.map_or_else(Duration::zero, ClockReading::skew),
        },
    })
}

/// Asks who we are, and nothing else.
pub(crate) async fn logged_user(transport: &Transport) -> Result<String, SiteError> {
    let request = who_we_are();
    let answer = transport.send(&request).await?;
    user_of(answer.into_message(), &request)
}

fn who_we_are() -> Request {
    Request::get("frappe.auth.get_logged_user", &[], "ask who we are".into())
}

fn user_of(message: Value, request: &Request) -> Result<String, SiteError> {
    match message {
        Value::String(user) if user == "Guest" => Err(SiteError::new(
            SiteErrorKind::NotAuthorised,
            "the site takes us for a guest: something on the way drops the `Authorization` or `Cookie` header",
        )),
        Value::String(user) => Ok(user),
        _ => Err(unexpected(request, "the user")),
    }
}

fn versions(message: &Value) -> Vec<(String, String)> {
    let apps = message.as_object().into_iter().flatten();
    apps.filter_map(|(app, facts)| {
        let version = facts.get("version")?.as_str()?;
        Some((app.clone(), version.to_owned()))
    })
    .collect()
}

/// Reads the zone of System Settings. `frappe.client.get_time_zone` would tell the user's own instead
/// (protocol 10.3).
async fn time_zone(
    transport: &Transport,
    clock_reading: &mut Option<ClockReading>,
) -> Result<Tz, SiteError> {
    let request = Request::get(
        "frappe.client.get_single_value",
        &[("doctype", "System Settings"), ("field", "time_zone")],
        "read the time zone of System Settings".into(),
    );
    let answer = match transport.send(&request).await.map_err(SiteError::from) {
        Ok(answer) => answer,
        Err(mut error) => {
            if error.kind == SiteErrorKind::NotPermitted {
                error.message = "the user may not read System Settings, so the time zone of the site \
                                 is not known; set `time_zone` for the site, or give the user a role \
                                 that reads System Settings"
                    .to_owned();
            }
            return Err(error);
        }
    };
    ClockReading::keep_best(clock_reading, &answer);
    let message = answer.into_message();
    let name = message.as_str().unwrap_or_default();
    name.parse().map_err(|_| {
        SiteError::new(
            SiteErrorKind::NotFrappe,
            format!(
                "the site's time zone `{name}` is not known here; set `time_zone` for the site"
            ),
        )
    })
}

/// The site's clock as one answer showed it, beside ours.
#[derive(Clone, Copy, Debug)]
struct ClockReading {
    site_date: DateTime<Utc>,
    sent_at: DateTime<Utc>,
    answered_at: DateTime<Utc>,
}

impl ClockReading {
    /// Keeps the reading with the shortest way there and back, which is the surest.
    fn keep_best(best: &mut Option<Self>, answer: &Answer) {
        let Some(site_date) = answer.site_date else {
            return;
        };
        let reading = Self {
            site_date,
            sent_at: answer.sent_at,
            answered_at: answer.answered_at,
        };
        if best.is_none_or(|best| reading.round_trip() < best.round_trip()) {
            *best = Some(reading);
        }
    }

    fn round_trip(self) -> Duration {
        self.answered_at - self.sent_at
    }

    /// Returns the site's clock less ours, at the middle of the way; a small one counts as none.
    fn skew(self) -> Duration {
        let ours = self.sent_at + self.round_trip() / 2;
        // `Date` drops the fraction, which is half a second on average.
        let theirs = self.site_date + Duration::milliseconds(500);
        let skew = theirs - ours;
        if skew.abs() < CLOCK_UNCERTAINTY {
            Duration::zero()
        } else {
            skew
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn reading(site_second: u32, sent_millis: i64, answered_millis: i64) -> ClockReading {
        let start = Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap();
        ClockReading {
            site_date: Utc
                .with_ymd_and_hms(2026, 1, 1, 12, 0, site_second)
                .unwrap(),
            sent_at: start + Duration::milliseconds(sent_millis),
            answered_at: start + Duration::milliseconds(answered_millis),
        }
    }

    #[test]
    fn skew_is_taken_at_the_middle_of_the_way_and_small_ones_are_none() {
        for (reading, millis) in [
            (reading(0, 0, 900), 0),
            (reading(2, 0, 900), 2050),
            (reading(30, 0, 1000), 30_000),
            (reading(0, 30_000, 31_000), -30_000),
            (reading(1, 0, 100), 0),
        ] {
            assert_eq!(
                reading.skew(),
                Duration::milliseconds(millis),
                "{reading:?}"
            );
        }
    }
}
