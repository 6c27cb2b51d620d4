use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;

/// Remembers what it was asked.
#[derive(Default)]
struct Desk {
    orders: Mutex<Vec<(String, Order)>>,
}

impl Office for Desk {
    fn syncs(&self) -> Value {
        json!({ "syncs": [] })
    }

    fn read(&self, sync: &str, question: &Question) -> Result<Value, Refusal> {
        match sync {
            "hq" => Ok(json!({ "asked": format!("{question:?}") })),
            _ => Err(Refusal::unknown(format!("there is no sync `{sync}`"))),
        }
    }

    fn order(&self, sync: &str, order: Order) -> OfficeFuture {
        self.orders
            .lock()
            .expect("nobody panicked")
            .push((sync.to_owned(), order));
        Box::pin(async { Ok(Answer::Taken) })
    }

    fn page(&self, ticket: &str) -> Option<Arc<str>> {
        (ticket == "t1").then(|| Arc::from("<p>plan</p>"))
    }

    fn hook(&self, sync: &str, _: &str, body: &[u8], signature: Option<&str>) -> HookAnswer {
        match (sync, signature) {
            ("hq", Some("right")) if body == b"{}" => HookAnswer::Taken,
            ("hq", Some("right")) => HookAnswer::Unreadable,
            _ => HookAnswer::NotOurs,
        }
    }

    fn metrics(&self) -> String {
        "# EOF\n".to_owned()
    }

    fn ready(&self) -> Result<(), String> {
        Err("the state file cannot be read".to_owned())
    }
}

struct Site {
    router: axum::Router,
    desk: Arc<Desk>,
}

fn on(address: &str, token: Option<&str>) -> Site {
    let desk = Arc::new(Desk::default());
    let hosts = vec![Host::new("Sync.Example.com")];
    let door = Door::new(
        address.parse().expect("an address"),
        token.map(str::to_owned),
        hosts,
    );
    let office: Arc<dyn Office> = Arc::<Desk>::clone(&desk);
    Site {
        router: router(office, door),
        desk,
    }
}

impl Site {
    async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "127.0.0.1:8790");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Body::from(body.to_owned()))
            .expect("a request");
        self.router
            .clone()
            .oneshot(request)
            .await
            .expect("the router answers")
    }

    async fn status(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        self.ask(method, path, headers, "{}")
            .await
            .status()
            .as_u16()
    }
}

async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

const TOKEN: (&str, &str) = ("authorization", "Bearer secret");
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn on_this_machine_alone_reading_needs_no_token_and_changing_does() {
    let site = on("127.0.0.1", Some("secret"));
    assert_eq!(site.status("GET", "/api/syncs", &[]).await, 200);
    assert_eq!(site.status("POST", "/api/syncs/hq/run", &[JSON]).await, 401);
    let wrong = ("authorization", "Bearer secret2");
    assert_eq!(
        site.status("POST", "/api/syncs/hq/run", &[JSON, wrong])
            .await,
        401
    );
    assert_eq!(
        site.status("POST", "/api/syncs/hq/run", &[JSON, TOKEN])
            .await,
        202
    );
    let orders = site.desk.orders.lock().expect("nobody panicked");
    assert_eq!(*orders, [("hq".to_owned(), Order::Run { sweep: false })]);
}

#[tokio::test]
async fn where_others_can_ask_reading_needs_the_token_too() {
    let site = on("0.0.0.0", Some("secret"));
    for path in ["/api/syncs", "/api/syncs/hq/conflicts", "/metrics"] {
        assert_eq!(site.status("GET", path, &[]).await, 401, "{path}");
        assert_eq!(site.status("GET", path, &[TOKEN]).await, 200, "{path}");
    }
    // The page itself holds nothing of anybody.
    assert_eq!(site.status("GET", "/", &[]).await, 200);
}

#[tokio::test]
async fn without_a_token_nothing_is_ever_changed() {
    let site = on("127.0.0.1", None);
    let empty = ("authorization", "Bearer ");
    assert_eq!(
        site.status("POST", "/api/syncs/hq/pause", &[JSON, empty])
            .await,
        401
    );
    assert!(site.desk.orders.lock().expect("nobody panicked").is_empty());
}

#[tokio::test]
async fn a_page_elsewhere_can_neither_read_nor_order() {
    let site = on("127.0.0.1", Some("secret"));
    let evil = ("origin", "https://evil.example.com");
    assert_eq!(
        site.status("POST", "/api/syncs/hq/run", &[JSON, TOKEN, evil])
            .await,
        403
    );
    assert_eq!(site.status("GET", "/api/syncs", &[evil]).await, 403);
    let cross = ("sec-fetch-site", "cross-site");
    assert_eq!(site.status("GET", "/api/syncs", &[cross]).await, 403);
    let own = ("origin", "http://127.0.0.1:8790");
    assert_eq!(
        site.status("POST", "/api/syncs/hq/run", &[JSON, TOKEN, own])
            .await,
        202
    );
    // A name of somebody else's that leads to this machine.
    let rebound = ("host", "evil.example.com:8790");
    assert_eq!(site.status("GET", "/api/syncs", &[rebound]).await, 421);
    let public = ("host", "sync.example.com");
    assert_eq!(site.status("GET", "/api/syncs", &[public]).await, 200);
    let six = ("host", "[::1]:8790");
    assert_eq!(site.status("GET", "/api/syncs", &[six]).await, 200);
}

