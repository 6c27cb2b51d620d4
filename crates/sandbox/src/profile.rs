//! The Frappe versions that a site can behave as.

use serde::{Deserialize, Serialize};

/// A major version of Frappe. Differences between them are those of protocol 14.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// 14.93.
    V14,
    /// 15.55.
    #[default]
    V15,
    /// 16.0.0-dev of 2025-02-05.
    V16,
}

impl Profile {
    /// What `get_versions` answers for `frappe` (protocol 10.4).
    pub fn version(self) -> &'static str {
        match self {
            Self::V14 => "14.93.2",
            Self::V15 => "15.55.1",
            Self::V16 => "16.0.0-dev",
        }
    }

    /// How long an unused session goes on, unless System Settings say otherwise (protocol 2.3).
    pub(crate) fn session_life(self) -> chrono::TimeDelta {
        chrono::TimeDelta::hours(match self {
            Self::V14 => 60,
            Self::V15 | Self::V16 => 170,
        })
    }

    pub(crate) fn branch(self) -> &'static str {
        match self {
            Self::V14 => "version-14",
            Self::V15 => "version-15",
            Self::V16 => "develop",
        }
    }
}
