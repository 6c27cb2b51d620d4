//! A served sandbox with our user and a person.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};

use frappe_sync_connector::FrappeSite;
use frappe_sync_model::{BodyQuery, DocName, Document, NewDocument, Selection, Site};
use frappe_sync_sandbox::{
    Action, Fault, Matcher, Person, Profile, Sandbox, Server, SiteOptions, UserOptions,
};

use crate::scripted_site::quick_config;

pub(crate) const PROFILES: [Profile; 3] = [Profile::V14, Profile::V15, Profile::V16];

/// A served sandbox with our user, and the DocType `Order` with rows.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) site: FrappeSite,
    _server: Server,
}

impl World {
    pub(crate) async fn new(profile: Profile) -> Self {
        let sandbox = Sandbox::new(SiteOptions {
            profile,
            ..SiteOptions::default()
        });
        for (email, api_key) in [
            ("sync@example.com", "the-key"),
            ("person@example.com", "other"),
        ] {
            sandbox
                .add_user(UserOptions {
                    email: email.to_owned(),
                    roles: vec!["System Manager".to_owned()],
                    api_key: api_key.to_owned(),
                    api_secret: "hunter2".to_owned(),
                })
                .unwrap();
        }
        let server = sandbox
            .serve(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .unwrap();
        let site = FrappeSite::new(quick_config(&server.url())).unwrap();
        make_doctypes(&site).await;
        Self {
            sandbox,
            site,
            _server: server,
        }
    }

    pub(crate) async fn order(&self, name: &str, code: &str) -> DocName {
        self.site.insert(&order(name, code)).await.unwrap().name
    }

    pub(crate) async fn read(&self, names: &[&str]) -> Vec<Document> {
        let meta = self.site.meta(&"Order".into()).await.unwrap();
        let query = BodyQuery {
            meta: &meta,
            selection: Selection::Names(names.iter().copied().map(DocName::from).collect()),
            tables: vec!["items"],
        };
        self.site.documents(&query).await.unwrap()
    }

    /// A document that links to an order.
    pub(crate) async fn follow_up(&self, name: &str, order: &str) -> DocName {
        let document = NewDocument {
            doctype: "Follow Up".into(),
            name: Some(name.into()),
            body: object(json!({ "order": order })),
        };
        self.site.insert(&document).await.unwrap().name
    }

    pub(crate) fn person(&self) -> Person {
        self.sandbox.as_user("person@example.com")
    }

    pub(crate) fn next_write(&self, action: Action) {
        let fault = Fault {
            matcher: Matcher::writes(),
            action,
        };
        self.sandbox.faults().push(fault);
    }
}

async fn make_doctypes(site: &FrappeSite) {
    let doctypes = [
        (
            "Order Item",
            json!({"istable": 1, "fields": [
                {"fieldname": "item", "fieldtype": "Data", "label": "Item"},
                {"fieldname": "qty", "fieldtype": "Float", "label": "Qty"},
            ]}),
        ),
        (
            "Order",
            json!({"autoname": "prompt", "allow_rename": 1, "fields": [
            {"fieldname": "title", "fieldtype": "Data", "label": "Title", "reqd": 1},
            {"fieldname": "code", "fieldtype": "Data", "label": "Code", "unique": 1},
            {"fieldname": "items", "fieldtype": "Table", "options": "Order Item", "label": "Items"},
        ], "permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1}]}),
        ),
        (
            "Follow Up",
            json!({"autoname": "prompt", "allow_rename": 0, "fields": [
            {"fieldname": "order", "fieldtype": "Link", "options": "Order", "label": "Order"},
        ], "permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1}]}),
        ),
    ];
    for (name, body) in doctypes {
        let mut body = object(body);
        body.insert("module".to_owned(), json!("Custom"));
        body.insert("custom".to_owned(), json!(1));
        let document = NewDocument {
            doctype: "DocType".into(),
            name: Some(name.into()),
            body,
        };
        site.insert(&document).await.unwrap();
    }
}

pub(crate) fn order(name: &str, code: &str) -> NewDocument {
    let rows = json!([
        {"name": format!("{code}-row-1"), "item": "chair", "qty": 1.5},
        {"name": format!("{code}-row-2"), "item": "table"},
    ]);
    NewDocument {
        doctype: "Order".into(),
        name: Some(name.into()),
        body: object(json!({"title": "t", "code": code, "items": rows})),
    }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
