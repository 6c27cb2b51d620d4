//! A Frappe site over REST.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use secrecy::SecretString;
use serde_json::{Map, Value};

use frappe_sync_model::{
    BodyQuery, Deletion, DocKey, DocName, DocType, Document, Filter, KeyPage, KeyQuery, Load,
    LoadState, Loaded, MetaBundle, NewDocument, Presence, Renaming, RequestCounts, Site, SiteError,
    SiteFacts, SiteTime, TraceQuery, Upload, Written,
};

use crate::bodies::Bodies;
use crate::singles::Singles;
use crate::transport::Transport;
use crate::way::Way;
use crate::{ConfigError, Permission, Permissions, Pkce, RateLimit, SiteConfig, SiteUrl, Wire};
use crate::{
    check, existing, files, keys, loads, meta, presence, probe, records, removal, series, singles,
    traces, writes,
};

/// A Frappe site over REST, by the network or a wire. Clones are cheap and share connections, governor and
/// counters.
///
/// The futures of all methods are `Send`. Dropping one gives its request up; what became of a write that
/// was under way is then as unknown as after a lost answer.
#[derive(Clone)]
pub struct FrappeSite(Arc<Inner>);

struct Inner {
    transport: Transport,
    said_one_by_one: AtomicBool,
    singles: Singles,
}

