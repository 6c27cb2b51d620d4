//! The boundary to a Frappe site.

use std::future::Future;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    DocKey, DocName, DocType, Document, Filter, Load, LoadState, Loaded, MetaBundle, NewDocument,
    SiteClock, SiteError, SiteTime, Upload,
};

/// What a site tells of itself and of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFacts {
    /// The user that our key belongs to.
    pub user: String,
    /// Frappe's version, such as `15.55.1`.
    pub frappe_version: String,
    /// Installed apps with their versions.
    pub apps: Vec<(String, String)>,
    /// Its zone and clock.
    pub clock: SiteClock,
}

/// In which order keys are read, and after which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// By `modified`, then `name`, from a closed lower bound (protocol 3.2).
    Modified {
        /// Keys from this moment on.
        from: SiteTime,
        /// Of those at exactly that moment, only names after this one.
        after: Option<DocName>,
    },
    /// By `name`: every document, also one without `modified`.
    Name {
        /// Only names after this one.
        after: Option<DocName>,
    },
}

/// Asks for a page of keys.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyQuery {
    /// The DocType.
    pub doctype: DocType,
    /// The mapping's own filters.
    pub filters: Vec<Filter>,
    /// Order and place.
    pub order: KeyOrder,
    /// The most keys to return.
    pub limit: usize,
    /// Read `lft` too; only for trees.
    pub with_lft: bool,
}

/// A page of keys, in the order asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPage {
    /// The keys.
    pub keys: Vec<DocKey>,
    /// There may be more: the page was full.
    pub full: bool,
}

/// Which documents are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// Those of these names.
    Names(Vec<DocName>),
    /// Those that these filters let through.
    Filters(Vec<Filter>),
}

/// Asks for whole documents.
#[derive(Clone, Debug)]
pub struct BodyQuery<'a> {
    /// The DocType with its child DocTypes, as this site describes them.
    pub meta: &'a MetaBundle,
    /// Which documents.
    pub selection: Selection,
    /// Which child tables are read; the others are left out of the answer.
    pub tables: Vec<&'a str>,
}

/// What a site answered to a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The document's name.
    pub name: DocName,
    /// Its `modified`, as the answer shows it.
    pub modified: Option<SiteTime>,
}

/// Asks for the traces that deletes and renames leave (protocol 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceQuery {
    /// Of documents of these DocTypes.
    pub doctypes: Vec<DocType>,
    /// Left at this moment of the site's time or later; `None`: at any time.
    pub since: Option<SiteTime>,
    /// Of documents that had one of these names; empty: of any name.
    pub names: Vec<DocName>,
}

/// A delete, as the site's `Deleted Document` tells. A merge leaves one too (protocol 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The name of the `Deleted Document` itself.
    pub record: DocName,
    /// The DocType of the document that was deleted.
    pub doctype: DocType,
    /// Its name.
    pub name: DocName,
    /// When it was deleted, in the site's time.
    pub at: SiteTime,
    /// Who deleted it.
    pub by: String,
    /// It was restored since.
    pub restored: bool,
}

/// A rename or a merge, as the comment on the new name tells (protocol 8). The two are told apart by
/// `creation`, which survives a rename.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// The DocType.
    pub doctype: DocType,
    /// The name before.
    pub old: DocName,
    /// The name afterwards, or the document that it was merged into.
    pub new: DocName,
    /// When, in the site's time.
    pub at: SiteTime,
}

/// Where a document is that a list does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is there, and we may read it.
    There,
    /// It does not exist.
    Gone,
    /// It exists, and we may not read it.
    Hidden,
}

/// Requests made since the site was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCounts {
    /// Requests that read, retries included.
    pub read: u64,
    /// Requests that write, retries included.
    pub write: u64,
}

