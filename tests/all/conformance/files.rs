//! Files: uploads, their names and addresses, who may read them, and the documents that show them.

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, text};
use super::site::{Sender, Site};

checks! {
    ALL, "8 files", "an upload answers with the File, whose `content_hash` is the MD5 of the bytes" => uploaded;
    ALL, "8 files", "an upload for a field does not set the field" => field_is_not_set;
    ALL, "8 files", "a private file is read with a key, and by a guest it is 403" => private_is_private;
    ALL, "8 files", "a public and a private file are read by `download_file` under their address" => downloaded;
    ALL, "8 files", "`download_file` of an address that no File has is 403" => nothing_to_download;
    ALL, "8 files", "equal bytes share one address" => equal_bytes_share;
    ALL, "8 files", "equal bytes, private and public, have two addresses" => privacy_parts;
    ALL, "8 files", "where the name is taken the end of the hash goes before the extension" => name_is_taken;
    ALL, "8 files", "an address in an Attach field makes a File that names the field" => field_makes_a_file;
    ALL, "8 files", "a File that names document, field and address is not made twice" => file_is_not_doubled;
    ALL, "8 files", "`is_private` moves the file, and the field that shows it follows" => moved;
    ALL, "8 files", "deleting a document deletes its Files" => deleted_with_document;
    ALL, "8 files", "deleting one of two Files with equal bytes keeps the bytes" => shared_bytes_stay;
    ALL, "8 files", "renaming a document takes its Files along" => renamed_with_document;
    ALL, "8 files", "a File with an address elsewhere is made without bytes" => address_elsewhere;
    ALL, "8 files", "a File names its document by DocType and name together, or not at all" => half_a_reference;
    ALL, "8 files", "a JPEG is kept with other bytes than were sent" => jpeg_is_written_anew;
    ALL, "8 files", "the bytes of other pictures are kept" => png_is_kept;
    ALL, "8 files", "Files are listed by `file_url`" => listed_by_address;
}

/// The MD5 of `hello`.
const HELLO: &str = "5d41402abc4b2a76b9719d911017c592";

/// A PNG of one point.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

/// What is uploaded beside the bytes.
struct Form<'a> {
    document: &'a str,
    file_name: &'a str,
    field: &'a str,
    private: bool,
}

async fn sheet(site: &Site) -> Result<String, Failure> {
    let fields = json!({"code": site.unique("sheet")});
    let made = site.create(&site.doctype("Sheet"), fields).await?;
    Ok(name(&made)?.to_owned())
}