impl FrappeSite {
    /// Makes everything ready to talk to a site. No request is sent yet.
    ///
    /// # Errors
    ///
    /// Where the configuration cannot work: key, certificates, limits.
    pub fn new(config: SiteConfig) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(Inner {
            transport: Transport::new(config, Way::network)?,
            said_one_by_one: AtomicBool::new(false),
            singles: Singles::default(),
        })))
    }

    /// Talks to a site along a wire of the caller's instead of the network; everything else is the same.
    /// Of the configuration, what concerns connections and certificates is not looked at.
    ///
    /// # Errors
    ///
    /// Where the configuration cannot work: key, limits.
    pub fn in_process(config: SiteConfig, wire: Arc<dyn Wire>) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(Inner {
            transport: Transport::new(config, |config| Ok(Way::wire(config, wire)))?,
            said_one_by_one: AtomicBool::new(false),
            singles: Singles::default(),
        })))
    }

    /// Returns another client of the same site: it shares connections, login, governor and the site's budget, and
    /// counts its own requests.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self(Arc::new(Inner {
            transport: self.0.transport.beside(),
            said_one_by_one: AtomicBool::new(false),
            singles: Singles::default(),
        }))
    }

    /// Returns the site's address.
    pub fn url(&self) -> &SiteUrl {
        self.transport().url()
    }

    /// Asks for a sign of life, which needs no key (protocol 10.4).
    ///
    /// # Errors
    ///
    /// Where nothing answers, or something that is no Frappe site.
    pub async fn ping(&self) -> Result<(), SiteError> {
        check::ping(self.transport()).await
    }

    /// Asks who we are to the site, and logs in first where that is due.
    ///
    /// # Errors
    ///
    /// [`NotAuthorised`](frappe_sync_model::SiteErrorKind::NotAuthorised) where the site does not let us in.
    pub async fn logged_user(&self) -> Result<String, SiteError> {
        probe::logged_user(self.transport()).await
    }

    /// Redeems the code of an OAuth login that a browser brought to `redirect`, and keeps the tokens. Where we
    /// log in another way, nothing is sent.
    ///
    /// # Errors
    ///
    /// [`NotAuthorised`](frappe_sync_model::SiteErrorKind::NotAuthorised) where the code is not taken or the
    /// tokens cannot be kept.
    pub async fn redeem(
        &self,
        code: &SecretString,
        pkce: &Pkce,
        redirect: &str,
    ) -> Result<(), SiteError> {
        self.transport().redeem(code, pkce, redirect).await
    }

    /// Makes the tokens of an OAuth login void, and removes them: `None` where there are none, else whether the
    /// site made them void. A gateway is not told, since where to tell it is not known.
    ///
    /// # Errors
    ///
    /// Where the site cannot be told; the tokens stay then.
    pub async fn end_login(&self) -> Result<Option<bool>, SiteError> {
        self.transport().end_login().await
    }

    /// Asks which of these our user may do with documents of a DocType in general (protocol 4.2), with one
    /// request for each.
    ///
    /// # Errors
    ///
    /// [`NotFound`](frappe_sync_model::SiteErrorKind::NotFound) where there is no such DocType.
    pub async fn doc_permissions(
        &self,
        doctype: &DocType,
        asked: &[Permission],
    ) -> Result<Permissions, SiteError> {
        check::permissions(self.transport(), doctype, asked).await
    }

    /// Lists documents of a DocType with these fields of theirs, in the order of `name`, at most `limit` of
    /// them; 0 stands for all (protocol 3.4).
    ///
    /// # Errors
    ///
    /// As every read; a field that is not there is refused (protocol 3.1).
    pub async fn rows(
        &self,
        doctype: &DocType,
        fields: &[&str],
        filters: &[Filter],
        limit: usize,
    ) -> Result<Vec<Value>, SiteError> {
        check::rows(self.transport(), doctype, fields, filters, limit).await
    }

    /// Reads one document with its child rows, as the site answers it (protocol 4.2). For what is set up on a site; what is
    /// synced is read in bulk.
    ///
    /// # Errors
    ///
    /// [`NotFound`](frappe_sync_model::SiteErrorKind::NotFound) where it is not there.
    pub async fn document(
        &self,
        doctype: &DocType,
        name: &DocName,
    ) -> Result<Map<String, Value>, SiteError> {
        records::document(self.transport(), doctype, name).await
    }

    /// Reads the value of a Password field, which is for System Managers (protocol 4.2); `None` where it has none, or our
    /// user may not read it.
    ///
    /// # Errors
    ///
    /// As every read.
    pub async fn password(
        &self,
        doctype: &DocType,
        name: &DocName,
        fieldname: &str,
    ) -> Result<Option<SecretString>, SiteError> {
        records::password(self.transport(), doctype, name, fieldname).await
    }

    /// Asks whether the site runs jobs by itself, which Data Import needs (protocol 5.6); `None` where our user may not
    /// know. What a site's configuration pauses is not shown.
    ///
    /// # Errors
    ///
    /// As every read.
    pub async fn scheduler_is_on(&self) -> Result<Option<bool>, SiteError> {
        check::scheduler_is_on(self.transport()).await
    }

    fn is_single(&self, doctype: &DocType) -> bool {
        self.0.singles.has(doctype)
    }

    /// Returns what the site said last of its budget of processing time; only a site with a limit says
    /// anything (protocol 10.1).
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.transport().rate_limit()
    }

    /// Asks how many documents match; on most versions without regard to permissions (protocol 3.4).
    ///
    /// # Errors
    ///
    /// As every read.
    pub async fn count(&self, doctype: &DocType, filters: &[Filter]) -> Result<u64, SiteError> {
        check::count(self.transport(), doctype, filters).await
    }

    fn transport(&self) -> &Transport {
        &self.0.transport
    }
}

impl Site for FrappeSite {
    async fn probe(&self) -> Result<SiteFacts, SiteError> {
        probe::probe(self.transport()).await
    }

    async fn meta(&self, doctype: &DocType) -> Result<MetaBundle, SiteError> {
        meta::meta(self.transport(), doctype).await
    }

    async fn keys(&self, query: &KeyQuery) -> Result<KeyPage, SiteError> {
        if self.is_single(&query.doctype) {
            return singles::keys(self.transport(), query).await;
        }
        keys::keys(self.transport(), query).await
    }

    async fn documents(&self, query: &BodyQuery<'_>) -> Result<Vec<Document>, SiteError> {
        if self.is_single(&query.meta.doctype.name) {
            return singles::documents(self.transport(), query).await;
        }
        let said = &self.0.said_one_by_one;
        Bodies::new(self.transport(), query, said)?.read().await
    }

