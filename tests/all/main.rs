//! The one integration test binary.

mod conformance;
mod deciding;
mod erpnext;
mod faults;
mod guarding;
mod in_process;
mod invariants;
mod reading;
mod rebuilding;
mod removing;
mod renaming;
mod submitting;
mod tidy;
mod two_way;
