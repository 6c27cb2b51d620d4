//! The bytes of files (protocol 8, Files).

use percent_encoding::percent_decode_str;

use frappe_sync_model::{SiteError, SiteErrorKind, Upload, Written};

use crate::RequestKind;
use crate::multipart::Multipart;
use crate::request::Request;
use crate::transport::{SendError, Transport};
use crate::wire_document::{name_of, time_of};
use crate::writes::unclear;

/// Asks for a file as its `File` document addresses it; by name of the method, since the web server in front may not
/// know our key.
const DOWNLOAD: &str = "frappe.core.doctype.file.file.download_file";

/// Reads the bytes of a file, and compares them with the hash that the site tells of them, where it tells one.
pub(crate) async fn download(
    transport: &Transport,
    file_url: &str,
    content_hash: Option<&str>,
) -> Result<Vec<u8>, SiteError> {
    let bytes = ask(transport, file_url).await?;
    let Some(expected) = content_hash.filter(|hash| !hash.is_empty()) else {
        return Ok(bytes);
    };
    let found = format!("{:x}", md5::compute(&bytes));
    if found.eq_ignore_ascii_case(expected) {
        return Ok(bytes);
    }
    Err(refused(
        "ContentHash",
        format!(
            "`{}` holds {} bytes of hash {found}, and the site says that it is {expected}",
            shown(file_url),
            bytes.len()
        ),
    ))
}

async fn ask(transport: &Transport, file_url: &str) -> Result<Vec<u8>, SiteError> {
    let label = format!("GET {}", shown(file_url));
    let request = Request::get(DOWNLOAD, &[("file_url", file_url)], label).for_bytes();
    match transport.send(&request).await {
        Ok(answer) => Ok(answer.bytes),
        Err(SendError::TooLarge(_)) => Err(refused(
            "TooLarge",
            format!("`{}` is larger than is read", shown(file_url)),
        )),
        Err(SendError::Failed(error)) => Err(error),
    }
}

fn refused(exc_type: &str, message: String) -> SiteError {
    let kind = SiteErrorKind::Refused {
        exc_type: exc_type.to_owned(),
    };
    SiteError::new(kind, message)
}

/// An address as people read it.
fn shown(file_url: &str) -> String {
    percent_decode_str(file_url)
        .decode_utf8_lossy()
        .into_owned()
}

/// Makes a `File` of these bytes. Nothing asks the site to make pictures smaller, so that the bytes stay.
pub(crate) async fn upload(transport: &Transport, upload: Upload) -> Result<Written, SiteError> {
    let mut multipart = Multipart::default();
    multipart.field("is_private", if upload.is_private { "1" } else { "0" });
    multipart.field("folder", "Home/Attachments");
    multipart.field("doctype", upload.doctype.as_str());
    multipart.field("docname", upload.name.as_str());
    if let Some(field) = &upload.field {
        multipart.field("fieldname", field.as_str());
    }
    let (content_type, body) = multipart.with_file("file", &upload.file_name, &upload.content);
    let label = format!(
        "POST File {} of {} {}",
        upload.file_name, upload.doctype, upload.name
    );
    // The body holds the bytes now: they are not kept twice.
    drop(upload);
    let request = Request::upload(content_type, body, label);
    let data = transport.send(&request).await?.into_message();
    let written = || {
        Some(Written {
            name: data.get("name").and_then(name_of)?,
            modified: data.get("modified").and_then(time_of),
        })
    };
    written().ok_or_else(|| unclear(&request, "the File"))
}

impl Request {
    /// Posts a form with a file.
    pub(crate) fn upload(content_type: String, body: Vec<u8>, label: String) -> Self {
        let route = "/api/method/upload_file".to_owned();
        Self {
            kind: RequestKind::Write,
            method: reqwest::Method::POST,
            path: route.clone(),
            route,
            label,
            body: Some(body.into()),
            content_type: Some(content_type),
            wants: Default::default(),
            elsewhere: None,
        }
    }
}
