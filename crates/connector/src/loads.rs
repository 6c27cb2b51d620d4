//! Documents under given names, by Data Import (protocol 5.6).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use frappe_sync_model::{
    DocName, DocType, Filter, Load, LoadState, Loaded, LoadedDocument, SiteError, SiteErrorKind,
};

use crate::answer::unexpected;
use crate::list::List;
use crate::multipart::Multipart;
use crate::removal;
use crate::request::Request;
use crate::server_message::plain_text;
use crate::transport::Transport;
use crate::wire_document::name_of;
use crate::writes::unclear;
use crate::{RequestKind, exception_class};

const DATA_IMPORT: &str = "Data Import";
const START: &str = "frappe.core.doctype.data_import.data_import.form_start_import";
const STATUS: &str = "frappe.core.doctype.data_import.data_import.get_import_status";

/// How long is waited between two looks at how far it is: at first, and at most.
const FIRST_LOOK: Duration = Duration::from_millis(100);
const LAST_LOOK: Duration = Duration::from_secs(2);

/// What to do where a site takes documents in, and does not begin.
const NO_START: &str = "Data Import does not begin there: let the scheduler be on (System Settings, Enable Scheduled \
                        Jobs, and no `pause_scheduler` or `maintenance_mode` in its configuration), or write \
                        `naming: own`";

/// Makes the documents, and waits for the end of it.
pub(crate) async fn load(transport: &Transport, load: &Load) -> Result<Loaded, SiteError> {
    let table = csv_of(load)?;
    let file_url = upload(transport, &load.label, &table).await?;
    let data = json!({
        "reference_doctype": load.doctype,
        "import_type": "Insert New Records",
        "import_file": file_url,
        "mute_emails": 1,
        "submit_after_import": 0,
    });
    let request = Request::insert(&DATA_IMPORT.into(), data);
    let made = match transport.send(&request).await {
        Ok(answer) => answer.into_data(),
        Err(error) => {
            let error = SiteError::from(error);
            if error.kind != SiteErrorKind::OutcomeUnknown {
                remove_file(transport, &load.label).await;
            }
            return Err(error);
        }
    };
    let import = made.get("name").and_then(name_of);
    let import = import.ok_or_else(|| unclear(&request, "the Data Import"))?;
    if let Err(error) = start(transport, &import).await
        && error.kind != SiteErrorKind::OutcomeUnknown
    {
        // It has not begun, and once it is gone it cannot begin any more.
        remove(transport, &import, &load.label).await?;
        return Err(SiteError {
            message: format!("{}: {NO_START}", error.message),
            ..error
        });
    }
    let told = async {
        wait(transport, &import).await?;
        outcome(transport, &import, load).await
    };
    // The job goes on, whatever keeps us from looking at it.
    told.await.map_err(|error| SiteError {
        kind: SiteErrorKind::OutcomeUnknown,
        ..error
    })
}

/// Lets a load that was not waited for go on. The site leaves out what its log has already, and begins no second job
/// beside the first.
pub(crate) async fn resume(transport: &Transport, label: &str) -> Result<LoadState, SiteError> {
    let Some(import) = find(transport, label).await? else {
        return Ok(LoadState::Unknown);
    };
    if !look(transport, &import).await?.ended() {
        start(transport, &import).await?;
        wait(transport, &import).await?;
        if !look(transport, &import).await?.ended() {
            return Ok(LoadState::UnderWay);
        }
    }
    Ok(LoadState::Ended)
}

/// Takes away what it left.
pub(crate) async fn end(transport: &Transport, label: &str) -> Result<(), SiteError> {
    match find(transport, label).await? {
        Some(import) => remove(transport, &import, label).await,
        None => {
            remove_file(transport, label).await;
            Ok(())
        }
    }
}

/// Writes the table as the site reads it. Every value stands in quotes, so that none is taken for anything else.
fn csv_of(load: &Load) -> Result<Vec<u8>, SiteError> {
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    let written = (|| {
        writer.write_record(&load.columns)?;
        for row in &load.rows {
            writer.write_record(row)?;
        }
        writer.flush().map_err(csv::Error::from)
    })();
    let table = written.and_then(|()| {
        let inner = writer.into_inner();
        inner.map_err(|error| csv::Error::from(error.into_error()))
    });
    table.map_err(|error| {
        let kind = SiteErrorKind::Refused {
            exc_type: String::new(),
        };
        SiteError::new(
            kind,
            format!("the table of documents cannot be written: {error}"),
        )
    })
}

