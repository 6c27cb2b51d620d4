//! How much of a mapping may change in one run.

use std::fmt;
use std::str::FromStr;

/// Percentages apply above this many pairs: one of three is a third, and yet nothing to stop for.
const PERCENT_APPLIES_ABOVE: usize = 20;

/// A limit on the documents that change in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many documents.
    Count(usize),
    /// So many of a hundred pairs, on mappings of more than 20.
    Percent(u8),
}

/// A limit that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is neither a number of documents, such as `100`, nor a percentage from `0%` to `100%`"
)]
pub struct LimitError {
    text: String,
}

impl Limit {
    /// Reads `50%` or `100`.
    ///
    /// # Errors
    ///
    /// Where the text is neither a whole number nor a whole percentage up to 100.
    pub fn parse(text: &str) -> Result<Self, LimitError> {
        let limit = match text.trim().strip_suffix('%') {
            Some(percent) => whole(percent)
                .filter(|&percent| percent <= 100)
                .map(Self::Percent),
            None => whole(text).map(Self::Count),
        };
        limit.ok_or_else(|| LimitError {
            text: text.to_owned(),
        })
    }

    /// Tells whether `seen` of `pairs` documents are too many.
    pub fn is_exceeded(self, seen: usize, pairs: usize) -> bool {
        match self {
            Self::Count(count) => seen > count,
            // In 128 bits, so that no count can overflow the product.
            Self::Percent(percent) => {
                pairs > PERCENT_APPLIES_ABOVE
                    && seen as u128 * 100 > pairs as u128 * u128::from(percent)
            }
        }
    }
}

/// Reads plain digits, as `parse` alone would take a sign too.
fn whole<T: FromStr>(text: &str) -> Option<T> {
    let digits = text.trim();
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_percentages_read_back_as_written() {
        for text in ["0", "100", "0%", "50%", "100%"] {
            assert_eq!(Limit::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Limit::parse(" 50 % "), Ok(Limit::Percent(50)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "%", "101%", "-1", "+1", "1.5", "many", "1e3", "50%%"] {
            assert!(Limit::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_price_list_of_three_may_lose_one() {
        assert!(!Limit::Percent(10).is_exceeded(1, 3));
        assert!(!Limit::Percent(10).is_exceeded(20, 20));
        assert!(Limit::Percent(10).is_exceeded(3, 21));
    }

    #[test]
    fn a_limit_may_be_reached_but_not_passed() {
        assert!(!Limit::Percent(50).is_exceeded(50, 100));
        assert!(Limit::Percent(50).is_exceeded(51, 100));
        assert!(!Limit::Count(7).is_exceeded(7, 3));
        assert!(Limit::Count(7).is_exceeded(8, 1_000));
        assert!(Limit::Count(0).is_exceeded(1, 1));
        assert!(!Limit::Count(0).is_exceeded(0, 1));
    }
}
