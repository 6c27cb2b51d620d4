//! The page itself, out of the program.

use axum::http::{HeaderName, header};

const INDEX: &str = include_str!("assets/index.html");
const STYLE: &str = include_str!("assets/app.css");
const SCRIPT: [&str; 5] = [
    include_str!("assets/dom.js"),
    include_str!("assets/ask.js"),
    include_str!("assets/views.js"),
    include_str!("assets/conflicts.js"),
    include_str!("assets/app.js"),
];

type Typed<T> = ([(HeaderName, &'static str); 1], T);

pub(super) async fn index() -> Typed<&'static str> {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], INDEX)
}

pub(super) async fn style() -> Typed<&'static str> {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

pub(super) async fn script() -> Typed<String> {
    let kind = "text/javascript; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], SCRIPT.concat())
}
