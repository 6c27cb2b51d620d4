//! `schema`: what the JSON output holds, as JSON Schema.

use clap::Args;
use frappe_sync_mapper::nearest;
use serde::Serialize;
use serde_json::Value;

use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::render::style::HEADING;
use crate::ui::Ui;

/// Every schema of `docs/schemas` by its name, in the order of names.
const SCHEMAS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

/// Prints the JSON Schema of an output, or lists them all
///
/// Every JSON object that is printed with `--json`, and every file of JSON that is written, names its `format`,
/// such as `frappe-sync/plan@1`. The schema of that name tells what it holds.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: frappe-sync schema plan@1
Example: frappe-sync schema frappe-sync/run@1 > run.schema.json")]
pub struct SchemaArgs {
    /// The format, such as `plan@1`; without a number the newest of that name
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// What formats there are, `frappe-sync/schemas@1`.
#[derive(Debug, Serialize)]
struct SchemasReport {
    format: &'static str,
    schemas: Vec<Listed>,
}

/// One format.
#[derive(Debug, Serialize)]
struct Listed {
    name: &'static str,
    description: String,
}

/// Prints one schema, or the list.
pub(crate) fn run(args: &SchemaArgs, ui: &Ui) -> Result<Exit, CliError> {
    match &args.name {
        Some(name) => ui.verbatim(find(name)?)?,
        None => ui.report(&listed(), text)?,
    }
    Ok(Exit::Done)
}

fn find(name: &str) -> Result<&'static str, CliError> {
    let wanted = name.strip_prefix("frappe-sync/").unwrap_or(name);
    let fits = |known: &str| match known.split_once('@') {
        Some((family, _)) if !wanted.contains('@') => family == wanted,
        _ => known == wanted,
    };
    // The last is the newest, while numbers have one digit.
    if let Some((_, schema)) = SCHEMAS.iter().rev().find(|(known, _)| fits(known)) {
        return Ok(schema);
    }
    let names = SCHEMAS
        .iter()
        .map(|(known, _)| known.split('@').next().unwrap_or(known));
    let error = CliError::new(ErrorKind::Usage, format!("there is no format `{name}`"));
    Err(
        match nearest(wanted.split('@').next().unwrap_or(wanted), names) {
            Some(meant) => error.remedy(format!("did you mean `{meant}`?")),
            None => error.remedy("`frappe-sync schema` lists the formats"),
        },
    )
}

fn listed() -> SchemasReport {
    let described = |schema: &str| {
        let schema: Value = serde_json::from_str(schema).unwrap_or_default();
        schema["description"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let schemas = SCHEMAS.iter().map(|(name, schema)| Listed {
        name,
        description: described(schema),
    });
    SchemasReport {
        format: "frappe-sync/schemas@1",
        schemas: schemas.collect(),
    }
}

fn text(report: &SchemasReport) -> String {
    let names = report.schemas.iter().map(|listed| listed.name.len());
    let width = names.max().unwrap_or_default();
    let lines = report.schemas.iter().map(|listed| {
        format!(
            "{HEADING}{:width$}{HEADING:#}  {}\n",
            listed.name, listed.description
        )
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_json_and_names_itself() {
        assert!(!SCHEMAS.is_empty());
        for (name, schema) in SCHEMAS {
            let schema: Value = serde_json::from_str(schema).unwrap();
            assert_eq!(schema["$id"], format!("frappe-sync/{name}"));
            assert!(schema["description"].is_string(), "{name}");
        }
    }

    #[test]
    fn a_format_is_found_by_any_of_its_names() {
        let schema = find("plan@1").unwrap();
        assert_eq!(find("plan").unwrap(), schema);
        assert_eq!(find("frappe-sync/plan@1").unwrap(), schema);
        let error = find("plam").unwrap_err();
        assert_eq!(error.remedies(), ["did you mean `plan`?"]);
    }
}
