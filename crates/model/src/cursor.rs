//! Where reading stands.

use serde::{Deserialize, Serialize};

use crate::{DocName, SiteTime};

/// The last `(modified, name)` of a DocType on one site that was read and durably dealt with.
///
/// It is opaque to all but the poll: both parts are the site's own words, compared by the site itself
/// (protocol 3.2), never by us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The site's local time; reading goes on from here, less the lag window.
    pub modified: SiteTime,
    /// Breaks ties of `modified`; empty where the cursor stands on a moment and not on a document.
    pub name: Option<DocName>,
    /// The zone that the site kept when the cursor was taken; another one makes it worthless.
    pub time_zone: String,
}
