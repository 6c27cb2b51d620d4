//! Reads whole documents in bulk: a page of parents, then one request per child table (protocol 3.5).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::try_join_all;
use futures::stream::{StreamExt as _, TryStreamExt as _, iter};
use serde_json::{Map, Value, json};

use frappe_sync_model::{
    BodyQuery, DocName, DocType, Document, FieldName, Filter, Row, Selection, SiteError,
    SiteErrorKind, SiteTime,
};

use crate::RequestKind;
use crate::answer::unexpected;
use crate::body_page::{PageDocument, assembled};
use crate::keys::matching_keys;
use crate::list::{List, NAMES_PER_PAGE, after_name};
use crate::request::Request;
use crate::transport::{SendError, Transport};
use crate::wire_document::{FieldFilter, WireRow, document_of, row_of};

/// How many documents are waited for at once where a site makes us read them one by one.
const SINGLE_READS_AT_ONCE: usize = 8;

/// Reads documents of one DocType.
pub(crate) struct Bodies<'a> {
    transport: &'a Transport,
    query: &'a BodyQuery<'a>,
    tables: Vec<Table<'a>>,
    /// Whether it was said that the site makes us read one by one.
    said_one_by_one: &'a AtomicBool,
}

/// A child table that is asked for.
struct Table<'a> {
    field: &'a FieldName,
    child: DocType,
    filter: FieldFilter<'a>,
}

impl<'a> Bodies<'a> {
    pub(crate) fn new(
        transport: &'a Transport,
        query: &'a BodyQuery<'a>,
        said_one_by_one: &'a AtomicBool,
    ) -> Result<Self, SiteError> {
        let tables = query
            .tables
            .iter()
            .map(|name| {
                let field = query
                    .meta
                    .doctype
                    .tables()
                    .find(|field| field.name == *name);
                let field = field.ok_or_else(|| no_table(&query.meta.doctype.name, name))?;
                Ok(Table {
                    field: &field.name,
                    child: field.options.as_str().into(),
                    filter: FieldFilter::of(query.meta.child_of(name)),
                })
            })
            .collect::<Result<_, SiteError>>()?;
        Ok(Self {
            transport,
            query,
            tables,
            said_one_by_one,
        })
    }

    /// Reads all that the query selects, each document once.
    pub(crate) async fn read(&self) -> Result<Vec<Document>, SiteError> {
        let mut documents = match &self.query.selection {
            Selection::Names(names) => self.named(names).await?,
            Selection::Filters(filters) => self.filtered(filters).await?,
        };
        // Two spellings of one name may have been asked for.
        let mut seen = HashSet::new();
        documents.retain(|document| seen.insert(document.name().clone()));
        Ok(documents)
    }

