//! Data Import, by which documents keep their names, and the counters of series.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, rows, text};
use super::site::{Sender, Site};

checks! {
    FROM_15, "5.6", "a Data Import makes documents under the names of its table, with the names of their rows" => names_are_kept;
    FROM_15, "5.6", "a Data Import takes values as their cells say, without blanks at their ends" => values_of_cells;
    FROM_15, "5.6", "an empty cell gets the default" => empty_cells;
    FROM_15, "5.6", "one document that is refused does not hold up the others, and the log says why" => one_is_refused;
    FROM_15, "5.6", "a name that is taken is refused with DuplicateEntryError" => name_is_taken;
    FROM_15, "5.6", "one wrong choice turns the whole table down, and the warning names its row" => table_is_turned_down;
    FROM_15, "5.6", "a Data Import that is started again makes nothing twice" => started_again;
    FROM_15, "5.6", "deleting a Data Import takes its log and its file away" => deleted_with_all;
    FROM_15, "5.6", "a DocType without `allow_import` is refused with 417" => not_allowed;
    FROM_15, "5.2", "a Data Import leaves the counter of the series alone" => counter_stays;
    FROM_15, "5.2", "a series is raised through Document Naming Settings" => series_is_raised;
}

const START: &str = "frappe.core.doctype.data_import.data_import.form_start_import";
const STATUS: &str = "frappe.core.doctype.data_import.data_import.get_import_status";

/// How often an import is looked at, twice a second: a worker may have other things to do.
const LOOKS: usize = 360;

fn prefix(site: &Site) -> String {
    format!("FSCL-{}-", site.letters())
}

/// Uploads a table and makes a Data Import of it; returns its name.
async fn import_of(site: &Site, doctype: &str, table: &str) -> Result<String, Failure> {
    let url = upload(site, table).await?;
    let made = site.create("Data Import", import(doctype, &url)).await?;
    Ok(name(&made)?.to_owned())
}

fn import(doctype: &str, url: &str) -> Value {
    json!({
        "reference_doctype": doctype, "import_type": "Insert New Records", "import_file": url,
        "mute_emails": 1,
    })
}

async fn upload(site: &Site, table: &str) -> Result<String, Failure> {
    const BOUNDARY: &str = "a-boundary-of-the-suite";
    let file_name = format!("{}.csv", site.unique("fsc-table").replace(' ', "-"));
    let body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"is_private\"\r\n\r\n1\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{table}\r\n--{BOUNDARY}--\r\n"
    );
    let url = site.address(&["api", "method", "upload_file"], &[]);
    let request = site
        .request(Sender::Ourselves, Method::POST, url)?
        .header(ACCEPT, "application/json")
        .header(
            CONTENT_TYPE,
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(body);
    let made = site.answer(request).await?.message()?;
    Ok(text(&made, "file_url")?.to_owned())
}

