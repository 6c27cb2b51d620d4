//! Files made on the other side: their bytes are read from one site and sent to the other, one file after another.

use frappe_sync_model::{
    DocName, NewDocument, Side, Site, SiteError, SiteErrorKind, StateStore, Upload,
};
use serde_json::{Map, Value};

use super::addresses::file_url;
use super::same::file_name;
use crate::Clock;
use crate::create::{Creator, Made, Ready};
use crate::error::EngineError;
use crate::report::NoteReport;

/// The bytes of a file on their way, or why there are none.
type Bytes = Option<Result<Vec<u8>, SiteError>>;

impl<S: Site, T: StateStore, C: Clock> Creator<'_, '_, S, T, C> {
    /// Sends files one after another; returns whether all arrived. The next one is read while one is sent, so that two
    /// are in memory and no more.
    ///
    /// Each has an intent of its own before its bytes leave. A file whose outcome is not known is looked for at once,
    /// and otherwise waits, as every create; the others go on.
    pub(crate) async fn transfer(&mut self, ready: Vec<Ready>) -> Result<bool, EngineError> {
        let mut whole = true;
        let mut made = Sent::default();
        let mut waiting = ready.into_iter();
        let mut next = waiting.next();
        let mut bytes = match &next {
            Some(first) => self.bytes_of(first).await,
            None => None,
        };
        let mut ended = Ok(());
        while let Some(one) = next.take() {
            next = waiting.next();
            let content = match bytes.take() {
                Some(Err(error)) => {
                    whole = false;
                    bytes = self.read_next(next.as_ref()).await;
                    if let Err(error) = self.unreadable(&one, error) {
                        ended = Err(error);
                        break;
                    }
                    continue;
                }
                Some(Ok(content)) => Some(content),
                None => None,
            };
            let part = vec![one];
            let intents = self.begin(&part)?;
            let (answer, read) = futures::future::join(
                self.send_file(&part[0], content),
                self.read_next(next.as_ref()),
            )
            .await;
            bytes = read;
            match answer {
                Ok(name) => made.add(part, intents, name),
                Err(error) if error.kind == SiteErrorKind::OutcomeUnknown => {
                    // What arrived is known before anything is looked for among what has no pair.
                    self.settle_files(std::mem::take(&mut made)).await?;
                    self.unknown(&intents).await?;
                }
                Err(error) if error.concerns_one_document() => {
                    whole = false;
                    self.forget(&intents)?;
                    self.refused(&part[0], &error)?;
                }
                Err(source) => {
                    self.forget(&intents)?;
                    let side = self.from.other();
                    ended = Err(EngineError::Site { side, source });
                    break;
                }
            }
        }
        // What arrived is settled even where the rest cannot be sent.
        self.settle_files(made).await?;
        ended.map(|()| whole)
    }

    async fn read_next(&self, next: Option<&Ready>) -> Bytes {
        match next {
            Some(next) => self.bytes_of(next).await,
            None => None,
        }
    }

    /// Reads the bytes of a file from its own site; none where they are on a third one.
    async fn bytes_of(&self, ready: &Ready) -> Bytes {
        let url = file_url(&ready.source).unwrap_or_default();
        if is_remote(url) {
            return None;
        }
        let hash = text(&ready.source.fields, "content_hash");
        let read = self.session.site(self.from).download(url, hash);
        Some(read.await)
    }

    async fn send_file(
        &self,
        ready: &Ready,
        content: Option<Vec<u8>>,
    ) -> Result<DocName, SiteError> {
        let site = self.session.site(self.from.other());
        let document = &ready.body.document;
        let written = match content {
            Some(content) => site.upload(upload(document, content)).await?,
            None => {
                let mut remote = document.clone();
                let url = file_url(&ready.source).unwrap_or_default();
                remote.body.remove("content_hash");
                remote.body.insert("file_url".to_owned(), url.into());
                site.insert(&remote).await?
            }
        };
        Ok(written.name)
    }

    /// The bytes could not be read: that file stays behind, unless no file can be read at all.
    fn unreadable(&mut self, one: &Ready, error: SiteError) -> Result<(), EngineError> {
        if !error.concerns_one_document() {
            let side = self.from;
            return Err(EngineError::Site {
                side,
                source: error,
            });
        }
        self.refused(
            one,
            &SiteError::new(
                error.kind,
                format!(
                    "its bytes cannot be read on site `{}`: {}",
                    self.from, error.message
                ),
            ),
        )
    }

    /// Reads back what was sent, and pairs it.
    async fn settle_files(&mut self, sent: Sent) -> Result<(), EngineError> {
        let Some(made) = sent.0 else { return Ok(()) };
        let documents = self.read_back(Some(&made)).await?;
        for (ready, name) in made.part.iter().zip(&made.names) {
            let there = documents.iter().find(|document| document.name() == name);
            let kept = there.and_then(|document| text(&document.fields, "content_hash"));
            let sent = text(&ready.source.fields, "content_hash");
            if let (Some(kept), Some(sent)) = (kept, sent)
                && !kept.eq_ignore_ascii_case(sent)
            {
                let side = self.from.other();
                self.tell_rewritten(side, name, file_name(&ready.source));
            }
        }
        self.settle(made, documents).await
    }

    fn tell_rewritten(&mut self, side: Side, name: &DocName, file_name: &str) {
        self.ledger.notes.insert(NoteReport {
            kind: "file_rewritten".to_owned(),
            site: side,
            doctype: self.session.mappings[self.mapping].doctypes[side].clone(),
            name: Some(name.clone()),
            message: format!(
                "`{file_name}` arrived whole, and the site keeps other bytes of it: it writes pictures anew \
                 (System Settings, `strip_exif_metadata_from_uploaded_images`)"
            ),
        });
    }
}

/// Files that were sent, as one chunk that is read back together.
#[derive(Default)]
struct Sent(Option<Made>);

impl Sent {
    fn add(&mut self, part: Vec<Ready>, intents: Vec<frappe_sync_model::Intent>, name: DocName) {
        let made = self.0.get_or_insert_with(Made::default);
        made.part.extend(part);
        made.intents.extend(intents);
        made.names.push(name);
    }
}

fn upload(document: &NewDocument, content: Vec<u8>) -> Upload {
    let body = &document.body;
    Upload {
        file_name: text(body, "file_name").unwrap_or("file").to_owned(),
        is_private: body.get("is_private").is_some_and(is_set),
        doctype: text(body, "attached_to_doctype").unwrap_or_default().into(),
        name: text(body, "attached_to_name").unwrap_or_default().into(),
        field: text(body, "attached_to_field").map(Into::into),
        content,
    }
}

fn is_set(value: &Value) -> bool {
    value == &Value::from(1) || value == &Value::from(true) || value == "1"
}

fn text<'m>(values: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    let text = values.get(name)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

/// Tells whether an address leads to another site, as people may attach them.
fn is_remote(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}
