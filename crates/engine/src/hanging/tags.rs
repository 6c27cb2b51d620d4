//! Tags, which a site puts on documents and takes off by methods of its own (protocol 8).

use frappe_sync_model::{
    DocName, DocType, Document, Filter, Side, Site, SiteError, SiteErrorKind, StateStore,
};
use serde_json::{Map, Value};

use crate::Clock;
use crate::create::{Creator, Made, Ready};
use crate::error::{EngineError, OnSide};
use crate::session::Session;

const OF_DOCTYPE: &str = "document_type";
const OF_NAME: &str = "document_name";
const TAG: &str = "tag";

/// A tag on a document.
struct Tagged<'d> {
    doctype: DocType,
    name: DocName,
    tag: &'d str,
}

impl<'d> Tagged<'d> {
    /// Reads the fields of a `Tag Link`; none where one is missing.
    fn of(fields: &'d Map<String, Value>) -> Option<Self> {
        let text = |field: &str| fields.get(field).and_then(Value::as_str);
        Some(Self {
            doctype: text(OF_DOCTYPE)?.into(),
            name: text(OF_NAME)?.into(),
            tag: text(TAG)?,
        })
    }

    /// Finds its `Tag Link`.
    fn filters(&self) -> [Filter; 3] {
        [
            Filter::new(OF_DOCTYPE, "=", self.doctype.as_str()),
            Filter::new(OF_NAME, "=", self.name.as_str()),
            Filter::new(TAG, "=", self.tag),
        ]
    }
}

impl<S: Site, T: StateStore, C: Clock> Creator<'_, '_, S, T, C> {
    /// Puts tags on documents, one after another; returns whether all are there. Its answer does not name the `Tag Link`,
    /// which may be a person's, so that it is asked for.
    pub(crate) async fn put_tags(&mut self, ready: Vec<Ready>) -> Result<bool, EngineError> {
        let (session, to) = (self.session, self.from.other());
        let doctype = session.mappings[self.mapping].doctypes[to].clone();
        let (mut whole, mut made, mut ended) = (true, Made::default(), Ok(()));
        for one in ready {
            let body = one.body.document.body.clone();
            let Some(tagged) = Tagged::of(&body) else {
                continue;
            };
            let part = vec![one];
            let intents = self.begin(&part)?;
            let site = session.site(to);
            match site
                .tag(&tagged.doctype, &tagged.name, tagged.tag, true)
                .await
            {
                Ok(()) => {
                    let found = site
                        .matching_keys(&doctype, &tagged.filters())
                        .await
                        .on(to)?;
                    match found.into_iter().next() {
                        Some(key) => {
                            made.part.extend(part);
                            made.intents.extend(intents);
                            made.names.push(key.name);
                        }
                        // Somebody took it off again, or took the document away.
                        None => self.forget(&intents)?,
                    }
                }
                Err(error) if error.kind == SiteErrorKind::OutcomeUnknown => {
                    self.unknown(&intents).await?;
                }
                Err(error) if error.concerns_one_document() => {
                    whole = false;
                    self.forget(&intents)?;
                    self.refused(&part[0], &error)?;
                }
                Err(source) => {
                    self.forget(&intents)?;
                    ended = Err(EngineError::Site { side: to, source });
                    break;
                }
            }
        }
        if !made.names.is_empty() {
            let documents = self.read_back(Some(&made)).await?;
            self.settle(made, documents).await?;
        }
        ended.map(|()| whole)
    }
}

/// Takes one document away: a tag off its document, anything else by deleting it.
pub(crate) async fn take_away<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    document: &Document,
) -> Result<(), SiteError> {
    let (mapping, site) = (&session.mappings[mapping], session.site(side));
    match Tagged::of(&document.fields) {
        Some(tagged) if mapping.is_of_tags() => {
            site.tag(&tagged.doctype, &tagged.name, tagged.tag, false)
                .await
        }
        _ => site.delete(&mapping.doctypes[side], document.name()).await,
    }
}
