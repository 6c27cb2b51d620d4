//! The version of a site, and for which versions a statement is made.

use std::fmt;

use super::failure::Failure;

/// A release of Frappe, as far as behaviour depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    major: u32,
    minor: u32,
}

impl Version {
    const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Reads a version as `get_versions` gives it, for example `15.103.0` or `16.0.0-dev`.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let mut parts = text.split('.').map(str::parse::<u32>);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self::new(major, minor)),
            _ => Err(Failure::new(format!("`{text}` is not a version"))),
        }
    }

    /// Whether `exc_type` can be trusted (protocol 1.2).
    pub(super) fn names_error_class(self) -> bool {
        self.major >= 15
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// The versions that a check speaks of: half-open ranges, lower bound included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Versions(&'static [(Version, Version)]);

const V14: Version = Version::new(14, 0);
const V15: Version = Version::new(15, 0);
const V15_103: Version = Version::new(15, 103);
const V16: Version = Version::new(16, 0);
const END: Version = Version::new(u32::MAX, 0);

impl Versions {
    pub(super) const ALL: Self = Self(&[(V14, END)]);
    pub(super) const ONLY_14: Self = Self(&[(V14, V15)]);
    pub(super) const FROM_15: Self = Self(&[(V15, END)]);
    pub(super) const EXCEPT_15_103: Self = Self(&[(V14, V15_103), (V16, END)]);
    pub(super) const ONLY_15_103: Self = Self(&[(V15_103, V16)]);
    pub(super) const BEFORE_16: Self = Self(&[(V14, V16)]);
    pub(super) const FROM_16: Self = Self(&[(V16, END)]);

    pub(super) fn include(self, version: Version) -> bool {
        self.0
            .iter()
            .any(|&(from, before)| from <= version && version < before)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, &(from, before)) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(", ")?;
            }
            match before {
                END => write!(formatter, "{from} and later")?,
                _ => write!(formatter, "{from} until {before}")?,
            }
        }
        Ok(())
    }
}