async fn upload(transport: &Transport, label: &str, table: &[u8]) -> Result<String, SiteError> {
    let mut multipart = Multipart::default();
    multipart.field("is_private", "1");
    multipart.field("folder", "Home");
    let (content_type, body) = multipart.with_file("file", &file_name(label), table);
    let label = format!("POST File {}", file_name(label));
    let request = Request::upload(content_type, body, label);
    let data = transport.send(&request).await?.into_message();
    let url = data.get("file_url").and_then(Value::as_str);
    url.map(str::to_owned)
        .ok_or_else(|| unclear(&request, "the address of the File"))
}

fn file_name(label: &str) -> String {
    format!("{label}.csv")
}

async fn start(transport: &Transport, import: &DocName) -> Result<(), SiteError> {
    let request = Request::call(
        RequestKind::Write,
        START,
        &json!({"data_import": import}),
        format!("start {DATA_IMPORT} {import}"),
    );
    transport.send(&request).await?;
    Ok(())
}

/// What a Data Import shows of itself.
#[derive(Debug)]
struct Shown {
    status: String,
    documents: u64,
    logged: u64,
    /// What it turned down, before it made anything.
    warnings: String,
}

impl Shown {
    fn ended(&self) -> bool {
        // `Partial Success` is shown while it runs, too.
        let is_last = matches!(self.status.as_str(), "Success" | "Error" | "Timed Out");
        is_last || self.is_logged() || !self.warnings.is_empty()
    }

    fn is_logged(&self) -> bool {
        self.documents > 0 && self.logged >= self.documents
    }
}

async fn look(transport: &Transport, import: &DocName) -> Result<Shown, SiteError> {
    let counts = Request::get(
        STATUS,
        &[("data_import_name", import.as_str())],
        format!("read how far {DATA_IMPORT} {import} is"),
    );
    let counts = transport.send(&counts).await?.into_message();
    let count = |name: &str| counts.get(name).and_then(Value::as_u64).unwrap_or_default();
    let doctype = DocType::from(DATA_IMPORT);
    let list = List {
        doctype: &doctype,
        parent: None,
        fields: vec!["name", "status", "template_warnings"],
        filters: vec![Filter::new("name", "=", import.as_str())],
        or_filters: Vec::new(),
        order_by: "name asc",
        limit: 1,
    };
    let request = list.request(format!("read {DATA_IMPORT} {import}"));
    let rows = transport.send(&request).await?.into_rows(&request)?;
    let row = rows.first().ok_or_else(|| unexpected(&request, "it"))?;
    let text = |name: &str| {
        let text = row.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    Ok(Shown {
        status: text("status"),
        documents: count("total_records"),
        logged: count("success") + count("failed"),
        warnings: text("template_warnings"),
    })
}

/// Looks again and again until it has come to its end, or nothing has moved for too long.
async fn wait(transport: &Transport, import: &DocName) -> Result<(), SiteError> {
    let patience = transport.config().load_patience;
    let mut pause = FIRST_LOOK;
    let mut logged = 0;
    let mut moved = Instant::now();
    loop {
        let shown = look(transport, import).await?;
        if shown.logged > logged {
            logged = shown.logged;
            moved = Instant::now();
        }
        if shown.ended() || moved.elapsed() >= patience {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LAST_LOOK);
    }
}

/// Reads what became of each document. The site's log tells rows by their number, the heading being the first.
async fn outcome(
    transport: &Transport,
    import: &DocName,
    load: &Load,
) -> Result<Loaded, SiteError> {
    let shown = look(transport, import).await?;
    let mut documents: Vec<LoadedDocument> = Vec::new();
    documents.resize_with(load.starts.len(), || LoadedDocument::Untold);
    let place = |row: u64| {
        let row = usize::try_from(row).ok()?.checked_sub(2)?;
        let after = load.starts.partition_point(|start| *start <= row);
        after.checked_sub(1)
    };
    let doctype = DocType::from("Data Import Log");
    let list = List {
        doctype: &doctype,
        parent: None,
        fields: vec![
            "name",
            "success",
            "docname",
            "messages",
            "exception",
            "row_indexes",
        ],
        filters: vec![Filter::new("data_import", "=", import.as_str())],
        or_filters: Vec::new(),
        order_by: "log_index asc",
        limit: 0,
    };
    let request = list.request(format!("read the log of {DATA_IMPORT} {import}"));
    for row in transport.send(&request).await?.into_rows(&request)? {
        let rows = row.get("row_indexes").and_then(Value::as_str);
        let rows: Vec<u64> = rows
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let Some(at) = rows.first().and_then(|row| place(*row)) else {
            continue;
        };
        let is_made = row.get("success").and_then(Value::as_u64) == Some(1);
        documents[at] = match row.get("docname").and_then(name_of) {
            Some(name) if is_made => LoadedDocument::Made(name),
            _ => LoadedDocument::Refused(refusal(&row)),
        };
    }
    let mut turned_down = None;
    if shown.logged == 0 && !shown.warnings.is_empty() {
        let warnings: Vec<Value> = serde_json::from_str(&shown.warnings).unwrap_or_default();
        let words = |warning: &Value| {
            let message = warning.get("message").and_then(Value::as_str);
            plain_text(message.unwrap_or_default())
        };
        let all: Vec<String> = warnings.iter().map(words).collect();
        turned_down = Some(all.join("; "));
        for warning in &warnings {
            let row = warning.get("row").and_then(Value::as_u64);
            if let Some(at) = row.and_then(place) {
                let kind = SiteErrorKind::Refused {
                    exc_type: "ValidationError".to_owned(),
                };
                let field = warning
                    .get("field")
                    .and_then(|field| field.get("fieldname"));
                let message = match field.and_then(Value::as_str) {
                    Some(field) => format!("{field}: {}", words(warning)),
                    None => words(warning),
                };
                documents[at] = LoadedDocument::Refused(SiteError::new(kind, message));
            }
        }
    }
    Ok(Loaded {
        ended: shown.ended(),
        documents,
        turned_down,
    })
}

/// Makes the error of a document that the site refused, of the messages and the traceback in its log.
fn refusal(row: &Value) -> SiteError {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let last_line = text("exception")
        .trim_end()
        .lines()
        .last()
        .unwrap_or_default();
    let class = exception_class(last_line, "");
    let kind = match class {
        "DuplicateEntryError" | "UniqueValidationError" => SiteErrorKind::Duplicate,
        "PermissionError" => SiteErrorKind::NotPermitted,
        class => SiteErrorKind::Refused {
            exc_type: class.to_owned(),
        },
    };
    // Texts that each hold an object, or objects by themselves, by version.
    let messages: Vec<Value> = serde_json::from_str(text("messages")).unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    for message in &messages {
        let inner = message
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok());
        let message: &Value = inner.as_ref().unwrap_or(message);
        let said = message
            .get("message")
            .or(Some(message))
            .and_then(Value::as_str);
        let said = plain_text(said.unwrap_or_default());
        if !said.is_empty() && !words.contains(&said) {
            words.push(said);
        }
    }
    if words.is_empty() {
        let said = last_line
            .split_once(": ")
            .map_or(last_line, |(_, said)| said);
        words.push(plain_text(said));
    }
    let mut error = SiteError::new(kind, words.join("; "));
    error.request = format!("{DATA_IMPORT} of one document");
    error
}