    async fn matching_keys(
        &self,
        doctype: &DocType,
        filters: &[Filter],
    ) -> Result<Vec<DocKey>, SiteError> {
        if self.is_single(doctype) {
            return singles::matching_keys(self.transport(), doctype, filters).await;
        }
        keys::matching_keys(self.transport(), doctype, filters).await
    }

    async fn existing(
        &self,
        doctype: &DocType,
        names: &[DocName],
    ) -> Result<Vec<DocName>, SiteError> {
        if self.is_single(doctype) {
            let own = |name: &&DocName| name.as_str() == doctype.as_str();
            return Ok(names.iter().filter(own).cloned().collect());
        }
        existing::existing(self.transport(), doctype, names).await
    }

    async fn insert_many(&self, documents: &[NewDocument]) -> Result<Vec<DocName>, SiteError> {
        writes::insert_many(self.transport(), documents).await
    }

    async fn insert(&self, document: &NewDocument) -> Result<Written, SiteError> {
        writes::insert(self.transport(), document).await
    }

    async fn update(
        &self,
        doctype: &DocType,
        name: &DocName,
        base: &SiteTime,
        changes: Map<String, Value>,
    ) -> Result<Written, SiteError> {
        writes::update(self.transport(), doctype, name, base, changes).await
    }

    async fn deletions(&self, query: &TraceQuery) -> Result<Vec<Deletion>, SiteError> {
        traces::deletions(self.transport(), query).await
    }

    async fn renamings(&self, query: &TraceQuery) -> Result<Vec<Renaming>, SiteError> {
        traces::renamings(self.transport(), query).await
    }

    async fn deleted_key(&self, record: &DocName) -> Result<Option<DocKey>, SiteError> {
        traces::deleted_key(self.transport(), record).await
    }

    async fn presence(&self, doctype: &DocType, name: &DocName) -> Result<Presence, SiteError> {
        presence::presence(self.transport(), doctype, name).await
    }

    async fn tag(
        &self,
        doctype: &DocType,
        name: &DocName,
        tag: &str,
        on: bool,
    ) -> Result<(), SiteError> {
        writes::tag(self.transport(), doctype, name, tag, on).await
    }

    async fn delete(&self, doctype: &DocType, name: &DocName) -> Result<(), SiteError> {
        removal::delete(self.transport(), doctype, name).await
    }

    async fn rename(
        &self,
        doctype: &DocType,
        from: &DocName,
        to: &DocName,
        merge: bool,
    ) -> Result<DocName, SiteError> {
        removal::rename(self.transport(), doctype, from, to, merge).await
    }

    async fn restore(&self, record: &DocName) -> Result<(), SiteError> {
        removal::restore(self.transport(), record).await
    }

    fn know_singles(&self, doctypes: &[DocType]) {
        self.0.singles.know(doctypes.iter().cloned());
    }

    async fn download(
        &self,
        file_url: &str,
        content_hash: Option<&str>,
    ) -> Result<Vec<u8>, SiteError> {
        files::download(self.transport(), file_url, content_hash).await
    }

    async fn upload(&self, upload: Upload) -> Result<Written, SiteError> {
        files::upload(self.transport(), upload).await
    }

    async fn load(&self, load: &Load) -> Result<Loaded, SiteError> {
        loads::load(self.transport(), load).await
    }

    async fn resume_load(&self, label: &str) -> Result<LoadState, SiteError> {
        loads::resume(self.transport(), label).await
    }

    async fn end_load(&self, label: &str) -> Result<(), SiteError> {
        loads::end(self.transport(), label).await
    }

    async fn series(&self, prefix: &str) -> Result<u64, SiteError> {
        series::current(self.transport(), prefix).await
    }

    async fn raise_series(&self, prefix: &str, to: u64) -> Result<(), SiteError> {
        series::raise(self.transport(), prefix, to).await
    }

    fn request_counts(&self) -> RequestCounts {
        self.transport().counts()
    }
}

impl fmt::Debug for FrappeSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FrappeSite").field(self.url()).finish()
    }
}
