//! Values of the model as columns.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};
use frappe_sync_model::{OperationAction, RunOutcome, Side, SiteTime, TodoReason, UndoStep};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Value, ValueRef};

use crate::error::{Failure, Unreadable};

/// A site's time: microseconds of its local calendar where its text is the usual one, else the text.
///
/// The number is a third of the text's size, in a row and in every index on it, and is sorted as time;
/// all numbers stand before all texts. Equal columns mean equal texts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SiteTimeColumn(pub(crate) SiteTime);

impl SiteTimeColumn {
    /// Wraps an optional time for a statement.
    pub(crate) fn of(time: Option<&SiteTime>) -> Option<Self> {
        time.cloned().map(Self)
    }
}

impl ToSql for SiteTimeColumn {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match to_micros(self.0.as_str()) {
            Some(micros) => ToSqlOutput::Owned(Value::Integer(micros)),
            None => ToSqlOutput::Borrowed(ValueRef::Text(self.0.as_str().as_bytes())),
        })
    }
}

impl FromSql for SiteTimeColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Integer(micros) => from_micros(micros)
                .map(|text| Self(SiteTime::new(&text)))
                .ok_or(FromSqlError::OutOfRange(micros)),
            value => value.as_str().map(|text| Self(SiteTime::new(text))),
        }
    }
}

/// A moment of our own clock: nanoseconds since 1970. One that is out of their range, 1677 to 2262, is
/// stored as the end of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

impl ToSql for Moment {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let nanos = self
            .0
            .timestamp_nanos_opt()
            .unwrap_or(if self.0 < DateTime::UNIX_EPOCH {
                i64::MIN
            } else {
                i64::MAX
            });
        Ok(nanos.into())
    }
}

impl FromSql for Moment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value
            .as_i64()
            .map(|nanos| Self(DateTime::from_timestamp_nanos(nanos)))
    }
}

/// A side, as `a` or `b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SideColumn(pub(crate) Side);

impl ToSql for SideColumn {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_str().into())
    }
}

impl FromSql for SideColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "a" => Ok(Self(Side::A)),
            "b" => Ok(Self(Side::B)),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// Returns the stored form of a reason.
pub(crate) fn reason_code(reason: TodoReason) -> &'static str {
    match reason {
        TodoReason::Seen => "seen",
        TodoReason::OpenPair => "open_pair",
        TodoReason::ParkedDue => "parked_due",
        TodoReason::Deferred => "deferred",
        TodoReason::Vanished => "vanished",
    }
}

/// Reads the stored form of a reason.
pub(crate) fn reason_of(code: &str) -> Result<TodoReason, Failure> {
    match code {
        "seen" => Ok(TodoReason::Seen),
        "open_pair" => Ok(TodoReason::OpenPair),
        "parked_due" => Ok(TodoReason::ParkedDue),
        "deferred" => Ok(TodoReason::Deferred),
        "vanished" => Ok(TodoReason::Vanished),
        _ => Err(unknown("reason to look at a document", code)),
    }
}

/// Returns the stored form of an outcome.
pub(crate) fn outcome_code(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Converged => "converged",
        RunOutcome::Partial => "partial",
        RunOutcome::Stopped => "stopped",
        RunOutcome::Failed => "failed",
    }
}

/// Reads the stored form of an outcome.
pub(crate) fn outcome_of(code: &str) -> Result<RunOutcome, Failure> {
    match code {
        "converged" => Ok(RunOutcome::Converged),
        "partial" => Ok(RunOutcome::Partial),
        "stopped" => Ok(RunOutcome::Stopped),
        "failed" => Ok(RunOutcome::Failed),
        _ => Err(unknown("outcome of a run", code)),
    }
}

/// Reads the stored form of what an operation did, which is the model's own word.
pub(crate) fn action_of(code: &str) -> Result<OperationAction, Failure> {
    use OperationAction::{Cancel, Create, Delete, Merge, Rename, Submit, Update};
    [Create, Update, Submit, Cancel, Delete, Rename, Merge]
        .into_iter()
        .find(|action| action.as_str() == code)
        .ok_or_else(|| unknown("operation", code))
}

/// Returns the stored form of how far an undo got.
pub(crate) fn undo_step_code(step: UndoStep) -> &'static str {
    match step {
        UndoStep::Begun => "begun",
        UndoStep::Done => "done",
    }
}

/// Reads the stored form of how far an undo got.
pub(crate) fn undo_step_of(code: &str) -> Result<UndoStep, Failure> {
    match code {
        "begun" => Ok(UndoStep::Begun),
        "done" => Ok(UndoStep::Done),
        _ => Err(unknown("step of an undo", code)),
    }
}

fn unknown(what: &'static str, code: &str) -> Failure {
    Failure::Unreadable(Unreadable::UnknownCode {
        what,
        text: code.to_owned(),
    })
}

/// Returns the microseconds from which [`from_micros`] makes exactly this text.
fn to_micros(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let shape: &[u8] = match bytes.len() {
        19 => b"dddd-dd-dd dd:dd:dd",
        26 => b"dddd-dd-dd dd:dd:dd.dddddd",
        _ => return None,
    };
    let fits = bytes.iter().zip(shape).all(|(byte, sign)| match sign {
        b'd' => byte.is_ascii_digit(),
        sign => byte == sign,
    });
    if !fits {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to]
            .iter()
            .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let micros = match bytes.len() {
        19 => 0,
        // A fraction of zero would be made without a fraction.
        _ => Some(number(20, 26)).filter(|&micros| micros != 0)?,
    };
    let year = i32::try_from(number(0, 4)).ok()?;
    NaiveDate::from_ymd_opt(year, number(5, 7), number(8, 10))?
        .and_hms_micro_opt(number(11, 13), number(14, 16), number(17, 19), micros)
        .map(|moment| moment.and_utc().timestamp_micros())
}

/// Returns the text of a site's time.
fn from_micros(micros: i64) -> Option<String> {
    let moment: NaiveDateTime = DateTime::from_timestamp_micros(micros)?.naive_utc();
    let mut text = format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second()
    );
    let fraction = moment.and_utc().timestamp_subsec_micros();
    if fraction != 0 {
        text.push_str(&format!(".{fraction:06}"));
    }
    Some(text)
}
