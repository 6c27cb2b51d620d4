//! The books of two sites side by side: what their ledgers add up to, company by company.
//!
//! [`sums`] adds and compares, and is pure; [`read`] lists what it needs.

mod read;
mod sums;

pub(crate) use read::{Day, companies, sums_of};
pub(crate) use sums::{BooksReport, CompanyBooks, Line, Part, PartReport, compare};
