use frappe_sync_sandbox::*;
use std::time::Instant;
#[test]
fn speed() {
    let n: usize = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let s = Sandbox::new(SiteOptions::default());
    let t = Instant::now();
    fixture::install_doctypes(&s).unwrap();
    println!("doctypes {:?}", t.elapsed());
    let t = Instant::now();
    fixture::load(&s, 7, fixture::Size { customers: n/2, items: n/4, orders: n/4, rows_per_order: 5, employees: 10, addresses: n/10, submitted_percent: 30 }).unwrap();
    println!("load {:?}", t.elapsed());
    s.add_user(UserOptions { email: "a@b.co".into(), roles: vec!["System Manager".into()], api_key: "k".into(), api_secret: "s".into() }).unwrap();
    let t = Instant::now();
    let r = s.handle(&Request::new(Method::Post, "/api/method/frappe.client.get_list").token("k","s").json(&serde_json::json!({"doctype":"Customer","fields":["*"],"order_by":"modified asc, name asc","limit_page_length":500,"filters":[["modified",">=","2020-01-01"]]})));
    println!("page {:?} {}", t.elapsed(), r.value()["message"].as_array().unwrap().len());
    let t = Instant::now();
    println!("{:?}", s.as_user("Administrator").delete("Customer", "Alder Works Ltd").map_err(|e| e.to_string()));
    println!("delete {:?}", t.elapsed());
}
