//! `import event-streaming`: what event_streaming was told becomes a sync that does the same.

use std::path::{Path, PathBuf};

use frappe_sync_sandbox::{Sandbox, Server, SiteOptions, UserOptions};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::program::{Ended, SECRET, command, ended, frappe_sync};
use crate::rehearsal::person;

fn setup() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/event_streaming/setup.json")
}

/// A DocType; each of `fields` is `name fieldtype options`, the last of which may have spaces.
fn doctype(name: &str, autoname: &str, fields: &[&str]) -> Value {
    let fields: Vec<Value> = fields
        .iter()
        .map(|line| {
            let mut words = line.splitn(3, ' ');
            let (name, kind) = (
                words.next().unwrap(),
                words.next().unwrap().replace('_', " "),
            );
            let options = words.next().unwrap_or_default().replace('/', "\n");
            json!({"fieldname": name, "label": name, "fieldtype": kind, "options": options})
        })
        .collect();
    let mut doctype = json!({"name": name, "module": "Custom", "custom": 1, "fields": fields});
    if autoname == "table" {
        doctype["istable"] = json!(1);
    } else {
        doctype["autoname"] = json!(autoname);
        let rights =
            json!({"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1});
        doctype["permissions"] = json!([rights]);
    }
    doctype
}

/// The DocTypes of the app, with the fields that say what travels.
fn of_the_app() -> Vec<Value> {
    vec![
        doctype(
            "Document Type Field Mapping",
            "table",
            &[
                "remote_fieldname Data",
                "local_fieldname Data",
                "default_value Data",
                "mapping_type Select /Child Table/Document",
                "mapping Data",
                "remote_value_filters Code JSON",
            ],
        ),
        doctype(
            "Document Type Mapping",
            "field:mapping_name",
            &[
                "mapping_name Data",
                "local_doctype Link DocType",
                "remote_doctype Data",
                "field_mapping Table Document Type Field Mapping",
            ],
        ),
        doctype(
            "Event Producer Document Type",
            "table",
            &[
                "ref_doctype Link DocType",
                "has_mapping Check",
                "mapping Link Document Type Mapping",
                "use_same_name Check",
                "status Select Pending/Approved/Rejected",
                "unsubscribe Check",
                "condition Code",
            ],
        ),
        doctype(
            "Event Producer",
            "field:producer_url",
            &[
                "producer_url Data",
                "api_key Data",
                "api_secret Password",
                "user Link User",
                "incoming_change Check",
                "producer_doctypes Table Event Producer Document Type",
            ],
        ),
        doctype(
            "Event Consumer Document Type",
            "table",
            &[
                "ref_doctype Link DocType",
                "status Select Pending/Approved/Rejected",
                "unsubscribed Check",
                "condition Code",
            ],
        ),
        doctype(
            "Event Consumer",
            "field:callback_url",
            &[
                "callback_url Data",
                "user Link User",
                "consumer_doctypes Table Event Consumer Document Type",
            ],
        ),
    ]
}

/// A producer, and a consumer that has the app.
struct Stream {
    producer: Sandbox,
    consumer: Sandbox,
    urls: [String; 2],
    folder: tempfile::TempDir,
    _servers: [Server; 2],
    // Dropped last: the servers run on it.
    _runtime: Runtime,
}

impl Stream {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let (producer, consumer) = (site(1), site(2));
        let address = "127.0.0.1:0".parse().unwrap();
        let servers =
            [&producer, &consumer].map(|site| runtime.block_on(site.serve(address)).unwrap());
        Self {
            producer,
            consumer,
            urls: [servers[0].url(), servers[1].url()],
            folder: tempfile::tempdir().unwrap(),
            _servers: servers,
            _runtime: runtime,
        }
    }

    fn line(&self, line: &str) -> Ended {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = command(self.folder.path(), &words);
        for name in ["PRODUCER", "CONSUMER"] {
            command
                .env(format!("{name}_KEY"), "key")
                .env(format!("{name}_SECRET"), SECRET);
        }
        ended(&mut command)
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap()
    }
}

fn site(seed: u64) -> Sandbox {
    let site = Sandbox::new(SiteOptions {
        seed,
        ..SiteOptions::default()
    });
    site.add_user(UserOptions {
        email: "sync@example.com".to_owned(),
        roles: vec!["System Manager".to_owned(), "Script Manager".to_owned()],
        api_key: "key".to_owned(),
        api_secret: SECRET.to_owned(),
    })
    .unwrap();
    site
}

fn insert(site: &Sandbox, doctype: &str, document: Value) -> String {
    let made = person(site).insert(doctype, document).unwrap();
    made["name"].as_str().unwrap().to_owned()
}

/// What both sites hold, and what event_streaming was told.
fn stream() -> Stream {
    let stream = Stream::new();
    let (hq, shop) = (&stream.producer, &stream.consumer);
    for doctype in [
        doctype("Region", "field:region_name", &["region_name Data"]),
        doctype(
            "Customer Contact",
            "table",
            &["person Data", "phone Data", "internal Check"],
        ),
        doctype(
            "Customer",
            "field:customer_name",
            &[
                "customer_name Data",
                "kind Select Retail/Shop/Trade",
                "disabled Check",
                "credit Currency",
                "remark Data",
                "region Link Region",
                "contacts Table Customer Contact",
            ],
        ),
        doctype("Call", "CALL-.#####", &["subject Data", "minutes Int"]),
    ] {
        insert(hq, "DocType", doctype);
    }
    let shops = [
        doctype("Area", "field:area_name", &["area_name Data"]),
        doctype(
            "Client Person",
            "table",
            &["full_name Data", "tel Data", "internal Check"],
        ),
        doctype(
            "Client",
            "Prompt",
            &[
                "title Data",
                "disabled Check",
                "credit_limit Currency",
                "country Data",
                "legacy_id Data",
                "remark Data",
                "area Link Area",
                "people Table Client Person",
            ],
        ),
        doctype(
            "Call",
            "LOG-.#####",
            &[
                "subject Data",
                "minutes Int",
                "remote_docname Data",
                "remote_site_name Data",
            ],
        ),
    ];
    for doctype in shops.into_iter().chain(of_the_app()) {
        insert(shop, "DocType", doctype);
    }
    for mapping in [
        json!({"mapping_name": "Person of Contact", "local_doctype": "Client Person",
            "remote_doctype": "Customer Contact", "field_mapping": [
                {"local_fieldname": "full_name", "remote_fieldname": "person"},
                {"local_fieldname": "tel", "remote_fieldname": "phone"}]}),
        json!({"mapping_name": "Area of Region", "local_doctype": "Area", "remote_doctype": "Region",
            "field_mapping": [{"local_fieldname": "area_name", "remote_fieldname": "region_name"}]}),
        json!({"mapping_name": "Client of Customer", "local_doctype": "Client", "remote_doctype": "Customer",
            "field_mapping": [
                {"local_fieldname": "title", "remote_fieldname": "customer_name"},
                {"local_fieldname": "credit_limit", "remote_fieldname": "credit", "default_value": "1000"},
                {"local_fieldname": "country", "default_value": "Norway"},
                {"local_fieldname": "legacy_id", "remote_fieldname": "name"},
                {"local_fieldname": "area", "remote_fieldname": "region", "mapping_type": "Document",
                    "mapping": "Area of Region", "remote_value_filters": "{\"name\": \"region\"}"},
                {"local_fieldname": "people", "remote_fieldname": "contacts", "mapping_type": "Child Table",
                    "mapping": "Person of Contact"}]}),
    ] {
        insert(shop, "Document Type Mapping", mapping);
    }
    let producer = json!({
        "producer_url": stream.urls[0], "api_key": "key", "api_secret": "streamed", "producer_doctypes": [
            {"ref_doctype": "Client", "has_mapping": 1, "mapping": "Client of Customer", "use_same_name": 1,
                "status": "Approved", "condition": "doc.disabled == 0 and doc.kind in ['Retail', 'Shop']"},
            {"ref_doctype": "Call", "use_same_name": 0, "status": "Approved", "condition": "doc.minutes > 5"},
        ],
    });
    insert(shop, "Event Producer", producer);
    stream
}

fn import_words(stream: &Stream, more: &str) -> String {
    format!(
        "import event-streaming --url {} --key-env CONSUMER_KEY --secret-env CONSUMER_SECRET {more}",
        stream.urls[1]
    )
}

#[test]
fn what_was_imported_from_a_site_carries_documents_as_event_streaming_did() {
    let stream = stream();
    let (hq, shop) = (&stream.producer, &stream.consumer);
    // Nobody told up to when updates were taken, so what gets names of its own waits for a person.
    let import = stream.line(&import_words(&stream, "--json"));
    assert_eq!(import.code, 3, "{}{}", import.stdout, import.stderr);
    let report = import.report();
    let mappings = report["syncs"][0]["mappings"].as_array().unwrap();
    let told: Vec<(&str, bool)> = mappings
        .iter()
        .map(|mapping| {
            (
                mapping["file"].as_str().unwrap(),
                mapping["waits"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("mappings/area.yaml", false),
            ("mappings/client.yaml", false),
            ("mappings/call.yaml", true)
        ]
    );
    assert!(!import.stdout.contains("streamed"), "{}", import.stdout);
    // The person decides: nothing came before.
    let config = stream.text("frappe-sync.yaml");
    let decided: String = config
        .lines()
        .map(|line| {
            if line.contains("call.yaml") {
                "      - mappings/call.yaml\n".to_owned()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    std::fs::write(stream.folder.path().join("frappe-sync.yaml"), decided).unwrap();
    let check = stream.line("check");
    assert_eq!(check.code, 0, "{}{}", check.stdout, check.stderr);

    insert(hq, "Region", json!({"region_name": "North"}));
    for (name, kind, disabled) in [
        ("ACME", "Retail", 0),
        ("Gone", "Retail", 1),
        ("Mill", "Trade", 0),
    ] {
        let customer = json!({
            "customer_name": name, "kind": kind, "disabled": disabled, "region": "North", "remark": "as it is",
            "contacts": [{"person": "Ann", "phone": "1", "internal": 1}],
        });
        insert(hq, "Customer", customer);
    }
    insert(hq, "Call", json!({"subject": "short", "minutes": 2}));
    let long = insert(hq, "Call", json!({"subject": "long", "minutes": 9}));
    let run = stream.line("run");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);

    let client = person(shop).get("Client", "ACME").unwrap();
    for (field, value) in [
        ("title", json!("ACME")),
        ("country", json!("Norway")),
        ("legacy_id", json!("ACME")),
        ("area", json!("North")),
        ("remark", json!("as it is")),
    ] {
        assert_eq!(client[field], value, "{field}: {client:#}");
    }
    assert_eq!(client["credit_limit"].as_f64(), Some(1000.0));
    assert_eq!(client["people"][0]["full_name"], "Ann");
    assert_eq!(client["people"][0]["tel"], "1");
    assert_eq!(client["people"][0]["internal"], 1);
    assert!(person(shop).get("Client", "Gone").is_err());
    assert!(person(shop).get("Client", "Mill").is_err());
    let call = person(shop).get("Call", "LOG-00001").unwrap();
    assert_eq!(call["subject"], "long");
    assert_eq!(call["remote_docname"], json!(long));
    assert_eq!(call["remote_site_name"], json!(stream.urls[0]));
    assert!(person(shop).get("Call", "LOG-00002").is_err());

    // An update, a row more, and a delete.
    let contacts = json!([
        person(hq).get("Customer", "ACME").unwrap()["contacts"][0],
        {"person": "Bo", "phone": "2"},
    ]);
    person(hq)
        .update(
            "Customer",
            "ACME",
            json!({"credit": 7, "contacts": contacts}),
        )
        .unwrap();
    person(hq).delete("Call", &long).unwrap();
    let run = stream.line("run --sweep");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let client = person(shop).get("Client", "ACME").unwrap();
    assert_eq!(client["credit_limit"].as_f64(), Some(7.0));
    assert_eq!(client["people"][1]["full_name"], "Bo");
    assert!(person(shop).get("Call", "LOG-00001").is_err());
    assert_eq!(stream.line("verify").code, 0);
    let again = stream.line("run --json").report();
    assert_eq!(again["summary"]["update"], 0, "{again:#}");
}

#[test]
fn a_configuration_that_is_there_is_left_and_its_sites_are_used() {
    let stream = stream();
    let config = format!(
        "version: 1\nsites:\n  hq: {{ url: '{}', auth: {{ api_key_env: PRODUCER_KEY, api_secret_env: PRODUCER_SECRET }} }}\n  \
         shop: {{ url: '{}', auth: {{ api_key_env: CONSUMER_KEY, api_secret_env: CONSUMER_SECRET }} }}\n\
         syncs:\n  other: {{ a: hq, b: shop, mappings: [customer.yaml] }}\n",
        stream.urls[0], stream.urls[1]
    );
    std::fs::write(stream.folder.path().join("frappe-sync.yaml"), &config).unwrap();
    let import = stream.line("import event-streaming --site shop --json");
    assert_eq!(import.code, 3, "{}{}", import.stdout, import.stderr);
    assert_eq!(stream.text("frappe-sync.yaml"), config);
    let report = import.report();
    let added = report["config"].as_str().unwrap();
    assert!(added.starts_with("syncs:\n"), "{added}");
    assert!(
        added.contains("  hq-shop:\n    a: hq\n    b: shop\n"),
        "{added}"
    );
    // Nothing is overwritten, unless told so; then what was there has another name.
    let again = stream.line("import event-streaming --site shop --json");
    assert_eq!(again.code, 64);
    assert!(
        again.error()["message"]
            .as_str()
            .unwrap()
            .contains("client.yaml")
    );
    let forced = stream.line("import event-streaming --site shop --force --json");
    assert_eq!(forced.code, 3, "{}", forced.stdout);
    assert_eq!(forced.report()["set_aside"].as_array().unwrap().len(), 3);
    let unknown = stream.line("import event-streaming --site sho --json");
    assert_eq!(unknown.error()["remedy"], "did you mean `shop`?");
}

#[test]
fn a_site_without_the_app_and_flags_that_say_too_little_are_told() {
    let stream = Stream::new();
    let none = stream.line(&import_words(&stream, "--json"));
    assert_eq!(none.code, 78, "{}", none.stdout);
    assert!(
        none.error()["message"]
            .as_str()
            .unwrap()
            .contains("no document of event_streaming")
    );
    let bare = stream.line(&format!(
        "import event-streaming --url {} --json",
        stream.urls[1]
    ));
    assert_eq!(bare.code, 64);
    assert_eq!(stream.line("import event-streaming").code, 64);
}

#[test]
fn a_file_of_everything_becomes_files_that_the_configuration_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = setup().display().to_string();
    let import = frappe_sync(
        folder.path(),
        &["import", "event-streaming", "sync", "--file", &file],
    );
    assert_eq!(import.code, 3, "{}{}", import.stdout, import.stderr);
    let told = import.told().replace(&file, "setup.json");
    let folder = std::fs::canonicalize(folder.path()).unwrap();
    insta::assert_snapshot!(
        "import_text",
        told.replace(&folder.display().to_string(), "FOLDER")
    );
    let config = std::fs::read_to_string(folder.join("sync/frappe-sync.yaml")).unwrap();
    insta::assert_snapshot!("import_config", config);
}

#[test]
fn a_file_that_is_nothing_of_it_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("x.json"),
        r#"[{"doctype": "Event Producr"}]"#,
    )
    .unwrap();
    let import = frappe_sync(
        folder.path(),
        &["import", "event-streaming", "--file", "x.json", "--json"],
    );
    assert_eq!(import.code, 78, "{}", import.stdout);
    let error = import.error();
    assert_eq!(error["where"], "x.json: document 1");
    assert_eq!(error["remedy"], "did you mean `Event Producer`?");
    let none = frappe_sync(
        folder.path(),
        &["import", "event-streaming", "--file", "y.json", "--json"],
    );
    assert_eq!(none.code, 64, "{}", none.stdout);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
