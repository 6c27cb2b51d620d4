//! `/api/method`: functions by their dotted path.

use serde_json::{Value, json};

use super::form::Form;
use super::route::Reply;
use crate::document::RenameOptions;
use crate::failure::{Attempt, Failure, Kind};
use crate::http::{Method, Request};
use crate::site::Transaction;

/// Verbs that a function takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verbs {
    Any,
    PostPut,
    PostDelete,
}

impl Verbs {
    fn of(method: &str) -> Self {
        match method {
            "frappe.client.insert"
            | "frappe.client.insert_many"
            | "frappe.client.save"
            | "frappe.client.submit"
            | "frappe.client.cancel"
            | "frappe.client.set_value"
            | "frappe.client.bulk_update"
            | "frappe.client.rename_doc"
            | "frappe.client.attach_file" => Self::PostPut,
            "frappe.client.delete" => Self::PostDelete,
            _ => Self::Any,
        }
    }

    fn takes(self, verb: Method) -> bool {
        match self {
            // HEAD is for no function (protocol 10.2).
            Self::Any => verb != Method::Head,
            Self::PostPut => matches!(verb, Method::Post | Method::Put),
            Self::PostDelete => matches!(verb, Method::Post | Method::Delete),
        }
    }
}

impl Transaction<'_> {
    /// Calls a function; its result goes under `key`.
    pub(super) fn call(
        &mut self,
        method: &str,
        request: &Request,
        form: &Form,
        key: &str,
    ) -> Attempt<Reply> {
        let method = method.trim_end_matches('/');
        let for_guests = matches!(
            method,
            "ping" | "frappe.ping" | "frappe.client.get_time_zone" | "frappe.auth.get_logged_user"
        );
        if !for_guests {
            self.site.refuse_guest(self.user())?;
        }
        if !Verbs::of(method).takes(request.method) {
            return Err(Failure::shown(Kind::Permission, "Not permitted"));
        }
        if let Some(function) = method.strip_prefix("frappe.client.") {
            return self
                .call_client(function, form)
                .map(|value| Reply::keyed(key, value));
        }
        match method {
            "frappe.desk.form.load.getdoctype" => self.getdoctype(form),
            "frappe.desk.form.load.getdoc" => self.getdoc(form),
            _ => self
                .call_other(method, form)
                .map(|value| Reply::keyed(key, value)),
        }
    }

    fn call_other(&mut self, method: &str, form: &Form) -> Attempt<Value> {
        match method {
            "ping" | "frappe.ping" => Ok(json!("pong")),
            "frappe.auth.get_logged_user" => {
                if self.user() == "Guest" {
                    return Err(Failure::bare(Kind::Permission, "Not permitted"));
                }
                Ok(json!(self.user()))
            }
            "upload_file" | "frappe.handler.upload_file" => self.upload_file(form),
            "frappe.desk.doctype.tag.tag.add_tag" => self.add_tag(form),
            "frappe.desk.doctype.tag.tag.remove_tag" => self.remove_tag(form),
            "frappe.utils.change_log.get_versions" => Ok(self.versions()),
            "frappe.rename_doc" | "frappe.model.rename_doc.rename_doc" => self.rename_by_form(form),
            "frappe.model.rename_doc.update_document_title" => self.update_title(form),
            "frappe.desk.reportview.get_count" => {
                let doctype = form.required_text("doctype")?;
                let meta = self.meta(&doctype)?;
                self.require_on_doctype(&meta, "read")?;
                self.count(&doctype, &crate::list::structure(form.get("filters")))
                    .map(Value::from)
            }
            "frappe.desk.reportview.get_list" => {
                let arguments = reportview_arguments(form)?;
                self.list(&form.required_text("doctype")?, &arguments)
                    .map(Value::Array)
            }
            "frappe.desk.reportview.get" => self.reportview(form),
            "frappe.core.doctype.deleted_document.deleted_document.restore" => {
                self.restore(&form.name("name")?).map(|()| Value::Null)
            }
            "frappe.core.doctype.data_import.data_import.form_start_import" => {
                self.start_import(&form.name("data_import")?)
            }
            "frappe.core.doctype.data_import.data_import.get_import_status" => {
                self.import_status(&form.name("data_import_name")?)
            }
            "run_doc_method" | "frappe.handler.run_doc_method" => self.run_doc_method(form),
            "frappe.core.doctype.user.user.generate_keys" => self.generate_keys(form),
            _ => {
                let text = format!("Failed to get method for command {method}");
                Err(Failure::shown(Kind::Validation, text))
            }
        }
    }

    fn versions(&self) -> Value {
        let profile = self.profile();
        let mut frappe = json!({
            "title": "Frappe Framework",
            "description": "Full stack web framework with Python, Javascript, MariaDB, Redis, Node",
            "branch": profile.branch(),
            "version": profile.version(),
        });
        if profile == crate::Profile::V16 {
            frappe["branch_version"] =
                json!(format!("{} ({})", profile.version(), profile.branch()));
        }
        json!({"frappe": frappe})
    }

    fn rename_by_form(&mut self, form: &Form) -> Attempt<Value> {
        let (old, new) = (form.name("old")?, form.name("new")?);
        let options = RenameOptions {
            force: form.flag("force"),
            merge: form.flag("merge"),
            ignore_if_exists: form.flag("ignore_if_exists"),
            quiet: form
                .get("show_alert")
                .is_some_and(|value| !crate::list::is_true(value)),
        };
        let new = self.rename(&form.required_text("doctype")?, &old, &new, options)?;
        Ok(new.to_json())
    }

    fn update_title(&mut self, form: &Form) -> Attempt<Value> {
        let doctype = form.required_text("doctype")?;
        let mut name = form.name("docname")?;
        let record = self.load(&doctype, &name)?;
        self.require(&record, "write")?;
        let wanted = form.text("name");
        if !wanted.is_empty() && wanted != record.name_text() {
            let options = RenameOptions {
                merge: form.flag("merge"),
                ..RenameOptions::default()
            };
            name = self.rename(&doctype, &name, &form.name("name")?, options)?;
        }
        let title = form.text("title");
        let title_field = record.meta.title_field.to_string();
        if !title.is_empty() && !title_field.is_empty() && title_field != "name" {
            let mut renamed = self.load(&doctype, &name)?;
            if renamed.text(&title_field) != title {
                renamed.set(&title_field, crate::value::Cell::text(title));
                self.save(renamed)?;
            }
        }
        Ok(name.to_json())
    }

    fn reportview(&mut self, form: &Form) -> Attempt<Value> {
        let arguments = reportview_arguments(form)?;
        let rows = self.list(&form.required_text("doctype")?, &arguments)?;
        let Some(Value::Object(first)) = rows.first() else {
            return Ok(json!([]));
        };
        let keys: Vec<&String> = first.keys().collect();
        let values: Vec<Vec<Value>> = rows
            .iter()
            .filter_map(Value::as_object)
            .map(|row| row.values().cloned().collect())
            .collect();
        Ok(json!({"keys": keys, "values": values, "user_info": {}}))
    }

    fn generate_keys(&mut self, form: &Form) -> Attempt<Value> {
        if !self.is_administrator() && !self.has_role("System Manager") {
            return Err(Failure::bare(Kind::Permission, "Not permitted"));
        }
        let user = form.required_text("user")?;
        let mut record = self.load("User", &crate::value::Cell::text(&*user))?;
        if !record.get("api_key").is_truthy() {
            let key = self.site.random.letters(15);
            record.set("api_key", crate::value::Cell::text(key));
        }
        let secret = self.site.random.letters(15);
        record.set("api_secret", crate::value::Cell::text(&*secret));
        self.save(record)?;
        Ok(json!({"api_secret": secret}))
    }
}

fn reportview_arguments(form: &Form) -> Attempt<crate::list::ListArguments> {
    let mut form = form.values.clone();
    for (from, to) in [
        ("start", "limit_start"),
        ("page_length", "limit_page_length"),
    ] {
        if let Some(value) = form.get(from).cloned() {
            form.insert(to.to_owned(), value);
        }
    }
    crate::list::ListArguments::parse(&form)
}
