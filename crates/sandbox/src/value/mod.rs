//! Values as a site keeps them, and the rules by which Python and MariaDB turn one into another.
//!
//! Leaves out what a value means for a field: that is [`crate::schema`].

mod cell;
mod collation;
mod json_text;
mod python;
mod temporal;

pub(crate) use cell::Cell;
pub(crate) use collation::{Key, collation_key, fold, folds_to, name_key, parent_key};
pub(crate) use json_text::{JsonStyle, python_json};
pub(crate) use python::{check, cint, flt, flt_text, round_decimal};
pub(crate) use temporal::{
    Stamp, format_date, format_stamp, format_stamp_in_full, format_time, parse_date, parse_stamp,
    parse_time, stamp_from_utc,
};
