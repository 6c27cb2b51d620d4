//! The one integration test binary.

mod applying;
mod conformance;
mod deciding;
mod erpnext;
mod faults;
mod files;
mod guarding;
mod histories;
mod in_process;
mod incumbents;
mod invariants;
mod mapping;
mod measured;
mod reading;
mod rebuilding;
mod removing;
mod renaming;
mod scene;
mod singles;
mod submitting;
mod tidy;
mod two_way;
mod undoing;
mod verifying;
mod vouchers;
mod world;