async fn find(transport: &Transport, label: &str) -> Result<Option<DocName>, SiteError> {
    let doctype = DocType::from(DATA_IMPORT);
    let list = List {
        doctype: &doctype,
        parent: None,
        fields: vec!["name"],
        filters: vec![Filter::new("import_file", "like", format!("%{label}%"))],
        or_filters: Vec::new(),
        order_by: "name asc",
        limit: 1,
    };
    let request = list.request(format!("look for {DATA_IMPORT} {label}"));
    let rows = transport.send(&request).await?.into_rows(&request)?;
    Ok(rows
        .first()
        .and_then(|row| row.get("name"))
        .and_then(name_of))
}

/// Deletes a Data Import; its log and its file go with it.
async fn remove(transport: &Transport, import: &DocName, label: &str) -> Result<(), SiteError> {
    match removal::delete(transport, &DATA_IMPORT.into(), import).await {
        Err(error) if error.kind != SiteErrorKind::NotFound => return Err(error),
        _ => {}
    }
    remove_file(transport, label).await;
    Ok(())
}

/// Deletes the file, where it is still there. Where that fails, it stays: a private file that nobody needs.
async fn remove_file(transport: &Transport, label: &str) {
    let doctype = DocType::from("File");
    let list = List {
        doctype: &doctype,
        parent: None,
        fields: vec!["name"],
        filters: vec![Filter::new("file_url", "like", format!("%{label}%"))],
        or_filters: Vec::new(),
        order_by: "name asc",
        limit: 5,
    };
    let request = list.request(format!("look for File {label}"));
    let Ok(answer) = transport.send(&request).await else {
        return;
    };
    for row in answer.into_rows(&request).unwrap_or_default() {
        if let Some(name) = row.get("name").and_then(name_of)
            && let Err(error) = removal::delete(transport, &doctype, &name).await
        {
            tracing::debug!(%name, %error, "a file of a Data Import stays");
        }
    }
}
