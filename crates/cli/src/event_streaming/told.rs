//! What is told beside the mappings, and of conditions.

use std::collections::BTreeSet;

use super::condition::translate;
use super::difference::{Difference, DifferenceKind as Kind, Section};
use super::documents::{Documents, PRODUCER};
use super::draft::{Draft, Names};

/// Returns the mappings that no producer names, nor any mapping that one names.
pub(super) fn unused(documents: &Documents) -> Vec<String> {
    let rows = documents
        .producers
        .iter()
        .flat_map(|producer| &producer.rows);
    let mut open: Vec<&String> = rows.filter_map(|row| row.mapping.as_ref()).collect();
    let mut used = BTreeSet::new();
    while let Some(name) = open.pop() {
        if used.insert(name) {
            let rows = documents
                .mappings
                .get(name)
                .into_iter()
                .flat_map(|mapping| &mapping.rows);
            open.extend(rows.filter_map(|row| row.mapping.as_ref()));
        }
    }
    documents
        .mappings
        .keys()
        .filter(|name| !used.contains(name))
        .cloned()
        .collect()
}

/// Differences that are of no producer.
pub(super) fn general(documents: &Documents) -> Vec<Difference> {
    let given = documents
        .consumers
        .iter()
        .filter(|consumer| !consumer.doctypes.is_empty());
    let given = given.map(|consumer| {
        let doctypes: Vec<String> =
            consumer.doctypes.iter().map(|doctype| format!("`{doctype}`")).collect();
        let is_producer = documents.producers.iter().any(|producer| producer.url == consumer.url);
        let remedy = if is_producer {
            "import from that site too; a DocType that goes both ways gets one mapping with `direction: both` in one sync"
        } else {
            "import from that site too: its Event Producer documents say how it takes them"
        };
        let message = format!("this site also gives {} to `{}`", doctypes.join(", "), consumer.url);
        Difference::new(Kind::OtherDirection, format!("Event Consumer `{}`", consumer.url), message)
            .remedy(remedy)
    });
    let unknown = documents.unknown_fields.iter().map(|(place, field)| {
        let message = format!("`{field}` is no field of event_streaming, and was left aside");
        Difference::new(Kind::UnknownField, place, message).of(field)
    });
    given.chain(unknown).collect()
}

/// Makes filters of a condition; what is none keeps the mapping from being used.
pub(super) fn filter(draft: &mut Draft, condition: &str) {
    let place = draft.place.clone();
    if let Some(method) = condition.trim().strip_prefix("cmd:") {
        let message = format!(
            "the method `{}` of the producer decides which documents come, and no site can be asked for that",
            method.trim()
        );
        let difference = Difference::new(Kind::ConditionMethod, place, message)
            .remedy("write what it decides as `filters`, or have the producer keep it in a field to filter by")
            .waiting();
        draft.differences.push(difference.within(Section::Filters));
        return;
    }
    let translated = translate(condition);
    draft.filters.extend(translated.filters);
    for (part, why) in translated.rest {
        let message = format!("the condition `{part}` is no filter: {why}");
        let difference = Difference::new(Kind::Condition, &place, message)
            .remedy(
                "write what it means as a filter (a Check: `[field, \"=\", 1]`, a text that is not empty: \
                 `[field, is, set]`), or have the producer keep it in a field to filter by",
            )
            .waiting();
        draft.differences.push(difference.within(Section::Filters));
    }
}

/// Differences that hold for all mappings of a sync.
pub(super) fn of_sync(drafts: &[Draft], producer: &str) -> Vec<Difference> {
    let place = || format!("{PRODUCER} `{producer}`");
    let mut differences = vec![
        Difference::new(
            Kind::FirstRun,
            place(),
            "event_streaming carries what is saved after it was set up, field by field; the first run here compares all \
             documents that the filters let in, makes those that are missing, and where a value differs the producer \
             wins and the other value is kept in the journal",
        )
        .remedy("read `frappe-sync plan` before the first run; `conflict: manual` keeps what differs for a person"),
        Difference::new(
            Kind::LinkedDocuments,
            place(),
            "event_streaming makes linked documents along where they are missing; here a DocType comes only with a \
             mapping of its own, and a document that links to a missing one is parked until that is there",
        )
        .remedy("`frappe-sync check` names the links; add a mapping for each DocType that is to come along"),
    ];
    if drafts.iter().any(|draft| draft.names == Names::Same) {
        differences.push(
            Difference::new(
                Kind::NamesNotKept,
                place(),
                "with `use_same_name` a document gets the producer's name whatever its DocType says; here one that the \
                 consumer names by itself (a series, a counter) gets a name of the consumer, and links follow it",
            )
            .remedy("documents that have equal names already stay pairs; let the DocType be named by `Prompt` to keep names"),
        );
    }
    differences
}
