//! What writes are about to overwrite, kept before their requests leave so that it can be put back.

use std::collections::BTreeSet;

use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{BeforeImage, Document, Intent, MappingName, Pair, Side, Site, StateStore};

use crate::Clock;
use crate::error::EngineError;
use crate::options::BeforeImages;
use crate::session::Session;

/// Keeps what the writes of these intents overwrite: for each the pair and the document as they are, or
/// nothing where the write makes a document.
pub(crate) fn keep_all<'d, S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: &MappingName,
    intents: impl IntoIterator<Item = (&'d Intent, Option<&'d Pair>, Option<&'d Document>)>,
) -> Result<(), EngineError> {
    if session.parts.options.before_images == BeforeImages::Dropped {
        return Ok(());
    }
    let effective = session.mappings.iter().find(|known| &known.name == mapping);
    let images: Vec<BeforeImage> = intents
        .into_iter()
        .filter_map(|(intent, pair, document)| {
            Some(BeforeImage {
                intent: intent.id?,
                at: intent.sent_at,
                pair: pair.cloned(),
                document: document
                    .zip(effective)
                    .map(|(document, effective)| mapped(effective, intent.side, document)),
            })
        })
        .collect();
    if !images.is_empty() {
        session.store().keep(mapping, &images)?;
    }
    Ok(())
}

/// Keeps what one write overwrites.
pub(crate) fn keep_one<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
    pair: &Pair,
    document: Option<&Document>,
) -> Result<(), EngineError> {
    keep_all(session, &intent.mapping, [(intent, Some(pair), document)])
}

/// Returns a document with what the mapping speaks of alone. Rows stay whole, since a row is sent whole.
fn mapped(mapping: &EffectiveMapping, side: Side, document: &Document) -> Document {
    let fields: BTreeSet<&str> = mapping
        .fields
        .iter()
        .filter(|field| field.is_stored_on(side))
        .map(|field| field.names[side].as_str())
        .collect();
    let mut kept = document.clone();
    kept.fields.retain(|name, _| fields.contains(name.as_str()));
    kept.tables.retain(|name, _| {
        mapping
            .tables
            .iter()
            .any(|table| &table.names[side] == name)
    });
    kept
}
