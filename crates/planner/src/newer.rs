//! Which side was saved later.

use chrono::{DateTime, Duration, Utc};
use frappe_sync_model::Side;

/// Returns the side that was saved later, each given as the earliest and latest moment that its
/// `modified` can mean by our clock.
///
/// `uncertainty` is how far the two may be off against each other, from measuring both clocks. `None`
/// where a moment is unknown, or where either could have been the later one: a tie.
pub fn newer_side(
    a: Option<(DateTime<Utc>, DateTime<Utc>)>,
    b: Option<(DateTime<Utc>, DateTime<Utc>)>,
    uncertainty: Duration,
) -> Option<Side> {
    let (a, b) = (a?, b?);
    let is_after = |later: (DateTime<Utc>, _), earlier: (_, DateTime<Utc>)| {
        later.0.signed_duration_since(earlier.1) > uncertainty
    };
    if is_after(a, b) {
        Some(Side::A)
    } else if is_after(b, a) {
        Some(Side::B)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        between(seconds, seconds)
    }

    fn between(first: i64, last: i64) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let moment = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        Some((moment(first), moment(last)))
    }

    #[test]
    fn the_later_save_is_newer() {
        let uncertainty = Duration::seconds(2);
        assert_eq!(newer_side(at(10), at(7), uncertainty), Some(Side::A));
        assert_eq!(newer_side(at(7), at(10), uncertainty), Some(Side::B));
    }

    #[test]
    fn inside_the_uncertainty_it_is_a_tie() {
        let uncertainty = Duration::seconds(2);
        assert_eq!(newer_side(at(10), at(8), uncertainty), None);
        assert_eq!(newer_side(at(8), at(10), uncertainty), None);
        assert_eq!(newer_side(at(8), at(8), Duration::zero()), None);
    }

    #[test]
    fn the_repeated_hour_ties_with_what_lies_in_it() {
        let repeated = between(3_600, 7_200);
        assert_eq!(newer_side(repeated, at(5_000), Duration::zero()), None);
        assert_eq!(
            newer_side(repeated, at(3_000), Duration::zero()),
            Some(Side::A)
        );
        assert_eq!(
            newer_side(repeated, at(8_000), Duration::zero()),
            Some(Side::B)
        );
    }

    #[test]
    fn an_unknown_moment_is_a_tie() {
        assert_eq!(newer_side(None, at(1), Duration::zero()), None);
        assert_eq!(newer_side(at(1), None, Duration::zero()), None);
    }
}
