//! Files over HTTP: uploads, and their bytes (protocol 8, Files).

use serde_json::{Map, Value, json};

use super::form::{Form, percent_decode};
use crate::document::{Nulls, Record};
use crate::failure::{Attempt, Failure, Kind};
use crate::http::{Method, Request, Response};
use crate::site::{Site, Transaction};
use crate::value::Cell;

/// The methods that answer with the bytes of a file.
const DOWNLOADS: [&str; 3] = [
    "/api/method/download_file",
    "/api/method/frappe.handler.download_file",
    "/api/method/frappe.core.doctype.file.file.download_file",
];

/// Answers a request for the bytes of a file; none where it asks for something else.
pub(crate) fn answer_with_bytes(
    site: &mut Site,
    user: &str,
    request: &Request,
) -> Option<Attempt<Response>> {
    if request.method != Method::Get {
        return None;
    }
    let path = percent_decode(&request.path, false);
    if path.starts_with("/files/") {
        // The web server's own, whoever asks.
        let bytes = site.database.stored(&path).map(|bytes| bytes.to_vec());
        return Some(Ok(match bytes {
            Some(bytes) => file(&path, bytes),
            None => Response::html(404, "<!doctype html><title>Not Found</title>"),
        }));
    }
    let is_private = path.starts_with("/private/files/");
    if !is_private && !DOWNLOADS.contains(&path.as_str()) {
        return None;
    }
    let profile = site.profile;
    let mut transaction = Transaction::begin(site, user);
    let answered = (|| {
        let form = Form::read(request, profile)?;
        let url = if is_private {
            path.clone()
        } else {
            form.required_text("file_url")?
        };
        let fid = form.text("fid");
        if user == "Guest" && is_private {
            return Err(forbidden());
        }
        match transaction.readable_file(&url, &fid)? {
            Some(_) => {}
            None => return Err(forbidden()),
        }
        match transaction.site.database.stored(&url) {
            Some(bytes) => Ok(file(&url, bytes.to_vec())),
            None => Err(Failure::bare(
                Kind::FileNotFound,
                format!("[Errno 2] No such file or directory: '{url}'"),
            )),
        }
    })();
    transaction.rollback();
    match answered {
        // Not the site itself refuses here, but its web server (protocol 1.2).
        Err(failure) if is_private && failure.status == 403 => Some(Ok(Response::html(
            403,
            "<!doctype html><title>403 Forbidden</title>",
        ))),
        answered => Some(answered),
    }
}

fn forbidden() -> Failure {
    Failure::bare(
        Kind::Permission,
        "You don't have permission to access this file",
    )
}

fn file(path: &str, bytes: Vec<u8>) -> Response {
    let kind = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    };
    Response {
        status: 200,
        headers: vec![("Content-Type".to_owned(), kind.to_owned())],
        body: bytes,
    }
}

impl Transaction<'_> {
    /// A File of this address that the user may read.
    fn readable_file(&mut self, url: &str, fid: &str) -> Attempt<Option<Record>> {
        let files = self.files_where(|file| {
            file.text("file_url") == url && (fid.is_empty() || file.name_text() == fid)
        })?;
        for file in files {
            if self.may_read(&file)? {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    /// Anybody may read a public file; a private one its owner, and who may read what it is attached to.
    fn may_read(&mut self, file: &Record) -> Attempt<bool> {
        if self.is_administrator() || !file.get("is_private").is_truthy() {
            return Ok(true);
        }
        if self.user() != "Guest" && file.text("owner") == self.user() {
            return Ok(true);
        }
        let doctype = file.text("attached_to_doctype");
        let name = file.get("attached_to_name").clone();
        if doctype.is_empty() || !name.is_truthy() {
            return Ok(false);
        }
        match self.load(&doctype, &name) {
            Ok(document) => self.is_allowed_on(&document, "read"),
            Err(_) => Ok(false),
        }
    }

    /// `upload_file`: makes a File of what the form brings (protocol 8, Files).
    pub(super) fn upload_file(&mut self, form: &Form) -> Attempt<Value> {
        if self.user() == "Guest" {
            return Err(Failure::bare(Kind::Permission, "Not permitted"));
        }
        let (doctype, name) = (form.text("doctype"), form.text("docname"));
        if !doctype.is_empty() {
            match self.load(&doctype, &Cell::text(&*name)) {
                Ok(document) => self.require(&document, "write")?,
                Err(_) => {
                    let meta = self.meta(&doctype)?;
                    self.require_on_doctype(&meta, "write")?;
                }
            }
        }
        let text = |key: &str| match form.text(key) {
            text if text.is_empty() => Value::Null,
            text => json!(text),
        };
        let mut values = Map::new();
        let (file_name, content) = match &form.file {
            Some((file_name, content)) => (json!(file_name), Some(content.as_slice())),
            None => (text("file_name"), None),
        };
        values.insert("file_name".to_owned(), file_name);
        values.insert("file_url".to_owned(), text("file_url"));
        values.insert("attached_to_doctype".to_owned(), text("doctype"));
        values.insert("attached_to_name".to_owned(), text("docname"));
        values.insert("attached_to_field".to_owned(), text("fieldname"));
        let folder = match form.text("folder") {
            folder if folder.is_empty() => "Home".to_owned(),
            folder => folder,
        };
        values.insert("folder".to_owned(), json!(folder));
        values.insert(
            "is_private".to_owned(),
            json!(i64::from(form.flag("is_private"))),
        );
        let record = self.new_record("File", values)?;
        self.content = content.map(Into::into);
        let made = self.insert(record);
        self.content = None;
        made?.to_json(Nulls::Omit).map(Value::Object)
    }
}