#[tokio::test]
async fn the_page_takes_nothing_from_elsewhere_and_stands_in_no_other() {
    let site = on("127.0.0.1", None);
    let page = site.ask("GET", "/", &[], "").await;
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    let page = text(page).await;
    let script = text(site.ask("GET", "/app.js", &[], "").await).await;
    let style = text(site.ask("GET", "/app.css", &[], "").await).await;
    for part in [&page, &script, &style] {
        assert!(
            !part.contains("http://") && !part.contains("https://"),
            "something from elsewhere"
        );
    }
    // Text of a site becomes text, never a part of the page.
    for way in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ] {
        assert!(!script.contains(way), "{way}");
    }
    let plan = site.ask("GET", "/plans/t1", &[], "").await;
    assert_eq!(
        plan.headers()["content-security-policy"],
        "frame-ancestors 'self'"
    );
    assert_eq!(site.status("GET", "/plans/t2", &[]).await, 404);
}

#[tokio::test]
async fn what_is_asked_for_reaches_who_answers() {
    let site = on("127.0.0.1", Some("secret"));
    let told = text(
        site.ask("GET", "/api/syncs/hq/history?limit=9999", &[], "")
            .await,
    )
    .await;
    assert!(told.contains("History(500)"), "{told}");
    let unknown = site.ask("GET", "/api/syncs/h%2Fq/parked", &[], "").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert!(text(unknown).await.contains("there is no sync `h/q`"));
    let headers = [JSON, TOKEN];
    let bodies = [
        (
            "/api/syncs/hq/conflicts/resolve",
            r#"{"conflicts":[3,1],"take":"a"}"#,
        ),
        (
            "/api/syncs/hq/conflicts/resolve",
            r#"{"conflicts":[3],"take":{"value":"x"}}"#,
        ),
        (
            "/api/syncs/hq/parked/retry",
            r#"{"doctype":"Item","name":"A/1"}"#,
        ),
    ];
    for (path, body) in bodies {
        let answer = site.ask("POST", path, &headers, body).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{body}");
    }
    let orders: Vec<Order> = site
        .desk
        .orders
        .lock()
        .expect("nobody panicked")
        .iter()
        .map(|(_, order)| order.clone())
        .collect();
    assert_eq!(
        orders,
        [
            Order::Resolve {
                conflicts: [1, 3].into(),
                take: Take::A
            },
            Order::Resolve {
                conflicts: [3].into(),
                take: Take::Value(json!("x"))
            },
            Order::Retry(Some(("Item".to_owned(), "A/1".to_owned()))),
        ]
    );
    for body in [
        r#"{"conflicts":[1,2],"take":{"value":"x"}}"#,
        r#"{"conflicts":[1],"take":"c"}"#,
        r#"{"conflicts":[1]}"#,
    ] {
        let path = "/api/syncs/hq/conflicts/resolve";
        let answer = site.ask("POST", path, &headers, body).await;
        assert!(answer.status().is_client_error(), "{body}");
    }
}

#[tokio::test]
async fn hooks_come_by_any_name_and_a_stranger_learns_nothing() {
    let site = on("127.0.0.1", None);
    let signed = ("x-frappe-webhook-signature", "right");
    let proxied = ("host", "frontend");
    assert_eq!(
        site.status("POST", "/hooks/hq/a", &[signed, proxied]).await,
        202
    );
    assert_eq!(site.status("POST", "/hooks/hq/a", &[]).await, 401);
    assert_eq!(site.status("POST", "/hooks/other/a", &[signed]).await, 401);
    let unreadable = site.ask("POST", "/hooks/hq/a", &[signed], "[").await;
    assert_eq!(unreadable.status(), StatusCode::BAD_REQUEST);
    let large = "x".repeat(HOOK_BYTES + 1);
    let large = site.ask("POST", "/hooks/hq/a", &[signed], &large).await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn who_watches_over_it_is_told_whether_it_can_be_relied_on() {
    let site = on("127.0.0.1", None);
    assert_eq!(
        site.status("GET", "/healthz", &[("host", "10.0.0.7")])
            .await,
        200
    );
    let ready = site.ask("GET", "/readyz", &[], "").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(ready).await, "the state file cannot be read\n");
}