    async fn named(&self, names: &[DocName]) -> Result<Vec<Document>, SiteError> {
        let mut documents = Vec::with_capacity(names.len());
        let mut waiting: Vec<&[DocName]> = names.chunks(NAMES_PER_PAGE).rev().collect();
        while let Some(names) = waiting.pop() {
            match self.parents(vec![in_names("name", names)], 0).await {
                Ok(parents) => documents.extend(self.with_rows(parents).await?),
                Err(SendError::TooLarge(_)) if names.len() > 1 => {
                    let (first, second) = names.split_at(names.len() / 2);
                    waiting.extend([second, first]);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(documents)
    }

    async fn filtered(&self, filters: &[Filter]) -> Result<Vec<Document>, SiteError> {
        let mut documents = Vec::new();
        let mut limit = NAMES_PER_PAGE;
        let mut after: Option<DocName> = None;
        loop {
            let mut page_filters = filters.to_vec();
            page_filters.extend(after.as_ref().map(after_name));
            let parents = match self.parents(page_filters, limit).await {
                Ok(parents) => parents,
                Err(SendError::TooLarge(_)) if limit > 1 => {
                    limit /= 2;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let full = parents.len() >= limit;
            after = parents.last().map(|document| document.name().clone());
            documents.extend(self.with_rows(parents).await?);
            if !full {
                return Ok(documents);
            }
        }
    }

    /// Reads a page of documents without their tables, in the order of names.
    async fn parents(
        &self,
        filters: Vec<Filter>,
        limit: usize,
    ) -> Result<Vec<Document>, SendError> {
        let doctype = &self.query.meta.doctype.name;
        let list = List {
            doctype,
            parent: None,
            fields: vec!["*"],
            filters,
            or_filters: Vec::new(),
            order_by: "name asc",
            limit,
        };
        let request = list.request(format!("read documents of {doctype}"));
        let rows = self.transport.send(&request).await?.into_rows(&request);
        let filter = FieldFilter::of(Some(&self.query.meta.doctype));
        let documents: Option<Vec<Document>> = rows
            .map_err(SendError::Failed)?
            .into_iter()
            .map(|row| document_of(&filter, object(row)?))
            .collect();
        documents.ok_or_else(|| SendError::Failed(unexpected(&request, "a name in every document")))
    }

    /// Reads the tables of a page of documents, and what came torn again.
    async fn with_rows(&self, parents: Vec<Document>) -> Result<Vec<Document>, SiteError> {
        let page = match self.page(parents.clone()).await {
            Ok(page) => page,
            Err(error) if error.kind == SiteErrorKind::NotPermitted => {
                return self.one_by_one(parents, error).await;
            }
            Err(error) => return Err(error),
        };
        let (torn, whole): (Vec<PageDocument>, Vec<PageDocument>) =
            page.into_iter().partition(PageDocument::is_torn);
        let mut documents: Vec<Document> = whole.into_iter().map(|entry| entry.document).collect();
        if !torn.is_empty() {
            documents.extend(self.mended(torn).await?);
        }
        Ok(documents)
    }

    async fn page(&self, parents: Vec<Document>) -> Result<Vec<PageDocument>, SiteError> {
        if parents.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<DocName> = parents.iter().map(|parent| parent.name().clone()).collect();
        let reads = self.tables.iter().map(|table| self.rows(table, &names));
        let rows = try_join_all(reads).await?;
        Ok(assembled(parents, rows))
    }

    /// Reads one child table of a page of parents.
    async fn rows(
        &self,
        table: &Table<'_>,
        parents: &[DocName],
    ) -> Result<(FieldName, Vec<WireRow>), SiteError> {
        let mut rows = Vec::new();
        let mut waiting = vec![parents];
        while let Some(names) = waiting.pop() {
            match self.rows_of(table, names).await {
                Ok(found) => rows.extend(found),
                Err(SendError::TooLarge(_)) if names.len() > 1 => {
                    let (first, second) = names.split_at(names.len() / 2);
                    waiting.extend([second, first]);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok((table.field.clone(), rows))
    }

    async fn rows_of(
        &self,
        table: &Table<'_>,
        parents: &[DocName],
    ) -> Result<Vec<WireRow>, SendError> {
        let doctype = &self.query.meta.doctype.name;
        let list = List {
            doctype: &table.child,
            parent: Some(doctype),
            fields: vec!["*"],
            // `parent` alone does not bound the list to that DocType's rows (protocol 3.5).
            filters: vec![
                Filter::new("parenttype", "=", doctype.as_str()),
                Filter::new("parentfield", "=", table.field.as_str()),
                in_names("parent", parents),
            ],
            or_filters: Vec::new(),
            order_by: "parent asc, parentfield asc, idx asc",
            limit: 0,
        };
        let request = list.request(format!("read `{}` of {doctype}", table.field));
        let rows = self.transport.send(&request).await?.into_rows(&request);
        let rows: Option<Vec<WireRow>> = rows
            .map_err(SendError::Failed)?
            .into_iter()
            .map(|row| row_of(&table.filter, object(row)?))
            .collect();
        rows.ok_or_else(|| {
            SendError::Failed(unexpected(&request, "a name and parent in every row"))
        })
    }

    /// Makes sure of documents that look torn. Those that were saved meanwhile are read again: once in bulk,
    /// and what looks torn even then alone.
    async fn mended(&self, torn: Vec<PageDocument>) -> Result<Vec<Document>, SiteError> {
        let (mut documents, saved) = self.unmoved(torn).await?;
        if saved.is_empty() {
            return Ok(documents);
        }
        let names: Vec<DocName> = saved.iter().map(|saved| saved.name().clone()).collect();
        let parents = self.parents(vec![in_names("name", &names)], 0).await?;
        let (torn, whole): (Vec<PageDocument>, Vec<PageDocument>) = self
            .page(parents)
            .await?
            .into_iter()
            .partition(PageDocument::is_torn);
        documents.extend(whole.into_iter().map(|entry| entry.document));
        let (unmoved, moving) = self.unmoved(torn).await?;
        documents.extend(unmoved);
        documents.extend(self.alone(moving).await?);
        Ok(documents)
    }

    /// Parts documents that still stand as they were before their rows were read from those that were saved
    /// or deleted since.
    ///
    /// A row that the site adds while it saves is stamped by itself, and so a little newer than its document
    /// for good (protocol 8): the payment schedule of an order, for example. Asking for the stamps is one short
    /// list, where reading such documents twice would double every read of them.
    async fn unmoved(
        &self,
        torn: Vec<PageDocument>,
    ) -> Result<(Vec<Document>, Vec<Document>), SiteError> {
        if torn.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let names: Vec<DocName> = torn
            .iter()
            .map(|entry| entry.document.name().clone())
            .collect();
        let doctype = &self.query.meta.doctype.name;
        let keys = matching_keys(self.transport, doctype, &[in_names("name", &names)]).await?;
        let stamps: HashMap<DocName, Option<SiteTime>> = keys
            .into_iter()
            .map(|key| (key.name, key.modified))
            .collect();
        Ok(torn
            .into_iter()
            .map(|entry| entry.document)
            .partition(|document| stamps.get(document.name()) == Some(&document.key.modified)))
    }

    /// Reads documents one by one, because the site does not let us list their child rows.
    async fn one_by_one(
        &self,
        listed: Vec<Document>,
        refusal: SiteError,
    ) -> Result<Vec<Document>, SiteError> {
        if !self.said_one_by_one.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                site.url = %self.transport.url(),
                doc.type = %self.query.meta.doctype.name,
                error = %refusal,
                "the site does not let child rows be listed; documents are read one by one, which is slow"
            );
        }
        self.alone(listed).await
    }

    async fn alone(&self, listed: Vec<Document>) -> Result<Vec<Document>, SiteError> {
        let reads = iter(listed).map(|document| self.single(document));
        let read: Vec<Option<Document>> =
            reads.buffered(SINGLE_READS_AT_ONCE).try_collect().await?;
        Ok(read.into_iter().flatten().collect())
    }

    /// Reads one document with its tables in one transaction, so that it cannot be torn.
    ///
    /// Which fields exist is learnt from lists alone (a single read shows what a list hides), so only those
    /// that its listing held are taken over.
    async fn single(&self, listed: Document) -> Result<Option<Document>, SiteError> {
        let doctype = &self.query.meta.doctype.name;
        let name = listed.name();
        let request = Request::call(
            RequestKind::Read,
            "frappe.client.get",
            &json!({"doctype": doctype, "name": name}),
            format!("read {doctype} {name}"),
        );
        let answer = match self.transport.send(&request).await.map_err(SiteError::from) {
            Ok(answer) => answer,
            Err(error) if error.kind == SiteErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut row =
            object(answer.into_message()).ok_or_else(|| unexpected(&request, "a document"))?;
        let tables = self.tables_of(&mut row, &request)?;
        let filter = FieldFilter::only(listed.fields.keys().map(String::as_str));
        let mut document = document_of(&filter, row)
            .ok_or_else(|| unexpected(&request, "a name in the document"))?;
        document.tables = tables;
        Ok(Some(document))
    }

    /// Takes the asked tables out of a single document.
    fn tables_of(
        &self,
        row: &mut Map<String, Value>,
        request: &Request,
    ) -> Result<BTreeMap<FieldName, Vec<Row>>, SiteError> {
        let mut tables = BTreeMap::new();
        for table in &self.tables {
            let rows = match row.remove(table.field.as_str()) {
                Some(Value::Array(rows)) => rows,
                _ => Vec::new(),
            };
            let rows: Option<Vec<Row>> = rows
                .into_iter()
                .map(|row| Some(row_of(&table.filter, object(row)?)?.row))
                .collect();
            let rows = rows.ok_or_else(|| unexpected(request, "a name and parent in every row"))?;
            tables.insert(table.field.clone(), rows);
        }
        Ok(tables)
    }
}

fn in_names(field: &str, names: &[DocName]) -> Filter {
    Filter::is_in(field, names.iter().map(DocName::as_str))
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

fn no_table(doctype: &DocType, name: &str) -> SiteError {
    SiteError::new(
        SiteErrorKind::NotFound,
        format!("`{doctype}` has no child table `{name}`"),
    )
}