async fn upload(site: &Site, form: &Form<'_>, content: &[u8]) -> Result<Value, Failure> {
    const BOUNDARY: &str = "a-boundary-of-the-suite";
    let mut body = Vec::new();
    for (field, value) in [
        ("doctype", site.doctype("Sheet").as_str()),
        ("docname", form.document),
        ("fieldname", form.field),
        ("is_private", if form.private { "1" } else { "0" }),
    ] {
        if !value.is_empty() {
            let part = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n",
        form.file_name
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let url = site.address(&["api", "method", "upload_file"], &[]);
    let request = site
        .request(Sender::Ourselves, Method::POST, url)?
        .header(ACCEPT, "application/json")
        .header(
            CONTENT_TYPE,
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(body);
    site.answer(request).await?.message()
}

/// Uploads a text of its own to a document of its own.
async fn upload_one(site: &Site, private: bool) -> Result<(String, Value, String), Failure> {
    let document = sheet(site).await?;
    let content = site.unique("content");
    let file_name = format!("{}.txt", site.unique("file"));
    let form = Form {
        document: &document,
        file_name: &file_name,
        field: "",
        private,
    };
    let file = upload(site, &form, content.as_bytes()).await?;
    Ok((document, file, content))
}

async fn read_bytes(
    site: &Site,
    sender: Sender<'_>,
    file_url: &str,
) -> Result<super::answer::Answer, Failure> {
    let segments: Vec<&str> = file_url.trim_start_matches('/').split('/').collect();
    let request = site.request(sender, Method::GET, site.address(&segments, &[]))?;
    site.answer(request).await
}

async fn download(site: &Site, file_url: &str) -> Result<super::answer::Answer, Failure> {
    let method = "frappe.core.doctype.file.file.download_file";
    let url = site.address(&["api", "method", method], &[("file_url", file_url)]);
    let request = site.request(Sender::Ourselves, Method::GET, url)?;
    site.answer(request.header(ACCEPT, "application/json"))
        .await
}

async fn files_of(site: &Site, document: &str) -> Result<Vec<Value>, Failure> {
    site.get_list(json!({
        "doctype": "File",
        "fields": ["name", "file_url", "attached_to_field", "is_private", "modified"],
        "filters": [
            ["attached_to_doctype", "=", site.doctype("Sheet")],
            ["attached_to_name", "=", document],
        ],
        "order_by": "creation asc",
        "limit_page_length": 0,
    }))
    .await
}

async fn uploaded(site: &Site) -> Outcome {
    let document = sheet(site).await?;
    let file_name = format!("{}.txt", site.unique("hello"));
    let form = Form {
        document: &document,
        file_name: &file_name,
        field: "",
        private: true,
    };
    let file = upload(site, &form, b"hello").await?;
    equal("content_hash", text(&file, "content_hash")?, HELLO)?;
    equal("file_size", &file["file_size"], 5)?;
    equal("is_private", &file["is_private"], 1)?;
    equal(
        "attached_to_name",
        text(&file, "attached_to_name")?,
        document,
    )?;
    equal("owner", text(&file, "owner")?, site.user())
}

async fn field_is_not_set(site: &Site) -> Outcome {
    let document = sheet(site).await?;
    let content = site.unique("content");
    let form = Form {
        document: &document,
        file_name: &format!("{}.txt", site.unique("file")),
        field: "paper",
        private: false,
    };
    let file = upload(site, &form, content.as_bytes()).await?;
    equal(
        "attached_to_field",
        text(&file, "attached_to_field")?,
        "paper",
    )?;
    let stored = site.read(&site.doctype("Sheet"), &document).await?;
    holds(
        stored["paper"].as_str().unwrap_or_default().is_empty(),
        "the field is empty",
    )
}

async fn private_is_private(site: &Site) -> Outcome {
    let (_, file, content) = upload_one(site, true).await?;
    let url = text(&file, "file_url")?;
    holds(
        url.starts_with("/private/files/"),
        format!("`{url}` is private"),
    )?;
    let answer = read_bytes(site, Sender::Ourselves, url).await?;
    answer.has_status(200)?;
    equal("bytes", answer.text(), content)?;
    read_bytes(site, Sender::Guest, url).await?.has_status(403)
}

async fn downloaded(site: &Site) -> Outcome {
    for private in [false, true] {
        let (_, file, content) = upload_one(site, private).await?;
        let answer = download(site, text(&file, "file_url")?).await?;
        answer.has_status(200)?;
        equal("bytes", answer.text(), content)?;
    }
    Ok(())
}

async fn nothing_to_download(site: &Site) -> Outcome {
    let missing = format!("/files/{}.txt", site.unique("missing"));
    download(site, &missing).await?.has_status(403)
}

async fn equal_bytes_share(site: &Site) -> Outcome {
    let (document, first, content) = upload_one(site, false).await?;
    let form = Form {
        document: &document,
        file_name: &format!("{}.txt", site.unique("other")),
        field: "",
        private: false,
    };
    let second = upload(site, &form, content.as_bytes()).await?;
    holds(name(&first)? != name(&second)?, "they are two Files")?;
    equal("file_name", text(&second, "file_name")?, form.file_name)?;
    equal(
        "file_url",
        text(&second, "file_url")?,
        text(&first, "file_url")?,
    )
}

async fn privacy_parts(site: &Site) -> Outcome {
    let (document, first, content) = upload_one(site, false).await?;
    let form = Form {
        document: &document,
        file_name: text(&first, "file_name")?,
        field: "",
        private: true,
    };
    let second = upload(site, &form, content.as_bytes()).await?;
    let url = text(&second, "file_url")?;
    holds(
        url.starts_with("/private/files/"),
        format!("`{url}` is private"),
    )
}

async fn name_is_taken(site: &Site) -> Outcome {
    let (document, first, _) = upload_one(site, false).await?;
    let taken = text(&first, "file_name")?;
    let form = Form {
        document: &document,
        file_name: taken,
        field: "",
        private: false,
    };
    let content = site.unique("other content");
    let second = upload(site, &form, content.as_bytes()).await?;
    let hash = text(&second, "content_hash")?;
    let end = &hash[hash.len() - 6..];
    let expected = taken.replace(".txt", &format!("{end}.txt"));
    equal("file_name", text(&second, "file_name")?, expected.as_str())?;
    equal(
        "file_url",
        text(&second, "file_url")?,
        format!("/files/{expected}"),
    )
}

async fn field_makes_a_file(site: &Site) -> Outcome {
    let (_, file, _) = upload_one(site, false).await?;
    let other = sheet(site).await?;
    let url = text(&file, "file_url")?;
    let fields = json!({"paper": url});
    site.update(&site.doctype("Sheet"), &other, fields).await?;
    let made = files_of(site, &other).await?;
    equal("Files", made.len(), 1)?;
    equal("file_url", text(&made[0], "file_url")?, url)?;
    equal(
        "attached_to_field",
        text(&made[0], "attached_to_field")?,
        "paper",
    )
}

async fn file_is_not_doubled(site: &Site) -> Outcome {
    let document = sheet(site).await?;
    let form = Form {
        document: &document,
        file_name: &format!("{}.txt", site.unique("file")),
        field: "paper",
        private: false,
    };
    let file = upload(site, &form, site.unique("content").as_bytes()).await?;
    let fields = json!({"paper": text(&file, "file_url")?});
    site.update(&site.doctype("Sheet"), &document, fields)
        .await?;
    equal("Files", files_of(site, &document).await?.len(), 1)
}

async fn moved(site: &Site) -> Outcome {
    let document = sheet(site).await?;
    let form = Form {
        document: &document,
        file_name: &format!("{}.txt", site.unique("file")),
        field: "paper",
        private: false,
    };
    let content = site.unique("content");
    let file = upload(site, &form, content.as_bytes()).await?;
    let fields = json!({"paper": text(&file, "file_url")?});
    let doctype = site.doctype("Sheet");
    let before = site.update_and_read(&doctype, &document, fields).await?;
    let moved = site
        .update_and_read("File", name(&file)?, json!({"is_private": 1}))
        .await?;
    let url = text(&moved, "file_url")?;
    holds(
        url.starts_with("/private/files/"),
        format!("`{url}` is private"),
    )?;
    let after = site.read(&doctype, &document).await?;
    equal("paper", text(&after, "paper")?, url)?;
    let answer = download(site, url).await?;
    equal("bytes", answer.text(), content)?;
    // `frappe.db.set_value` moves `modified`, and calls no hook.
    holds(
        after["modified"] != before["modified"],
        "`modified` of the document moved",
    )
}

async fn deleted_with_document(site: &Site) -> Outcome {
    let (document, file, _) = upload_one(site, true).await?;
    site.delete(&site.doctype("Sheet"), &document).await?;
    site.try_read("File", name(&file)?).await?.has_status(404)?;
    let answer = download(site, text(&file, "file_url")?).await?;
    answer.has_status(403)
}

async fn shared_bytes_stay(site: &Site) -> Outcome {
    let (document, first, content) = upload_one(site, false).await?;
    let form = Form {
        document: &document,
        file_name: text(&first, "file_name")?,
        field: "",
        private: false,
    };
    let second = upload(site, &form, content.as_bytes()).await?;
    site.delete("File", name(&first)?).await?;
    let answer = download(site, text(&second, "file_url")?).await?;
    answer.has_status(200)?;
    equal("bytes", answer.text(), content)
}

async fn renamed_with_document(site: &Site) -> Outcome {
    let (document, file, _) = upload_one(site, false).await?;
    let new = site.unique("renamed");
    let arguments =
        json!({"doctype": site.doctype("Sheet"), "old": document, "new": new, "force": 1});
    site.call("frappe.rename_doc", arguments).await?;
    let stored = site.read("File", name(&file)?).await?;
    equal("attached_to_name", text(&stored, "attached_to_name")?, new)?;
    equal("modified", &stored["modified"], &file["modified"])
}

async fn address_elsewhere(site: &Site) -> Outcome {
    let document = sheet(site).await?;
    let url = format!("https://example.com/{}.pdf", site.unique("far"));
    let fields = json!({
        "file_url": url, "file_name": "far.pdf",
        "attached_to_doctype": site.doctype("Sheet"), "attached_to_name": document,
    });
    let made = site.create_and_read("File", fields).await?;
    equal("file_url", text(&made, "file_url")?, url)?;
    equal("content_hash", made["content_hash"].as_str(), None)
}

async fn half_a_reference(site: &Site) -> Outcome {
    let (_, file, _) = upload_one(site, false).await?;
    let fields = json!({"attached_to_name": null});
    let answer = site.try_update("File", name(&file)?, fields).await?;
    answer.refused(417, "ValidationError")
}

async fn jpeg_is_written_anew(site: &Site) -> Outcome {
    let document = sheet(site).await?;
    let form = Form {
        document: &document,
        file_name: &format!("{}.jpg", site.unique("photo")),
        field: "",
        private: false,
    };
    let sent = jpeg();
    let file = upload(site, &form, &sent).await?;
    holds(
        file["file_size"] != json!(sent.len()),
        format!(
            "{} bytes were sent, {} are kept",
            sent.len(),
            file["file_size"]
        ),
    )
}

async fn png_is_kept(site: &Site) -> Outcome {
    let document = sheet(site).await?;
    let form = Form {
        document: &document,
        file_name: &format!("{}.png", site.unique("picture")),
        field: "",
        private: true,
    };
    let file = upload(site, &form, PNG).await?;
    equal("file_size", &file["file_size"], PNG.len())
}

async fn listed_by_address(site: &Site) -> Outcome {
    let (document, file, _) = upload_one(site, true).await?;
    let url = text(&file, "file_url")?;
    let found = site
        .get_list(json!({
            "doctype": "File", "fields": ["*"], "filters": [["file_url", "in", [url, "/files/none"]]],
        }))
        .await?;
    equal("Files", found.len(), 1)?;
    equal(
        "attached_to_name",
        text(&found[0], "attached_to_name")?,
        document,
    )
}

/// A JPEG of one point, with an empty note of the kind that cameras leave in it.
fn jpeg() -> Vec<u8> {
    let note = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0";
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1, 0x00];
    bytes.push(u8::try_from(note.len() + 2).unwrap_or(u8::MAX));
    bytes.extend_from_slice(note);
    bytes.extend_from_slice(JPEG_OF_ONE_POINT);
    bytes
}

/// What follows the start of a grey JPEG of one point.
const JPEG_OF_ONE_POINT: &[u8] = &[
    0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46, 0x00, 0x01, 0x01, 0x00, 0x00, 0x01, 0x00, 0x01,
    0x00, 0x00, 0xff, 0xdb, 0x00, 0x43, 0x00, 0x08, 0x06, 0x06, 0x07, 0x06, 0x05, 0x08, 0x07, 0x07,
    0x07, 0x09, 0x09, 0x08, 0x0a, 0x0c, 0x14, 0x0d, 0x0c, 0x0b, 0x0b, 0x0c, 0x19, 0x12, 0x13, 0x0f,
    0x14, 0x1d, 0x1a, 0x1f, 0x1e, 0x1d, 0x1a, 0x1c, 0x1c, 0x20, 0x24, 0x2e, 0x27, 0x20, 0x22, 0x2c,
    0x23, 0x1c, 0x1c, 0x28, 0x37, 0x29, 0x2c, 0x30, 0x31, 0x34, 0x34, 0x34, 0x1f, 0x27, 0x39, 0x3d,
    0x38, 0x32, 0x3c, 0x2e, 0x33, 0x34, 0x32, 0xff, 0xc0, 0x00, 0x0b, 0x08, 0x00, 0x01, 0x00, 0x01,
    0x01, 0x01, 0x11, 0x00, 0xff, 0xc4, 0x00, 0x1f, 0x00, 0x00, 0x01, 0x05, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
    0x07, 0x08, 0x09, 0x0a, 0x0b, 0xff, 0xc4, 0x00, 0xb5, 0x10, 0x00, 0x02, 0x01, 0x03, 0x03, 0x02,
    0x04, 0x03, 0x05, 0x05, 0x04, 0x04, 0x00, 0x00, 0x01, 0x7d, 0x01, 0x02, 0x03, 0x00, 0x04, 0x11,
    0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91,
    0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09,
    0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37,
    0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57,
    0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77,
    0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96,
    0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4,
    0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2,
    0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8,
    0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xff, 0xda, 0x00, 0x08,
    0x01, 0x01, 0x00, 0x00, 0x3f, 0x00, 0x2b, 0xff, 0xd9,
];