/// A Frappe site, as a sync sees it.
///
/// Every method may be called while others are under way; the implementer bounds how many requests are
/// in flight. Reads are retried inside, within a bounded time. Writes are only repeated inside where the
/// site said that nothing was done; every other failure comes back as
/// [`OutcomeUnknown`](crate::SiteErrorKind::OutcomeUnknown).
pub trait Site {
    /// Asks who we are, which versions run, and what time it is there (protocol 10).
    fn probe(&self) -> impl Future<Output = Result<SiteFacts, SiteError>>;

    /// Reads a DocType with Custom Fields and Property Setters, child DocTypes included (protocol 9).
    fn meta(&self, doctype: &DocType) -> impl Future<Output = Result<MetaBundle, SiteError>>;

    /// Reads one page of keys. A page holds every visible key between its first and its last.
    fn keys(&self, query: &KeyQuery) -> impl Future<Output = Result<KeyPage, SiteError>>;

    /// Reads documents with the asked child tables, in bulk, in no particular order. One that is not
    /// visible is left out. No document comes back torn: rows newer than their parent were read again
    /// (protocol 3.5). Any number of names may be asked for; the implementer makes pages of them.
    fn documents(
        &self,
        query: &BodyQuery<'_>,
    ) -> impl Future<Output = Result<Vec<Document>, SiteError>>;

    /// Reads the keys of documents that match filters, all of them, in the order of `name`.
    fn matching_keys(
        &self,
        doctype: &DocType,
        filters: &[Filter],
    ) -> impl Future<Output = Result<Vec<DocKey>, SiteError>>;

    /// Tells which of these names exist, spelled as the site spells them.
    fn existing(
        &self,
        doctype: &DocType,
        names: &[DocName],
    ) -> impl Future<Output = Result<Vec<DocName>, SiteError>>;

    /// Makes up to 200 documents in one transaction and returns their names in the same order
    /// (protocol 4.2). On an error nothing was made, unless something in it commits by itself.
    fn insert_many(
        &self,
        documents: &[NewDocument],
    ) -> impl Future<Output = Result<Vec<DocName>, SiteError>>;

    /// Makes one document.
    fn insert(&self, document: &NewDocument) -> impl Future<Output = Result<Written, SiteError>>;

    /// Updates the sent fields of one document if its `modified` still is `base`; child tables are
    /// replaced by the rows sent (protocol 5.4, 6.1).
    fn update(
        &self,
        doctype: &DocType,
        name: &DocName,
        base: &SiteTime,
        changes: Map<String, Value>,
    ) -> impl Future<Output = Result<Written, SiteError>>;

    /// Reads the deletes that match, oldest first (protocol 8).
    ///
    /// # Errors
    ///
    /// [`NotPermitted`](crate::SiteErrorKind::NotPermitted) where our user may not read `Deleted Document`.
    fn deletions(
        &self,
        query: &TraceQuery,
    ) -> impl Future<Output = Result<Vec<Deletion>, SiteError>>;

    /// Reads the renames and merges that match, oldest first (protocol 8). The names of the query are
    /// those from before.
    ///
    /// # Errors
    ///
    /// [`NotPermitted`](crate::SiteErrorKind::NotPermitted) where our user may not read `Comment`.
    fn renamings(
        &self,
        query: &TraceQuery,
    ) -> impl Future<Output = Result<Vec<Renaming>, SiteError>>;

    /// Reads the key that a deleted document had when it was deleted; `None` where the record is gone or
    /// says nothing of it.
    fn deleted_key(
        &self,
        record: &DocName,
    ) -> impl Future<Output = Result<Option<DocKey>, SiteError>>;

    /// Asks for one document by name, past lists and filters.
    fn presence(
        &self,
        doctype: &DocType,
        name: &DocName,
    ) -> impl Future<Output = Result<Presence, SiteError>>;

    /// Puts a tag on a document, or takes it off (protocol 8). To do so twice changes nothing.
    fn tag(
        &self,
        doctype: &DocType,
        name: &DocName,
        tag: &str,
        on: bool,
    ) -> impl Future<Output = Result<(), SiteError>>;

