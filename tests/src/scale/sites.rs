//! Two served sandboxes with many documents.

use std::net::SocketAddr;
use std::path::Path;

use frappe_sync_model::{PerSide, Side};
use frappe_sync_sandbox::{Sandbox, Server, SiteOptions, UserOptions};
use serde_json::{Value, json};

/// The sync whose documents only stand on `a`.
pub const FRESH: &str = "fresh";

/// The sync whose documents stand on both sites.
pub const HELD: &str = "held";

/// Two sites, with as many articles on both, and as many more on `a` alone.
#[derive(Debug)]
pub struct ScaleSites {
    /// The sites.
    pub sandboxes: PerSide<Sandbox>,
    servers: PerSide<Server>,
}

impl ScaleSites {
    /// Makes and serves them.
    ///
    /// # Panics
    ///
    /// Where loopback cannot be listened on.
    pub async fn serve(documents: usize) -> Self {
        let sandboxes = PerSide::from_fn(|side| site(side, documents));
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let heard = "loopback can be listened on";
        Self {
            servers: PerSide {
                a: sandboxes.a.serve(any).await.expect(heard),
                b: sandboxes.b.serve(any).await.expect(heard),
            },
            sandboxes,
        }
    }

    /// Writes a configuration of both syncs into a folder.
    ///
    /// # Errors
    ///
    /// The folder cannot be written to.
    pub fn configure(&self, folder: &Path) -> std::io::Result<()> {
        let site = |side: Side| {
            let url = self.servers[side].url();
            format!(
                "  {side}: {{ url: '{url}', auth: {{ api_key: key, api_secret_file: secret }} }}\n"
            )
        };
        let sync = |name: &str| {
            format!(
                "  {name}: {{ a: a, b: b, mappings: [{name}.yaml], guard: {{ max_changes: 100% }} }}\n"
            )
        };
        let config = format!(
            "version: 1\nsites:\n{}{}syncs:\n{}{}",
            site(Side::A),
            site(Side::B),
            sync(FRESH),
            sync(HELD)
        );
        std::fs::write(folder.join("frappe-sync.yaml"), config)?;
        std::fs::write(folder.join("secret"), "secret")?;
        for name in [FRESH, HELD] {
            let mapping = format!("version: 1\ndoctype: {}\n", doctype(name));
            std::fs::write(folder.join(format!("{name}.yaml")), mapping)?;
        }
        Ok(())
    }

    /// Changes one field of every document of the sync [`HELD`] on `a`, as a person who imports a list would.
    ///
    /// # Panics
    ///
    /// Never: the field is there.
    pub fn edit_all(&self) {
        let changed = json!({ "remarks": "another text, the same for all of them" });
        let touched = self
            .sandboxes
            .a
            .bulk_touch(&doctype(HELD), &json!([]), &changed);
        touched.expect("the field is there");
    }
}

fn doctype(sync: &str) -> String {
    format!("Article {sync}")
}

fn site(side: Side, documents: usize) -> Sandbox {
    let sandbox = Sandbox::new(SiteOptions {
        host: format!("{side}.sandbox.localhost"),
        ..SiteOptions::default()
    });
    for user in ["sync", "person"] {
        let (key, secret) = match user {
            "sync" => ("key".to_owned(), "secret".to_owned()),
            _ => ("person".to_owned(), "person".to_owned()),
        };
        let added = sandbox.add_user(UserOptions {
            email: format!("{user}@example.com"),
            roles: vec!["System Manager".to_owned()],
            api_key: key,
            api_secret: secret,
        });
        added.expect("a fresh site takes a user");
    }
    let person = sandbox.as_user("person@example.com");
    for sync in [FRESH, HELD] {
        let made = person.insert("DocType", definition(&doctype(sync)));
        made.expect("the definition is sound");
        let count = match (sync, side) {
            (FRESH, Side::B) => 0,
            _ => documents,
        };
        for number in 0..count {
            let made = person.insert(&doctype(sync), article(number));
            made.expect("an article is complete");
        }
    }
    sandbox
}

fn definition(name: &str) -> Value {
    let field = |name: &str, fieldtype: &str| json!({ "fieldname": name, "fieldtype": fieldtype, "label": name });
    json!({
        "name": name, "module": "Custom", "custom": 1, "autoname": "field:code",
        "permissions": [{ "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1 }],
        "fields": [
            { "fieldname": "code", "fieldtype": "Data", "label": "Code", "unique": 1, "reqd": 1 },
            field("title", "Data"), field("remarks", "Small Text"), field("maker", "Data"),
            field("price", "Currency"), field("weight", "Float"), field("stock", "Int"),
            field("since", "Date"), field("shelf", "Data"), field("barcode", "Data"),
        ],
    })
}

fn article(number: usize) -> Value {
    json!({
        "code": format!("ART-{number:06}"), "title": format!("Article number {number}"),
        "remarks": format!("<p>what is to be said of number {number}</p>"),
        "maker": format!("Maker {}", number % 50), "price": (number % 1000) as f64 / 4.0,
        "weight": 1.5, "stock": number % 17, "since": "2026-03-01",
        "shelf": format!("S-{}", number % 300), "barcode": format!("{:013}", number * 7919),
    })
}
