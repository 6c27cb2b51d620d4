//! The ids of runs: they are ordered by time, and tell when a run began.

use chrono::{DateTime, Utc};
use frappe_sync_model::RunId;
use uuid::Uuid;

/// Makes the id of a run that begins now.
pub(crate) fn new() -> RunId {
    RunId::new(Uuid::now_v7().to_string())
}

/// Returns when a run began; `None` where its id was not made here.
pub(crate) fn began(run: &RunId) -> Option<DateTime<Utc>> {
    let stamp = Uuid::parse_str(run.as_str()).ok()?.get_timestamp()?;
    let (seconds, nanoseconds) = stamp.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_tells_when_it_began() {
        let before = Utc::now();
        let told = began(&new()).unwrap();
        assert!((told - before).num_milliseconds().abs() < 10_000, "{told}");
        assert_eq!(began(&"rehearsal".into()), None);
    }
}
