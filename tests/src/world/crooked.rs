//! A site that lies to the engine in one way.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use frappe_sync_model::{
    BodyQuery, Deletion, DocKey, DocName, DocType, Document, Filter, KeyOrder, KeyPage, KeyQuery,
    Load, LoadState, Loaded, MetaBundle, NewDocument, Presence, Renaming, RequestCounts, Selection,
    Site, SiteError, SiteErrorKind, SiteFacts, SiteTime, TraceQuery, Upload, Written,
};
use serde_json::{Map, Value};

use super::planted::Planted;
use super::site::SYNC;

type Sent = BTreeMap<(DocType, DocName), Map<String, Value>>;

/// A site with a bug planted before it.
pub(crate) struct Crooked<S> {
    site: S,
    planted: Option<Planted>,
    /// What updates sent last.
    sent: Mutex<Sent>,
}

impl<S: Site> Crooked<S> {
    /// The site itself, where nothing is planted.
    pub(crate) fn new(site: S, planted: Option<Planted>) -> Self {
        Self {
            site,
            planted,
            sent: Mutex::default(),
        }
    }

    fn is(&self, planted: Planted) -> bool {
        self.planted == Some(planted)
    }

    fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows that are there already lose the values that nobody would miss if a partial row kept them.
    fn cut_rows(changes: &mut Map<String, Value>) {
        let lists = changes.values_mut().filter_map(Value::as_array_mut);
        for row in lists.flatten().filter_map(Value::as_object_mut) {
            if !row.contains_key("__islocal") {
                row.retain(|field, _| field == "name" || field == "item" || field == "note");
            }
        }
    }
}

impl<S: Site> Site for Crooked<S> {
    async fn probe(&self) -> Result<SiteFacts, SiteError> {
        let mut facts = self.site.probe().await?;
        if self.is(Planted::ZonesIgnored) {
            facts.clock.time_zone = chrono_tz::UTC;
        }
        Ok(facts)
    }

    async fn meta(&self, doctype: &DocType) -> Result<MetaBundle, SiteError> {
        self.site.meta(doctype).await
    }

    async fn keys(&self, query: &KeyQuery) -> Result<KeyPage, SiteError> {
        let mut page = self.site.keys(query).await?;
        if self.is(Planted::NoLagNoSweep) && matches!(query.order, KeyOrder::Name { .. }) {
            // A sweep sees what everybody knows already.
            page.keys.truncate(1);
        }
        Ok(page)
    }

    async fn documents(&self, query: &BodyQuery<'_>) -> Result<Vec<Document>, SiteError> {
        let mut documents = self.site.documents(query).await?;
        if self.is(Planted::AllIsOurs) {
            for document in &mut documents {
                SYNC.clone_into(&mut document.modified_by);
            }
        }
        if self.is(Planted::SentIsStored) && matches!(query.selection, Selection::Names(_)) {
            let mut sent = self.sent();
            for document in &mut documents {
                let place = (query.meta.doctype.name.clone(), document.key.name.clone());
                let values = sent.remove(&place).unwrap_or_default();
                let scalars = values.into_iter().filter(|(_, value)| !value.is_array());
                document.fields.extend(scalars);
            }
        }
        Ok(documents)
    }

    async fn matching_keys(
        &self,
        doctype: &DocType,
        filters: &[Filter],
    ) -> Result<Vec<DocKey>, SiteError> {
        let by_creation = |filter: &Filter| format!("{filter:?}").contains("creation");
        let by_owner = |filter: &Filter| format!("{filter:?}").contains("owner");
        let asks = filters.iter().any(by_creation) && !filters.iter().any(by_owner);
        if self.is(Planted::NoCreationCheck) && asks {
            return Ok(Vec::new());
        }
        self.site.matching_keys(doctype, filters).await
    }

