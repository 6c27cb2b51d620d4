//! Frappe's conversions `cint` and `flt`, and how Python prints numbers (protocol 5.5).

use rust_decimal::{Decimal, RoundingStrategy};

use super::cell::Cell;

/// Frappe's `cint`: what does not read as a number is 0, a fraction is cut off.
pub(crate) fn cint(cell: &Cell) -> i64 {
    match cell {
        Cell::Int(number) => *number,
        Cell::Float(number) => truncate(*number),
        Cell::Text(text) => parse_float(text).map_or(0, truncate),
        _ => 0,
    }
}

/// Frappe's `flt`: thousands separators are dropped, what does not read as a number is 0.
pub(crate) fn flt(cell: &Cell) -> f64 {
    match cell {
        Cell::Int(number) => *number as f64,
        Cell::Float(number) => *number,
        Cell::Text(text) => flt_text(text),
        _ => 0.0,
    }
}

/// [`flt`] of a text.
pub(crate) fn flt_text(text: &str) -> f64 {
    parse_float(&text.replace(',', "")).unwrap_or(0.0)
}

/// What a Check field makes of a value: 1 or 0.
pub(crate) fn check(cell: &Cell) -> i64 {
    i64::from(cint(cell) != 0)
}

/// Rounds as a `decimal(21,9)` column does; `None` where the number has too many digits before the point.
pub(crate) fn round_decimal(number: f64) -> Option<f64> {
    if !number.is_finite() || number.abs() >= 1e12 {
        return None;
    }
    // Money has few decimals; only long fractions need exact arithmetic.
    if (number * 1e6).fract() == 0.0 {
        return Some(number);
    }
    let exact: Decimal = number.to_string().parse().ok()?;
    exact
        .round_dp_with_strategy(9, RoundingStrategy::MidpointAwayFromZero)
        .to_string()
        .parse()
        .ok()
}

/// Python's `str` of a float.
pub(super) fn float_text(number: f64) -> String {
    if number.is_finite() && number.fract() == 0.0 && number.abs() < 1e16 {
        format!("{number:.1}")
    } else {
        number.to_string()
    }
}

fn truncate(number: f64) -> i64 {
    // The cast saturates, which is as good as Python's big integers here: both are refused as too long.
    number.trunc() as i64
}

fn parse_float(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cint_reads_numbers_only() {
        assert_eq!(cint(&Cell::text("5abc")), 0);
        assert_eq!(cint(&Cell::Float(3.9)), 3);
        assert_eq!(cint(&Cell::text(" 7 ")), 7);
        assert_eq!(check(&Cell::text("yes")), 0);
    }

    #[test]
    fn flt_drops_separators() {
        assert_eq!(flt(&Cell::text("12,345.5")), 12345.5);
    }

    #[test]
    fn decimals_are_rounded_away_from_zero_at_nine_digits() {
        assert_eq!(round_decimal(1.234_567_890_5), Some(1.234_567_891));
        assert_eq!(round_decimal(-0.000_000_000_5), Some(-0.000_000_001));
        assert_eq!(round_decimal(1e13), None);
    }
}
