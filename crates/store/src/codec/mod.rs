//! The stored form of baselines: bytes of our own, with a version in front.
//!
//! A baseline is most of what the state file holds, so it is packed: fieldnames are numbers of a
//! [`Dictionary`], and a fingerprint that stood in the same baseline before (empty values mostly) is
//! written as its place. The same baseline always gives the same bytes.

mod baseline;
mod bytes;

pub(crate) use baseline::{decode, encode};

use crate::error::Failure;

/// Numbers that stand for texts.
pub(crate) trait Dictionary {
    /// Returns the number of a text, giving it one if need be.
    fn id_of(&mut self, text: &str) -> Result<u64, Failure>;

    /// Returns the text of a number.
    fn text_of(&mut self, id: u64) -> Result<&str, Failure>;
}
