//! Somebody who works on a site over REST, as a person's browser or script would.

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

/// What a site answered to a person.
pub type SiteAnswer = Result<Value, String>;

/// A user of a site with a key of its own, apart from the sync's.
#[derive(Clone, Debug)]
pub struct Person {
    url: String,
    token: String,
    client: reqwest::Client,
}

impl Person {
    /// Logs in by key.
    pub fn new(url: &str, key: &str, secret: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            token: format!("token {key}:{secret}"),
            client: reqwest::Client::new(),
        }
    }

    /// Sends one request and returns the answer's payload, or status and body.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> SiteAnswer {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .header("Authorization", &self.token)
            .header("Accept", "application/json");
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if !(status.is_success() || status == StatusCode::ACCEPTED) {
            return Err(format!("{status}: {text}"));
        }
        let mut whole: Map<String, Value> =
            serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        Ok(whole
            .remove("data")
            .or_else(|| whole.remove("message"))
            .unwrap_or(Value::Null))
    }

    /// Posts a body of any kind and returns the whole answer.
    pub(crate) async fn post(&self, path: &str, content_type: &str, body: Vec<u8>) -> SiteAnswer {
        let answer = self
            .client
            .post(format!("{}{path}", self.url))
            .header("Authorization", &self.token)
            .header("Accept", "application/json")
            .header("Content-Type", content_type)
            .body(body)
            .send()
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        match status.is_success() {
            true => serde_json::from_str(&text).map_err(|error| format!("{error}: {text}")),
            false => Err(format!("{status}: {text}")),
        }
    }

    /// Sends a request whose answer is no JSON.
    pub(crate) async fn bytes(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<u8>, String> {
        let answer = self
            .client
            .request(method, format!("{}{path}", self.url))
            .query(query)
            .header("Authorization", &self.token)
            .send()
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| error.to_string())?;
        match status.is_success() {
            true => Ok(bytes.to_vec()),
            false => Err(format!("{status}")),
        }
    }

    /// Makes a document and returns its name.
    pub async fn insert(&self, doctype: &str, document: Value) -> String {
        let path = format!("/api/resource/{}", encoded(doctype));
        let made = self
            .send(Method::POST, &path, Some(&json!({ "data": document })))
            .await;
        let made = made.unwrap_or_else(|error| panic!("insert {doctype} {document}: {error}"));
        name_of(&made)
    }

    /// Makes many documents in one request and returns their names.
    pub async fn insert_many(&self, documents: Vec<Value>) -> Vec<String> {
        let mut names = Vec::new();
        for chunk in documents.chunks(200) {
            let made = self
                .call("frappe.client.insert_many", json!({ "docs": chunk }))
                .await
                .unwrap_or_else(|error| panic!("insert_many: {error}"));
            names.extend(made.as_array().into_iter().flatten().map(scalar));
        }
        names
    }

    /// Changes fields of a document, whatever its state.
    pub async fn update(&self, doctype: &str, name: &str, changes: Value) -> Value {
        self.try_update(doctype, name, changes)
            .await
            .unwrap_or_else(|error| panic!("update {doctype} {name}: {error}"))
    }

    /// Changes fields of a document, or says why not.
    pub async fn try_update(&self, doctype: &str, name: &str, changes: Value) -> SiteAnswer {
        let path = format!("/api/resource/{}/{}", encoded(doctype), encoded(name));
        self.send(Method::PUT, &path, Some(&json!({ "data": changes })))
            .await
    }

    /// Reads a document with every null and every row.
    pub async fn get(&self, doctype: &str, name: &str) -> Value {
        self.try_get(doctype, name)
            .await
            .unwrap_or_else(|error| panic!("get {doctype} {name}: {error}"))
    }

    /// Reads a document, or says why not.
    pub async fn try_get(&self, doctype: &str, name: &str) -> SiteAnswer {
        self.call(
            "frappe.client.get",
            json!({ "doctype": doctype, "name": name }),
        )
        .await
    }

    /// Deletes a document.
    pub async fn delete(&self, doctype: &str, name: &str) -> SiteAnswer {
        self.call(
            "frappe.client.delete",
            json!({ "doctype": doctype, "name": name }),
        )
        .await
    }

    /// Renames a document.
    pub async fn rename(&self, doctype: &str, old: &str, new: &str) -> SiteAnswer {
        self.call(
            "frappe.rename_doc",
            json!({ "doctype": doctype, "old": old, "new": new, "force": 1 }),
        )
        .await
    }

    /// Lists documents by name.
    pub async fn list(&self, doctype: &str, fields: &[&str], filters: Value) -> Vec<Value> {
        let asked = json!({
            "doctype": doctype, "fields": fields, "filters": filters, "order_by": "name asc",
            "limit_page_length": 0,
        });
        match self.call("frappe.client.get_list", asked).await {
            Ok(Value::Array(rows)) => rows,
            Ok(Value::Null) => Vec::new(),
            other => panic!("list {doctype}: {other:?}"),
        }
    }

    /// Lists the names of all documents.
    pub async fn names(&self, doctype: &str) -> Vec<String> {
        self.list(doctype, &["name"], json!([]))
            .await
            .iter()
            .map(|row| scalar(&row["name"]))
            .collect()
    }

    /// Calls a whitelisted method.
    pub async fn call(&self, method: &str, arguments: Value) -> SiteAnswer {
        self.send(
            Method::POST,
            &format!("/api/method/{method}"),
            Some(&arguments),
        )
        .await
    }
}

fn name_of(document: &Value) -> String {
    scalar(&document["name"])
}

fn scalar(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
