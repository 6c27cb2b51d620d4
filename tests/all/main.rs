//! The one integration test binary.

mod conformance;
mod erpnext;
mod faults;
mod invariants;
mod reading;
mod tidy;
mod two_way;
