//! The words of frappe-sync as types, and the traits at its edges.
//!
//! Everything that more than one crate speaks of lives here: ids, documents, metadata, the canonical
//! form and fingerprints of values, pairs with their baselines, and the two boundary traits
//! [`Site`] (a Frappe site over REST) and [`StateStore`] (the durable memory of a sync). The crate does
//! no IO, reads no clock and draws no random number.

mod baseline;
mod canonical;
mod cursor;
mod document;
mod error;
mod file;
mod filter;
mod fingerprint;
mod ids;
mod load;
mod meta;
mod past;
mod policy;
mod side;
mod site;
mod site_time;
mod state;
mod work;

pub use baseline::{Baseline, FieldBaseline, Pair, PairId, PairSide, RowBaseline};
pub use canonical::{CANONICAL_VERSION, Canonical, canonical};
pub use cursor::Cursor;
pub use document::{DocKey, Document, NewDocument, Row};
pub use error::{SiteError, SiteErrorKind};
pub use file::Upload;
pub use filter::{Filter, FilterError};
pub use fingerprint::{Fingerprint, FingerprintKey, Fingerprinter};
pub use ids::{DocName, DocType, FieldName, FieldPath, MappingName, RunId, SyncName};
pub use load::{Load, LoadState, Loaded, LoadedDocument};
pub use meta::{
    DOCUMENT_FIELDS, DocTypeMeta, FieldKind, FieldMeta, MetaBundle, Naming, ROW_FIELDS,
    is_standard_field,
};
pub use past::{BeforeImage, OperationAction, OperationId, OperationRecord, UndoMark, UndoStep};
pub use policy::{
    Cancelled, ConflictPolicy, Deletes, Direction, Docstatus, Identity, MissingLinks, NameKeeping,
};
pub use side::{PerSide, Side};
pub use site::{
    BodyQuery, Deletion, KeyOrder, KeyPage, KeyQuery, Presence, Renaming, RequestCounts, Selection,
    Site, SiteFacts, TraceQuery, Written,
};
pub use site_time::{SiteClock, SiteTime};
pub use state::{Counterpart, MappingCounts, MappingState, StateError, StateStore};
pub use work::{
    Batch, ConflictRecord, ConflictState, Intent, IntentId, IntentKind, JournalEntry, Parked,
    ParkedCause, RunOutcome, RunRecord, Todo, TodoReason,
};
