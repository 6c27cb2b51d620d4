//! What does not travel, and why.

use std::fmt;

use frappe_sync_model::Side;

/// A field that stays behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The side on which the reason stands; where it stands on both there is one entry for each.
    pub side: Side,
    /// The field: `status`, a whole table: `items[]`, or a field of its rows: `items[].delivered_qty`.
    pub field: String,
    /// Why it stays.
    pub reason: LeftOutReason,
}

/// Why a field stays behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOutReason {
    /// The mapping names it under `except` or `except_if_present`.
    Except,
    /// The mapping lists others under `only`.
    NotListed,
    /// The other side has no such field.
    MissingAcross,
    /// The mapping gives the other side's field of that name something else.
    GoesElsewhere,
    /// The two sides hold different kinds of values in it; these are their fieldtypes, this side first.
    KindsDiffer(String, String),
    /// The two sides link to DocTypes that are no counterparts; these are they, this side first.
    TargetsDiffer(String, String),
    /// A Dynamic Link whose field for the DocType does not travel.
    TypeLeftOut(String),
    /// Frappe's own field, which the site writes.
    Standard,
    /// A password; never read, never written.
    Password,
    /// Computed and never stored.
    Virtual,
    /// Read-only and not copied: the site works it out (`per_delivered`, `status` of an order).
    Derived,
    /// Overwritten from a link's target at every save (protocol 7).
    Fetched(String),
    /// The site's own bookkeeping of a tree; writing it breaks the tree (protocol 8).
    TreeInternal,
    /// The link from an amended document to the one that it replaces, where `docstatus` is not followed.
    Amendment,
    /// The switch by which a document keeps its own posting date; sent along with every date.
    PostingSwitch,
    /// A table whose child DocType the site does not describe.
    ChildUnknown(String),
    /// A table whose rows have no field that travels.
    NothingInCommon,
}

impl fmt::Display for LeftOutReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Except => f.write_str("the mapping leaves it out"),
            Self::NotListed => f.write_str("not listed under `only`"),
            Self::MissingAcross => f.write_str("the other side has no such field"),
            Self::GoesElsewhere => {
                f.write_str("the mapping gives the other side's field of that name something else")
            }
            Self::KindsDiffer(here, across) => {
                write!(f, "it is `{here}` here and `{across}` on the other side")
            }
            Self::TargetsDiffer(here, across) => write!(
                f,
                "it links to `{here}` here and to `{across}` on the other side"
            ),
            Self::TypeLeftOut(field) => {
                write!(f, "its DocType stands in `{field}`, which is left out")
            }
            Self::Standard => f.write_str("the site writes it"),
            Self::Password => f.write_str("passwords never travel"),
            Self::Virtual => f.write_str("virtual: computed, never stored"),
            Self::Derived => f.write_str("read-only and not copied: the site works it out"),
            Self::Fetched(from) => write!(f, "fetched from `{from}` at every save"),
            Self::TreeInternal => f.write_str("the site's own bookkeeping of its tree"),
            Self::Amendment => f.write_str("amendments travel only where `docstatus` does"),
            Self::PostingSwitch => f.write_str("sent along with every posting date"),
            Self::ChildUnknown(doctype) => {
                write!(f, "the site does not describe its rows (`{doctype}`)")
            }
            Self::NothingInCommon => f.write_str("its rows have no field that travels"),
        }
    }
}
