//! The deep comparison of both sites, streamed so that memory grows with what differs and not with the sites.
//!
//! Both sites are read in full: keys in pages, and the bodies of pairs in batches. Neither is written to. What
//! comes out is a certificate: the sites are equal, but for these, each with its cause.

mod alone;
mod cause;
mod certificate;
mod compare;
mod difference;
mod digest;
mod known;
mod rows;
mod verifying;

pub use cause::Cause;
pub use certificate::{
    AloneReport, DifferenceReport, DocTypeVerification, ValueReport, VerifiedSite, VerifyOutcome,
    VerifyReport,
};
pub use verifying::verify;
