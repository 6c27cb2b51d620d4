//! Listing ledgers, page by page: what a site adds up by itself is written differently in each version of Frappe
//! (protocol 3.1).

use std::collections::BTreeSet;

use frappe_sync_connector::FrappeSite;
use frappe_sync_model::{DocType, Filter, SiteError, SiteErrorKind};
use serde_json::Value;

use super::sums::{Part, Sums};
use crate::config::SiteConfig;
use crate::error::{CliError, ErrorKind};
use crate::failure;

/// Rows to a page.
const PAGE: usize = 5000;
/// So many warehouses go into one request.
const AT_ONCE: usize = 500;

/// The last day that counts; all of them where there is none.
pub(crate) type Day = Option<String>;

/// What is listed for a part of the books.
struct Listing {
    doctype: &'static str,
    keys: &'static [&'static str],
    amounts: &'static [&'static str],
    filters: Vec<Filter>,
}

/// Returns the companies of a site, by name.
pub(crate) async fn companies(
    site: &FrappeSite,
    config: &SiteConfig,
) -> Result<BTreeSet<String>, CliError> {
    let mut names = BTreeSet::new();
    let read = |row: &Value| {
        names.extend(row.get("name").and_then(Value::as_str).map(str::to_owned));
        Ok(())
    };
    pages(site, &"Company".into(), &["name"], &[], read)
        .await
        .map_err(|error| told(error, config, "Company"))?;
    Ok(names)
}

/// Adds up one part of the books of a company.
pub(crate) async fn sums_of(
    part: Part,
    site: &FrappeSite,
    config: &SiteConfig,
    company: &str,
    day: &Day,
) -> Result<Sums, CliError> {
    let mut sums = Sums::default();
    for listing in listings(part, site, config, company, day).await? {
        let Listing {
            doctype,
            keys,
            amounts,
            filters,
        } = &listing;
        let fields: Vec<&str> = std::iter::once("name")
            .chain(keys.iter().copied())
            .chain(amounts.iter().copied())
            .collect();
        let add = |row: &Value| sums.add(row, keys, amounts);
        pages(site, &DocType::from(*doctype), &fields, filters, add)
            .await
            .map_err(|error| told(error, config, doctype))?;
    }
    Ok(sums)
}

async fn listings(
    part: Part,
    site: &FrappeSite,
    config: &SiteConfig,
    company: &str,
    day: &Day,
) -> Result<Vec<Listing>, CliError> {
    let of_company = |more: Filter| {
        let mut filters = vec![Filter::new("company", "=", company), more];
        filters.extend(
            day.iter()
                .map(|day| Filter::new("posting_date", "<=", day.as_str())),
        );
        filters
    };
    Ok(match part {
        Part::TrialBalance => vec![Listing {
            doctype: "GL Entry",
            keys: part.keys(),
            amounts: &["debit", "credit"],
            filters: of_company(Filter::new("is_cancelled", "=", 0)),
        }],
        Part::Outstanding => vec![Listing {
            doctype: "Payment Ledger Entry",
            keys: part.keys(),
            amounts: &["amount"],
            filters: of_company(Filter::new("delinked", "=", 0)),
        }],
        Part::Stock if day.is_some() => vec![Listing {
            doctype: "Stock Ledger Entry",
            keys: part.keys(),
            amounts: &["actual_qty", "stock_value_difference"],
            filters: of_company(Filter::new("is_cancelled", "=", 0)),
        }],
        // A Bin knows its warehouse only.
        Part::Stock => warehouses(site, config, company)
            .await?
            .chunks(AT_ONCE)
            .map(|names| Listing {
                doctype: "Bin",
                keys: part.keys(),
                amounts: &["actual_qty", "stock_value"],
                filters: vec![Filter::is_in("warehouse", names.iter().map(String::as_str))],
            })
            .collect(),
    })
}

async fn warehouses(
    site: &FrappeSite,
    config: &SiteConfig,
    company: &str,
) -> Result<Vec<String>, CliError> {
    let mut names = Vec::new();
    let filters = [Filter::new("company", "=", company)];
    let read = |row: &Value| {
        names.extend(row.get("name").and_then(Value::as_str).map(str::to_owned));
        Ok(())
    };
    pages(site, &"Warehouse".into(), &["name"], &filters, read)
        .await
        .map_err(|error| told(error, config, "Warehouse"))?;
    Ok(names)
}

/// Why something could not be listed or added up.
enum ReadError {
    Site(SiteError),
    /// A field that holds no number.
    NoNumber(String),
}

/// Lists every document that matches, page by page in the order of names (protocol 3.2).
async fn pages(
    site: &FrappeSite,
    doctype: &DocType,
    fields: &[&str],
    filters: &[Filter],
    mut read: impl FnMut(&Value) -> Result<(), String>,
) -> Result<(), ReadError> {
    let mut after: Option<Value> = None;
    loop {
        let mut filters = filters.to_vec();
        if let Some(name) = after.take() {
            filters.push(Filter::new("name", ">", name));
        }
        let rows = site.rows(doctype, fields, &filters, PAGE).await;
        let rows = rows.map_err(ReadError::Site)?;
        for row in &rows {
            read(row).map_err(ReadError::NoNumber)?;
        }
        after = rows.last().and_then(|row| row.get("name")).cloned();
        if rows.len() < PAGE || after.is_none() {
            return Ok(());
        }
    }
}

fn told(error: ReadError, config: &SiteConfig, doctype: &str) -> CliError {
    match error {
        ReadError::Site(error) if error.kind == SiteErrorKind::NotFound => {
            let message = format!("site `{}` has no DocType `{doctype}`", config.name);
            CliError::new(ErrorKind::Failed, message)
                .at(config.url.to_string())
                .remedy(
                    "books are those of ERPNext 14 or later: it must be installed on both sites",
                )
        }
        ReadError::Site(error) => failure::of_site(error, config),
        ReadError::NoNumber(field) => {
            let message = format!(
                "site `{}` does not show `{field}` of {doctype} as it should be",
                config.name
            );
            CliError::new(ErrorKind::Failed, message)
                .at(config.url.to_string())
                .remedy("give our user a role that may read that field")
        }
    }
}
