//! Which documents are asked for.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_connector::FrappeSite;
use frappe_sync_mapper::nearest;
use frappe_sync_model::{DOCUMENT_FIELDS, DocName, DocType, DocTypeMeta, Filter, Site as _};
use serde_json::Value;

use crate::config::SiteConfig;
use crate::error::{CliError, ErrorKind};
use crate::failure;

const EXAMPLE: &str = "for example `--filters '[[\"status\", \"=\", \"Open\"]]'`";
/// So many names are looked for with one request.
const AT_ONCE: usize = 500;
/// So many missing names are told.
const MOST_TOLD: usize = 5;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// Of these DocTypes.
    pub(crate) doctypes: BTreeSet<DocType>,
    /// Those that pass these.
    pub(crate) filters: Vec<Filter>,
    /// Those of these names; empty: of any.
    pub(crate) names: Vec<DocName>,
    /// What they link to comes along where it is missing.
    pub(crate) with_links: bool,
}

/// Documents by DocType and name.
pub(super) type Documents = BTreeMap<DocType, BTreeSet<DocName>>;

/// Reads filters as they are typed: Frappe's list of lists, or its short form `{"status": "Open"}`.
///
/// # Errors
///
/// They are no JSON, or no filters.
pub(crate) fn filters_of(text: &str) -> Result<Vec<Filter>, CliError> {
    let wrong = |message: String| {
        CliError::new(ErrorKind::Usage, message)
            .at("--filters")
            .remedy(EXAMPLE)
    };
    let value: Value = serde_json::from_str(text)
        .map_err(|error| wrong("the filters are no JSON".to_owned()).because(error))?;
    let items = match value {
        Value::Array(items) => items,
        Value::Object(fields) => fields
            .into_iter()
            .map(|(field, value)| match value {
                Value::Array(mut parts) if parts.len() == 2 => {
                    parts.insert(0, field.into());
                    Value::Array(parts)
                }
                value => Value::Array(vec![field.into(), "=".into(), value]),
            })
            .collect(),
        _ => return Err(wrong("the filters are no list".to_owned())),
    };
    items
        .into_iter()
        .map(|item| {
            let shown = item.to_string();
            Filter::try_from(without_doctype(item))
                .map_err(|error| wrong(format!("`{shown}` is no filter")).because(error))
        })
        .collect()
}

/// Frappe's long form names the DocType first.
fn without_doctype(item: Value) -> Value {
    match item {
        Value::Array(mut parts) if parts.len() == 4 => {
            parts.remove(0);
            Value::Array(parts)
        }
        item => item,
    }
}

/// Says which field of a filter a DocType lacks.
pub(super) fn check_fields(filters: &[Filter], meta: &DocTypeMeta) -> Result<(), CliError> {
    for filter in filters {
        let field = filter.field.as_str();
        if DOCUMENT_FIELDS.contains(&field) || meta.field(field).is_some() {
            continue;
        }
        let message = format!("`{}` has no field `{field}`", meta.name);
        let error = CliError::new(ErrorKind::Usage, message).at("--filters");
        let own = meta.fields.iter().map(|field| field.name.as_str());
        let known = own.chain(DOCUMENT_FIELDS);
        return Err(match nearest(field, known) {
            Some(meant) => error.remedy(format!("did you mean `{meant}`?")),
            None => error.remedy("a filter takes the name of a field, as Customize Form shows it"),
        });
    }
    Ok(())
}

/// Returns the documents that are asked for of one DocType.
pub(super) async fn documents_of(
    wish: &Wish,
    site: &FrappeSite,
    config: &SiteConfig,
    doctype: &DocType,
) -> Result<BTreeSet<DocName>, CliError> {
    let read = async |filters: &[Filter]| {
        let keys = site.matching_keys(doctype, filters).await;
        let keys = keys.map_err(|error| failure::of_site(error, config))?;
        let names = keys.into_iter().map(|key| key.name);
        Ok::<_, CliError>(names.collect::<BTreeSet<DocName>>())
    };
    if wish.names.is_empty() {
        return read(&wish.filters).await;
    }
    let mut found = BTreeSet::new();
    for names in wish.names.chunks(AT_ONCE) {
        let filter = Filter::is_in("name", names.iter().map(DocName::as_str));
        found.extend(read(&[filter]).await?);
    }
    let folded = |name: &DocName| name.as_str().trim_end().to_lowercase();
    let there: BTreeSet<String> = found.iter().map(folded).collect();
    let missing: Vec<&str> = wish
        .names
        .iter()
        .filter(|name| !there.contains(&folded(name)))
        .map(DocName::as_str)
        .collect();
    if missing.is_empty() {
        return Ok(found);
    }
    let shown = &missing[..missing.len().min(MOST_TOLD)];
    let more = match missing.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "site `{}` has no {doctype} `{}`{more}",
        config.name,
        shown.join("`, `")
    );
    Err(CliError::new(ErrorKind::Usage, message)
        .at("--name")
        .remedy("see whether it is spelled as the site spells it, and our user may read it"))
}

/// Says that a site has no DocType of a name, with the nearest one that it has.
pub(super) async fn no_doctype(
    site: &FrappeSite,
    config: &SiteConfig,
    doctype: &DocType,
) -> CliError {
    let message = format!("site `{}` has no DocType `{doctype}`", config.name);
    let error = CliError::new(ErrorKind::Usage, message).at("--doctype");
    let filters = [Filter::new("istable", "=", 0)];
    // Where our user may not list DocTypes there is nothing to suggest.
    let rows = site.rows(&"DocType".into(), &["name"], &filters, 0).await;
    let rows = rows.unwrap_or_default();
    let known = rows.iter().filter_map(|row| row.get("name")?.as_str());
    match nearest(doctype.as_str(), known) {
        Some(meant) => error.remedy(format!("did you mean `{meant}`?")),
        None => error.remedy("see whether the app that brings it is installed there"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_are_taken_in_each_of_the_forms_of_frappe() {
        let open = Filter::new("status", "=", "Open");
        for text in [
            r#"[["status", "=", "Open"]]"#,
            r#"[["Task", "status", "=", "Open"]]"#,
            r#"{"status": "Open"}"#,
            r#"{"status": ["=", "Open"]}"#,
        ] {
            assert_eq!(
                filters_of(text).unwrap(),
                std::slice::from_ref(&open),
                "{text}"
            );
        }
        let several = filters_of(r#"[["a", "in", [1, 2]], ["b", "is", "set"]]"#).unwrap();
        assert_eq!(several[0].value, json!([1, 2]));
    }

    #[test]
    fn what_is_no_filter_is_told_with_an_example() {
        for (text, message) in [
            ("status=Open", "the filters are no JSON"),
            ("7", "the filters are no list"),
            (r#"["status", "=", "Open"]"#, "`\"status\"` is no filter"),
            (r#"[["status", "is equal", 1]]"#, "is no filter"),
        ] {
            let error = filters_of(text).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            assert_eq!(error.place(), Some("--filters"));
            assert!(error.remedies()[0].contains("for example"), "{text}");
        }
    }
}
