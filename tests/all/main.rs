//! The one integration test binary.

mod conformance;
mod two_way;