    async fn existing(
        &self,
        doctype: &DocType,
        names: &[DocName],
    ) -> Result<Vec<DocName>, SiteError> {
        self.site.existing(doctype, names).await
    }

    async fn insert_many(&self, documents: &[NewDocument]) -> Result<Vec<DocName>, SiteError> {
        match self.site.insert_many(documents).await {
            Err(error)
                if error.kind == SiteErrorKind::OutcomeUnknown && self.is(Planted::BlindRepeat) =>
            {
                self.site.insert_many(documents).await
            }
            answer => answer,
        }
    }

    async fn load(&self, load: &Load) -> Result<Loaded, SiteError> {
        self.site.load(load).await
    }

    async fn resume_load(&self, label: &str) -> Result<LoadState, SiteError> {
        self.site.resume_load(label).await
    }

    async fn end_load(&self, label: &str) -> Result<(), SiteError> {
        self.site.end_load(label).await
    }

    async fn series(&self, prefix: &str) -> Result<u64, SiteError> {
        self.site.series(prefix).await
    }

    async fn raise_series(&self, prefix: &str, to: u64) -> Result<(), SiteError> {
        self.site.raise_series(prefix, to).await
    }

    async fn insert(&self, document: &NewDocument) -> Result<Written, SiteError> {
        match self.site.insert(document).await {
            Err(error)
                if error.kind == SiteErrorKind::OutcomeUnknown && self.is(Planted::BlindRepeat) =>
            {
                self.site.insert(document).await
            }
            answer => answer,
        }
    }

    async fn update(
        &self,
        doctype: &DocType,
        name: &DocName,
        base: &SiteTime,
        mut changes: Map<String, Value>,
    ) -> Result<Written, SiteError> {
        if self.is(Planted::PartialRows) {
            Self::cut_rows(&mut changes);
        }
        if self.is(Planted::SentIsStored) {
            let place = (doctype.clone(), name.clone());
            self.sent().insert(place, changes.clone());
        }
        self.site.update(doctype, name, base, changes).await
    }

    async fn deletions(&self, query: &TraceQuery) -> Result<Vec<Deletion>, SiteError> {
        self.site.deletions(query).await
    }

    async fn renamings(&self, query: &TraceQuery) -> Result<Vec<Renaming>, SiteError> {
        self.site.renamings(query).await
    }

    async fn deleted_key(&self, record: &DocName) -> Result<Option<DocKey>, SiteError> {
        if self.is(Planted::DeleteUnchecked) {
            return Ok(None);
        }
        self.site.deleted_key(record).await
    }

    async fn presence(&self, doctype: &DocType, name: &DocName) -> Result<Presence, SiteError> {
        self.site.presence(doctype, name).await
    }

    async fn tag(
        &self,
        doctype: &DocType,
        name: &DocName,
        tag: &str,
        on: bool,
    ) -> Result<(), SiteError> {
        self.site.tag(doctype, name, tag, on).await
    }

    async fn delete(&self, doctype: &DocType, name: &DocName) -> Result<(), SiteError> {
        self.site.delete(doctype, name).await
    }

    async fn rename(
        &self,
        doctype: &DocType,
        from: &DocName,
        to: &DocName,
        merge: bool,
    ) -> Result<DocName, SiteError> {
        self.site.rename(doctype, from, to, merge).await
    }

    async fn restore(&self, record: &DocName) -> Result<(), SiteError> {
        self.site.restore(record).await
    }

    fn know_singles(&self, doctypes: &[DocType]) {
        self.site.know_singles(doctypes);
    }

    async fn download(
        &self,
        file_url: &str,
        content_hash: Option<&str>,
    ) -> Result<Vec<u8>, SiteError> {
        self.site.download(file_url, content_hash).await
    }

    async fn upload(&self, upload: Upload) -> Result<Written, SiteError> {
        self.site.upload(upload).await
    }

    fn request_counts(&self) -> RequestCounts {
        self.site.request_counts()
    }
}
