//! Reads what a site says of a DocType, Custom Fields and Property Setters included (protocol 9).

use std::collections::BTreeMap;

use serde_json::Value;

use frappe_sync_model::{
    DocType, DocTypeMeta, FieldKind, FieldMeta, MetaBundle, Naming, SiteError, SiteErrorKind,
};

use crate::answer::unexpected;
use crate::request::Request;
use crate::transport::Transport;

/// Reads a DocType with its child DocTypes.
pub(crate) async fn meta(
    transport: &Transport,
    doctype: &DocType,
) -> Result<MetaBundle, SiteError> {
    let request = Request::get(
        "frappe.desk.form.load.getdoctype",
        &[("doctype", doctype.as_str())],
        format!("read the DocType {doctype}"),
    );
    let mut answer = match transport.send(&request).await.map_err(SiteError::from) {
        Ok(answer) => answer,
        Err(mut error) => {
            if error.kind == SiteErrorKind::NotFound {
                error.message = format!("the DocType `{doctype}` does not exist");
            }
            return Err(error);
        }
    };
    let Some(Value::Array(docs)) = answer.body.remove("docs") else {
        return Err(unexpected(&request, "the DocType"));
    };
    bundle(doctype, &docs).ok_or_else(|| unexpected(&request, "the DocType"))
}

/// Reads the DocType and those behind it.
fn bundle(doctype: &DocType, docs: &[Value]) -> Option<MetaBundle> {
    let mut metas: BTreeMap<DocType, DocTypeMeta> = docs
        .iter()
        .filter(|doc| text(doc, "doctype") == "DocType")
        .filter_map(doctype_meta)
        .map(|meta| (meta.name.clone(), meta))
        .collect();
    let own = match metas.remove(doctype) {
        Some(own) => own,
        // The site's spelling may be another; the DocType itself comes first.
        None => metas.remove(text(docs.first()?, "name"))?,
    };
    Some(MetaBundle {
        doctype: own,
        children: metas,
    })
}

fn doctype_meta(doc: &Value) -> Option<DocTypeMeta> {
    let fields = doc.get("fields")?.as_array()?;
    let name = text(doc, "name");
    if name.is_empty() {
        return None;
    }
    Some(DocTypeMeta {
        name: name.into(),
        naming: Naming::of_autoname(text(doc, "autoname")),
        is_submittable: flag(doc, "is_submittable"),
        is_tree: flag(doc, "is_tree"),
        is_single: flag(doc, "issingle"),
        is_table: flag(doc, "istable"),
        is_virtual: flag(doc, "is_virtual"),
        title_field: given(doc, "title_field").map(Into::into),
        fields: fields.iter().filter_map(field_meta).collect(),
    })
}

fn field_meta(field: &Value) -> Option<FieldMeta> {
    let name = given(field, "fieldname")?;
    let fieldtype = text(field, "fieldtype");
    Some(FieldMeta {
        name: name.into(),
        label: text(field, "label").to_owned(),
        fieldtype: fieldtype.to_owned(),
        kind: FieldKind::of_fieldtype(fieldtype),
        options: text(field, "options").trim().to_owned(),
        length: number(field, "length"),
        required: flag(field, "reqd"),
        unique: flag(field, "unique"),
        read_only: flag(field, "read_only"),
        no_copy: flag(field, "no_copy"),
        fetch_from: given(field, "fetch_from"),
        fetch_if_empty: flag(field, "fetch_if_empty"),
        is_virtual: flag(field, "is_virtual"),
        set_only_once: flag(field, "set_only_once"),
        allow_on_submit: flag(field, "allow_on_submit"),
        permlevel: number(field, "permlevel"),
        default: given(field, "default"),
    })
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Reads a text that is there only if it says something; a default may be given as a number.
fn given(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn flag(object: &Value, name: &str) -> bool {
    match object.get(name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "1",
        other => other
            .and_then(Value::as_f64)
            .is_some_and(|number| number != 0.0),
    }
}

fn number(object: &Value, name: &str) -> u32 {
    match object.get(name) {
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        other => other
            .and_then(Value::as_u64)
            .and_then(|number| number.try_into().ok())
            .unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_doctype_is_read_with_its_child_doctypes() {
        let docs = [
            json!({
                "doctype": "DocType", "name": "Order", "autoname": "naming_series:",
                "is_submittable": 1, "issingle": 0, "is_tree": null, "title_field": "title",
                "fields": [
                    {"fieldname": "title", "fieldtype": "Data", "label": "Title", "length": 200, "reqd": 1},
                    {"fieldname": "items", "fieldtype": "Table", "options": "Order Item"},
                    {"fieldname": "rate", "fieldtype": "Currency", "default": "1", "permlevel": 1},
                    {"fieldname": "custom_x", "fieldtype": "Link", "options": "Item\n",
                     "is_custom_field": 1, "fetch_from": "items.x", "fetch_if_empty": "1"},
                    {"fieldtype": "Section Break"}
                ]
            }),
            json!({"doctype": "DocType", "name": "Order Item", "istable": 1, "fields": []}),
            json!({"doctype": "Workflow", "name": "Order", "fields": []}),
        ];
        let bundle = bundle(&"Order".into(), &docs).unwrap();
        assert!(bundle.doctype.is_submittable && !bundle.doctype.is_tree);
        assert_eq!(
            bundle.doctype.naming,
            Naming::SiteGiven("naming_series:".into())
        );
        assert_eq!(bundle.doctype.title_field, Some("title".into()));
        assert_eq!(bundle.doctype.fields.len(), 4);
        let title = bundle.doctype.field("title").unwrap();
        assert_eq!((title.length, title.required), (200, true));
        let rate = bundle.doctype.field("rate").unwrap();
        assert_eq!((rate.permlevel, rate.default.as_deref()), (1, Some("1")));
        let custom = bundle.doctype.field("custom_x").unwrap();
        assert_eq!(custom.options, "Item");
        assert_eq!(custom.fetch_from.as_deref(), Some("items.x"));
        assert!(custom.fetch_if_empty);
        assert!(bundle.child_of("items").unwrap().is_table);
    }

    #[test]
    fn an_answer_without_the_doctype_is_none() {
        assert!(bundle(&"Order".into(), &[]).is_none());
        assert!(
            bundle(
                &"Order".into(),
                &[json!({"doctype": "DocType", "name": ""})]
            )
            .is_none()
        );
    }
}
