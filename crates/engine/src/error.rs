//! What ends a run.

use frappe_sync_mapper::Diagnostic;
use frappe_sync_model::{Side, SiteError, StateError};

use crate::apply::PlanRefusal;
use crate::report::GuardReport;

/// A run that could not go on. What it had settled before stays settled; the next run goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A site failed in a way that concerns more than one document.
    #[error("site `{side}`")]
    Site {
        /// The site.
        side: Side,
        /// What happened there.
        #[source]
        source: SiteError,
    },
    /// The state file failed.
    #[error("the state file")]
    State(#[from] StateError),
    /// The mappings do not fit the sites.
    #[error("the mappings do not fit the sites")]
    Mapping(Vec<Diagnostic>),
    /// A guard stopped the whole sync before its first write.
    #[error("stopped by the guard `{}`", .0.name)]
    Guard(Box<GuardReport>),
    /// What was asked for is not there.
    #[error("there is no {0}")]
    Unknown(String),
    /// The plan cannot be carried out here.
    #[error("the plan cannot be carried out")]
    Refused(#[source] PlanRefusal),
    /// It was asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Ties a site's error to its side.
pub(crate) trait OnSide<V> {
    /// Names the side that failed.
    fn on(self, side: Side) -> Result<V, EngineError>;
}

impl<V> OnSide<V> for Result<V, SiteError> {
    fn on(self, side: Side) -> Result<V, EngineError> {
        self.map_err(|source| EngineError::Site { side, source })
    }
}
