//! Customers of `a`, which are Clients of `b`: other names, fields, words and rows.

use frappe_sync_model::Side;
use frappe_sync_tests::{SitePair, Sync, pairs};
use serde_json::{Value, json};

/// Pairs of sites with these DocTypes on each side: sandboxes always, real sites where the environment names them.
/// Those are to be plain ones, without apps that have a Customer, and are played on one test at a time.
pub(crate) async fn sites(a: Vec<Value>, b: Vec<Value>) -> Vec<SitePair> {
    let pairs = pairs().await;
    for pair in &pairs {
        clear(pair).await;
        for (side, doctypes) in [(Side::A, &a), (Side::B, &b)] {
            for doctype in doctypes {
                pair.people[side].insert("DocType", doctype.clone()).await;
            }
        }
    }
    pairs
}

/// The DocTypes that a scenario may have left on a real site; what links comes before what it links to.
const OURS: [&str; 16] = [
    "Rate",
    "Shop",
    "Shop Row",
    "Call",
    "Call Topic",
    "Ticket",
    "Topic",
    "Customer",
    "Client",
    "Article",
    "Product",
    "Region",
    "Zone",
    "Customer Contact",
    "Client Person",
    "Ticket Topic",
];

/// Takes these DocTypes and their documents away again from real sites; sandboxes are simply dropped.
pub(crate) async fn clear(pair: &SitePair) {
    if pair.sandboxes.is_some() {
        return;
    }
    for side in Side::BOTH {
        let person = &pair.people[side];
        for doctype in OURS {
            let Ok(meta) = person.try_get("DocType", doctype).await else {
                continue;
            };
            assert_eq!(
                meta["custom"], 1,
                "{doctype} is an app's: take a plain site"
            );
            if meta["istable"] == 0 {
                for name in person.names(doctype).await {
                    // What cannot be taken away is left: the sites are made for tests.
                    let _left = person.delete(doctype, &name).await;
                }
            }
            let _left = person.delete("DocType", doctype).await;
        }
    }
}

/// A DocType; each line of `fields` is `name | fieldtype | options`, an option `reqd` makes it mandatory.
pub(crate) fn doctype(name: &str, autoname: &str, fields: &str) -> Value {
    let permission =
        json!({ "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1 });
    let fields: Vec<Value> = fields
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let option = cells.get(2).copied().unwrap_or_default();
            json!({
                "fieldname": cells[0], "label": cells[0], "fieldtype": cells[1],
                "options": option.replace("reqd", "").replace('/', "\n").trim_end(),
                "reqd": i32::from(option.contains("reqd")),
            })
        })
        .collect();
    let mut doctype = json!({
        "name": name, "module": "Custom", "custom": 1, "fields": fields,
    });
    if autoname == "table" {
        doctype["istable"] = json!(1);
    } else {
        doctype["autoname"] = json!(autoname);
        doctype["allow_rename"] = json!(1);
        doctype["permissions"] = json!([permission]);
    }
    doctype
}

/// The two parties: a Customer with contacts, and a Client with people.
pub(crate) async fn parties() -> Vec<SitePair> {
    sites(
        vec![
            doctype(
                "Customer Contact",
                "table",
                "person | Data | reqd\n phone | Data |\n role | Select | Buyer/Owner\n internal | Check |",
            ),
            doctype(
                "Customer",
                "field:customer_name",
                "customer_name | Data | reqd
                 kind | Select | Retail/Shop/Wholesale
                 disabled | Check |
                 credit | Currency |
                 first_name | Data |
                 last_name | Data |
                 note | Small Text |
                 contacts | Table | Customer Contact",
            ),
        ],
        vec![
            doctype(
                "Client Person",
                "table",
                "full_name | Data | reqd\n tel | Data |\n duty | Data |\n source | Data |",
            ),
            doctype(
                "Client",
                "field:title",
                "title | Data | reqd
                 client_kind | Select | Retail Client/Trade Client/Walk-in
                 state | Select | Active/Closed
                 credit_limit | Currency |
                 display | Data |
                 country | Data | reqd
                 note | Small Text |
                 people | Table | Client Person",
            ),
        ],
    )
    .await
}

/// The mapping between the two, with more keys.
pub(crate) const PARTIES: &str = r#"
version: 1
doctype: {a: Customer, b: Client}
fields:
  map:
    customer_name: title
    kind:
      b: client_kind
      values: {Retail: Retail Client, Shop: Retail Client, Wholesale: Trade Client}
      back: {Retail Client: Retail}
      rest: {a: Retail}
    disabled:
      b: state
      values: {0: Active, 1: Closed}
    credit: {b: credit_limit, conflict: a}
    note: {direction: a-to-b}
  default:
    b: {country: Norway}
  compute:
    b:
      display: "(cstr(doc.first_name) ~ ' ' ~ cstr(doc.last_name)).strip() or doc.name"
tables:
  contacts:
    b: people
    key: [person]
    map:
      person: full_name
      phone: tel
      role: {b: duty, values: {Buyer: buys, Owner: owns}}
    default:
      b: {source: sync}
"#;

/// A sync of the two parties.
pub(crate) fn sync<'p>(pair: &'p SitePair, mapping: &str) -> Sync<'p> {
    Sync::new(pair, &[mapping.to_owned()])
}

/// Makes a Customer on `a`.
pub(crate) async fn customer(pair: &SitePair, name: &str, more: Value) {
    let mut document = json!({ "customer_name": name });
    extend(&mut document, more);
    pair.people.a.insert("Customer", document).await;
}

/// Makes a Client on `b`.
pub(crate) async fn client(pair: &SitePair, name: &str, more: Value) {
    let mut document = json!({ "title": name, "country": "Sweden" });
    extend(&mut document, more);
    pair.people.b.insert("Client", document).await;
}

fn extend(document: &mut Value, more: Value) {
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.extend(more);
    }
}

/// Returns some fields of a document as text, joined by bars; a number without its fraction where that is zero.
pub(crate) fn said(document: &Value, fields: &[&str]) -> String {
    let field = |name: &&str| match &document[*name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => {
            let text = number.to_string();
            text.strip_suffix(".0").unwrap_or(&text).to_owned()
        }
        other => other.to_string(),
    };
    let fields: Vec<String> = fields.iter().map(field).collect();
    fields.join("|")
}

/// Returns some fields of every row of a table.
pub(crate) fn rows(document: &Value, table: &str, fields: &[&str]) -> Vec<String> {
    let rows = document[table].as_array().into_iter().flatten();
    rows.map(|row| said(row, fields)).collect()
}
