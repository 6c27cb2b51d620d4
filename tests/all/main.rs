//! The one integration test binary.

mod conformance;
mod faults;
mod reading;
mod two_way;
