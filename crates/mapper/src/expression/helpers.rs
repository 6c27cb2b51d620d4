//! What an expression can call: filters and tests of Jinja, methods of Python, and Frappe's own helpers.

use std::str::FromStr;

use chrono::{Months, NaiveDate, TimeDelta};
use minijinja::value::{Value, ValueKind, from_args};
use minijinja::{Environment, Error, ErrorKind, State, filters, tests};
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy};

/// Frappe's helpers, and Python's.
pub(super) const FUNCTIONS: [&str; 8] = [
    "add_days",
    "add_months",
    "cint",
    "cstr",
    "date_diff",
    "flt",
    "getdate",
    "len",
];

pub(super) const FILTERS: [&str; 17] = [
    "abs",
    "default",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "replace",
    "round",
    "split",
    "string",
    "title",
    "trim",
    "upper",
    "capitalize",
];

pub(super) const TESTS: [&str; 4] = ["defined", "none", "number", "string"];

/// Methods of a text.
pub(super) const METHODS: [&str; 10] = [
    "capitalize",
    "endswith",
    "lower",
    "lstrip",
    "replace",
    "rstrip",
    "split",
    "startswith",
    "strip",
    "upper",
];

pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_filter("abs", filters::abs);
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("float", filters::float);
    environment.add_filter("int", filters::int);
    environment.add_filter("join", filters::join);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("replace", filters::replace);
    environment.add_filter("round", filters::round);
    environment.add_filter("split", filters::split);
    environment.add_filter("string", filters::string);
    environment.add_filter("title", filters::title);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("none", tests::is_none);
    environment.add_test("number", tests::is_number);
    environment.add_test("string", tests::is_string);
    environment.add_function("add_days", add_days);
    environment.add_function("add_months", add_months);
    environment.add_function("cint", cint);
    environment.add_function("cstr", cstr);
    environment.add_function("date_diff", date_diff);
    environment.add_function("flt", flt);
    environment.add_function("getdate", getdate);
    environment.add_function("len", filters::length);
    environment.set_unknown_method_callback(method);
}

/// `flt(value, precision)`: a number, 0 where there is none; a half goes to the even neighbour.
fn flt(value: &Value, precision: Option<u32>) -> f64 {
    let number = number(value).unwrap_or_default();
    let rounded = match precision {
        Some(places) => {
            number.round_dp_with_strategy(places.min(9), RoundingStrategy::MidpointNearestEven)
        }
        None => number,
    };
    rounded.to_f64().unwrap_or_default()
}

/// `cint(value)`: a whole number, cut off, 0 where there is none.
fn cint(value: &Value) -> i64 {
    let number = number(value).unwrap_or_default();
    number.trunc().to_i64().unwrap_or_default()
}

fn number(value: &Value) -> Option<Decimal> {
    match value.kind() {
        ValueKind::Bool => Some(Decimal::from(u8::from(value.is_true()))),
        ValueKind::Number => match value.as_i64().filter(|_| value.is_integer()) {
            Some(whole) => Some(Decimal::from(whole)),
            None => Decimal::from_f64(f64::try_from(value.clone()).ok()?),
        },
        ValueKind::String => {
            // Thousands are set off by commas.
            let text = value.as_str()?.trim().replace(',', "");
            Decimal::from_str(&text)
                .or_else(|_| Decimal::from_scientific(&text))
                .ok()
        }
        _ => None,
    }
}

/// `cstr(value)`: a text, empty where there is none.
fn cstr(value: &Value) -> String {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => String::new(),
        _ => value.to_string(),
    }
}

/// `getdate(value)`: the day of a date or a datetime, nothing where there is none.
fn getdate(value: &Value) -> Result<Value, Error> {
    Ok(day(value)?.map_or(Value::from(()), |day| Value::from(day.to_string())))
}

/// `add_days(date, days)`
fn add_days(value: &Value, days: i64) -> Result<Value, Error> {
    moved(value, |day| {
        day.checked_add_signed(TimeDelta::try_days(days)?)
    })
}

/// `add_months(date, months)`: the same day, or the last of its month.
fn add_months(value: &Value, months: i32) -> Result<Value, Error> {
    let by = Months::new(months.unsigned_abs());
    moved(value, |day| match months < 0 {
        true => day.checked_sub_months(by),
        false => day.checked_add_months(by),
    })
}

fn moved(value: &Value, by: impl FnOnce(NaiveDate) -> Option<NaiveDate>) -> Result<Value, Error> {
    let Some(day) = day(value)? else {
        return Ok(Value::from(()));
    };
    let moved = by(day).ok_or_else(|| refused("the date is out of reach"))?;
    Ok(Value::from(moved.to_string()))
}

/// `date_diff(date, earlier)`: the days between.
fn date_diff(date: &Value, earlier: &Value) -> Result<Value, Error> {
    let (Some(date), Some(earlier)) = (day(date)?, day(earlier)?) else {
        return Ok(Value::from(()));
    };
    Ok(Value::from((date - earlier).num_days()))
}

fn day(value: &Value) -> Result<Option<NaiveDate>, Error> {
    if value.is_none() || value.is_undefined() {
        return Ok(None);
    }
    let text = value.as_str().ok_or_else(|| refused("it is no date"))?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let first = text.get(..10).unwrap_or(text);
    NaiveDate::parse_from_str(first, "%Y-%m-%d")
        .map(Some)
        .map_err(|_| refused("it is no date"))
}

fn refused(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

fn method(
    _state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let Some(text) = value.as_str() else {
        return Err(Error::new(
            ErrorKind::UnknownMethod,
            format!("a {} has no `{method}`", value.kind()),
        ));
    };
    let nothing = || -> Result<(), Error> {
        let _none: () = from_args(args)?;
        Ok(())
    };
    let one = || -> Result<&str, Error> {
        let (part,): (&str,) = from_args(args)?;
        Ok(part)
    };
    Ok(match method {
        "upper" => nothing().map(|()| Value::from(text.to_uppercase()))?,
        "lower" => nothing().map(|()| Value::from(text.to_lowercase()))?,
        "strip" => nothing().map(|()| Value::from(text.trim()))?,
        "lstrip" => nothing().map(|()| Value::from(text.trim_start()))?,
        "rstrip" => nothing().map(|()| Value::from(text.trim_end()))?,
        "capitalize" => {
            nothing()?;
            let mut letters = text.chars();
            let first: String = letters
                .by_ref()
                .take(1)
                .flat_map(char::to_uppercase)
                .collect();
            Value::from(first + &letters.as_str().to_lowercase())
        }
        "startswith" => Value::from(text.starts_with(one()?)),
        "endswith" => Value::from(text.ends_with(one()?)),
        "replace" => {
            let (old, new): (&str, &str) = from_args(args)?;
            Value::from(text.replace(old, new))
        }
        "split" => {
            let (by,): (Option<&str>,) = from_args(args)?;
            let parts: Vec<Value> = match by {
                Some("") => return Err(refused("nothing splits no text")),
                Some(by) => text.split(by).map(Value::from).collect(),
                None => text.split_whitespace().map(Value::from).collect(),
            };
            Value::from(parts)
        }
        _ => return Err(Error::from(ErrorKind::UnknownMethod)),
    })
}
