//! A DocType whose documents show files, and people who attach them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Person, SitePair};

/// The names of one scenario.
#[derive(Clone, Debug)]
pub struct Sheets {
    /// The DocType: named by people, with a picture, a paper and a story that can show pictures.
    pub doctype: String,
}

/// A file that is about to be attached.
#[derive(Clone, Debug)]
pub struct NewFile<'a> {
    /// Its name.
    pub name: &'a str,
    /// The document.
    pub document: &'a str,
    /// The field that will show it.
    pub field: Option<&'a str>,
    /// Whether not everybody may read it.
    pub private: bool,
}

impl Sheets {
    /// Makes a name that no earlier run on the same site used.
    pub fn unique(word: &str) -> Self {
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |passed| passed.as_micros());
        Self {
            doctype: format!("T{:06} {word}", nanos % 1_000_000),
        }
    }

    /// Its mapping file, with more keys.
    pub fn mapping(&self, more: &str) -> String {
        format!("version: 1\ndoctype: {}\nfiles: true\n{more}", self.doctype)
    }

    /// Makes the DocType on both sites.
    pub async fn install(&self, pair: &SitePair) {
        let field = |name: &str, fieldtype: &str, required: i64| json!({ "fieldname": name, "fieldtype": fieldtype, "label": name, "reqd": required });
        for person in [&pair.people.a, &pair.people.b] {
            let doctype = json!({
                "name": self.doctype, "module": "Custom", "custom": 1, "allow_rename": 1,
                "autoname": "field:title",
                "fields": [
                    field("title", "Data", 1), field("image", "Attach Image", 0), field("paper", "Attach", 0),
                    field("story", "Text Editor", 0), field("note", "Data", 0),
                ],
                "permissions": [{ "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1 }],
            });
            person.insert("DocType", doctype).await;
        }
    }

    /// Takes everything away again from real sites; sandboxes are simply dropped.
    pub async fn uninstall(&self, pair: &SitePair) {
        if pair.sandboxes.is_some() {
            return;
        }
        for person in [&pair.people.a, &pair.people.b] {
            for name in person.names(&self.doctype).await {
                // Its files go with it; what cannot be taken away is left, since the sites are made for tests.
                let _left = person.delete(&self.doctype, &name).await;
            }
            let _left = person.delete("DocType", &self.doctype).await;
        }
    }

    /// Makes a document that shows nothing yet.
    pub async fn make(&self, person: &Person, title: &str) {
        person
            .insert(&self.doctype, json!({ "title": title }))
            .await;
    }

    /// Attaches a file to a document and returns its `File`.
    pub async fn attach(&self, person: &Person, file: &NewFile<'_>, content: &[u8]) -> Value {
        let mut fields = vec![
            ("doctype", self.doctype.as_str()),
            ("docname", file.document),
            ("is_private", if file.private { "1" } else { "0" }),
        ];
        fields.extend(file.field.map(|field| ("fieldname", field)));
        person.upload(&fields, file.name, content).await
    }

    /// Lists the files of all documents: document, name, address, privacy, hash, field.
    pub async fn files(&self, person: &Person) -> Vec<Value> {
        let fields = [
            "name",
            "attached_to_name",
            "file_name",
            "file_url",
            "is_private",
            "content_hash",
            "attached_to_field",
        ];
        let filters = json!([["attached_to_doctype", "=", self.doctype]]);
        let mut files = person.list("File", &fields, filters).await;
        files.sort_by_key(|file| {
            let text = |field: &str| file[field].as_str().unwrap_or_default().to_owned();
            (
                text("attached_to_name"),
                text("file_name"),
                text("content_hash"),
            )
        });
        files
    }
}

impl Person {
    /// Uploads a file with fields of a form, as a browser does, and returns its `File`.
    pub async fn upload(&self, fields: &[(&str, &str)], name: &str, content: &[u8]) -> Value {
        let boundary = "----a-person-of-the-tests";
        let mut body = Vec::new();
        for (field, value) in fields {
            let part = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let answer = self
            .post("/api/method/upload_file", &content_type, body)
            .await;
        let made = answer.unwrap_or_else(|error| panic!("upload {name}: {error}"));
        made["message"].clone()
    }

    /// Reads the bytes of a file.
    pub async fn download(&self, file_url: &str) -> Result<Vec<u8>, String> {
        let path = "/api/method/frappe.core.doctype.file.file.download_file";
        self.bytes(Method::GET, path, &[("file_url", file_url)])
            .await
    }
}

/// Bytes that compress badly and differ by `seed`.
pub fn some_bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}
