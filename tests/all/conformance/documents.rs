//! The requests that most checks make: documents, lists and methods of the v1 API.

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::failure::{Failure, Outcome, name, rows};
use super::site::Site;

impl Site {
    /// `POST /api/resource/<DocType>`, wrapped as protocol 1.4 advises.
    pub(super) async fn try_create(&self, doctype: &str, fields: Value) -> Result<Answer, Failure> {
        let url = self.address(&["api", "resource", doctype], &[]);
        self.send(Method::POST, url, Some(json!({"data": fields})))
            .await
    }

    /// Creates a document and gives what the site answered.
    pub(super) async fn create(&self, doctype: &str, fields: Value) -> Result<Value, Failure> {
        self.try_create(doctype, fields).await?.data()
    }

    /// Creates a document and gives what is stored.
    pub(super) async fn create_and_read(
        &self,
        doctype: &str,
        fields: Value,
    ) -> Result<Value, Failure> {
        let created = self.create(doctype, fields).await?;
        self.read(doctype, name(&created)?).await
    }

    /// `GET /api/resource/<DocType>/<name>`.
    pub(super) async fn try_read(&self, doctype: &str, docname: &str) -> Result<Answer, Failure> {
        let url = self.address(&["api", "resource", doctype, docname], &[]);
        self.send(Method::GET, url, None).await
    }

    /// Reads a document that must exist.
    pub(super) async fn read(&self, doctype: &str, docname: &str) -> Result<Value, Failure> {
        self.try_read(doctype, docname).await?.data()
    }

    /// `PUT /api/resource/<DocType>/<name>`, wrapped as protocol 1.4 advises.
    pub(super) async fn try_update(
        &self,
        doctype: &str,
        docname: &str,
        fields: Value,
    ) -> Result<Answer, Failure> {
        let url = self.address(&["api", "resource", doctype, docname], &[]);
        self.send(Method::PUT, url, Some(json!({"data": fields})))
            .await
    }

    /// Updates a document and gives what the site answered.
    pub(super) async fn update(
        &self,
        doctype: &str,
        docname: &str,
        fields: Value,
    ) -> Result<Value, Failure> {
        self.try_update(doctype, docname, fields).await?.data()
    }

    /// Updates a document and gives what is stored.
    pub(super) async fn update_and_read(
        &self,
        doctype: &str,
        docname: &str,
        fields: Value,
    ) -> Result<Value, Failure> {
        self.update(doctype, docname, fields).await?;
        self.read(doctype, docname).await
    }

    /// `DELETE /api/resource/<DocType>/<name>`.
    pub(super) async fn try_delete(&self, doctype: &str, docname: &str) -> Result<Answer, Failure> {
        let url = self.address(&["api", "resource", doctype, docname], &[]);
        self.send(Method::DELETE, url, None).await
    }

    /// Deletes a document that can be deleted.
    pub(super) async fn delete(&self, doctype: &str, docname: &str) -> Result<(), Failure> {
        self.try_delete(doctype, docname).await?.has_status(202)
    }

    /// `POST /api/method/<path>` with JSON arguments.
    pub(super) async fn try_call(&self, method: &str, args: Value) -> Result<Answer, Failure> {
        let url = self.address(&["api", "method", method], &[]);
        self.send(Method::POST, url, Some(args)).await
    }

    /// Calls a method and gives its `message`.
    pub(super) async fn call(&self, method: &str, args: Value) -> Result<Value, Failure> {
        self.try_call(method, args).await?.message()
    }

    /// `GET /api/resource/<DocType>` with these query arguments.
    pub(super) async fn try_list(
        &self,
        doctype: &str,
        query: &[(&str, &str)],
    ) -> Result<Answer, Failure> {
        self.send(
            Method::GET,
            self.address(&["api", "resource", doctype], query),
            None,
        )
        .await
    }

    /// Lists by GET.
    pub(super) async fn list(
        &self,
        doctype: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<Value>, Failure> {
        let answer = self.try_list(doctype, query).await?;
        Ok(rows(&answer.json()?, "data")
            .map_err(|_| answer.fault("no list"))?
            .to_vec())
    }

    /// Lists by `POST frappe.client.get_list`, the form without a limit on its length.
    pub(super) async fn get_list(&self, args: Value) -> Result<Vec<Value>, Failure> {
        let answer = self.try_call("frappe.client.get_list", args).await?;
        Ok(rows(&answer.json()?, "message")
            .map_err(|_| answer.fault("no list"))?
            .to_vec())
    }

    /// The rows of one table of one document, in order, as the child listing gives them.
    pub(super) async fn child_rows(
        &self,
        child: &str,
        parent_doctype: &str,
        parent: &str,
        field: &str,
    ) -> Result<Vec<Value>, Failure> {
        self.get_list(json!({
            "doctype": child,
            "parent": parent_doctype,
            "fields": ["*"],
            "filters": [
                ["parenttype", "=", parent_doctype],
                ["parent", "=", parent],
                ["parentfield", "=", field],
            ],
            "order_by": "idx asc, name asc",
            "limit_page_length": 0,
        }))
        .await
    }

    /// Creates records that share a mark in `memo`, and gives the mark.
    pub(super) async fn marked(&self, records: Vec<Value>) -> Result<String, Failure> {
        let mark = self.unique("mark");
        let docs: Vec<Value> = records
            .into_iter()
            .map(|mut record| {
                record["doctype"] = json!(self.doctype("Record"));
                record["memo"] = json!(mark);
                record
            })
            .collect();
        self.call("frappe.client.insert_many", json!({"docs": docs}))
            .await?;
        Ok(mark)
    }

    /// Creates records with a mark whose quantities count up from 0.
    pub(super) async fn numbered(&self, count: usize) -> Result<String, Failure> {
        self.marked(
            (0..count)
                .map(|number| json!({"quantity": number}))
                .collect(),
        )
        .await
    }

    /// What is stored of one value of a new record.
    pub(super) async fn stored(&self, field: &str, value: Value) -> Result<Value, Failure> {
        let mut fields = json!({});
        fields[field] = value;
        let mut record = self
            .create_and_read(&self.doctype("Record"), fields)
            .await?;
        Ok(record[field].take())
    }

    /// Fails unless a record with this value is refused with this status.
    pub(super) async fn refuses(&self, field: &str, value: Value, status: u16) -> Outcome {
        let mut fields = json!({});
        fields[field] = value;
        self.try_create(&self.doctype("Record"), fields)
            .await?
            .has_status(status)
    }
}