/// Starts an import and waits for its end; returns it.
async fn run(site: &Site, import: &str) -> Result<Value, Failure> {
    site.call(START, json!({"data_import": import})).await?;
    for _ in 0..LOOKS {
        let stored = site.read("Data Import", import).await?;
        let status = site
            .call(STATUS, json!({"data_import_name": import}))
            .await?;
        let count = |key: &str| status.get(key).and_then(Value::as_u64).unwrap_or(0);
        let is_logged = count("success") + count("failed") >= count("total_records");
        let warnings = stored.get("template_warnings").and_then(Value::as_str);
        if is_logged || warnings.is_some_and(|warnings| !warnings.is_empty()) {
            // The last word on its status comes after the last document.
            tokio::time::sleep(Duration::from_millis(300)).await;
            return site.read("Data Import", import).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(Failure::new("no worker took the Data Import"))
}

async fn log(site: &Site, import: &str) -> Result<Vec<Value>, Failure> {
    site.get_list(json!({
        "doctype": "Data Import Log", "filters": [["data_import", "=", import]], "limit_page_length": 0,
        "fields": ["success", "docname", "messages", "exception", "row_indexes"],
        "order_by": "log_index asc",
    }))
    .await
}

async fn names_are_kept(site: &Site) -> Outcome {
    let (doctype, one, two) = (site.doctype("Load"), site.unique("one"), site.unique("two"));
    let (first, second) = (site.unique("r1"), site.unique("r2"));
    let table = format!(
        "name,title,lines.name,lines.product,extras.product\n\
         {one},a,{first},bolt,box\n,,{second},nut,\n{two},b,,,\n"
    );
    let import = import_of(site, &doctype, &table).await?;
    let done = run(site, &import).await?;
    equal("status", text(&done, "status")?, "Success")?;
    equal("payload_count", done.get("payload_count"), Some(&json!(2)))?;
    let made = site.read(&doctype, &one).await?;
    let lines = rows(&made, "lines")?;
    equal("rows", lines.len(), 2)?;
    equal("name of a row", name(&lines[0])?, first.as_str())?;
    equal("name of a row", name(&lines[1])?, second.as_str())?;
    equal("product", text(&lines[1], "product")?, "nut")?;
    equal("rows of the other table", rows(&made, "extras")?.len(), 1)?;
    let made = site.read(&doctype, &two).await?;
    equal("rows", rows(&made, "lines")?.len(), 0)?;
    equal("owner", text(&made, "owner")?, site.user())
}

async fn values_of_cells(site: &Site) -> Outcome {
    let (doctype, given) = (site.doctype("Load"), site.unique("cells"));
    let table = format!(
        "\"name\",\"title\",\"at_moment\",\"lasts\",\"body\"\n\
         \"{given}\",\"=1+1\",\"2026-03-04 05:06:07.123456\",\"1d 2h 3m 4s\",\" a\r\nb \"\"c\"\", d \"\n"
    );
    let import = import_of(site, &doctype, &table).await?;
    run(site, &import).await?;
    let made = site.read(&doctype, &given).await?;
    equal("title", text(&made, "title")?, "=1+1")?;
    equal(
        "at_moment",
        text(&made, "at_moment")?,
        "2026-03-04 05:06:07.123456",
    )?;
    let lasts = made.get("lasts").and_then(Value::as_f64);
    equal("lasts", lasts, Some(93_784.0))?;
    equal("body", text(&made, "body")?, "a\r\nb \"c\", d")
}

async fn empty_cells(site: &Site) -> Outcome {
    let (doctype, given) = (site.doctype("Load"), site.unique("empty"));
    let import = import_of(site, &doctype, &format!("name,title,given\n{given},x,\n")).await?;
    run(site, &import).await?;
    let made = site.read(&doctype, &given).await?;
    equal("given", text(&made, "given")?, "given")
}

async fn one_is_refused(site: &Site) -> Outcome {
    let (doctype, code) = (site.doctype("Load"), site.unique("code"));
    let given: Vec<String> = ["a", "b", "c"].map(|stem| site.unique(stem)).into();
    let table = format!(
        "name,code\n{},{code}\n{},{code}\n{},other {code}\n",
        given[0], given[1], given[2]
    );
    let import = import_of(site, &doctype, &table).await?;
    let done = run(site, &import).await?;
    equal("status", text(&done, "status")?, "Partial Success")?;
    let log = log(site, &import).await?;
    let made: Vec<&Value> = log.iter().filter_map(|line| line.get("success")).collect();
    equal("success", made, vec![&json!(1), &json!(0), &json!(1)])?;
    equal("row_indexes", text(&log[1], "row_indexes")?, "[3]")?;
    equal("docname", text(&log[2], "docname")?, given[2].as_str())?;
    let exception = text(&log[1], "exception")?;
    holds(exception.contains("UniqueValidationError"), exception)
}

async fn name_is_taken(site: &Site) -> Outcome {
    let (doctype, given) = (site.doctype("Load"), site.unique("taken"));
    let table = format!("name,title\n{given},first\n{given},second\n");
    let import = import_of(site, &doctype, &table).await?;
    run(site, &import).await?;
    let log = log(site, &import).await?;
    let exception = text(&log[1], "exception")?;
    holds(exception.contains("DuplicateEntryError"), exception)?;
    let made = site.read(&doctype, &given).await?;
    equal("title", text(&made, "title")?, "first")
}

async fn table_is_turned_down(site: &Site) -> Outcome {
    let (doctype, given) = (site.doctype("Load"), site.unique("choice"));
    let table = format!("name,choice\n{given} 1,One\n{given} 2,Three\n");
    let import = import_of(site, &doctype, &table).await?;
    let done = run(site, &import).await?;
    equal("status", text(&done, "status")?, "Pending")?;
    equal("log", log(site, &import).await?.len(), 0)?;
    let warnings: Vec<Value> =
        serde_json::from_str(text(&done, "template_warnings")?).unwrap_or_default();
    let mut of_rows = warnings
        .iter()
        .filter(|warning| warning.get("row").is_some());
    let first = of_rows
        .next()
        .ok_or_else(|| Failure::new("no warning names a row"))?;
    equal("row", first.get("row"), Some(&json!(3)))?;
    let field = first.get("field").and_then(|field| field.get("fieldname"));
    equal("field", field, Some(&json!("choice")))
}

async fn started_again(site: &Site) -> Outcome {
    let (doctype, given) = (site.doctype("Load"), site.unique("again"));
    let import = import_of(site, &doctype, &format!("name,title\n{given},x\n")).await?;
    run(site, &import).await?;
    run(site, &import).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    equal("lines of the log", log(site, &import).await?.len(), 1)
}

async fn deleted_with_all(site: &Site) -> Outcome {
    let (doctype, given) = (site.doctype("Load"), site.unique("gone"));
    let import = import_of(site, &doctype, &format!("name,title\n{given},x\n")).await?;
    let done = run(site, &import).await?;
    let url = text(&done, "import_file")?;
    site.delete("Data Import", &import).await?;
    equal("log", log(site, &import).await?.len(), 0)?;
    let files = site
        .get_list(json!({"doctype": "File", "filters": [["file_url", "=", url]]}))
        .await?;
    equal("files", files.len(), 0)?;
    site.read(&doctype, &given).await.map(drop)
}

async fn not_allowed(site: &Site) -> Outcome {
    let doctype = site.doctype("Serial");
    let url = upload(site, "name,label\nx,y\n").await?;
    let answer = site
        .try_create("Data Import", import(&doctype, &url))
        .await?;
    answer.refused(417, "ValidationError")
}

async fn counter_stays(site: &Site) -> Outcome {
    let (doctype, prefix) = (site.doctype("Load"), prefix(site));
    let before = current(site, &prefix).await?;
    let given = format!("{prefix}90001");
    let import = import_of(site, &doctype, &format!("name,title\n{given},x\n")).await?;
    run(site, &import).await?;
    site.read(&doctype, &given).await?;
    equal("the counter", current(site, &prefix).await?, before)
}

async fn series_is_raised(site: &Site) -> Outcome {
    let (doctype, prefix) = (site.doctype("Load"), prefix(site));
    let to = current(site, &prefix).await? + 100;
    settings(site, "update_series_start", &prefix, to).await?;
    equal("the counter", current(site, &prefix).await?, to)?;
    let next = site.create(&doctype, json!({"title": "next"})).await?;
    equal(
        "the next name",
        name(&next)?,
        format!("{prefix}{:05}", to + 1).as_str(),
    )
}

async fn current(site: &Site, prefix: &str) -> Result<u64, Failure> {
    let answer = settings(site, "get_current", prefix, 0).await?;
    Ok(answer.as_u64().unwrap_or(0))
}

async fn settings(site: &Site, method: &str, prefix: &str, to: u64) -> Result<Value, Failure> {
    const SETTINGS: &str = "Document Naming Settings";
    let stored = site.read(SETTINGS, SETTINGS).await?;
    let docs = json!({
        "doctype": SETTINGS, "name": SETTINGS, "modified": stored.get("modified"),
        "prefix": prefix, "current_value": to,
    });
    let arguments = json!({"docs": docs.to_string(), "method": method});
    let answer = site.try_call("run_doc_method", arguments).await?;
    answer.has_status(200)?;
    // The one that writes says so beside the answer, and answers nothing.
    let body = answer.json()?;
    Ok(body.get("message").cloned().unwrap_or_default())
}