    /// Deletes one document (protocol 4.1). There is no compare-and-set for it (protocol 6.1).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::SiteErrorKind::NotFound) where it is not there any more.
    fn delete(
        &self,
        doctype: &DocType,
        name: &DocName,
    ) -> impl Future<Output = Result<(), SiteError>>;

    /// Renames one document, or merges it into another, and returns the name that it has now (protocol
    /// 4.3). `modified` does not move.
    ///
    /// # Errors
    ///
    /// As every write; a DocType that allows no renames refuses.
    fn rename(
        &self,
        doctype: &DocType,
        from: &DocName,
        to: &DocName,
        merge: bool,
    ) -> impl Future<Output = Result<DocName, SiteError>>;

    /// Makes a deleted document again from its `Deleted Document`, as a new document (protocol 8).
    fn restore(&self, record: &DocName) -> impl Future<Output = Result<(), SiteError>>;

    /// Tells which DocTypes have one document, which the site cannot list (protocol 8). From then on every method answers
    /// for that document, which is called like its DocType. One that was never saved has a `modified` before every other
    /// and no owner.
    fn know_singles(&self, doctypes: &[DocType]);

    /// Reads the bytes of a stored file by the address in its `File` (protocol 8, Files), and compares them with the
    /// hash that the `File` tells of them, where it tells one.
    ///
    /// # Errors
    ///
    /// [`Refused`](crate::SiteErrorKind::Refused) where the bytes are not there, are not those of the hash, or are more
    /// than the implementer reads; [`NotPermitted`](crate::SiteErrorKind::NotPermitted) where our user may not read them.
    fn download(
        &self,
        file_url: &str,
        content_hash: Option<&str>,
    ) -> impl Future<Output = Result<Vec<u8>, SiteError>>;

    /// Stores bytes as a `File` that is attached to a document (protocol 8, Files). What the site made of name and bytes,
    /// a read of that `File` tells.
    ///
    /// # Errors
    ///
    /// As every write; a site refuses what is too large, or of a type that it does not take.
    fn upload(&self, upload: Upload) -> impl Future<Output = Result<Written, SiteError>>;

    /// Makes documents under the names that they are given, each in a transaction of its own, by a Data Import, and
    /// waits for its end (protocol 5.6).
    ///
    /// # Errors
    ///
    /// Where the site did not begin, nothing was made, unless the error is
    /// [`OutcomeUnknown`](crate::SiteErrorKind::OutcomeUnknown). Then, and where it did not end in time, it is to be
    /// [resumed](Self::resume_load).
    fn load(&self, load: &Load) -> impl Future<Output = Result<Loaded, SiteError>>;

    /// Sees to it that a load goes on and comes to its end, whose answer was lost or that was not waited for: the site
    /// makes no document of it twice.
    fn resume_load(&self, label: &str) -> impl Future<Output = Result<LoadState, SiteError>>;

    /// Takes away what a load left on the site beside the documents: the Data Import, its log and its file.
    fn end_load(&self, label: &str) -> impl Future<Output = Result<(), SiteError>>;

    /// Returns the last number that the site handed out in a series, by what stands before the number (protocol 5.2);
    /// 0 where it never did.
    ///
    /// # Errors
    ///
    /// [`NotPermitted`](crate::SiteErrorKind::NotPermitted) where our user may not read Document Naming Settings.
    fn series(&self, prefix: &str) -> impl Future<Output = Result<u64, SiteError>>;

    /// Raises a series, so that the next number is the one after `to`.
    ///
    /// # Errors
    ///
    /// [`NotPermitted`](crate::SiteErrorKind::NotPermitted) where our user is no System Manager.
    fn raise_series(&self, prefix: &str, to: u64) -> impl Future<Output = Result<(), SiteError>>;

    /// Returns how many requests were made so far.
    fn request_counts(&self) -> RequestCounts;
}
