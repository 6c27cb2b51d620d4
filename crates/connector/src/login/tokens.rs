//! A pair of tokens, and until when it is good.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

/// The form of the file that keeps them.
const FORMAT: &str = "frappe-sync/tokens@1";
/// How long before its end a token is renewed, at most; of a short one, a tenth of its life.
const MOST_MARGIN: TimeDelta = TimeDelta::seconds(60);
/// A life of a token that is longer is taken for this one.
const LONGEST_LIFE: i64 = 10 * 365 * 24 * 60 * 60;

/// What a token endpoint gave. `Debug` shows no token.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
    /// When a new one is asked for.
    renew_at: Option<DateTime<Utc>>,
    /// When it is no longer taken.
    pub(super) expires_at: Option<DateTime<Utc>>,
}

impl Tokens {
    /// Reads what a token endpoint answered to what was asked at `asked_at`; without a new refresh token, the
    /// one that was used stays good.
    pub(super) fn of_answer(
        body: &Map<String, Value>,
        asked_at: DateTime<Utc>,
        used: Option<&SecretString>,
    ) -> Option<Self> {
        let text = |key: &str| body.get(key)?.as_str().filter(|text| is_token(text));
        // A gateway may write the number as a text.
        let seconds = body.get("expires_in").and_then(|value| match value {
            Value::String(text) => text.parse().ok(),
            value => value.as_i64().or_else(|| value.as_f64().map(|n| n as i64)),
        });
        let life = seconds.map(|seconds: i64| TimeDelta::seconds(seconds.clamp(0, LONGEST_LIFE)));
        Some(Self {
            access: text("access_token")?.into(),
            refresh: text("refresh_token")
                .map(SecretString::from)
                .or_else(|| used.cloned()),
            renew_at: life.map(|life| asked_at + life - MOST_MARGIN.min(life / 10)),
            expires_at: life.map(|life| asked_at + life),
        })
    }

    /// Tells whether another one is to be asked for, as far as that is possible.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        let due = match self.refresh {
            Some(_) => self.renew_at,
            None => self.expires_at,
        };
        due.is_some_and(|due| due <= now)
    }

    pub(super) fn is_access(&self, other: &SecretString) -> bool {
        self.access.expose_secret() == other.expose_secret()
    }

    /// Renders them for the file of their site and client.
    pub(super) fn to_text(&self, site: &str, client: &str) -> SecretString {
        let moment = |moment: Option<DateTime<Utc>>| {
            moment.map(|moment| moment.to_rfc3339_opts(SecondsFormat::Secs, true))
        };
        let value = json!({
            "format": FORMAT,
            "site": site,
            "client_id": client,
            "access_token": self.access.expose_secret(),
            "refresh_token": self.refresh.as_ref().map(|token| token.expose_secret()),
            "renew_at": moment(self.renew_at),
            "expires_at": moment(self.expires_at),
        });
        format!("{value:#}\n").into()
    }

    /// Reads the text of a file: `Ok(None)` where it is of another site or client, an error where it is none.
    pub(super) fn of_text(text: &str, site: &str, client: &str) -> Result<Option<Self>, ()> {
        let value: Value = serde_json::from_str(text).map_err(|_| ())?;
        let text = |key: &str| value[key].as_str();
        if text("format") != Some(FORMAT) {
            return Err(());
        }
        if text("site") != Some(site) || text("client_id") != Some(client) {
            return Ok(None);
        }
        let moment = |key: &str| -> Result<Option<DateTime<Utc>>, ()> {
            let Some(text) = text(key) else {
                return Ok(None);
            };
            let moment = DateTime::parse_from_rfc3339(text).map_err(|_| ())?;
            Ok(Some(moment.with_timezone(&Utc)))
        };
        let token = |key: &str| {
            text(key)
                .filter(|text| is_token(text))
                .map(SecretString::from)
        };
        Ok(Some(Self {
            access: token("access_token").ok_or(())?,
            refresh: token("refresh_token"),
            renew_at: moment("renew_at")?,
            expires_at: moment("expires_at")?,
        }))
    }
}

/// Tells whether a text can stand in a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap()
    }

    fn tokens(body: Value) -> Option<Tokens> {
        Tokens::of_answer(body.as_object().unwrap(), noon(), Some(&"used".into()))
    }

    #[test]
    fn a_token_is_renewed_a_minute_or_a_tenth_of_its_life_before_it_ends() {
        for (expires_in, due_after) in [
            (json!(3600), Some(3540)),
            (json!("3600"), Some(3540)),
            (json!(100.0), Some(90)),
            (json!(0), Some(0)),
            (json!(-5), Some(0)),
            (Value::Null, None),
        ] {
            let body = json!({"access_token": "a", "refresh_token": "r", "expires_in": expires_in});
            let tokens = tokens(body).unwrap();
            let due_at = |seconds| tokens.is_due(noon() + TimeDelta::seconds(seconds));
            match due_after {
                Some(seconds) => assert!(due_at(seconds) && !due_at(seconds - 1), "{expires_in}"),
                None => assert!(!due_at(1_000_000)),
            }
        }
    }

    #[test]
    fn the_refresh_token_that_was_used_stays_where_no_new_one_comes() {
        let kept = |body: Value| {
            let refresh = tokens(body).unwrap().refresh.unwrap();
            refresh.expose_secret().to_owned()
        };
        assert_eq!(kept(json!({"access_token": "a"})), "used");
        assert_eq!(
            kept(json!({"access_token": "a", "refresh_token": "new"})),
            "new"
        );
        assert!(tokens(json!({"access_token": "a b"})).is_none());
        assert!(tokens(json!({"error": "invalid_grant"})).is_none());
    }

    #[test]
    fn what_is_kept_is_read_back_for_the_same_site_and_client_alone() {
        let kept = tokens(json!({"access_token": "a", "expires_in": 3600})).unwrap();
        let text = kept.to_text("https://x.example", "client");
        let text = text.expose_secret();
        let read = |site, client| Tokens::of_text(text, site, client);
        let back = read("https://x.example", "client").unwrap().unwrap();
        assert_eq!(back.expires_at, kept.expires_at);
        assert_eq!(back.renew_at, kept.renew_at);
        assert!(back.is_access(&kept.access));
        assert!(read("https://y.example", "client").unwrap().is_none());
        assert!(read("https://x.example", "other").unwrap().is_none());
        assert!(Tokens::of_text("{", "", "").is_err());
        assert!(Tokens::of_text("{}", "", "").is_err());
    }
}
