use frappe_sync_sandbox::*;
use serde_json::{Value, json};

fn call(s: &Sandbox, m: Method, target: &str, body: Option<Value>) -> (u16, Value) {
    let mut r = Request::new(m, target).token("key", "secret");
    if let Some(b) = body { r = r.json(&b); }
    let a = s.handle(&r);
    (a.status, a.value())
}

#[test]
fn smoke() {
    for profile in [Profile::V14, Profile::V15, Profile::V16] {
    let s = Sandbox::new(SiteOptions { profile, ..Default::default() });
    s.add_user(UserOptions { email: "sync@example.com".into(), roles: vec!["System Manager".into()], api_key: "key".into(), api_secret: "secret".into() }).unwrap();
    let p = |m, t: &str, b| { let r = call(&s, m, t, b); println!("{:?} {t} -> {} {}", m, r.0, r.1); r };
    p(Method::Get, "/api/method/frappe.auth.get_logged_user", None);
    let perms = json!([{"role": "System Manager", "read":1,"write":1,"create":1,"delete":1,"submit":1,"cancel":1,"amend":1}]);
    assert_eq!(p(Method::Post, "/api/resource/DocType", Some(json!({"data": {"name": "Line", "module": "Custom", "custom": 1, "istable": 1, "fields": [
        {"fieldname":"item","label":"Item","fieldtype":"Data"},{"fieldname":"qty","label":"Qty","fieldtype":"Float"}]}}))).0, 200);
    assert_eq!(p(Method::Post, "/api/resource/DocType", Some(json!({"data": {"name": "Thing", "module": "Custom", "custom": 1, "autoname": "TH-.#####", "is_submittable": 1, "fields": [
        {"fieldname":"title","label":"Title","fieldtype":"Data","reqd":1},{"fieldname":"at","label":"At","fieldtype":"Datetime"},
        {"fieldname":"kind","label":"Kind","fieldtype":"Select","options":"A\nB"},
        {"fieldname":"lines","label":"Lines","fieldtype":"Table","options":"Line"}], "permissions": perms}}))).0, 200);
    let r = p(Method::Post, "/api/resource/Thing", Some(json!({"data": {"title": "x", "lines": [{"item":"a","qty":2},{"item":"b","qty":"1,000.5"}]}})));
    assert_eq!(r.0, 200);
    let r = p(Method::Get, "/api/resource/Thing/TH-00001", None);
    assert_eq!(r.0, 200);
    let m = r.1["data"]["modified"].clone();
    assert_eq!(p(Method::Put, "/api/resource/Thing/TH-00001", Some(json!({"data": {"title": "y", "modified": m}}))).0, 200);
    assert_eq!(p(Method::Put, "/api/resource/Thing/TH-00001", Some(json!({"data": {"title": "z", "modified": m}}))).0, 417);
    assert_eq!(p(Method::Get, "/api/resource/Thing?fields=[\"*\"]&filters=[[\"modified\",\">=\",\"2020-01-01\"]]&or_filters=[[\"modified\",\">\",\"2020-01-01\"],[\"name\",\">\",\"a\"]]&order_by=modified asc, name asc", None).0, 200);
    assert_eq!(p(Method::Post, "/api/method/frappe.client.get_list", Some(json!({"doctype":"Line","parent":"Thing","fields":["*"],"filters":[["parent","in",["TH-00001"]]],"order_by":"parent asc, idx asc"}))).1["message"].as_array().unwrap().len(), 2);
    assert_eq!(p(Method::Post, "/api/method/frappe.client.insert_many", Some(json!({"docs":[{"doctype":"Thing","title":"q"},{"doctype":"Thing","title":"r"}]}))).0, 200);
    assert_eq!(p(Method::Post, "/api/method/frappe.client.insert_many", Some(json!({"docs":[{"doctype":"Thing","title":"q"},{"doctype":"Thing"}]}))).0, 417);
    assert_eq!(p(Method::Post, "/api/resource/Custom Field", Some(json!({"data":{"dt":"Thing","label":"My Extra","fieldtype":"Int","insert_after":"title"}}))).0, 200);
    let r = p(Method::Get, "/api/method/frappe.desk.form.load.getdoctype?doctype=Thing", None);
    assert_eq!(r.1["docs"].as_array().unwrap().len(), 2);
    assert_eq!(p(Method::Put, "/api/resource/Thing/TH-00001", Some(json!({"data": {"docstatus": 1}}))).0, 200);
    assert_eq!(p(Method::Put, "/api/resource/Thing/TH-00001", Some(json!({"data": {"title": "nope"}}))).0, 417);
    assert_eq!(p(Method::Put, "/api/resource/Thing/TH-00001", Some(json!({"data": {"docstatus": 2}}))).0, 200);
    assert_eq!(p(Method::Post, "/api/resource/Thing", Some(json!({"data": {"title": "am", "amended_from": "TH-00001"}}))).1["data"]["name"], "TH-00001-1");
    assert_eq!(p(Method::Delete, "/api/resource/Thing/TH-00003", None).0, 202);
    assert_eq!(p(Method::Get, "/api/resource/Deleted Document?fields=[\"*\"]", None).0, 200);
    assert_eq!(p(Method::Get, "/api/resource/Thing/TH-00003", None).0, 404);
    assert_eq!(p(Method::Get, "/api/resource/System Settings/System Settings", None).0, 200);
    }
}
